"""The bells of the Redis history: published by its appends, heard over one connection a hub."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Iterable

from redis.asyncio.client import PubSub

from dfws_html.delivery.carriers import Ear, Line
from dfws_html.delivery.connections import RedisAt
from dfws_html.delivery.history import Entry
from dfws_html.delivery.redis_history import channel_prefix
from dfws_html.exceptions import Unreachable

__all__ = ["RedisCarrier", "delay_before"]

logger = logging.getLogger("dfws_html.delivery")

_PATIENCE = 5.0  # seconds from asking for a topic to hearing it
_QUIET = 10.0  # seconds of silence after which Redis is asked whether it lives, then given up


def delay_before(attempt: int) -> float:
    """Return the seconds to wait before a connection is tried again, a different one each time."""
    # Not of the shared generator, whose numbers a project's tests may have fixed.
    return secrets.SystemRandom().uniform(0.5, 1.0) * min(2.0, 0.1 * 2.0 ** min(attempt, 10))


class RedisCarrier:
    """The carrier of the Redis history.

    Args:
        at: the Redis.
        prefix: of its keys and channels.
    """

    def __init__(self, at: RedisAt, prefix: str) -> None:
        self._at = at
        self._channels = channel_prefix(prefix)

    def ring(self, entry: Entry) -> None:
        """See :meth:`Carrier.ring`. The append has done it already, in the same step."""

    def open(self, ear: Ear) -> Line:
        """See :meth:`Carrier.open`."""
        return _RedisLine(ear, self._at, self._channels)


class _RedisLine:
    """One connection that stays: it comes back by itself, and says when it has been away."""

    def __init__(self, ear: Ear, at: RedisAt, channels: str) -> None:
        self._ear = ear
        self._at = at
        self._channels = channels
        self._wanted: set[str] = {""}  # a channel without a topic keeps the connection alive
        self._changed = asyncio.Event()
        self._urged = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._away: Unreachable | None = None
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._begin()

    def _begin(self) -> None:
        """Forget what the last connection had."""
        self._asked: set[str] = set()
        self._heard: set[str] = set()
        self._unanswered: Counter[str] = Counter()
        self._silent = False
        self._last = ""

    # -------------------------------------------------------------- what the hub asks for

    async def hear(self, topics: Iterable[str]) -> None:
        """See :meth:`Line.hear`."""
        lacking = set(topics) - self._heard
        self._wanted.update(topics)
        if not lacking:
            return
        # A line that is away tries again at once; if that fails, it tells all who wait.
        self._urged.set()
        if self._life is None:
            self._life = asyncio.get_running_loop().create_task(self._live())
        futures = [asyncio.get_running_loop().create_future() for _ in lacking]
        for topic, future in zip(lacking, futures, strict=True):
            self._waiting.setdefault(topic, []).append(future)
        self._changed.set()
        try:
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*futures)
        except TimeoutError:
            raise self._at.unreachable(TimeoutError("no answer to SUBSCRIBE")) from None

    def forget(self, topics: Iterable[str]) -> None:
        """See :meth:`Line.forget`."""
        self._wanted.difference_update(topics)
        self._changed.set()

    def renew(self) -> None:
        """See :meth:`Line.renew`. A connection that lives hears what it has asked for."""

    # -------------------------------------------------------------- its life

    async def _live(self) -> None:
        attempt = 0
        while True:
            was_away = self._away
            self._begin()
            try:
                async with self._at.ear_client() as client, client.pubsub() as pubsub:
                    await pubsub.subscribe(self._channels)
                    attempt = 0
                    self._away = None
                    if was_away is not None:
                        logger.warning("bells are heard again")
                    async with asyncio.TaskGroup() as both:
                        both.create_task(self._ask(pubsub))
                        both.create_task(self._listen(pubsub, returned=was_away is not None))
            except* Exception as errors:  # noqa: BLE001 - whatever it is, bells must be heard again
                self._lose(errors.exceptions[0])
            await self._pause(delay_before(attempt))
            attempt += 1

    async def _pause(self, seconds: float) -> None:
        self._urged.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._urged.wait()
        except TimeoutError:
            pass

    def _lose(self, error: BaseException) -> None:
        if self._away is None:
            logger.error("bells are not heard, trying again: %s: %s", type(error).__name__, error)
        self._away = self._at.unreachable(error)
        waiting = [future for futures in self._waiting.values() for future in futures]
        self._waiting.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(Unreachable(str(self._away)))

    async def _ask(self, pubsub: PubSub) -> None:
        """Subscribe to what is wanted, and ask a silent Redis whether it lives."""
        self._asked.add("")
        while True:
            self._changed.clear()
            new, old = self._wanted - self._asked, self._asked - self._wanted
            if new:
                self._asked |= new
                self._unanswered.update(new)
                await pubsub.subscribe(*(self._channels + topic for topic in new))
            if old:
                self._asked -= old
                self._heard -= old
                await pubsub.unsubscribe(*(self._channels + topic for topic in old))
            try:
                async with asyncio.timeout(_QUIET):
                    await self._changed.wait()
            except TimeoutError:
                if self._silent:
                    raise TimeoutError(f"no word for {2 * _QUIET:.0f} s") from None
                self._silent = True
                await pubsub.ping()

    async def _listen(self, pubsub: PubSub, *, returned: bool) -> None:
        async for message in pubsub.listen():
            self._silent = False
            match message["type"]:
                case "message":
                    self._ring(message["data"])
                case "subscribe":
                    self._confirm(message["channel"].removeprefix(self._channels))
                    if returned and self._wanted <= self._heard:
                        returned = False
                        self._ear.returned()

    def _confirm(self, topic: str) -> None:
        if topic:
            self._unanswered[topic] -= 1
        # Asked for twice, with a farewell in between: only the last answer counts.
        if self._unanswered[topic] <= 0 and topic in self._asked:
            del self._unanswered[topic]
            self._heard.add(topic)
            for future in self._waiting.pop(topic, ()):
                if not future.done():
                    future.set_result(None)

    def _ring(self, text: str) -> None:
        # An entry of several topics rings for each, one right after the other.
        if text != self._last:
            self._last = text
            self._ear.ring(Entry.decode(text))
