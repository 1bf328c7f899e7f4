"""From a signal to its jobs and topics, and how plans are carried out."""

import json
import logging
import threading
import time
from datetime import UTC, datetime

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.utils import timezone

from dfws_html.decorators import (
    RandomDynamicQueueName,
    everyone,
    is_authenticated,
    is_staff,
    signal,
)
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import (
    InvalidArguments,
    ProtocolError,
    SignalNotAllowed,
    SignalNotSent,
    UnknownSignal,
)
from dfws_html.topics import BROADCAST, SERVER, SYNC, USER, WINDOW
from dfws_html.work.dispatch import LiveDispatcher, by_queue, dispatch, installed, plan
from dfws_html.work.executors import stop
from dfws_html.work.registry import registry
from tests.working import SECONDS, admitted, told, topic_key, window

NOW = 1_700_000_000.0


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


def register(path="s", name="handler", function=None, **options):
    def handler(window_info, **arguments): ...

    function = function or handler
    function.__qualname__ = name
    return signal(path=path, **{"is_allowed_to": everyone, **options})(function)


def planned(to=None, *, of=None, arguments=None, **options):
    return plan(of or window(), "s", to=to, arguments=arguments or {}, now=NOW, **options)


# ------------------------------------------------------------------ plan


@pytest.mark.django_db
def test_by_default_to_the_user_else_to_the_window():
    user = User.objects.create_user("ada")
    own, members = window(), window(user)
    assert planned(of=own).topics == (f"-window.{own.window_key}",)
    assert planned(of=members).topics == (f"-user.{user.pk}",)


def test_one_job_for_each_handler():
    register(name="first", queue="fast")
    register(name="second", queue="slow")
    register(name="third")
    made = planned(SERVER, arguments={"a": 1})
    assert [(job.handler.rpartition(".")[2], job.queue) for job in made.jobs] == [
        ("first", "fast"),
        ("second", "slow"),
        ("third", "celery"),
    ]
    assert len({job.task_id for job in made.jobs}) == 3
    assert {job.arguments for job in made.jobs} == {'{"a": 1}'}
    assert all(job.call is None and not job.from_client for job in made.jobs)
    assert made.topics == ()
    assert made.push is None
    assert made.to_server
    assert made.only_server


def test_destinations_are_told_apart():
    register()
    made = planned([SERVER, SYNC, BROADCAST, "room"])
    assert len(made.jobs) == len(made.at_once) == 1
    assert made.topics == ("-broadcast", "-str.room")
    assert json.loads(made.push.body() + "}") == {
        "signal": "s",
        "opts": {},
        "signal_id": made.push.signal_id,
    }
    assert not made.only_server
    assert planned([]).topics == ()
    assert not planned([]).only_server


@pytest.mark.django_db
def test_a_queryset_is_its_instances():
    groups = [Group.objects.create(name=name) for name in "ab"]
    names = tuple(f"-model.auth.group.{group.pk}" for group in groups)
    assert planned(Group.objects.order_by("name")).topics == names
    assert planned(iter([*groups, groups[0]])).topics == names


def test_pushes_of_a_handler_bear_its_call():
    own = window(call="load.7")
    made = planned(WINDOW, of=own)
    assert made.push.call == "load.7"
    assert made.window_info["call"] == "load.7"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"thing": object()}, "signal 's': the argument 'thing' .object. can't be sent"),
        ({"n": float("nan")}, "the argument 'n'"),
        ({"half": "\ud800"}, "the argument 'half'"),
    ],
)
def test_arguments_are_encoded_where_the_trigger_stands(arguments, message):
    with pytest.raises(TypeError, match=message):
        planned(SERVER, arguments=arguments)


def test_what_can_t_be_a_topic():
    with pytest.raises(TypeError, match="can't be a topic"):
        planned([object()])
    with pytest.raises(ValueError, match="SESSION"):
        planned(USER)
    with pytest.raises(ValueError, match="WINDOW"):
        planned(WINDOW, of=window(window_key=None))


def test_a_drawn_queue_is_drawn_once():
    register(queue=RandomDynamicQueueName("r", 100))
    [job] = planned(SERVER).jobs
    assert job.queue.startswith("r")
    assert by_queue(planned(SERVER))[0][1][0].queue.startswith("r")


