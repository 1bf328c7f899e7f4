"""Carriers between processes: what rings is heard, a lost line comes back, deafness is healed."""

import asyncio
import logging

import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer

from dfws_html.delivery.history import Frame
from dfws_html.delivery.hub import Hub, Subscriber
from dfws_html.delivery.layer_carrier import LayerCarrier
from dfws_html.delivery.publishing import publisher
from dfws_html.delivery.redis_carrier import delay_before
from dfws_html.exceptions import Unreachable

PATIENCE = 15.0


class Ear:
    """Hears, and tells whoever waits for it."""

    def __init__(self):
        self.heard = []
        self.returns = 0
        self._changed = asyncio.Event()

    def ring(self, entry):
        self.heard.append(entry)
        self._changed.set()
        return True

    def returned(self):
        self.returns += 1
        self._changed.set()

    async def until(self, condition):
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    @property
    def bodies(self):
        return [entry.body for entry in self.heard]


async def publish(*frames):
    """From another thread, as handlers do."""
    await asyncio.to_thread(publisher().publish_all, [Frame(*frame) for frame in frames])


async def hear(line, *topics):
    """Hear them, and return what the history has."""
    positions = dict.fromkeys(topics, 0)
    return await line.hear(topics, lambda mark: publisher().history.read(positions, mark=mark))


async def test_what_rings_for_a_topic_is_heard(carrier):
    ear = Ear()
    line = publisher().carrier.open(ear)
    await hear(line, "a", "b")
    await publish((["a"], "1"), (["c"], "2"), (["b", "a"], "3"), (["b"], "4", True))
    await ear.until(lambda: "4" in ear.bodies)
    assert ear.bodies == ["1", "3", "4"]
    [first, both, last] = ear.heard
    assert (first.number, both.previous, last.control) == (1, {"b": 0, "a": 1}, True)
    assert (await publisher().history.read({"a": 0})).topics["a"].entries == [first, both]


async def test_what_is_forgotten_is_not_heard_until_it_is_wanted_again(carrier):
    ear = Ear()
    line = publisher().carrier.open(ear)
    await hear(line, "a", "b")
    line.forget(["a"])
    await hear(line, "a")
    await publish((["a"], "1"))
    await ear.until(lambda: ear.bodies == ["1"])
    line.forget(["a"])
    # Until the farewell is through; only then is it known that nothing comes.
    async with asyncio.timeout(PATIENCE):
        while "2" in ear.bodies or ear.bodies[-1] != "3":
            ear.heard.clear()
            await publish((["a"], "2"), (["b"], "3"))
            await ear.until(lambda: "3" in ear.bodies)


async def turns():
    """Let all go on that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class Crossing(InMemoryChannelLayer):
    """Over several connections: what is asked first comes last, what is done first is told last."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.answers = asyncio.Event()
        self.answers.set()

    async def group_add(self, group, channel):
        await super().group_add(group, channel)
        await self.answers.wait()

    async def group_discard(self, group, channel):
        await turns()
        await super().group_discard(group, channel)


