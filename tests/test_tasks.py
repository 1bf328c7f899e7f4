"""The door of handlers and views: real threads, real transactions, sync and async."""

import asyncio
import datetime
import threading
import time

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.test import RequestFactory

from dfws_html import tasks
from dfws_html.decorators import everyone, signal
from dfws_html.exceptions import SignalNotSent, UnknownSignal
from dfws_html.tasks import (
    SERVER,
    SYNC,
    USER,
    WINDOW,
    atrigger,
    atrigger_signal,
    lost_after_commit,
    trigger,
    trigger_signal,
)
from dfws_html.testing import SignalQueue
from dfws_html.work.executors import stop
from dfws_html.work.registry import registry
from tests.working import SECONDS, told, topic_key, window

REAL = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


@pytest.fixture
def ran():
    """Note what the handler `s` was called with."""
    found = Notes()

    @signal(path="s", queue="one by one", is_allowed_to=everyone)
    def handler(window_info, **arguments):
        found.add((window_info, arguments))

    return found


class Notes(list):
    def __init__(self):
        self._changed = threading.Condition()

    def add(self, one):
        with self._changed:
            self.append(one)
            self._changed.notify_all()

    def wait_for(self, count):
        with self._changed:
            assert self._changed.wait_for(lambda: len(self) >= count, SECONDS), list(self)
        return self


def texts(topic):
    return [frame["opts"].get("text") for frame in told(topic)]


# ------------------------------------------------------------------ names


def test_the_seed_s_names():
    for name in ("SERVER", "WINDOW", "USER", "BROADCAST", "SYNC", "set_websocket_topics"):
        assert name in tasks.__all__
        assert hasattr(tasks, name)


def test_an_argument_may_have_any_name(ran):
    trigger(None, "s", to=SYNC, signal_name=2, self=3, now=4)
    assert ran[0][1] == {"signal_name": 2, "self": 3, "now": 4}


@REAL
def test_from_a_request(ran):
    request = RequestFactory().get("/page/", HTTP_USER_AGENT="Lynx")
    request.user = User.objects.create_user("ada")
    request.window_key = "w1"
    trigger(request, "s", to=[SERVER, WINDOW], text="hello")
    [(window_info, arguments)] = ran.wait_for(1)
    assert (window_info.username, window_info.window_key) == ("ada", "w1")
    assert window_info.user_agent == "Lynx"
    assert window_info.page_url == "http://testserver/page/"
    assert arguments == {"text": "hello"}
    assert texts("missing") == []


@REAL
def test_the_default_destination():
    ada = User.objects.create_user("ada")
    own = window(ada)
    trigger(own, "note", text="to the user")
    assert texts_of(USER, own) == ["to the user"]
    own = window(AnonymousUser())
    trigger(own, "note", text="to the window")
    assert texts_of(WINDOW, own) == ["to the window"]


def texts_of(topic, window_info):
    return [frame["opts"]["text"] for frame in told(topic, window_info)]


# ------------------------------------------------------------------ transactions


@REAL
def test_nothing_before_the_commit_all_after_it_in_order(ran):
    with transaction.atomic():
        for n in range(5):
            trigger(None, "s", to=[SERVER, "in order"], text=n)
        assert texts("in order") == []
        assert ran == []
    assert texts("in order") == list(range(5))
    assert [arguments["text"] for _, arguments in ran.wait_for(5)] == list(range(5))


@REAL
def test_a_rollback_drops(ran):
    with pytest.raises(KeyError), transaction.atomic():
        trigger_and_fail()
    trigger(None, "s", to=[SERVER, "rolled back"], text="after")
    assert [arguments["text"] for _, arguments in ran.wait_for(1)] == ["after"]
    assert texts("rolled back") == ["after"]


def trigger_and_fail():
    trigger(None, "s", to=[SERVER, "rolled back"], text="never")
    raise KeyError


@REAL
def test_the_handler_sees_the_committed_row():
    seen = Notes()

    @signal(path="look")
    def look(window_info, pk):
        seen.add(Group.objects.filter(pk=pk).exists())

    with transaction.atomic():
        group = Group.objects.create(name="new")
        trigger(None, "look", to=SERVER, pk=group.pk)
    assert seen.wait_for(1) == [True]


@REAL
def test_now_does_not_wait(ran):
    with transaction.atomic():
        trigger(None, "s", to=["now"], text="waits")
        trigger_signal(None, "s", to=[SERVER, "now"], kwargs={"text": "now"}, now=True)
        ran.wait_for(1)
        assert texts("now") == ["now"]
    assert texts("now") == ["now", "waits"]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_using_says_which_commit():
    with transaction.atomic():
        with transaction.atomic(using="other"):
            trigger_signal(None, "s", to=["using"], kwargs={"text": 1}, using="other")
            assert texts("using") == []
        assert texts("using") == [1]


