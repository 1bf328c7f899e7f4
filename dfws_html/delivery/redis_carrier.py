"""The bells of the Redis history: published by its appends, heard over one connection a hub."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count

from redis.asyncio.client import PubSub

from dfws_html.delivery.carriers import Ear, Line, Look
from dfws_html.delivery.connections import RedisAt
from dfws_html.delivery.history import Entry, Mark, Reading
from dfws_html.delivery.redis_history import channel_prefix
from dfws_html.exceptions import Unreachable

__all__ = ["RedisCarrier", "delay_before"]

logger = logging.getLogger("dfws_html.delivery")

_PATIENCE = 5.0  # seconds from asking for topics to hearing them and having looked
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


class _Hearing:
    """Topics that somebody is about to hear, and how far that is.

    Attributes:
        lacking: those that Redis has yet to confirm.
        asked: whether they are asked for.
        came: whether the mark of the look has come.
        in_order: whether that was after all had been confirmed.
    """

    def __init__(self, topics: set[str]) -> None:
        self.lacking = topics
        self.asked = self.came = self.in_order = False
        self._error: Unreachable | None = None
        self._changed = asyncio.Event()

    def ask(self, asked: set[str]) -> None:
        """Take note of what is asked for."""
        self.asked = self.asked or self.lacking <= asked
        self._changed.set()

    def strike(self, topics: Iterable[str]) -> None:
        """Wait no more for topics that are confirmed, or not wanted any more."""
        self.lacking.difference_update(topics)
        self._changed.set()

    def mark(self) -> None:
        """Take note that the look's mark has come."""
        self.came, self.in_order = True, not self.lacking
        self._changed.set()

    def fail(self, error: Unreachable) -> None:
        """Let whoever waits know that the line was lost."""
        self._error = error
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until it is so far."""
        while self._error is None and not condition():
            self._changed.clear()
            await self._changed.wait()
        if self._error is not None:
            raise Unreachable(str(self._error))


class _RedisLine:
    """One connection that stays: it comes back by itself, and says when it has been away."""

    def __init__(self, ear: Ear, at: RedisAt, channels: str) -> None:
        self._ear = ear
        self._at = at
        self._channels = channels
        # The channel of its own keeps the connection alive, and brings the marks of its looks.
        self._own = f"mark:{secrets.token_urlsafe(9)}"
        self._wanted: set[str] = {self._own}
        self._changed = asyncio.Event()
        self._urged = asyncio.Event()
        self._life: asyncio.Task[None] | None = None
        self._away: Unreachable | None = None
        self._hearings: dict[str, _Hearing] = {}
        self._looks = count(1)
        self._begin()

    def _begin(self) -> None:
        """Forget what the last connection had."""
        self._asked: set[str] = {self._own}
        self._heard: set[str] = {self._own}
        self._unanswered: Counter[str] = Counter()
        self._silent = False
        self._last = ""

    # -------------------------------------------------------------- what the hub asks for

    async def hear(self, topics: Iterable[str], look: Look) -> Reading:
        """See :meth:`Line.hear`. One round trip, as a rule.

        The look goes out right behind what asks for the topics, by another connection. Its mark
        comes by this one, in the order in which Redis did both: if the look was the first, its
        reading is not used.
        """
        topics = set(topics)
        self._wanted |= topics
        lacking = topics - self._heard
        if not lacking:
            return await look(None)
        mark = Mark(self._channels + self._own, str(next(self._looks)))
        hearing = self._hearings[mark.text] = _Hearing(lacking)
        # A line that is away tries again at once; if that fails, it tells all who wait.
        self._urged.set()
        self._changed.set()
        if self._life is None:
            self._life = asyncio.get_running_loop().create_task(self._live())
        try:
            async with asyncio.timeout(_PATIENCE):
                await hearing.until(lambda: hearing.asked)
                reading = await look(mark)
                await hearing.until(lambda: hearing.came)
                if not hearing.in_order:
                    await hearing.until(lambda: not hearing.lacking)
                    reading = await look(None)
                return reading
        except TimeoutError:
            raise self._at.unreachable(TimeoutError("no answer to SUBSCRIBE")) from None
        finally:
            del self._hearings[mark.text]

    def forget(self, topics: Iterable[str]) -> None:
        """See :meth:`Line.forget`."""
        left = set(topics)
        self._wanted -= left
        for hearing in self._hearings.values():
            hearing.strike(left)
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
                    await pubsub.subscribe(self._channels + self._own)
                    if await pubsub.get_message(timeout=_PATIENCE) is None:
                        raise TimeoutError("no answer to SUBSCRIBE")
                    # From here on, marks come.
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
        for hearing in self._hearings.values():
            hearing.fail(self._away)

    async def _ask(self, pubsub: PubSub) -> None:
        """Subscribe to what is wanted, and ask a silent Redis whether it lives."""
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
            for hearing in self._hearings.values():
                hearing.ask(self._asked)
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
                    self._take(message["channel"].removeprefix(self._channels), message["data"])
                case "subscribe":
                    self._confirm(message["channel"].removeprefix(self._channels))
                    if returned and self._wanted <= self._heard:
                        returned = False
                        self._ear.returned()

    def _take(self, channel: str, text: str) -> None:
        if channel != self._own:
            self._ring(text)
        elif text in self._hearings:
            self._hearings[text].mark()

    def _confirm(self, topic: str) -> None:
        self._unanswered[topic] -= 1
        # Asked for twice, with a farewell in between: only the last answer counts.
        if self._unanswered[topic] <= 0 and topic in self._asked:
            del self._unanswered[topic]
            self._heard.add(topic)
            for hearing in self._hearings.values():
                hearing.strike([topic])

    def _ring(self, text: str) -> None:
        # An entry of several topics rings for each, one right after the other.
        if text != self._last:
            self._last = text
            self._ear.ring(Entry.decode(text))
