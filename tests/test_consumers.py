"""A socket's life where the test holds the other end itself: stuck, gone, cancelled, changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
import uuid

import pytest
from django.utils import timezone, translation

from dfws_html.consumers import DFConsumer
from dfws_html.decorators import everyone, signal
from dfws_html.delivery.history import Frame
from dfws_html.delivery.hub import hub
from dfws_html.delivery.publishing import publisher
from dfws_html.page.living import topics_order
from dfws_html.page.subscriptions import (
    add_websocket_topics,
    remove_websocket_topics,
    set_websocket_topics,
)
from dfws_html.page.tokens import PageToken, sign, verify
from dfws_html.tasks import BROADCAST, WINDOW, atrigger
from dfws_html.topics import topic_id
from dfws_html.window_info import WindowInfo
from dfws_html.work import executors
from dfws_html.work.jobs import HandlerJob
from dfws_html.ws_middleware import WindowInfoMiddleware
from tests.sockets import PATIENCE, Line, line, new_page, scope_of

pytestmark = pytest.mark.usefixtures("each_history")

application = DFConsumer.as_asgi()


def window_of(page):
    window_info = WindowInfo()
    window_info.window_key = verify(page.token).window
    return window_info


def said(caplog):
    """What sockets have logged; a job of the test before may still have something to say."""
    return [record for record in caplog.records if record.name == "dfws_html.sockets"]


def listeners():
    return len(hub(publisher()))


async def until(condition):
    """Let the loop go on until something holds that no frame tells of."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0)


class Slow(WindowInfoMiddleware):
    """A project's middleware that waits for its database."""

    began = threading.Event()
    may_end = threading.Event()

    def from_request(self, request, window_info):
        self.began.set()
        self.may_end.wait(PATIENCE)


class Broken(WindowInfoMiddleware):
    def from_request(self, request, window_info):
        raise LookupError("no such tenant")


@pytest.fixture
def slow(settings):
    settings.WINDOW_INFO_MIDDLEWARES = [
        "dfws_html.ws_middleware.WindowKeyMiddleware",
        "dfws_html.ws_middleware.DjangoAuthMiddleware",
        "tests.test_consumers.Slow",
    ]
    Slow.may_end.set()
    yield Slow
    Slow.may_end.set()


# ------------------------------------------------------------------ readers


async def test_a_stuck_reader_is_let_go(settings, caplog):
    settings.WEBSOCKET_LIMITS = {"behind_frames": 3}
    page = new_page()
    async with line(application, page) as stuck:
        await stuck.hello(page)
        stuck.reading.clear()
        for number in range(6):
            await atrigger(None, "all", to=BROADCAST, number=number)
        await until(lambda: "reads too slowly" in caplog.text)
        assert listeners() == 0  # nothing is kept for it, though its close can't leave yet
        stuck.reading.set()
        assert await stuck.end() == 4008
        await stuck.over()
    assert f"window {verify(page.token).window}: closed with 4008" in caplog.text


async def test_one_that_never_reads_again_is_let_go_too(settings):
    settings.WEBSOCKET_LIMITS = {"behind_frames": 3}
    page = new_page()
    async with line(application, page) as stuck:
        await stuck.hello(page)
        stuck.reading.clear()
        for number in range(6):
            await atrigger(None, "all", to=BROADCAST, number=number)
        await stuck.over()
        assert not stuck.reading.is_set()


@pytest.mark.parametrize("limits", [{"behind_frames": 6}, {"behind_bytes": 600}])
async def test_a_reader_that_missed_more_than_may_wait_is_told_all_of_it(settings, limits):
    settings.WEBSOCKET_LIMITS = limits
    page = new_page("room")
    for number in range(30):
        await atrigger(None, "room", to=["room"], number=number)
    async with line(application, page) as wire:
        wire.slowly = True  # as with granian, where every frame waits
        await wire.hello(page)
        for number in range(30):
            assert (await wire.frame("push"))["opts"] == {"number": number}
        await wire.heartbeat()


async def test_a_reader_that_stalls_while_it_is_told_what_it_missed_keeps_no_other_waiting(
    settings,
):
    settings.WEBSOCKET_LIMITS = {"behind_frames": 6, "hellos": 1}
    page, other = new_page("room"), new_page()
    for number in range(30):
        await atrigger(None, "room", to=["room"], number=number)
    async with line(application, page) as stuck, line(application, other) as wire:
        stuck.slowly = True
        await stuck.hello(page)
        stuck.reading.clear()
        await wire.hello(other)
        stuck.reading.set()
        await stuck.frame("push", opts={"number": 29})


