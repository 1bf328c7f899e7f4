"""The hub: each socket is told each topic's entries in order, each once, or to resync."""

import asyncio
import json
import logging
import threading

import pytest

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import Entry, Frame, MemoryHistory
from dfws_html.delivery.hub import Hub, Subscriber, Verdict, hub, verdict
from dfws_html.delivery.publishing import Publisher


def entry(number, life="l", **previous):
    return Entry(number=number, life=life, previous=previous, body="{")


@pytest.mark.parametrize(
    ("bell", "positions", "expected"),
    [
        (entry(7, a=5), {"a": 5}, Verdict.FORWARD),
        (entry(7, a=5), {"a": 6}, Verdict.FORWARD),
        (entry(7, a=5), {"a": 4}, Verdict.READ),
        (entry(7, a=5), {"a": 7}, Verdict.IGNORE),
        (entry(7, a=5), {"a": 8}, Verdict.IGNORE),
        (entry(7, a=5), {"a": -1}, Verdict.READ),
        (entry(7, a=0), {"a": 0}, Verdict.FORWARD),
        (entry(7, a=5, b=3), {"a": 5}, Verdict.FORWARD),  # b is none of this window's
        (entry(7, a=5, b=3), {"a": 5, "b": 3}, Verdict.FORWARD),
        (entry(7, a=5, b=3), {"a": 5, "b": 2}, Verdict.READ),
        (entry(7, a=5, b=3), {"a": 7, "b": 3}, Verdict.FORWARD),  # b has not been told
        (entry(7, a=5, b=3), {"a": 7, "b": 2}, Verdict.READ),
        (entry(7, a=5, b=3), {"a": 7, "b": 9}, Verdict.IGNORE),
    ],
)
def test_verdict(bell, positions, expected):
    assert verdict(bell, positions) is expected


class GatedHistory(MemoryHistory):
    """Reads when it is let, and fails when it is told to, as one over a network may."""

    def __init__(self, **options):
        super().__init__(**options)
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False
        self.waiting = 0

    async def read(self, positions, *, mark=None):
        reading = await super().read(dict(positions))
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        if self.broken:
            raise ConnectionError("the history is away")
        return reading


class World:
    """A history, its bell and a hub on this loop."""

    def __init__(self, **options):
        self.history = GatedHistory(**options)
        self.carrier = MemoryCarrier()
        self.publisher = Publisher(self.history, self.carrier)
        self.hub = Hub(self.publisher, asyncio.get_running_loop())

    def publish(self, *topics, **options):
        self.publisher.publish(topics, '{"x":0', **options)
        return self.history.position()[1]

    def unheard(self, *topics, **options):
        """An entry whose bell is lost."""
        return self.history.append(Frame(topics, '{"x":0', **options))[0].number

    @property
    def open(self):
        return self.history.gate.is_set()

    async def window(self, *topics, positions=None, life=None, on_control=None, send=None):
        one = Window(topics, positions or {}, life or self.history.position()[0], on_control, send)
        self.hub.add(one.subscriber)
        reading = await self.hub.read(one.subscriber)
        self.hub.catch_up(one.subscriber, reading)
        return one

    async def check(self, window):
        await self.hub.check()
        return self.hub.told(window.subscriber)

    async def settle(self):
        await asyncio.sleep(0)  # what was called from this thread comes next
        while self.hub._due or len(self.hub._tasks) > self.history.waiting * (not self.open):
            await asyncio.sleep(0)


class Window:
    def __init__(self, topics, positions, life, on_control, send):
        self.frames = []
        self.subscriber = Subscriber(
            send or (lambda text: self.frames.append(json.loads(text))),
            on_control or (lambda entry: None),
            topics=topics,
            positions={topic: positions.get(topic, 0) for topic in topics if topic is not None},
            life=life,
        )

    @property
    def told(self):
        """Numbers of frames; a resync as its topics' indices."""
        return [frame["o"] if "o" in frame else frame["t"] for frame in self.frames]