@pytest.mark.parametrize(
    ("options", "eta", "expires"),
    [
        ({}, 0.0, None),
        ({"countdown": 5}, NOW + 5, None),
        ({"countdown": 0}, 0.0, None),
        ({"eta": NOW + 7}, NOW + 7, None),
        ({"eta": datetime.fromtimestamp(NOW, UTC)}, NOW, None),
        ({"countdown": 5, "expires": 30}, NOW + 5, NOW + 30),
        ({"expires": datetime.fromtimestamp(NOW + 9, UTC)}, 0.0, NOW + 9),
    ],
)
def test_times(options, eta, expires):
    register()
    made = planned([SERVER, "room"], **options)
    assert (made.eta, made.expires) == (eta, expires)
    assert (made.jobs[0].eta, made.jobs[0].expires) == (eta, expires)


def test_a_naive_time_is_of_the_current_time_zone(settings):
    naive = datetime(2024, 1, 1, 12)  # naive on purpose
    with timezone.override("Asia/Tokyo"):
        assert planned("room", eta=naive).eta == datetime(2024, 1, 1, 3, tzinfo=UTC).timestamp()
    settings.USE_TZ = False
    assert planned("room", eta=naive).eta == datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp()


def test_by_queue():
    register(name="first", queue="b")
    register(name="second", queue="a")
    register(name="third", queue="b")
    found = by_queue(planned(SERVER))
    assert [(queue, len(jobs)) for queue, jobs in found] == [("a", 1), ("b", 2)]
    unknown = plan(window(), "unknown", to=SERVER, arguments={}, now=NOW)
    assert by_queue(unknown) == [("celery", [])]
    assert by_queue(planned("room")) == []


# ------------------------------------------------------------------ admit


def test_a_browser_s_call():
    register(name="first", queue="fast")
    register(name="second", is_allowed_to=is_staff)
    own = window()
    [job] = admitted("s", {"a": "b"}, of=own, n=17)
    assert job.handler.endswith("first")
    assert job.task_id == f"{own.window_key}.load-0001.17.{registry.handlers('s')[0].digest}"
    assert job.task_id == admitted("s", {"a": "b"}, of=own, n=17)[0].task_id
    assert job.from_client
    assert (job.call.handlers, job.call.reply, str(job.call)) == (1, True, "load-0001.17")
    assert job.queue == "fast"
    assert job.eta == 0.0
    assert 890 < job.expires - time.time() < 910


def test_refusals():
    register(is_allowed_to=is_authenticated)
    register("only.server", is_allowed_to=lambda *asked: None)
    with pytest.raises(UnknownSignal, match=r"only\.server"):
        admitted("only.servers")
    with pytest.raises(SignalNotAllowed, match="is_authenticated"):
        admitted("s")
    with pytest.raises(SignalNotAllowed):
        admitted("only.server")


def test_wrong_names():
    def handler(window_info, a): ...

    register(function=handler)
    with pytest.raises(InvalidArguments, match='"b"'):
        admitted("s", {"a": 1, "b": 2})
    with pytest.raises(InvalidArguments, match="missing"):
        admitted("s")


def test_a_predicate_that_raises_has_not_said_yes(caplog):
    def broken(connection, window_info, kwargs):
        raise KeyError("id")

    register(is_allowed_to=broken)
    with pytest.raises(SignalNotAllowed):
        admitted("s")
    assert "signal 's': is_allowed_to of" in caplog.text


def test_an_endless_number_is_invalid():
    register()
    with pytest.raises(ProtocolError) as refused:
        admitted("s", {"n": json.loads("1e999")}, n=5)
    assert (refused.value.code, refused.value.n) == ("invalid", 5)


def test_a_browser_s_delay_is_clamped():
    register()
    now = time.time()
    [job] = admitted("s", countdown=5)
    assert now + 4 < job.eta < now + 15
    [job] = admitted("s", countdown=10**6)
    assert now + 899 < job.eta < now + 915
    assert job.expires - job.eta == pytest.approx(900, abs=1)
    [job] = admitted("s", countdown=5, expires=30)
    assert job.expires - job.eta == pytest.approx(30, abs=1)
    [job] = admitted("s", eta=now - 86400)
    assert job.eta == 0.0


def test_arguments_travel_by_the_project_s_encoder(settings):
    settings.WEBSOCKET_SIGNAL_ENCODER = "tests.test_dispatch.Sets"
    register()
    [job] = admitted("s", {"a": {2, 1}})
    assert job.arguments == '{"a": [1, 2]}'


class Sets(json.JSONEncoder):
    def default(self, o):
        return sorted(o)


# ------------------------------------------------------------------ dispatch


@pytest.mark.parametrize("to", [SERVER, SYNC, [SERVER, SYNC]])
def test_an_unknown_signal_to_the_server_alone_raises(to):
    register("other.name")
    with pytest.raises(UnknownSignal, match=r'"other\.name"'):
        dispatch(plan(window(), "other.nam", to=to, arguments={}, now=NOW))