async def test_a_reader_found_slow_in_the_middle_of_a_call_is_closed_after_it(settings, handlers):
    settings.WEBSOCKET_LIMITS = {"behind_frames": 3}
    asked, may_answer = threading.Event(), threading.Event()
    ran = []

    def allowed(connection, window_info, kwargs):
        asked.set()
        return may_answer.wait(PATIENCE)

    @signal(path="test.slow", is_allowed_to=allowed)
    def test_slow(window_info):
        ran.append(1)

    page = new_page()
    async with line(application, page) as stuck:
        await stuck.hello(page)
        await stuck.send(signal="test.slow", n=1, opts={})
        await asyncio.to_thread(asked.wait, PATIENCE)
        stuck.reading.clear()
        for number in range(6):
            await atrigger(None, "all", to=BROADCAST, number=number)
        await until(lambda: listeners() == 1)
        may_answer.set()
        await until(lambda: ran)  # it was taken, so it runs
        stuck.reading.set()
        assert await stuck.end() == 4008


async def test_what_was_said_before_a_close_goes_out_before_it(handlers):
    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info):
        pass

    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        wire.reading.clear()
        for n in range(3):
            await wire.send(signal="test.open", n=n, opts={})
        await wire.say(b"binary")
        await until(lambda: listeners() == 0)
        wire.slowly = True
        wire.reading.set()
        assert await wire.end() == 4400
    assert [frame["n"] for frame in wire.frames if frame.get("df") == "ack"] == [0, 1, 2]


# ------------------------------------------------------------------ leaving


@pytest.mark.parametrize("silently", [False, True])
async def test_who_has_left_is_not_called_slow(caplog, silently):
    caplog.set_level(logging.INFO, "dfws_html.sockets")
    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        wire.leave(silently=silently)
        await atrigger(None, "all", to=BROADCAST)
        if silently:
            await until(lambda: wire.gone)
            assert not wire.task.done()  # its disconnect is yet to come
    assert wire.code is None
    assert said(caplog) == []
    assert listeners() == 0


async def test_who_leaves_during_the_handshake_leaves_nothing(slow, caplog):
    page = new_page()
    slow.began.clear()
    slow.may_end.clear()
    async with line(application, page) as wire:
        await wire.send_hello(page)
        await asyncio.to_thread(slow.began.wait, PATIENCE)
        wire.leave()
        slow.may_end.set()
        await wire.over()
    assert listeners() == 0
    assert said(caplog) == []


async def test_who_leaves_before_it_is_accepted_leaves_nothing(caplog):
    wire = Line(application, scope_of())
    wire.leave()
    await wire.over()
    assert said(caplog) == []


@pytest.mark.parametrize("welcomed", [False, True])
async def test_a_server_that_ends_says_so(welcomed):
    page = new_page()
    wire = Line(application, scope_of(page))
    if welcomed:
        await wire.hello(page)
    else:
        await until(lambda: wire.task.done() or not wire._outward.empty())
    wire.task.cancel()
    assert await wire.end() == 1012
    with pytest.raises(asyncio.CancelledError):
        await wire.task
    assert listeners() == 0


# ------------------------------------------------------------------ errors


async def test_an_error_of_the_server_is_logged_once_and_said(settings, caplog):
    page = new_page()
    settings.WINDOW_INFO_MIDDLEWARES = ["tests.test_consumers.Broken"]
    async with line(application, page) as wire:
        await wire.send_hello(page)
        assert await wire.end() == 1011
        await wire.over()
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.exc_info[0] is LookupError


async def test_an_error_while_a_call_is_taken_is_its_answer(handlers, caplog):
    def queue(connection, window_info, kwargs):
        raise LookupError("no such queue")

    @signal(path="test.broken", is_allowed_to=everyone, queue=queue)
    def test_broken(window_info):
        pass

    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        answer = await wire.call("test.broken", 1)
        assert (answer["df"], answer["code"]) == ("nack", "error")
        assert "no such queue" not in answer["message"]
        await wire.heartbeat()
    assert "'test.broken'" in caplog.text
    assert "no such queue" in caplog.text


async def test_a_server_that_refuses_a_code_gets_one_that_all_send():
    codes = []
    page = new_page()
    scope = scope_of(page)
    inward = asyncio.Queue()

    async def send(message):
        if message["type"] == "websocket.close":
            codes.append(message["code"])
            if message["code"] < 3000:
                raise ValueError("invalid close code")

    inward.put_nowait({"type": "websocket.connect"})
    task = asyncio.create_task(application(scope, inward.get, send))
    await until(inward.empty)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert codes == [1012, 4012]


async def test_another_protocol_is_refused():
    with pytest.raises(ValueError, match="speaks websocket, not http"):
        await application({"type": "http"}, None, None)