async def test_each_window_gets_its_topics_with_its_own_indices():
    world = World()
    one = await world.window("own 1", None, "a")
    two = await world.window("own 2", "a", "b")
    world.publish("a")
    world.publish("b", "a")
    world.publish("nobody's")
    world.publish("own 1")
    await world.settle()
    assert [(frame["o"], frame["t"]) for frame in one.frames] == [(1, [2]), (2, [2]), (4, [0])]
    assert [(frame["o"], frame["t"]) for frame in two.frames] == [(1, [1]), (2, [1, 2])]


async def test_a_window_on_several_topics_of_an_entry_gets_it_once():
    world = World()
    window = await world.window("a", "b")
    world.publish("a", "b")
    await world.settle()
    assert window.told == [1]
    assert window.subscriber.positions == {"a": 1, "b": 1}


async def test_what_rang_before_the_hello_is_replayed():
    world = World()
    for topic in "abab":
        world.publish(topic)
    window = await world.window("a", "b", positions={"a": 1, "b": 0})
    assert window.told == [2, 3, 4]
    world.publish("a")
    await world.settle()
    assert window.told == [2, 3, 4, 5]


async def test_a_lost_bell_is_noticed_at_the_next():
    world = World()
    window = await world.window("a")
    world.unheard("a")
    world.unheard("a")
    world.publish("a")
    await world.settle()
    assert window.told == [1, 2, 3]


async def test_a_bell_that_rings_twice_or_late_changes_nothing():
    world = World()
    window = await world.window("a")
    bells = [world.history.append(Frame(["a"], '{"x":0'))[0] for _ in range(3)]
    for bell in (bells[1], bells[0], bells[2], bells[1], bells[2]):
        world.carrier.ring(bell)
    await world.settle()
    assert window.told == [1, 2, 3]


async def test_what_rings_during_a_reading_comes_after_it():
    world = World()
    window = await world.window("a", "b")
    world.history.gate.clear()
    world.unheard("a")
    world.publish("a")  # a gap: it has to read
    await world.settle()
    world.publish("b")
    world.publish("a")
    await world.settle()
    assert window.told == []
    world.history.gate.set()
    await world.settle()
    assert window.told == [1, 2, 3, 4]


async def test_a_flood_during_a_reading_is_read_again_not_kept():
    world = World(entries=1000)
    window = await world.window("a")
    world.history.gate.clear()
    world.unheard("a")
    world.publish("a")
    await world.settle()
    for _ in range(2 * 257):  # so that the last of them is dropped, too
        world.publish("a")
    await world.settle()
    assert len(window.subscriber.heard) <= 256
    world.history.gate.set()
    await world.settle()
    assert window.told == list(range(1, 517))


async def test_nobody_has_seen_what_is_yet_to_come():
    world = World()
    world.publish("a")
    orders = []
    beyond = {"a": 2**53 - 1, "b": 2}
    window = await world.window("a", "b", positions=beyond, on_control=orders.append)
    assert window.subscriber.positions == {"a": 1, "b": 1}
    world.publish("a", control=True)
    world.publish("b", "a")
    await world.settle()
    assert [order.number for order in orders] == [2]
    assert window.told == [3]


async def test_what_cannot_be_replayed_is_a_resync_before_the_rest():
    world = World(entries=2)
    for topic in "aaabb":
        world.publish(topic)
    window = await world.window("own", "a", "b")
    assert window.told == [[1], 4, 5]
    resync = window.frames[0]
    assert (resync["df"], resync["pos"], resync["life"]) == (
        "resync",
        5,
        world.history.position()[0],
    )
    assert window.subscriber.positions == {"own": 0, "a": 5, "b": 5}


async def test_a_later_entry_of_a_resynced_topic_is_told():
    world = World(entries=1)
    for topic in "aa":
        world.publish(topic)
    window = await world.window("a")
    world.publish("a")
    await world.settle()
    assert window.told == [[0], 3]


async def test_the_spread_grows_with_the_windows():
    world = World()
    windows = [await world.window("a", positions={"a": -1}) for _ in range(300)]
    assert windows[0].frames[0]["spread"] == 5.0
    assert windows[-1].frames[0]["spread"] == 6.0


async def test_another_life_voids_every_position():
    world = World()
    world.publish("a")
    window = await world.window("a", "b", positions={"a": 900, "b": 0}, life="that of last week")
    assert window.told == [[0, 1]]
    assert window.subscriber.life == world.history.position()[0]
    world.publish("b")
    await world.settle()
    assert window.told == [[0, 1], 2]


