"""The history that processes share, in Redis: each step is one script, so it is one instant."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

import redis

from dfws_html.delivery.connections import RedisAt
from dfws_html.delivery.history import Entry, Frame, Mark, Reading, TopicReading

__all__ = ["RedisHistory", "channel_prefix"]

_BELL = 8 * 1024  # characters of a body that a bell carries


def channel_prefix(prefix: str) -> str:
    """Return what the channels of the bells begin with; the topic follows."""
    return f"{prefix}:bell:"


class RedisHistory:
    """The history in a Redis.

    Args:
        at: the Redis.
        prefix: of all keys.
        rings: whether an append publishes its bells, in the same step.
        entries, size, seconds, book_seconds: see :class:`MemoryHistory`.
    """

    shared: ClassVar[bool] = True

    def __init__(
        self,
        at: RedisAt,
        *,
        prefix: str = "ws",
        rings: bool = True,
        entries: int = 256,
        size: int = 1 << 20,
        seconds: float = 300,
        book_seconds: float = 72_000,
    ) -> None:
        self._at = at
        self._channels = channel_prefix(prefix) if rings else ""
        self._keys = [f"{prefix}:seq"]
        self._prefix = prefix
        self._bounds = [entries, size, _ms(seconds), _ms(book_seconds)]

    def append(self, *frames: Frame) -> list[Entry]:
        """See :meth:`History.append`. One round trip."""
        if not frames:
            return []
        frames = tuple(
            Frame(list(dict.fromkeys(f.topics)), f.body, f.control, f.keep) for f in frames
        )
        own = [self._channels, _BELL, secrets.token_urlsafe(9)]
        told = [word for frame in frames for word in _words(frame)]
        with self._at.reaching():
            try:
                life, *found = self._run("append", *own, 0, *told)
            except redis.ConnectionError:
                # It may be a connection that has died long ago. If only the answer was lost, the
                # script finds what it has done.
                life, *found = self._run("append", *own, 1, *told)
        return [
            Entry(
                number=number,
                life=life,
                previous=dict(zip(frame.topics, map(int, before), strict=True)),
                body=frame.body,
                control=frame.control,
            )
            for frame, (number, *before) in zip(frames, found, strict=False)
        ]

    def position(self) -> tuple[str, int]:
        """See :meth:`History.position`."""
        with self._at.reaching():
            try:
                life, number = self._run("lasts")
            except redis.ConnectionError:
                life, number = self._run("lasts")
        return life, number

    async def read(self, positions: Mapping[str, int], *, mark: Mark | None = None) -> Reading:
        """See :meth:`History.read`."""
        pairs = [word for pair in positions.items() for word in pair]
        life, number, *found = await self._arun("read", *(mark or ("", "")), *pairs)
        return Reading(
            life=life,
            position=number,
            topics={
                topic: _reading(topic, position, last, texts)
                for (topic, position), (last, *texts) in zip(positions.items(), found, strict=True)
            },
        )

    async def lasts(self, topics: Iterable[str]) -> tuple[str, int, Mapping[str, int]]:
        """See :meth:`History.lasts`."""
        names = list(topics)
        life, number, *found = await self._arun("lasts", *names)
        return life, number, dict(zip(names, found, strict=True))

    def _arguments(self, own: Iterable[Any]) -> list[Any]:
        return [self._prefix, secrets.token_urlsafe(9), *self._bounds, *own]

    def _run(self, name: str, *own: Any) -> list[Any]:
        script = self._at.client.register_script(_source(name))
        found: list[Any] = script(keys=self._keys, args=self._arguments(own))
        return found

    async def _arun(self, name: str, *own: Any) -> list[Any]:
        with self._at.reaching():
            script = (await self._at.async_client()).register_script(_source(name))
            try:
                found: list[Any] = await script(keys=self._keys, args=self._arguments(own))
            except redis.ConnectionError:  # one that has died long ago; to read again harms nobody
                found = await script(keys=self._keys, args=self._arguments(own))
        return found


@cache
def _source(name: str) -> str:
    folder = files("dfws_html.delivery") / "lua"
    return "\n".join((folder / f"{part}.lua").read_text("utf-8") for part in ("sequence", name))


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _words(frame: Frame) -> list[Any]:
    keep = "" if frame.keep is None else _ms(frame.keep)
    return [keep, int(frame.control), frame.body, len(frame.topics), *frame.topics]


def _reading(topic: str, position: int, last: int, texts: Sequence[str]) -> TopicReading:
    entries = [Entry.decode(text) for text in texts]
    lost = entries[0].previous[topic] > position if entries else last > position
    return TopicReading(last=last, entries=None if lost or position < 0 else entries)