# ------------------------------------------------------------------ timeouts


async def test_waiting_for_a_text_cancels_no_receive(settings):
    settings.WEBSOCKET_LIMITS = {"silence_seconds": 0.05}
    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        for _ in range(3):
            await wire.heartbeat()
        assert wire.cancelled == 0
        assert await wire.end() == 1013
        await wire.over()
        await until(lambda: wire.cancelled == 1)  # when all was over


# ------------------------------------------------------------------ topics of a living window


async def test_the_token_of_an_answer_changes_the_topics(caplog):
    page = new_page("old", "kept")
    async with line(application, page) as wire:
        before = (await wire.hello(page))["t"]
        answer = new_page("kept", "new", living=verify(page.token))
        await atrigger(None, "between", to=["new"])
        await wire.send(df="topics", token=answer.token)
        told = await wire.frame("topics")
        assert told["t"] == [*before[:2], None, before[3], topic_id("-str.new")]
        assert told["pos"] == {"4": answer.position}
        assert verify(told["token"]).topics == tuple(told["t"])
        await atrigger(None, "old", to=["old"])
        await atrigger(None, "kept", to=["kept"])
        await wire.frame("push", signal="kept")
        # What came between the request and now is told, too.
        assert [name for name, _ in wire.pushes()] == ["between", "kept"]
    assert said(caplog) == []


async def test_a_page_of_another_language_takes_the_place_of_the_first():
    page = new_page("a")
    async with line(application, page) as wire:
        await wire.hello(page)
        with translation.override("fr"), timezone.override("Asia/Tokyo"):
            answer = new_page("a", living=verify(page.token))
        spoken = []

        @signal(path="speak", is_allowed_to=everyone)
        def speak(window_info):
            spoken.append((window_info.language_code, window_info.time_zone))

        await wire.send(signal="speak", n=1, opts={}, reply=True)
        await wire.frame("done", call=f"{page.load}.1")
        for n, shown in enumerate((answer, page), start=2):
            await wire.send(df="topics", token=shown.token)
            await wire.send(signal="speak", n=n, opts={}, reply=True)
            await wire.frame("done", call=f"{page.load}.{n}")
    assert spoken == [("en", "UTC"), ("fr", "Asia/Tokyo"), ("en", "UTC")]


async def test_a_handler_changes_the_topics_and_an_answer_keeps_the_indices(settings):
    page = new_page("a")
    async with line(application, page) as wire:
        before = (await wire.hello(page))["t"]
        await asyncio.to_thread(add_websocket_topics, window_of(page), "by handler")
        told = await wire.frame("topics")
        assert told["t"] == [*before, topic_id("-str.by handler")]
        # The view knew nothing of that, and used the same index for a topic of its own.
        answer = new_page("a", "by view", living=verify(page.token))
        await wire.send(df="topics", token=answer.token)
        told = await wire.frame("topics")
        assert told["t"] == [*before, None, topic_id("-str.by view")]
        await asyncio.to_thread(remove_websocket_topics, window_of(page), "a")
        told = await wire.frame("topics")
        assert told["t"] == [*before[:2], None, None, topic_id("-str.by view")]
        await asyncio.to_thread(set_websocket_topics, window_of(page), "a")
        told = await wire.frame("topics")
        assert told["t"] == [*before[:2], None, None, None, topic_id("-str.a")]


async def test_a_change_that_comes_after_the_end_brings_nothing_back():
    page = new_page("a")
    async with line(application, page) as wire:
        await wire.hello(page)
        (subscriber,) = hub(publisher())._subscribers
    entry = publisher().history.append(Frame(["x"], topics_order("add", ["b"], []), control=True))[
        0
    ]
    subscriber.on_control(entry)
    assert listeners() == 0


@pytest.mark.parametrize("change", [add_websocket_topics, set_websocket_topics])
async def test_too_many_topics_change_nothing(settings, caplog, change):
    settings.WEBSOCKET_LIMITS = {"topics": 6}
    page = new_page("a", "b")
    async with line(application, page) as wire:
        await wire.hello(page)
        await asyncio.to_thread(change, window_of(page), *map(str, range(5)))
        assert (await wire.frame("resync"))["t"] == [0]
        await atrigger(None, "still", to=["a"])
        await wire.frame("push", signal="still")
    assert "a window hears 6 topics at most" in caplog.text
    with pytest.raises(ValueError, match="6 topics at most"):
        change(window_of(page), *map(str, range(7)))


