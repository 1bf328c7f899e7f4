"""A random walk over the real hub and history, judged by what every window was promised.

Windows come and go with their positions, change topics, lose what was on its way; bells are
dropped, doubled, swapped; lists are so short and so short-lived that much is never replayed; the
server restarts with an empty memory. Each window must still see each topic's entries in order, each
once, or a resync that covers what it did not see. A failing seed is named; `walk(seed)` repeats it.
"""

import asyncio
import json
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import Entry, Frame, MemoryHistory
from dfws_html.delivery.hub import Hub, Subscriber
from dfws_html.delivery.publishing import Publisher
from dfws_html.page.living import changed_token, topics_order
from dfws_html.page.tokens import PageToken
from dfws_html.protocol import TopicsTold

SEEDS = 400
STEPS = 80
TOPICS = ["a", "b", "c", "d"]


@dataclass
class Page:
    """A page as the script keeps it: a position per index, and what it has applied."""

    token: PageToken
    life: str
    known: dict[int, int] = field(default_factory=dict)
    applied: dict[str, list[int]] = field(default_factory=dict)  # by life
    told: dict[tuple[str, str], list[int]] = field(default_factory=dict)  # by life and topic
    resynced: dict[str, tuple[str, int]] = field(default_factory=dict)  # by topic
    obeyed: dict[str, set[int]] = field(default_factory=dict)  # by life
    inbox: list[str] = field(default_factory=list)

    def seen(self, life):
        return {*self.applied.get(life, ()), *self.obeyed.get(life, ())}

    def positions(self):
        return {topic: self.known[index] for index, topic in self.topics()}

    def topics(self):
        return [(index, topic) for index, topic in enumerate(self.token.topics) if topic]

    def read(self, count):
        now, self.inbox = self.inbox[:count], self.inbox[count:]
        for text in now:
            self.take(json.loads(text))

    def take(self, frame):
        match frame.get("df"):
            case "resync":
                if frame["life"] != self.life:
                    self.life = frame["life"]
                    self.known = dict.fromkeys(self.known, -1)
                for index in frame["t"]:
                    topic = self.token.topics[index]
                    self.known[index] = max(self.known[index], frame["pos"])
                    self.resynced[topic] = (self.life, frame["pos"])
            case "topics":
                self.obeyed.setdefault(self.life, set()).add(frame["o"])
                self.token = PageToken(window="w", **json.loads(frame["token"]))
                named = {int(index): position for index, position in frame["pos"].items()}
                self.known = {
                    index: named.get(index, self.known.get(index, -1)) for index, _ in self.topics()
                }
            case "hb":
                self.known = {index: max(at, frame["pos"]) for index, at in self.known.items()}
            case None:
                applied = self.applied.setdefault(self.life, [])
                number = frame["o"]
                lacking = any(self.known.get(index, -1) < number for index in frame["t"])
                if number not in applied and lacking:
                    applied.append(number)
                    for index in frame["t"]:
                        key = (self.life, self.token.topics[index])
                        self.told.setdefault(key, []).append(number)
                for index in frame["t"]:
                    self.known[index] = max(self.known[index], number)


class Socket:
    """A page's connection, as the consumer makes it."""

    def __init__(self, hub, window):
        page = window.page
        self.hub, self.page, self.token, self.since = hub, page, page.token, window.since
        self.subscriber = Subscriber(
            lambda text: page.inbox.append(text),
            self.obey,
            topics=page.token.topics,
            positions=page.positions(),
            life=page.life,
        )
        hub.add(self.subscriber)

    async def greet(self):
        reading = await self.hub.read(self.subscriber)
        await self.hub.catch_up(self.subscriber, reading)

    def obey(self, order):
        before = self.token.topics
        self.token = changed_token(self.token, order)
        added = {t: order.number for t in self.token.topics if t and t not in before}
        self.since.update(dict.fromkeys(added, (order.life, order.number)))
        told = TopicsTold(
            token=json.dumps({"topics": self.token.topics}),
            topics=self.token.topics,
            positions={
                index: order.number
                for index, topic in enumerate(self.token.topics)
                if topic in added
            },
            number=order.number,
        )
        self.page.inbox.append(told.encode())
        self.hub.retopic(self.subscriber, self.token.topics, added)


@dataclass
class Window:
    own: str
    page: Page
    socket: Socket | None = None
    # What it was promised: each topic from a number in a life on.
    since: dict[str, tuple[str, int]] = field(default_factory=dict)


