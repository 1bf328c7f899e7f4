"""The hub of one event loop: which sockets hear which topics, and what each has yet to be told."""

from __future__ import annotations

import asyncio
import enum
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence

from dfws_html import conf
from dfws_html.delivery.history import Entry, Reading
from dfws_html.delivery.publishing import Publisher
from dfws_html.exceptions import Unreachable
from dfws_html.protocol import Resync, seal

__all__ = ["Hub", "Subscriber", "Verdict", "hub", "verdict"]

logger = logging.getLogger("dfws_html.delivery")

_SOCKETS_A_TURN = 200  # then the loop may do something else
_SPREAD = 5.0  # seconds over which windows come to fetch what can't be replayed
_HEARD = 256  # bells kept during one reading; beyond them it is read again


class Verdict(enum.Enum):
    """What a bell means to one socket."""

    IGNORE = "it has been told"
    FORWARD = "it comes next"
    READ = "something before it is missing"


def verdict(entry: Entry, positions: Mapping[str, int]) -> Verdict:
    """Decide what an entry means to a socket that stands at these positions.

    Args:
        entry: what rang; at least one of its topics is in ``positions``.
        positions: of the socket, by topic.

    >>> e = Entry(number=7, life="l", previous={"a": 5}, body="{")
    >>> verdict(e, {"a": 5}), verdict(e, {"a": 4}), verdict(e, {"a": 7})
    (<Verdict.FORWARD: 'it comes next'>, <Verdict.READ: 'something before it is missing'>, \
<Verdict.IGNORE: 'it has been told'>)
    """
    mine = [
        (positions[topic], before) for topic, before in entry.previous.items() if topic in positions
    ]
    if all(entry.number <= position for position, _ in mine):
        return Verdict.IGNORE
    if all(before <= position for position, before in mine):
        return Verdict.FORWARD
    return Verdict.READ


class Subscriber:
    """One window's socket as the hub sees it.

    Args:
        send: takes a text for the window.
        on_control: takes an entry that the socket itself has to act on, when it is its turn.
        on_notice: takes such an entry before its turn too, while others before it still wait.
        topics: ids by index, None where one was removed.
        positions: how far the window has been told each topic; below 0: not known.
        life: of the history in which those positions count.
        room: returns None if it may be told more of what it missed, else what ends when it may.
    """

    def __init__(
        self,
        send: Callable[[str], None],
        on_control: Callable[[Entry], None],
        *,
        on_notice: Callable[[Entry], None] = lambda _: None,
        topics: Sequence[str | None],
        positions: Mapping[str, int],
        life: str,
        room: Callable[[], asyncio.Future[None] | None] = lambda: None,
    ) -> None:
        self.send = send
        self.on_control = on_control
        self.on_notice = on_notice
        self.room = room
        self.topics = list(topics)
        self.positions = dict(positions)
        self.life = life
        # A new subscriber hears, but tells nothing before its first reading.
        self.reading = True
        self.again = False
        self.heard: list[Entry] = []

    def indices(self, topics: Iterable[str]) -> tuple[int, ...]:
        """Return under which indices the window knows these topics."""
        wanted = set(topics)
        return tuple(index for index, topic in enumerate(self.topics) if topic in wanted)

    def retopic(self, topics: Sequence[str | None], positions: Mapping[str, int]) -> None:
        """Hear these topics from now on; those that are new stand at ``positions``."""
        self.topics = list(topics)
        self.positions = {
            topic: self.positions.get(topic, positions.get(topic, -1))
            for topic in topics
            if topic is not None
        }

    def hear(self, entry: Entry) -> None:
        """Keep a bell until the reading that is under way has been told."""
        if self.again:
            return  # the next reading has it
        self.heard.append(entry)
        if len(self.heard) > _HEARD:
            self.heard.clear()
            self.again = True

    def stop_reading(self) -> list[Entry]:
        """End the reading; return what was heard meanwhile."""
        self.reading = self.again = False
        heard, self.heard = self.heard, []
        return heard