async def test_a_topic_that_is_forgotten_and_wanted_at_once_is_heard(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.Crossing"}}
    layer = get_channel_layer()
    ear = Ear()
    line = LayerCarrier().open(ear)

    async def look(mark):
        return mark

    await line.hear(["a"], look)
    layer.answers.clear()
    line.forget(["a"])
    hearing = asyncio.create_task(line.hear(["a"], look))
    for _ in range(3):
        await turns()
    layer.answers.set()
    await hearing
    await turns()
    assert list(layer.groups["dfws.a"]) == [line._channel]


async def test_two_lines_hear_the_same(carrier):
    ears = [Ear(), Ear()]
    for ear in ears:
        await hear(publisher().carrier.open(ear), "a")
    await publish((["a"], "1"))
    for ear in ears:
        await ear.until(lambda ear=ear: ear.bodies == ["1"])


async def test_a_long_body_is_left_behind(carrier):
    ear = Ear()
    await hear(publisher().carrier.open(ear), "a")
    await publish((["a"], "x" * 8192), (["a"], "x" * 8193))
    await ear.until(lambda: len(ear.heard) == 2)
    assert [entry.whole for entry in ear.heard] == [True, False]


async def test_a_carrier_that_is_away_is_named(carrier, redis):
    line = publisher().carrier.open(Ear())
    redis.kill()
    with pytest.raises(Unreachable, match="WEBSOCKET_REDIS_CONNECTION|CHANNEL_LAYERS"):
        await hear(line, "a")


# ------------------------------------------------------------------ hearing and looking at once


async def test_a_look_that_came_before_its_topics_is_repeated(relay):
    line = publisher().carrier.open(Ear())
    await hear(line, "a")
    looks = []

    async def look(mark):
        looks.append(await publisher().history.read({"b": 0}, mark=mark))
        if not relay.passes.is_set():
            await relay.held.wait()
            await publish((["b"], "1"))  # it rings where nobody hears it yet
            relay.passes.set()
        return looks[-1]

    relay.passes.clear()
    reading = await line.hear(["b"], look)
    assert [len(look.topics["b"].entries) for look in looks] == [0, 1]
    assert reading is looks[-1]


async def test_topics_that_are_heard_need_no_mark(redis):
    line = publisher().carrier.open(Ear())
    await hear(line, "a", "b")
    marks = []

    async def look(mark):
        marks.append(mark)
        return await publisher().history.read({"b": 0})

    await line.hear(["b"], look)
    assert marks == [None]


async def test_what_is_forgotten_before_it_is_heard_is_not_waited_for(relay):
    line = publisher().carrier.open(Ear())
    await hear(line, "a")
    relay.passes.clear()
    hearing = asyncio.create_task(hear(line, "b", "c"))
    await relay.held.wait()
    line.forget(["b"])
    relay.passes.set()
    assert (await hearing).topics.keys() == {"b", "c"}


async def test_a_line_that_breaks_between_asking_and_looking_says_so(relay, redis, caplog):
    line = publisher().carrier.open(Ear())
    await hear(line, "a")

    async def look(mark):
        reading = await publisher().history.read({"b": 0})
        with redis.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        return reading

    with pytest.raises(Unreachable, match="WEBSOCKET_REDIS_CONNECTION"):
        await line.hear(["b"], look)
    assert (await hear(line, "a", "b")).topics.keys() == {"a", "b"}


# ------------------------------------------------------------------ a hub over it


class Window:
    """What a socket of the hub is told."""

    def __init__(self, the_hub, *topics):
        self.told = []
        self.hub = the_hub
        life, position = publisher().history.position()
        self._changed = asyncio.Event()
        self.subscriber = Subscriber(
            self._take,
            lambda entry: None,
            topics=topics,
            positions=dict.fromkeys(topics, position),
            life=life,
        )

    def _take(self, text):
        self.told.append(text)
        self._changed.set()

    async def arrive(self):
        self.hub.add(self.subscriber)
        self.hub.catch_up(self.subscriber, await self.hub.read(self.subscriber))

    async def until(self, words):
        async with asyncio.timeout(PATIENCE):
            while words not in "".join(self.told):
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def quick(settings):
    settings.WEBSOCKET_LIMITS = {"heartbeat": 0.3}


async def test_a_hub_tells_its_windows(carrier):
    window = Window(Hub(publisher(), asyncio.get_running_loop()), "a", "b")
    await window.arrive()
    await publish((["a"], '{"x":1'), (["b"], '{"x":2,"long":"' + "x" * 9000 + '"'))
    await publish((["a", "b"], '{"x":3'))
    await window.until('"x":3')
    assert [text[:7] for text in window.told] == [f'{{"x":{n},' for n in (1, 2, 3)]


async def test_a_redis_that_comes_back_empty_is_a_resync(carrier, redis, quick, caplog):
    window = Window(Hub(publisher(), asyncio.get_running_loop()), "a")
    await window.arrive()
    redis.kill()
    with pytest.raises(Unreachable):
        await publish((["a"], "{"))
    redis.start()
    await window.until('"df":"resync"')
    await publish((["a"], '{"x":1'))
    await window.until('"x":1')


async def test_a_bell_that_nobody_heard_is_found(carrier, redis, quick):
    """A deaf layer, an expired group: the subscriptions are gone, and nothing says so."""
    window = Window(Hub(publisher(), asyncio.get_running_loop()), "a")
    await window.arrive()
    with redis.client() as client:
        for key in client.scan_iter("*group*"):
            client.delete(key)
        client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await publish((["a"], '{"x":1'))
    await window.until('"x":1')
    await publish((["a"], '{"x":2'))
    await window.until('"x":2')
    assert [text[:7] for text in window.told] == ['{"x":1,', '{"x":2,']


async def test_a_silenced_redis_is_heard_again(carrier, redis, quick, caplog):
    caplog.set_level(logging.WARNING)
    window = Window(Hub(publisher(), asyncio.get_running_loop()), "a")
    await window.arrive()
    redis.stop_answering()
    late = asyncio.create_task(publish((["a"], '{"x":1')))
    await asyncio.wait([late], timeout=0.2)
    redis.answer_again()
    await late
    await window.until('"x":1')


def test_reconnections_are_spread_and_bounded():
    delays = [delay_before(attempt) for attempt in (0, 3, 8, 1000)]
    assert 0.05 <= delays[0] <= 0.1
    assert 0.4 <= delays[1] <= 0.8
    assert all(1 <= delay <= 2 for delay in delays[2:])
    assert len({delay_before(8) for _ in range(20)}) > 1