async def test_a_bell_of_another_life_is_only_a_reason_to_look():
    world = World()
    window = await world.window("a")
    world.unheard("a")
    world.carrier.ring(entry(70, "another", a=0))
    await world.settle()
    assert window.told == [1]
    assert window.subscriber.life == world.history.position()[0]


async def test_one_bell_of_a_new_life_lets_all_windows_hear_of_it():
    world = World()
    busy, idle = await world.window("a"), await world.window("b")
    world.history._life = "next"
    world.publish("a")
    await world.settle()
    for window in (busy, idle):
        assert [frame["life"] for frame in window.frames if frame.get("df") == "resync"] == ["next"]
    world.publish("b")
    await world.settle()
    assert len(idle.frames) == 2, "and what comes then is told"


async def test_a_hub_of_many_windows_lets_the_loop_breathe():
    world = World()
    windows = [await world.window("a") for _ in range(500)]
    world.publish("a")
    world.publish("a")
    await asyncio.sleep(0)
    assert 0 < sum(bool(window.frames) for window in windows) < 500
    await world.settle()
    assert all(window.told == [1, 2] for window in windows)


async def test_windows_of_one_page_share_one_text():
    world = World()
    texts = []
    for _ in range(3):
        await world.window("a", send=texts.append)
    world.publish("a")
    await world.settle()
    assert len(texts) == 3
    assert len({id(text) for text in texts}) == 1


async def test_a_removed_window_hears_nothing_even_of_what_is_due():
    world = World()
    windows = [await world.window("a") for _ in range(201)]
    last = windows[-1]
    world.publish("a")
    await asyncio.sleep(0)
    world.hub.remove(last.subscriber)
    await world.settle()
    assert last.told == []
    assert windows[0].told == [1]
    for window in windows:
        world.hub.remove(window.subscriber)
    assert len(world.hub) == 0
    assert world.hub._by_topic == {}


