"""The history: one sequence of numbers, and for each topic a bounded list of what went to it."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

__all__ = ["Entry", "Frame", "History", "Mark", "MemoryHistory", "Reading", "TopicReading"]


@dataclass(frozen=True)
class Frame:
    """What is to be appended.

    Attributes:
        topics: ids.
        body: the frame's text without its end (see ``protocol.seal``).
        control: the hub acts on it instead of handing it to windows.
        keep: seconds for which it is kept, None for as long as others.
    """

    topics: Sequence[str]
    body: str
    control: bool = False
    keep: float | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One frame in the history.

    Attributes:
        number: its place in the one sequence.
        life: of the history that gave the number.
        previous: for each of its topics, the number of the entry before it there, or 0.
        body: the frame's text without its end (see ``protocol.seal``).
        control: the hub acts on it instead of handing it to windows.
        whole: False in a bell that left the body behind, so that it has to be read.
    """

    number: int
    life: str
    previous: Mapping[str, int]
    body: str
    control: bool = False
    whole: bool = True

    def encode(self, *, limit: int | None = None) -> str:
        """Return the entry as a text for other processes: a line about it, then the body.

        Args:
            limit: characters of a body that still goes along.
        """
        head = json.dumps(
            {
                "n": self.number,
                "l": self.life,
                "p": dict(self.previous),
                "c": int(self.control),
            },
            separators=(",", ":"),
        )
        left_behind = not self.whole or (limit is not None and len(self.body) > limit)
        return head if left_behind else f"{head}\n{self.body}"

    @classmethod
    def decode(cls, text: str) -> Entry:
        r"""Return the entry that :meth:`encode` (or the history's Lua) wrote.

        >>> Entry.decode('{"n":7,"l":"x","p":{"a":5},"c":0}\n{"df":"done"').body
        '{"df":"done"'
        """
        head, line, body = text.partition("\n")
        raw = json.loads(head)
        return cls(
            number=raw["n"],
            life=raw["l"],
            previous=raw["p"],
            control=bool(raw["c"]),
            body=body,
            whole=bool(line),
        )


@dataclass(frozen=True, kw_only=True)
class TopicReading:
    """What a topic has for somebody who stands at some position.

    ``entries`` is None if something in between is lost; then it can't be healed.
    """

    last: int
    entries: Sequence[Entry] | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One consistent look at several topics."""

    life: str
    position: int
    topics: Mapping[str, TopicReading]


class Mark(NamedTuple):
    """What a reading publishes at its instant, so that a line knows what it heard before it."""

    channel: str
    text: str


class History(Protocol):
    """What every history can do; ``append`` and ``position`` come from any thread.

    Each method raises ``Unreachable`` if what keeps the history does not answer.
    """

    #: Whether other processes have it, too; its methods then wait for a network.
    shared: ClassVar[bool]

    def append(self, *frames: Frame) -> list[Entry]:
        """Give each frame the next number and keep it for each of its topics; all or none."""
        ...

    def position(self) -> tuple[str, int]:
        """Return the life and the last number given."""
        ...

    async def read(self, positions: Mapping[str, int], *, mark: Mark | None = None) -> Reading:
        """Return what each topic has after the position given for it, at one instant.

        Args:
            positions: by topic; below 0: its entries are not wanted.
            mark: published at that instant, if the history's appends publish bells.
        """
        ...

    async def lasts(self, topics: Iterable[str]) -> tuple[str, int, Mapping[str, int]]:
        """Return the life, the last number, and the last number of each topic, at one instant."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    """An entry in a topic's list, with its bytes and the time at which it ends."""

    entry: Entry
    size: int
    ends: float


@dataclass(slots=True)
class _Topic:
    """One topic's list, with the time at which even its last number is forgotten."""

    last: int = 0
    kept: list[_Kept] = field(default_factory=list)
    size: int = 0
    ends: float = 0.0


class MemoryHistory:
    """The history of a single process.

    Args:
        entries: kept for a topic.
        size: bytes of text kept for a topic; its last entry stays, however long.
        seconds: for which an entry is kept.
        book_seconds: for which the last number of a silent topic is remembered.
        clock: seconds that never go back.

    >>> history = MemoryHistory()
    >>> [entry.number for entry in history.append(Frame(["a"], "{"), Frame(["b"], "{"))]
    [1, 2]
    """

    shared: ClassVar[bool] = False

    def __init__(
        self,
        *,
        entries: int = 256,
        size: int = 1 << 20,
        seconds: float = 300,
        book_seconds: float = 72_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = (entries, size, seconds)
        self._book_seconds = book_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._life = secrets.token_urlsafe(9)
        self._number = 0
        self._topics: dict[str, _Topic] = {}
        self._next_sweep = 0.0

    def append(self, *frames: Frame) -> list[Entry]:
        """See :meth:`History.append`."""
        with self._lock:
            now = self._clock()
            self._sweep(now)
            return [self._append_one(frame, now) for frame in frames]

    def _append_one(self, frame: Frame, now: float) -> Entry:
        seconds = self._limits[2] if frame.keep is None else frame.keep
        size = len(frame.body) if frame.body.isascii() else len(frame.body.encode())
        self._number += 1
        books = {topic: self._topics.setdefault(topic, _Topic()) for topic in frame.topics}
        entry = Entry(
            number=self._number,
            life=self._life,
            previous={topic: book.last for topic, book in books.items()},
            body=frame.body,
            control=frame.control,
        )
        for book in books.values():
            book.last = entry.number
            book.kept.append(_Kept(entry, size, now + seconds))
            book.size += size
            book.ends = now + self._book_seconds
            self._trim(book, now)
        return entry

    def position(self) -> tuple[str, int]:
        """See :meth:`History.position`."""
        with self._lock:
            return self._life, self._number

    async def read(self, positions: Mapping[str, int], *, mark: Mark | None = None) -> Reading:
        """See :meth:`History.read`. Nobody waits for a mark of it."""
        with self._lock:
            now = self._clock()
            return Reading(
                life=self._life,
                position=self._number,
                topics={
                    topic: self._read_one(topic, position, now)
                    for topic, position in positions.items()
                },
            )

    async def lasts(self, topics: Iterable[str]) -> tuple[str, int, Mapping[str, int]]:
        """See :meth:`History.lasts`."""
        with self._lock:
            known = self._topics
            return (
                self._life,
                self._number,
                {topic: known[topic].last if topic in known else 0 for topic in topics},
            )

    def _read_one(self, topic: str, position: int, now: float) -> TopicReading:
        book = self._topics.get(topic)
        if book is None:
            return TopicReading(last=0, entries=() if position >= 0 else None)
        self._trim(book, now)
        later = [kept.entry for kept in book.kept if kept.entry.number > position]
        lost = later[0].previous[topic] > position if later else book.last > position
        return TopicReading(last=book.last, entries=None if lost or position < 0 else later)

    def _trim(self, book: _Topic, now: float) -> None:
        count, size, _ = self._limits
        while book.kept and (
            book.kept[0].ends <= now
            or len(book.kept) > count
            or (book.size > size and len(book.kept) > 1)
        ):
            book.size -= book.kept.pop(0).size

    def _sweep(self, now: float) -> None:
        # Now and then forget what nobody has written to for longer than any token lives.
        if now < self._next_sweep:
            return
        self._next_sweep = now + 60
        for topic, book in list(self._topics.items()):
            self._trim(book, now)
            if book.ends <= now:
                del self._topics[topic]