@pytest.mark.parametrize("to", [SERVER, SYNC])
def test_an_unknown_signal_to_others_too_is_logged_and_sent(to, caplog):
    register("other.name")
    room = f"unknown {to!r}"
    dispatch(plan(window(), "other.nam", to=[to, room], arguments={}, now=NOW))
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert "other.name" in record.getMessage()
    assert [frame["signal"] for frame in told(room)] == ["other.nam"]


def test_a_frame_over_the_limit(settings):
    settings.WEBSOCKET_LIMITS = {"frame_out": 100}
    register()
    big = {"text": "é" * 60}
    with pytest.raises(ValueError, match=r"signal 's': 13. bytes .* 100 .*frame_out"):
        dispatch(planned(["room"], arguments=big))
    dispatch(planned(SERVER, arguments=big))


def test_jobs_and_frames_leave():
    ran = threading.Event()

    def handler(window_info, n):
        ran.set()

    register(function=handler)
    dispatch(planned([SERVER, "leave"], arguments={"n": 1}))
    assert ran.wait(SECONDS)
    assert [frame["opts"] for frame in told("leave")] == [{"n": 1}]


class Ear:
    """Hears one bell, and hangs up."""

    def __init__(self, rang):
        self.rang = rang

    def ring(self, entry):
        self.rang.set()
        return False


def test_a_delayed_frame_leaves_later():
    rang = threading.Event()
    publisher().carrier.open(Ear(rang))
    made = plan(window(), "s", to="later", arguments={}, countdown=0.2, now=time.time())
    dispatch(made)
    assert told("later") == []
    assert rang.wait(SECONDS)
    assert len(told("later")) == 1
    assert time.time() >= made.eta


def test_sync_runs_here_and_raises_to_its_caller():
    ran = []

    def first(window_info):
        ran.append(threading.current_thread())
        raise ZeroDivisionError

    register(name="first", function=first)
    register(name="second", function=lambda window_info: ran.append(2))
    with pytest.raises(ZeroDivisionError):
        dispatch(planned(SYNC))
    assert ran == [threading.current_thread(), 2]
    register(name="third", function=lambda window_info: 1 / 0)
    with pytest.raises(ExceptionGroup) as raised:
        dispatch(planned(SYNC))
    assert len(raised.value.exceptions) == 2


class TestAFullQueue:
    @pytest.fixture(autouse=True)
    def full(self, settings):
        settings.WEBSOCKET_POOL_SIZES = {"full": 1}
        settings.WEBSOCKET_LIMITS = {"waiting": 1}
        inside, go = threading.Event(), threading.Event()

        def handler(window_info, **arguments):
            inside.set()
            assert go.wait(SECONDS)

        register(function=handler, queue="full")
        dispatch(planned(SERVER))
        assert inside.wait(SECONDS)
        dispatch(planned(SERVER))
        yield
        go.set()
        async_to_sync(stop)()

    def test_nothing_of_it_leaves(self):
        with pytest.raises(SignalNotSent, match='"s" was not sent: 1 jobs wait'):
            dispatch(planned([SERVER, "full room"]))
        assert told("full room") == []

    def test_it_does_not_keep_others_back(self):
        others = [
            plan(window(), "s", to=to, arguments={"n": n}, now=NOW)
            for n, to in enumerate([["free room"], SERVER, ["free room"], SERVER])
        ]
        with pytest.raises(ExceptionGroup, match="2 of 4") as raised:
            LiveDispatcher().send(others)
        assert [type(one) for one in raised.value.exceptions] == [SignalNotSent] * 2
        assert [frame["opts"]["n"] for frame in told("free room")] == [0, 2]


class Recorder:
    def __init__(self):
        self.sent = []

    def check(self, plan):
        pass

    def send(self, plans):
        self.sent.extend(plans)


def test_the_innermost_dispatcher_is_in_force():
    outer, inner = Recorder(), Recorder()
    made = planned(["room"])
    with installed(outer):
        with installed(inner):
            dispatch(made)
        dispatch(made)
        dispatch(made)
    assert (len(outer.sent), len(inner.sent)) == (2, 1)


def test_a_dispatcher_goes_when_its_block_fails():
    recorder = Recorder()
    with pytest.raises(KeyError), installed(recorder):
        raise KeyError
    dispatch(planned(["afterwards"]))
    assert recorder.sent == []
    assert len(told("afterwards")) == 1