class World:
    def __init__(self, seed):
        self.random = Random(seed)
        self.now = 0.0
        self.entries: list[Entry] = []
        self.windows: list[Window] = []
        self.held: list[Entry] = []
        self.start()
        for n in range(3):
            self.open(f"own {n}")

    def start(self):
        self.history = MemoryHistory(entries=3, seconds=5, clock=lambda: self.now)
        through = Publisher(self.history, MemoryCarrier())
        self.hub = Hub(through, asyncio.get_running_loop())

    def open(self, own):
        life, position = self.history.position()
        topics = (own, *self.random.sample(TOPICS, 2))
        page = Page(PageToken(window="w", topics=topics), life, dict.fromkeys(range(3), position))
        since = dict.fromkeys(topics, (life, position))
        self.windows.append(Window(own, page, since=since))

    # ---------------------------------------------------------- what can happen

    async def append(self):
        topics = self.random.sample([*TOPICS, "own 0", "own 1"], self.random.randint(1, 3))
        self.ring(self.history.append(Frame(topics, '{"x":0'))[0])

    async def order(self):
        window = self.random.choice(self.windows)
        change = self.random.choice(["set", "add", "remove"])
        ids = self.random.sample(TOPICS, self.random.randint(1, 3))
        body = topics_order(change, ids, [window.own])
        self.ring(self.history.append(Frame([window.own], body, control=True))[0])

    def ring(self, entry):
        self.entries.append(entry)
        match self.random.choice(["rings", "rings", "rings", "lost", "twice", "later"]):
            case "rings":
                self.hub.ring(entry)
            case "twice":
                self.hub.ring(entry)
                self.held.append(entry)
            case "later":
                self.held.append(entry)

    async def late_bell(self):
        if self.held:
            self.hub.ring(self.held.pop(self.random.randrange(len(self.held))))

    async def time(self):
        self.now += self.random.choice([0.5, 6])

    async def cut(self):
        self.drop(self.random.choice(self.windows))

    def drop(self, window):
        if window.socket is not None:
            self.hub.remove(window.socket.subscriber)
            # Nothing of the old connection arrives any more, whatever the server still tells it.
            window.page = replace(window.page, inbox=[])
            window.socket = None

    async def connect(self):
        await self.join(self.random.choice(self.windows))

    async def join(self, window):
        if window.socket is None:
            window.socket = Socket(self.hub, window)
            if self.random.random() < 0.3:
                await self.append()
            await window.socket.greet()

    async def deliver(self):
        self.random.choice(self.windows).page.read(self.random.randint(1, 5))

    async def heartbeat(self):
        await self.check(self.random.choice(self.windows))

    async def check(self, window):
        if window.socket is None:
            return True
        await self.hub.check()
        position = self.hub.told(window.socket.subscriber)
        window.page.inbox.append(json.dumps({"df": "hb", "pos": position}))
        return position == self.history.position()[1]

    async def turn(self):
        await asyncio.sleep(0)

    async def restart(self):
        if self.random.random() < 0.2:
            for window in self.windows:
                self.drop(window)
            self.held.clear()
            self.start()

    async def step(self):
        act = self.random.choice(
            [self.append] * 6
            + [self.order, self.late_bell, self.time, self.cut, self.heartbeat, self.restart]
            + [self.connect, self.deliver, self.turn] * 3
        )
        await act()

    async def calm(self):
        """The faults end: every window is there, has been checked, and has read everything."""
        for window in self.windows:
            await self.join(window)
        for _ in range(20):
            await asyncio.sleep(0)
            while self.hub._due or self.hub._tasks:
                await asyncio.sleep(0)
            if all([await self.check(window) for window in self.windows]):
                break
        else:
            raise AssertionError("some window never catches up")
        for window in self.windows:
            window.page.read(10**6)

    # ---------------------------------------------------------- the judge

    def judge(self):
        for window in self.windows:
            self.judge_topics(window)
            for applied in window.page.applied.values():
                assert len(applied) == len(set(applied)), "applied twice"
            for (_, topic), numbers in window.page.told.items():
                assert numbers == sorted(numbers), f"{topic} out of order: {numbers}"

    def judge_topics(self, window):
        """Whatever was sent to a topic of the window has been applied, or a resync covers it."""
        life, page = self.history.position()[0], window.page
        assert page.life == life, "it lives in the past"
        for _, topic in page.topics():
            resync_life, covered = page.resynced.get(topic, ("", 0))
            since_life, since = window.since[topic]
            assert life in {resync_life, since_life}, f"no resync of {topic} after a restart"
            from_here = max(covered * (resync_life == life), since * (since_life == life))
            missed = [
                entry.number
                for entry in self.entries
                if entry.life == life and topic in entry.previous
                if entry.number > from_here and entry.number not in page.seen(life)
            ]
            assert not missed, f"{window.own} never heard {missed} on {topic}"


async def walk(seed):
    world = World(seed)
    for _ in range(STEPS):
        await world.step()
    await world.calm()
    world.judge()


async def test_nothing_is_lost_in_silence():
    for seed in range(SEEDS):
        try:
            await walk(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


async def test_the_judge_objects():
    """The judge itself: it must see a gap, a double and a swap."""
    for spoil, words in [
        (lambda page: page.applied[page.life].pop(), "never heard"),
        (lambda page: page.applied[page.life].append(1), "twice"),
        (lambda page: [numbers.reverse() for numbers in page.told.values()], "out of order"),
    ]:
        world = World(1)
        window = world.windows[0]
        topic = window.page.token.topics[1]
        await world.join(window)
        for _ in range(3):
            entry = world.history.append(Frame([topic], '{"x":0'))[0]
            world.entries.append(entry)
        await world.calm()
        world.judge()
        spoil(window.page)
        with pytest.raises(AssertionError, match=words):
            world.judge()
