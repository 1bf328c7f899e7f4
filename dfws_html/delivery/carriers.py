"""How a history's bell travels from whoever appends to every hub that has windows to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from dfws_html.delivery.history import Entry

__all__ = ["Carrier", "Listener", "MemoryCarrier"]

#: What a hub gives: called from any thread with each entry; False when its loop is gone.
Listener = Callable[[Entry], bool]


class Carrier(Protocol):
    """What every carrier can do, from any thread."""

    def ring(self, entry: Entry) -> None:
        """Tell every hub of an entry. A bell may be lost: the history is the truth."""
        ...

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with what rings, until the function that is returned is called."""
        ...


class MemoryCarrier:
    """The carrier of a single process: it calls the hubs themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def ring(self, entry: Entry) -> None:
        """See :meth:`Carrier.ring`."""
        for listener in self._listeners:
            if not listener(entry):
                self._remove(listener)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """See :meth:`Carrier.subscribe`."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._remove(listener)

    def _remove(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)