async def test_bells_of_other_threads_arrive_in_order():
    world = World(entries=1000)
    window = await world.window("a")
    threads = [
        threading.Thread(target=lambda: [world.publish("a") for _ in range(100)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    await world.settle()
    assert window.told == list(range(1, 401))


# ------------------------------------------------------------------ other topics


async def test_a_new_topic_is_told_from_where_it_was_chosen():
    world = World()
    window = await world.window("own", "a")
    for topic in "bab":
        world.publish(topic)
    await world.settle()
    world.hub.retopic(window.subscriber, ["own", None, "b"], {"b": 1})
    await world.settle()
    world.publish("a")
    world.publish("b")
    await world.settle()
    assert [(frame["o"], frame["t"]) for frame in window.frames] == [(2, [1]), (3, [2]), (5, [2])]


async def test_a_kept_topic_keeps_its_position():
    world = World()
    window = await world.window("a")
    world.publish("a")
    await world.settle()
    world.hub.retopic(window.subscriber, ["a", "b"], {"a": 0, "b": 1})
    await world.settle()
    assert window.told == [1]


async def test_a_new_topic_without_a_position_is_a_resync():
    world = World()
    window = await world.window("a")
    world.hub.retopic(window.subscriber, ["a", "b"], {})
    await world.settle()
    assert window.told == [[1]]


class Joining:
    """What a socket does with an order: its window hears one more topic from there on."""

    def __init__(self, world, topic):
        self.world, self.topic = world, topic
        self.window = None

    def __call__(self, order):
        subscriber = self.window.subscriber
        topics = [*subscriber.topics, self.topic]
        self.world.hub.retopic(subscriber, topics, {self.topic: order.number})


async def test_an_order_takes_effect_between_its_neighbours():
    world = World()
    joining = Joining(world, "b")
    window = joining.window = await world.window("own", on_control=joining)
    world.publish("b")
    world.publish("own", control=True)
    world.publish("b")
    world.publish("own", "b")
    await world.settle()
    assert [(frame["o"], frame["t"]) for frame in window.frames] == [(3, [1]), (4, [0, 1])]


async def test_an_order_in_a_replay_loses_nothing_of_the_topic_it_brings():
    # The reading that holds the order was made without the new topic: what comes after the order
    # has to be read again, or entry 4 would move the window past entry 3.
    world = World()
    joining = Joining(world, "b")
    window = joining.window = Window(("own",), {}, world.history.position()[0], joining, None)
    world.hub.add(window.subscriber)
    world.unheard("b")
    world.unheard("own", control=True)
    world.unheard("b")
    world.unheard("own", "b")
    reading = await world.history.read(window.subscriber.positions)
    world.hub.catch_up(window.subscriber, reading)
    await world.settle()
    assert window.told == [3, 4]


async def test_topics_that_change_during_a_reading_are_read_together():
    world = World()
    window = await world.window("a")
    world.history.gate.clear()
    world.unheard("a")
    world.unheard("b")
    world.publish("a", "b")
    await world.settle()
    world.hub.retopic(window.subscriber, ["a", "b"], {"b": 0})
    world.history.gate.set()
    await world.settle()
    assert window.told == [1, 2, 3]


async def test_a_topic_that_goes_and_comes_during_a_reading_is_read_from_where_it_came():
    world = World()
    for _ in range(2):
        world.publish("b")
    window = await world.window("a", "b", positions={"b": 2})
    world.history.gate.clear()
    world.unheard("a")
    world.publish("a")
    await world.settle()
    world.hub.retopic(window.subscriber, ["a", None], {})
    world.hub.retopic(window.subscriber, ["a", None, "b"], {"b": 1})
    world.history.gate.set()
    await world.settle()
    assert sorted(window.told) == [2, 3, 4]


async def test_an_order_that_fails_is_a_resync_and_stops_nobody(caplog):
    world = World()

    def fails(order):
        raise ValueError("too many topics")

    failing = await world.window("own", "a", on_control=fails)
    other = [await world.window("own", "a") for _ in range(250)]
    with caplog.at_level(logging.ERROR, "dfws_html"):
        world.publish("own", control=True)
        world.publish("a")
        await world.settle()
    assert failing.told == [[0], 2]
    assert all(window.told == [2] for window in other)
    assert "too many topics" in caplog.text


# ------------------------------------------------------------------ when things break


async def test_a_reading_that_fails_is_done_again_at_the_next_bell(caplog):
    world = World()
    window = await world.window("a")
    world.history.broken = True
    world.unheard("a")
    world.publish("a")
    await world.settle()
    assert window.told == []
    assert "the history is away" in caplog.text
    world.history.broken = False
    world.publish("a")
    await world.settle()
    assert window.told == [1, 2, 3]


async def test_a_reading_that_fails_is_done_again_at_the_next_check():
    world = World()
    window = await world.window("a")
    world.history.broken = True
    world.unheard("a")
    world.publish("a")
    await world.settle()
    world.history.broken = False
    assert await world.check(window) == 0
    await world.settle()
    assert window.told == [1, 2]


async def test_a_window_that_throws_does_not_deafen_the_rest():
    world = World()
    seen = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: seen.append(context))

    def explode(text):
        raise RuntimeError("a broken pipe")

    windows = [await world.window("a") for _ in range(150)]
    await world.window("a", send=explode)
    windows += [await world.window("a") for _ in range(150)]
    for _ in range(3):
        world.publish("a")
    await world.settle()
    assert all(window.told == [1, 2, 3] for window in windows)
    assert all("a broken pipe" in str(context["exception"]) for context in seen)
    assert len(seen) == 3


# ------------------------------------------------------------------ the check


async def test_a_check_names_the_position_and_moves_idle_topics():
    world = World()
    window = await world.window("a", "b")
    for topic in "aca":
        world.publish(topic)
    await world.settle()
    assert await world.check(window) == 3
    assert window.subscriber.positions == {"a": 3, "b": 3}
    world.publish("b")
    await world.settle()
    assert window.told == [1, 3, 4]


async def test_a_check_finds_a_lost_last_frame():
    world = World()
    window = await world.window("a")
    world.unheard("a")
    assert await world.check(window) == 0
    await world.settle()
    assert window.told == [1]
    assert await world.check(window) == 1


async def test_a_check_during_a_reading_says_nothing():
    world = World()
    window = await world.window("a")
    world.history.gate.clear()
    world.unheard("a")
    world.publish("a")
    await world.settle()
    assert await world.check(window) == 0
    assert window.subscriber.positions == {"a": 0}


class SlowLasts(MemoryHistory):
    """Looks, and takes its time to say what it saw."""

    async def lasts(self, topics):
        found = await super().lasts(list(topics))
        await asyncio.sleep(0)
        return found


async def test_a_check_does_not_vouch_for_topics_it_has_not_looked_at():
    history = SlowLasts()
    the_hub = Hub(Publisher(history, MemoryCarrier()), asyncio.get_running_loop())
    subscriber = Subscriber(
        lambda text: None,
        lambda entry: None,
        topics=["a"],
        positions={"a": 0},
        life=history.position()[0],
    )
    the_hub.add(subscriber)
    the_hub.catch_up(subscriber, await history.read({"a": 0}))
    history.append(Frame(["c"], "{"))
    checking = asyncio.ensure_future(the_hub.check())
    await asyncio.sleep(0)
    # Meanwhile its topics change, and that reading is already over.
    subscriber.retopic(["a", "b"], {"b": 0})
    await checking
    assert subscriber.positions == {"a": 0, "b": 0}


# ------------------------------------------------------------------ the loop's hub


async def test_one_hub_for_a_loop_and_a_publisher():
    through, other = (Publisher(MemoryHistory(), MemoryCarrier()) for _ in range(2))
    assert hub(through) is hub(through)
    assert hub(through) is not hub(other)
    in_thread = await asyncio.to_thread(lambda: asyncio.run(hub_of(through)))
    assert in_thread is not hub(through)


async def hub_of(through):
    return hub(through)


async def test_the_hub_of_a_loop_that_has_ended_is_forgotten():
    through = Publisher(MemoryHistory(), MemoryCarrier())
    gone = await asyncio.to_thread(lambda: asyncio.run(hub_of(through)))
    assert not gone.ring(entry(1, a=0))
    hub(through)
    through.publish(["a"], "{")
    assert through.carrier._ears == (hub(through),)


async def test_a_window_that_an_entry_ends_is_told_nothing_after_it():
    world = World()
    world.unheard("a")
    world.unheard("a", control=True)
    world.unheard("a")
    ends = []

    def end(entry):
        ends.append(entry.number)
        world.hub.remove(one)
        world.publish("a")

    told = []
    one = Subscriber(
        told.append, end, topics=["a"], positions={"a": 0}, life=world.history.position()[0]
    )
    world.hub.add(one)
    reading = await world.hub.read(one)
    world.publish("a")  # heard while it reads
    await world.settle()
    world.hub.catch_up(one, reading)
    await world.settle()
    assert (ends, len(told)) == ([2], 1)


async def test_an_end_is_noticed_before_what_there_is_no_room_for():
    world = World()
    for is_end in (False, True, False):
        world.unheard("a", control=is_end)
    room = world.hub._loop.create_future()
    told, noticed = [], []

    def notice(entry):
        noticed.append(entry.number)
        world.hub.remove(one)
        room.set_result(None)

    one = Subscriber(
        told.append,
        noticed.append,
        topics=["a"],
        positions={"a": 0},
        life=world.history.position()[0],
        room=lambda: None if room.done() else room,
        on_notice=notice,
    )
    world.hub.add(one)
    world.hub.catch_up(one, await world.hub.read(one))
    assert (noticed, told) == ([2], [])
    await world.settle()
    assert (noticed, told) == ([2], [])


async def test_what_there_is_no_room_for_is_told_once_there_is():
    world = World()
    for _ in range(5):
        world.unheard("a")
    room = world.hub._loop.create_future()
    one = Window(("a",), {}, world.history.position()[0], None, None)
    one.subscriber.room = lambda: room if len(one.frames) >= 2 and not room.done() else None
    world.hub.add(one.subscriber)
    world.hub.catch_up(one.subscriber, await world.hub.read(one.subscriber))
    world.publish("a")
    await asyncio.sleep(0)
    assert one.told == [1, 2]
    room.set_result(None)
    await world.settle()
    assert one.told == [1, 2, 3, 4, 5, 6]
    assert world.hub.told(one.subscriber) == 6