async def test_a_token_of_another_window_changes_nothing():
    page, other = new_page("a"), new_page("b")
    async with line(application, page) as wire:
        await wire.hello(page)
        for foreign in (other.token, other.token[:-1], "x"):
            await wire.send(df="topics", token=foreign)
            nack = await wire.frame("nack")
            assert (nack["n"], nack["code"]) == (None, "forbidden")
        await atrigger(None, "b", to=["b"])
        await atrigger(None, "a", to=["a"])
        await wire.frame("push", signal="a")
        assert [name for name, _ in wire.pushes()] == ["a"]


@pytest.mark.parametrize("whose", [{"user": "7", "session": "s"}, {"session": "s"}])
async def test_somebody_else_s_token_of_the_same_window_ends_it(whose):
    page = new_page("a")
    token = verify(page.token)
    taken = PageToken(window=token.window, topics=token.topics, life=token.life, **whose)
    async with line(application, page) as wire:
        await wire.hello(page)
        await wire.send(df="topics", token=sign(taken))
        assert await wire.end() == 4401


async def test_a_topic_key_that_has_changed_is_a_resync(settings):
    page = new_page("a")
    settings.WEBSOCKET_TOPIC_KEY = "another"
    async with line(application, page) as wire:
        await wire.hello(page)
        assert (await wire.frame("resync"))["t"] == [0, 1, 2]
        await atrigger(window_of(page), "own", to=WINDOW)
        await wire.frame("push", signal="own")


async def test_a_token_from_before_the_secret_was_rotated_is_good(settings):
    page = new_page("a")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new secret, which is long enough as well, as it should be"
    async with line(application, page) as wire:
        await wire.hello(page)
        await atrigger(None, "a", to=["a"])
        await wire.frame("push")
        assert [frame["df"] for frame in wire.frames if "df" in frame] == ["welcome"]
    settings.SECRET_KEY_FALLBACKS = []
    async with line(application, page) as wire:
        await wire.send_hello(page)
        assert await wire.end() == 4401


async def test_another_life_is_a_resync():
    page = new_page("a")
    async with line(application, page) as wire:
        welcome = await wire.hello(page, life="another", pos={"0": 10**6})
        resync = await wire.frame("resync")
        assert resync["t"] == [0, 1, 2]
        assert resync["life"] == welcome["life"] == publisher().history.position()[0]


async def test_a_heartbeat_of_a_window_that_is_behind_raises_nothing():
    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        # An entry without its bell, as a carrier may lose it.
        entry = publisher().history.append(
            Frame([topic_id("-broadcast")], '{"signal":"lost","opts":{}')
        )[0]
        assert (await wire.heartbeat())["pos"] < entry.number
        await hub(publisher()).check()
        assert (await wire.frame("push"))["o"] == entry.number
        await hub(publisher()).check()
        assert (await wire.heartbeat())["pos"] == entry.number


# ------------------------------------------------------------------ a full queue


@pytest.fixture
def full(handlers, settings):
    """A queue in which nothing has room: one job runs, and the one that may wait does."""
    settings.WEBSOCKET_LIMITS = {"waiting": 1}
    settings.WEBSOCKET_POOL_SIZES = {None: 1}
    began, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    @signal(path="test.block", queue="test-full")
    def test_block(window_info, last):
        began.set()
        may_end.wait(PATIENCE)
        if last:
            ended.set()

    (handler,) = handlers.handlers("test.block")
    for last in (False, True):
        job = HandlerJob(
            task_id=f"block.{uuid.uuid4()}",
            signal="test.block",
            queue="test-full",
            handler=handler.key,
            window_info="{}",
            arguments=json.dumps({"last": last}),
        )
        executors.executor().submit(job)
        began.wait(PATIENCE)
    yield "test-full"
    may_end.set()
    ended.wait(PATIENCE)


async def test_a_full_queue_is_an_answer(full, handlers):
    ran = []

    @signal(path="test.full", is_allowed_to=everyone, queue=full)
    def test_full(window_info):
        ran.append("full")

    @signal(path="test.both", is_allowed_to=everyone)
    def test_both(window_info):
        ran.append("both")

    @signal(path="test.both", is_allowed_to=everyone, queue=full)
    def test_both_full(window_info):
        ran.append("both full")

    @signal(path="test.last", is_allowed_to=everyone)
    def test_last(window_info):
        ran.append("last")

    page = new_page()
    async with line(application, page) as wire:
        await wire.hello(page)
        assert (await wire.call("test.full", 1))["code"] == "busy"
        # One of its two handlers has room: then neither runs.
        assert (await wire.call("test.both", 2))["code"] == "busy"
        await wire.send(signal="test.last", n=3, opts={}, reply=True)
        await wire.frame("done")
        assert ran == ["last"]
