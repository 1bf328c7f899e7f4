"""How a history's bell travels from whoever appends to every hub that has windows to tell."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from dfws_html.delivery.history import Entry, Mark, Reading

__all__ = ["Carrier", "Ear", "Line", "Look", "MemoryCarrier"]

#: Reads the history, and lets it publish a mark at that instant if there is one.
Look = Callable[[Mark | None], Awaitable[Reading]]


class Ear(Protocol):
    """What listens: a hub."""

    def ring(self, entry: Entry) -> bool:
        """Take a bell, from any thread. False when its loop is gone."""
        ...

    def returned(self) -> None:
        """Take note, on its loop, that bells may have been lost."""
        ...


class Line(Protocol):
    """One hub's way to hear; it belongs to the hub's loop."""

    async def hear(self, topics: Iterable[str], look: Look) -> Reading:
        """Hear these topics, too, and return what a look at the history finds.

        Whatever rings for them after the instant of the look arrives.

        Raises:
            Unreachable: the carrier or the history does not answer.
        """
        ...

    def forget(self, topics: Iterable[str]) -> None:
        """Hear these topics no more."""
        ...

    def renew(self) -> None:
        """Ask for all topics once more: something was not heard."""
        ...


class Carrier(Protocol):
    """What every carrier can do."""

    def ring(self, entry: Entry) -> None:
        """Tell every hub of an entry, from any thread.

        A bell may be lost: the history is the truth. So it raises nothing.
        """
        ...

    def open(self, ear: Ear) -> Line:
        """Return a line for the hub of the running event loop."""
        ...


class MemoryCarrier:
    """The carrier of a single process: it calls the hubs themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ears: tuple[Ear, ...] = ()

    def ring(self, entry: Entry) -> None:
        """See :meth:`Carrier.ring`."""
        for ear in self._ears:
            if not ear.ring(entry):
                with self._lock:
                    self._ears = tuple(kept for kept in self._ears if kept is not ear)

    def open(self, ear: Ear) -> Line:
        """See :meth:`Carrier.open`."""
        with self._lock:
            self._ears = (*self._ears, ear)
        return _MemoryLine()


class _MemoryLine:
    """A hub that is called hears everything."""

    async def hear(self, topics: Iterable[str], look: Look) -> Reading:
        """See :meth:`Line.hear`."""
        return await look(None)

    def forget(self, topics: Iterable[str]) -> None:
        """See :meth:`Line.forget`."""

    def renew(self) -> None:
        """See :meth:`Line.renew`."""