@REAL
def test_sync_runs_inside_the_transaction():
    seen = []

    @signal(path="look")
    def look(window_info):
        seen.append((Group.objects.count(), threading.current_thread()))
        trigger(window_info, "s", to=["sync"], text="after the commit")

    with transaction.atomic():
        Group.objects.create(name="new")
        trigger(None, "look", to=SYNC)
        assert seen == [(1, threading.current_thread())]
        assert texts("sync") == []
    assert texts("sync") == ["after the commit"]


@REAL
def test_errors_of_arguments_belong_to_the_trigger(ran):
    with transaction.atomic():
        with pytest.raises(TypeError, match="the argument 'thing'"):
            trigger(None, "s", to=SERVER, thing=object())
        with pytest.raises(UnknownSignal):
            trigger(None, "nobody", to=SERVER)


@REAL
def test_a_dispatcher_that_fails_after_the_commit(settings, caplog):
    settings.WEBSOCKET_POOL_SIZES = {"full": 1}
    settings.WEBSOCKET_LIMITS = {"waiting": 1}
    inside, go = threading.Event(), threading.Event()

    @signal(path="full", queue="full")
    def handler(window_info):
        inside.set()
        assert go.wait(SECONDS)

    trigger(None, "full", to=SERVER)
    assert inside.wait(SECONDS)
    trigger(None, "full", to=SERVER)
    with pytest.raises(SignalNotSent):
        trigger(None, "full", to=SERVER)
    lost = []

    def on_lost(sender, error, count, **more):
        lost.append(count)

    lost_after_commit.connect(on_lost)
    with transaction.atomic():
        trigger(None, "full", to=SERVER)
        trigger(None, "s", to=["not lost"], text="others leave")
    lost_after_commit.disconnect(on_lost)
    go.set()
    async_to_sync(stop)()
    assert lost == [1]
    assert texts("not lost") == ["others leave"]
    assert '"full" was not sent' in caplog.text


# ------------------------------------------------------------------ delays


def test_delays_for_handlers_and_windows(ran):
    start = time.time()
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=0.2)
    trigger_signal(None, "s", to=SERVER, kwargs={"text": "eta"}, eta=soon)
    trigger_signal(None, "s", to=SERVER, kwargs={"text": "countdown"}, countdown=0.1)
    trigger_signal(None, "s", to=SERVER, kwargs={"text": "never"}, countdown=0.1, expires=0.01)
    trigger_signal(None, "s", to=SERVER, kwargs={"text": "number"}, eta=start + 0.3)
    trigger_signal(None, "s", to=["delayed"], kwargs={"text": "pushed"}, countdown=0.1)
    assert texts("delayed") == []
    order = [arguments["text"] for _, arguments in ran.wait_for(3)]
    assert order == ["countdown", "eta", "number"]
    assert time.time() - start >= 0.3
    assert texts("delayed") == ["pushed"]


# ------------------------------------------------------------------ async


@pytest.mark.parametrize(
    ("door", "instead"),
    [(trigger, "await atrigger("), (trigger_signal, "await atrigger_signal(")],
)
async def test_a_synchronous_door_on_the_loop_names_the_other(door, instead, ran):
    with pytest.raises(SynchronousOnlyOperation) as refused:
        door(None, "s", to=SERVER)
    assert instead in str(refused.value)
    assert f"{door.__name__}()" in str(refused.value)
    assert ran == []


async def test_django_s_own_switch_opens_the_door(monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    trigger(None, "s", to=["unsafe"])


async def test_atrigger(ran):
    await atrigger(None, "s", to=[SERVER, "atrigger"], text="hello", self=1)
    await atrigger_signal(None, "s", to=SERVER, kwargs={"text": "options"}, countdown=0.01)
    await asyncio.to_thread(ran.wait_for, 2)
    assert [arguments for _, arguments in ran] == [
        {"text": "hello", "self": 1},
        {"text": "options"},
    ]


@REAL
async def test_atrigger_from_an_asynchronous_view(ran):
    user = await User.objects.acreate_user("ada")
    request = RequestFactory().get("/")
    request.auser = None
    request.user = user
    await atrigger(request, "s", to=SERVER)
    await asyncio.to_thread(ran.wait_for, 1)
    assert ran[0][0].username == "ada"


async def test_sync_of_an_asynchronous_function_from_a_loop():
    seen = []

    @signal(path="a")
    async def handler(window_info, depth):
        seen.append(depth)
        if depth:
            await atrigger(window_info, "a", to=SYNC, depth=depth - 1)

    await asyncio.wait_for(atrigger(None, "a", to=SYNC, depth=2), SECONDS)
    assert seen == [2, 1, 0]


@REAL
async def test_a_transaction_in_an_asynchronous_view_s_thread():
    def work():
        with transaction.atomic():
            trigger(None, "s", to=["from async"], text=1)
            return len(told("from async"))

    assert await sync_to_async(work)() == 0
    assert await sync_to_async(texts)("from async") == [1]


async def test_signal_queue_sees_atrigger():
    with SignalQueue() as queue:
        await atrigger(None, "s", to=["room", SERVER], text=1)
        assert queue.ws_signals == {"-str.room": [("s", {"text": 1})]}
        assert list(queue.python_signals) == ["celery"]
