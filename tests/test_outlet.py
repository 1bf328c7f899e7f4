"""The outlet: no task while the reader keeps up, order always, and an end to one that does not."""

import asyncio
import gc

import pytest

from dfws_html.delivery.outlet import Bounds, Outlet, _continued

WIDE = Bounds(frames=1000, size=1 << 20, seconds=1000)


class Reader:
    """An ASGI send whose other side reads when it is let."""

    def __init__(self):
        self.got = []
        self.ready = asyncio.Event()
        self.ready.set()
        self.blocked = asyncio.Event()
        self.cancelled = False

    async def send(self, message):
        try:
            if not self.ready.is_set():
                self.blocked.set()
                await self.ready.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        assert message["type"] == "websocket.send"
        self.got.append(message["text"])


class Ending:
    """What the socket is told about its reader."""

    def __init__(self):
        self.reasons = []
        self.came = asyncio.Event()

    def __call__(self, reason):
        self.reasons.append(reason)
        self.came.set()


@pytest.fixture
async def reader():
    return Reader()


@pytest.fixture
async def ending():
    return Ending()


def others():
    return asyncio.all_tasks() - {asyncio.current_task()}


async def test_a_reader_that_keeps_up_needs_no_task(reader, ending):
    outlet = Outlet(reader.send, WIDE, ending)
    before = others()
    for n in range(100):
        outlet.send(str(n))
    assert reader.got == [str(n) for n in range(100)]
    assert others() == before


@pytest.mark.parametrize("blocks", [False, True])
async def test_what_send_returns_need_be_no_coroutine(reader, ending, blocks):
    class Sending:
        """An awaitable of a server's own, as granian's."""

        def __init__(self, message):
            self.message = message

        def __await__(self):
            if blocks:
                yield from asyncio.sleep(0).__await__()
            yield from reader.send(self.message).__await__()

    outlet = Outlet(Sending, WIDE, ending)
    outlet.send("1")
    outlet.send("2")
    await outlet.aclose()
    assert reader.got == ["1", "2"]
    assert ending.reasons == []


async def test_a_server_may_refuse_a_frame_before_it_is_awaited(ending):
    def send(message):
        raise RuntimeError("closed")

    Outlet(send, WIDE, ending).send("1")
    assert ending.reasons == ["gone"]


async def test_what_comes_while_it_blocks_waits_in_order(reader, ending):
    outlet = Outlet(reader.send, WIDE, ending)
    outlet.send("a")
    reader.ready.clear()
    for text in "bcd":
        outlet.send(text)
    await reader.blocked.wait()
    assert reader.got == ["a"]
    reader.ready.set()
    task = outlet._task
    outlet.send("e")
    await task
    outlet.send("f")
    assert reader.got == list("abcdef")
    assert ending.reasons == []
    assert outlet._size == 0


async def test_a_send_may_block_more_than_once_and_catch_what_it_waits_for(ending):
    got = []

    async def send(message):
        await asyncio.sleep(0)  # yields nothing to wait for
        failing = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(failing.set_exception, ConnectionError())
        with pytest.raises(ConnectionError):
            await failing
        async with asyncio.timeout(1000):
            await asyncio.sleep(0)
        got.append(message["text"])

    outlet = Outlet(send, WIDE, ending)
    outlet.send("a")
    outlet.send("b")
    await outlet._task
    assert got == ["a", "b"]
    assert ending.reasons == []


@pytest.mark.parametrize(
    ("bounds", "fits"),
    [
        (Bounds(frames=3, size=1 << 20, seconds=1000), ["x"] * 3),
        (Bounds(frames=1000, size=8, seconds=1000), ["éé", "éé"]),  # bytes, not letters
    ],
)
async def test_one_that_is_too_far_behind_is_ended_once(reader, ending, bounds, fits):
    outlet = Outlet(reader.send, bounds, ending)
    reader.ready.clear()
    outlet.send("the one that blocks")
    for text in fits:
        outlet.send(text)
    assert ending.reasons == []
    for _ in range(3):
        outlet.send("x")
    assert ending.reasons == ["slow"]
    assert len(outlet._waiting) == 0
    await outlet.aclose(timeout=0)


@pytest.mark.parametrize(
    "bounds",
    [Bounds(frames=4, size=1 << 20, seconds=1000), Bounds(frames=1000, size=4, seconds=1000)],
)
async def test_who_asks_is_told_when_there_is_room(reader, ending, bounds):
    outlet = Outlet(reader.send, bounds, ending)
    reader.ready.clear()
    for text in ("the one that blocks", "x"):
        outlet.send(text)
        assert outlet.room() is None
    outlet.send("x")
    room = outlet.room()
    assert not room.done()
    reader.ready.set()
    async with asyncio.timeout(10):
        await room
    assert outlet.room() is None
    assert len(reader.got) == 3