class Hub:
    """Hands what rings to the sockets of one event loop.

    All methods but :meth:`ring` belong to the loop's own thread.

    Args:
        through: whose history is read, and whose carrier rings.
        loop: the loop that owns the sockets.
    """

    def __init__(self, through: Publisher, loop: asyncio.AbstractEventLoop) -> None:
        self._history = through.history
        self._loop = loop
        self._by_topic: dict[str, dict[Subscriber, None]] = {}
        self._subscribers: dict[Subscriber, tuple[str, ...]] = {}
        self._due: deque[tuple[Subscriber, Entry]] = deque()
        self._draining = False
        self._sealed: tuple[Entry | None, dict[tuple[int, ...], str]] = (None, {})
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking = False
        self._next_check: asyncio.TimerHandle | None = None
        self._line = through.carrier.open(self)

    def __len__(self) -> int:
        return len(self._subscribers)

    # -------------------------------------------------------------- sockets come and go

    def add(self, subscriber: Subscriber) -> None:
        """Let a socket have its topics, or those it has changed to; see :meth:`read`."""
        before = self._subscribers.get(subscriber, ())
        topics = tuple(topic for topic in subscriber.topics if topic is not None)
        self._subscribers[subscriber] = topics
        for topic in topics:
            self._by_topic.setdefault(topic, {})[subscriber] = None
        self._drop(subscriber, set(before) - set(topics))
        if self._next_check is None:
            self._check_later()

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a socket."""
        self._drop(subscriber, self._subscribers.pop(subscriber, ()))

    def _drop(self, subscriber: Subscriber, topics: Iterable[str]) -> None:
        for topic in topics:
            listeners = self._by_topic[topic]
            del listeners[subscriber]
            if not listeners:
                del self._by_topic[topic]
        self._line.forget([topic for topic in topics if topic not in self._by_topic])

    # -------------------------------------------------------------- bells

    def ring(self, entry: Entry) -> bool:
        """Take a bell, from any thread. False if the loop is gone."""
        try:
            self._loop.call_soon_threadsafe(self._hear, entry)
        except RuntimeError:
            return False
        return True

    def _hear(self, entry: Entry) -> None:
        concerned: dict[Subscriber, None] = {}
        for topic in entry.previous:
            concerned.update(self._by_topic.get(topic, {}))
        self._due.extend((subscriber, entry) for subscriber in concerned)
        if not self._draining:
            self._drain()

    def _drain(self) -> None:
        try:
            for _ in range(min(_SOCKETS_A_TURN, len(self._due))):
                subscriber, entry = self._due.popleft()
                if subscriber in self._subscribers:
                    self._offer(subscriber, entry)
        finally:  # whatever one socket does, the others are told
            self._draining = bool(self._due)
            if self._draining:
                self._loop.call_soon(self._drain)

    def _offer(self, subscriber: Subscriber, entry: Entry) -> None:
        if subscriber.reading:
            if entry.control:
                subscriber.on_notice(entry)
            subscriber.hear(entry)
            return
        if entry.life != subscriber.life:
            self._read_soon(subscriber)
            self._look()  # the others hear of the new life now, not at the next check
            return
        match verdict(entry, subscriber.positions):
            case Verdict.FORWARD if entry.whole:
                self._forward(subscriber, entry)
            case Verdict.FORWARD | Verdict.READ:
                self._read_soon(subscriber)
            case Verdict.IGNORE:
                pass

    def _forward(self, subscriber: Subscriber, entry: Entry) -> None:
        mine = [topic for topic in entry.previous if topic in subscriber.positions]
        if all(subscriber.positions[topic] >= entry.number for topic in mine):
            return
        for topic in mine:
            subscriber.positions[topic] = max(subscriber.positions[topic], entry.number)
        if entry.control:
            self._obey(subscriber, entry, mine)
        else:
            subscriber.send(self._text(entry, subscriber.indices(mine)))

    def _obey(self, subscriber: Subscriber, entry: Entry, mine: Iterable[str]) -> None:
        try:
            subscriber.on_control(entry)
        except Exception:  # the socket's own trouble; it must neither stop the others nor be silent
            logger.exception("a window could not do what entry %d says: resync", entry.number)
            subscriber.positions.update({t: -1 for t in mine if t in subscriber.positions})
            self._read_soon(subscriber)

    def _text(self, entry: Entry, indices: tuple[int, ...]) -> str:
        # Windows of one page know their topics by the same indices, so most share one text.
        if self._sealed[0] is not entry:
            self._sealed = (entry, {})
        texts = self._sealed[1]
        if indices not in texts:
            texts[indices] = seal(entry.body, indices, entry.number)
        return texts[indices]

    # -------------------------------------------------------------- reading what was missed

    async def read(self, subscriber: Subscriber) -> Reading:
        """Return what a socket has missed; what rings after that instant, it hears.

        Raises:
            Unreachable: the history or the carrier does not answer.
        """
        # Topics that change meanwhile let it be read again, so that all of them are read together.
        positions = dict(subscriber.positions)
        return await self._line.hear(
            positions, lambda mark: self._history.read(positions, mark=mark)
        )

    def catch_up(self, subscriber: Subscriber, reading: Reading) -> None:
        """Tell a socket what a reading holds for it, then what rang meanwhile.

        The socket's ``reading`` flag is set, so that nothing else is told in between. What it has
        no room for is read again and told when it has, without keeping the caller.
        """
        self._tell(subscriber, reading)
        if subscriber.again:
            self._spawn(self._read(subscriber))
        else:
            self._tell_heard(subscriber)

    def _tell_heard(self, subscriber: Subscriber) -> None:
        for entry in subscriber.stop_reading():
            if subscriber in self._subscribers:  # what was told may have been its end
                self._offer(subscriber, entry)

    def told(self, subscriber: Subscriber) -> int:
        """Return the number up to which a socket has been told everything, 0 if it is behind."""
        if subscriber.reading:
            return 0
        return max(0, min(subscriber.positions.values(), default=0))

    async def check(self) -> None:
        """Compare where all sockets stand with the history; those that are behind are caught up.

        It heals what no bell tells: a last bell that was lost, a carrier that has gone deaf.

        Raises:
            Unreachable: the history does not answer.
        """
        life, position, lasts = await self._history.lasts(list(self._by_topic))
        deaf = False
        for subscriber in list(self._subscribers):
            if subscriber.reading or not lasts.keys() >= subscriber.positions.keys():
                continue  # something changed meanwhile, so this look says nothing
            behind = any(lasts[topic] > at for topic, at in subscriber.positions.items())
            if life != subscriber.life or behind:
                deaf = True
                self._read_soon(subscriber)
                continue
            for topic in subscriber.positions:
                subscriber.positions[topic] = max(subscriber.positions[topic], position)
        if deaf:
            self._line.renew()

    def returned(self) -> None:
        """Take note that bells may have been lost: look at once."""
        self._spawn(self._check())

    def _look(self) -> None:
        if not self._looking:
            self._looking = True
            self._spawn(self._check())

    async def _check(self) -> None:
        try:
            await self.check()
        except Unreachable as error:
            logger.warning("windows can't be compared with the history now: %s", error)
        finally:
            self._looking = False

    def _check_later(self) -> None:
        self._next_check = self._loop.call_later(conf.limit("heartbeat"), self._check_now)

    def _check_now(self) -> None:
        self._next_check = None
        if self._subscribers:
            self._spawn(self._check())
            self._check_later()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def retopic(
        self, subscriber: Subscriber, topics: Sequence[str | None], positions: Mapping[str, int]
    ) -> None:
        """Let a living socket hear other topics, and read all of them together."""
        subscriber.retopic(topics, positions)
        self.add(subscriber)
        self._read_soon(subscriber)

    def _read_soon(self, subscriber: Subscriber) -> None:
        if subscriber.reading:
            subscriber.again = True
            return
        subscriber.reading = subscriber.again = True
        self._spawn(self._read(subscriber))

    async def _read(self, subscriber: Subscriber) -> None:
        try:
            while subscriber.again and subscriber in self._subscribers:
                if (room := subscriber.room()) is not None:
                    await asyncio.wait([room])
                subscriber.again = False
                self._tell(subscriber, await self.read(subscriber))
            self._tell_heard(subscriber)
        except Unreachable as error:
            logger.warning("a window is not caught up, a later look tries again: %s", error)
            subscriber.stop_reading()
        except Exception:  # whatever a history raises: what was missed can be read later, too
            logger.exception("a window is not caught up; a later look tries again")
            subscriber.stop_reading()

    def _tell(self, subscriber: Subscriber, reading: Reading) -> None:
        if reading.life != subscriber.life:
            self._resync(subscriber, list(subscriber.positions), reading)
            return
        if reading.topics.keys() != subscriber.positions.keys():
            subscriber.again = True  # its topics changed while the history was read
            return
        if not subscriber.again:  # else what was added meanwhile may be newer than this reading
            # Who says that it has seen what is yet to come would never hear of its own end.
            for topic, at in subscriber.positions.items():
                subscriber.positions[topic] = min(at, reading.position)
        lost = [topic for topic, found in reading.topics.items() if found.entries is None]
        if lost:
            # Before the replay of the others: what comes after may rest on what is fetched now.
            self._resync(subscriber, lost, reading)
        entries = {
            entry.number: entry
            for found in reading.topics.values()
            if found.entries is not None
            for entry in found.entries
        }
        for entry in entries.values():
            if entry.control:
                subscriber.on_notice(entry)
        for _, entry in sorted(entries.items()):
            if subscriber not in self._subscribers:
                return
            if subscriber.room() is not None:
                subscriber.again = True  # a reader that stalls keeps no reading in memory
                return
            self._forward(subscriber, entry)
            if entry.control:
                subscriber.again = True  # it may have changed the topics: this reading lacks some
                return

    def _resync(self, subscriber: Subscriber, topics: Sequence[str], reading: Reading) -> None:
        for topic in topics:
            subscriber.positions[topic] = reading.position
        subscriber.life = reading.life
        subscriber.send(
            Resync(
                indices=subscriber.indices(topics),
                position=reading.position,
                life=reading.life,
                spread=max(_SPREAD, len(self) / 50),
            ).encode()
        )


_hubs: dict[tuple[asyncio.AbstractEventLoop, Publisher], Hub] = {}
_lock = threading.Lock()


def hub(through: Publisher) -> Hub:
    """Return the running loop's hub for a publisher, made when first needed."""
    loop = asyncio.get_running_loop()
    key = (loop, through)
    with _lock:
        if key not in _hubs:
            for ended in [known for known in _hubs if known[0].is_closed()]:
                del _hubs[ended]
            _hubs[key] = Hub(through, loop)
        return _hubs[key]