async def test_one_that_is_behind_for_too_long_is_ended_though_nothing_else_is_sent(reader, ending):
    outlet = Outlet(reader.send, Bounds(frames=9, size=99, seconds=0.01), ending)
    reader.ready.clear()
    outlet.send("a")
    outlet.send("b")
    async with asyncio.timeout(10):
        await ending.came.wait()
    assert ending.reasons == ["slow"]
    reader.ready.set()
    await outlet.aclose()
    assert reader.got == []
    assert reader.cancelled


async def test_age_counts_from_when_a_frame_was_sent_not_from_its_turn(ending):
    # Each frame passes within the bound, but the queue as a whole grows older than it.
    turn = asyncio.Event()
    got = []

    async def send(message):
        turn.clear()
        await turn.wait()
        got.append(message["text"])

    loop = asyncio.get_running_loop()
    outlet = Outlet(send, Bounds(frames=99, size=9999, seconds=0.05), ending)
    for n in range(20):
        outlet.send(str(n))

    def drip():
        turn.set()
        if not ending.reasons:
            loop.call_later(0.02, drip)

    drip()
    async with asyncio.timeout(10):
        await ending.came.wait()
    assert ending.reasons == ["slow"]
    assert 0 < len(got) < 20
    await outlet.aclose(timeout=0)


async def test_a_backlog_that_goes_out_at_once_is_not_too_old(ending):
    gate = asyncio.Event()
    got = []

    async def send(message):
        await gate.wait()
        got.append(message["text"])

    outlet = Outlet(send, Bounds(frames=99, size=9999, seconds=1000), ending)
    for n in range(20):
        outlet.send(str(n))
    gate.set()
    await outlet._task
    assert got == [str(n) for n in range(20)]


async def test_a_reader_that_has_left(ending):
    async def send(message):
        raise RuntimeError("Unexpected ASGI message 'websocket.send'")

    outlet = Outlet(send, WIDE, ending)
    outlet.send("a")
    outlet.send("b")
    assert ending.reasons == ["gone"]


async def test_a_reader_that_leaves_while_it_blocks(ending):
    left = asyncio.get_running_loop().create_future()

    async def send(message):
        await left

    outlet = Outlet(send, WIDE, ending)
    outlet.send("a")
    outlet.send("b")
    task = outlet._task
    left.set_exception(ConnectionResetError())
    await task
    assert ending.reasons == ["gone"]
    assert len(outlet._waiting) == 0


async def test_a_timeout_of_the_servers_own_is_no_slow_reader(ending):
    async def send(message):
        await asyncio.sleep(0)
        raise TimeoutError("keepalive ping timeout")

    outlet = Outlet(send, WIDE, ending)
    outlet.send("a")
    await outlet._task
    assert ending.reasons == ["gone"]


async def test_closing_gives_what_waits_a_moment(reader, ending):
    outlet = Outlet(reader.send, WIDE, ending)
    reader.ready.clear()
    outlet.send("a")
    outlet.send("b")
    asyncio.get_running_loop().call_soon(reader.ready.set)
    await outlet.aclose(timeout=10)
    outlet.send("too late")
    assert reader.got == ["a", "b"]
    assert ending.reasons == []


async def test_closing_does_not_wait_for_one_that_is_stuck(reader, ending):
    outlet = Outlet(reader.send, WIDE, ending)
    reader.ready.clear()
    outlet.send("a")
    task = outlet._task
    await outlet.aclose(timeout=0)
    await asyncio.wait([task])
    assert reader.cancelled
    assert reader.got == []


async def test_closing_before_the_task_has_begun_leaves_nothing_behind(reader, ending):
    outlet = Outlet(reader.send, WIDE, ending)
    reader.ready.clear()
    outlet.send("a")
    task = outlet._task
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_one_stuck_reader_holds_up_nobody(ending):
    stuck, other = Reader(), Reader()
    stuck.ready.clear()
    first, second = Outlet(stuck.send, WIDE, ending), Outlet(other.send, WIDE, ending)
    for n in range(50):
        first.send(str(n))
        second.send(str(n))
    assert len(other.got) == 50
    await first.aclose(timeout=0)


def test_a_loop_that_dies_while_a_send_blocks_leaves_no_complaint():
    """Whatever is collected first: pytest reports what is raised there."""
    loop = asyncio.new_event_loop()

    async def begin():
        reader = Reader()
        reader.ready.clear()
        Outlet(reader.send, WIDE, Ending()).send("a")
        await reader.blocked.wait()
        await asyncio.sleep(0)

    loop.run_until_complete(begin())
    loop.set_exception_handler(lambda *_: None)  # that a task was pending is no news
    loop.close()
    del loop
    gc.collect()


def test_what_is_left_of_a_send_ends_after_it_has_been_closed():
    class Wait:
        def __await__(self):
            yield "something"

    async def send():
        await Wait()

    coroutine = send()
    rest = _continued(coroutine, coroutine.send(None))
    assert rest.send(None) == "something"
    coroutine.close()
    rest.close()
