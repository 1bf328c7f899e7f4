"""One job in a worker: what its handler sees, and what the window that called is told."""

import asyncio
import contextlib
import contextvars
import functools
import json
import logging
import threading
import time
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group, Permission, User
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, ProgrammingError, connections
from django.urls import get_script_prefix
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from dfws_html.decorators import everyone, has_perm, is_authenticated, is_staff, signal
from dfws_html.delivery import connections as redis_connections
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal, Unreachable
from dfws_html.tasks import SERVER, SYNC, trigger
from dfws_html.testing import SignalQueue
from dfws_html.topics import serialize_topic, topic_ids
from dfws_html.work import execution, outcomes
from dfws_html.work.attempts import Attempt, Watch, withdraw
from dfws_html.work.dispatch import plan
from dfws_html.work.executors import ImmediateExecutor
from dfws_html.work.jobs import Job, PushJob
from dfws_html.work.ledger import Beginning
from dfws_html.work.registry import registry
from dfws_html.ws_middleware import WindowInfoMiddleware
from tests.working import SECONDS, admitted, answers, told, topic_key, window

REAL = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


def register(function, path="s", **options):
    return signal(path=path, **{"is_allowed_to": everyone, **options})(function)


def call(arguments=None, **options):
    """Let a window call `s`; run its jobs and return what it is told."""
    own = options.pop("of", None) or window()
    ImmediateExecutor().submit(*admitted("s", arguments, of=own, **options))
    return answers(own)


# ------------------------------------------------------------------ what a handler sees


def test_window_and_arguments_arrive():
    seen = []
    register(named(lambda window_info, count: seen.append((window_info, count))))
    own = window()
    call({"count": "3"}, of=own)
    [(window_info, count)] = seen
    assert count == "3"
    assert window_info.window_key == own.window_key
    assert window_info.call == "load-0001.1"
    assert window_info.action_id.startswith(f"{own.window_key}.load-0001.1.")


def named(function, name="handler"):
    function.__qualname__ = name
    return function


def test_annotations_convert():
    def handler(window_info, count: int):
        return count + 1

    register(handler)
    assert call({"count": "3"}) == [{"df": "done", "call": "load-0001.1", "result": 4}]


def test_each_handler_gets_its_own_copy():
    seen = []

    def first(window_info, values):
        values.append("changed")

    def second(window_info, values):
        seen.append(values)

    register(first)
    register(second)
    given = ["a"]
    trigger(None, "s", to=SYNC, values=given)
    assert seen == [["a"]]
    assert given == ["a"]


def test_arguments_have_been_through_json():
    seen = []

    def handler(window_info, **values):
        seen.append(values)

    register(handler)
    trigger(None, "s", to=SYNC, pair=(1, 2), text=gettext_lazy("January"), numbers={1: "one"})
    assert seen == [{"pair": [1, 2], "text": "January", "numbers": {"1": "one"}}]


@REAL
def test_the_user_is_read_again():
    seen = []

    def handler(window_info):
        seen.append(window_info)

    register(handler)
    user = User.objects.create_user("ada")
    jobs = admitted("s", of=window(user))
    User.objects.update(username="augusta", is_staff=True)
    execution.run(jobs[0])
    assert seen[0].username == "augusta"
    assert seen[0].is_staff


@REAL
@pytest.mark.parametrize("gone", ["deleted", "deactivated"])
def test_a_user_who_is_gone_is_nobody(gone):
    seen = []
    register(named(lambda window_info: seen.append(window_info.user), "anybody"))
    register(named(lambda window_info: seen.append("!"), "members"), is_allowed_to=is_authenticated)
    user = User.objects.create_user("ada")
    own = window(user)
    jobs = admitted("s", of=own)
    if gone == "deleted":
        User.objects.all().delete()
    else:
        User.objects.update(is_active=False)
    execution.run(jobs[0])
    with pytest.raises(SignalNotAllowed):
        execution.run(jobs[1])
    assert seen == [None]
    assert [(one["df"], one["code"]) for one in answers(own)] == [("fail", "forbidden")]


@REAL
@pytest.mark.parametrize("right", [is_staff, has_perm("auth.add_group")])
def test_a_right_withdrawn_between_click_and_run(right, caplog):
    ran = []
    register(named(lambda window_info: ran.append(1)), is_allowed_to=right)
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_group"))
    own = window(user)
    jobs = admitted("s", of=own)
    User.objects.update(is_staff=False)
    User.objects.get().user_permissions.clear()
    with pytest.raises(SignalNotAllowed):
        execution.run(jobs[0])
    assert ran == []
    [fail] = answers(own)
    assert fail == {
        "df": "fail",
        "call": "load-0001.1",
        "code": "forbidden",
        "error": 'the signal "s" is not allowed to this window',
    }
    assert "refused (forbidden)" in caplog.text


def test_the_server_needs_no_right():
    ran = []
    register(named(lambda window_info: ran.append(1)), is_allowed_to=is_staff)
    trigger(None, "s", to=SYNC)
    assert ran == [1]


def test_language_and_time_zone_are_active_and_gone_afterwards():
    seen = []

    def handler(window_info):
        seen.append((translation.get_language(), timezone.get_current_timezone_name()))
        translation.activate("de")
        timezone.activate("Asia/Tokyo")

    register(handler)
    own = window(language_code="fr", time_zone="Europe/Paris")
    with translation.override("en"), timezone.override("UTC"):
        call(of=own)
        assert seen == [("fr", "Europe/Paris")]
        assert translation.get_language() == "en"
        assert timezone.get_current_timezone_name() == "UTC"


def test_a_failing_handler_s_language_is_gone_too():
    def handler(window_info):
        raise RuntimeError

    register(handler)
    with translation.override("en"):
        call(of=window(language_code="fr"))
        assert translation.get_language() == "en"


def test_the_script_s_prefix_is_active_and_gone_afterwards():
    seen = []
    register(named(lambda window_info: seen.append(get_script_prefix())))
    call(of=window(script_prefix="/shop/"))
    assert seen == ["/shop/"]
    assert get_script_prefix() == "/"


VARIABLE = contextvars.ContextVar("VARIABLE", default="untouched")


def test_perform_leaves_nothing_of_one_job_to_the_next():
    seen = []

    def handler(window_info):
        seen.append((VARIABLE.get(), translation.get_language()))
        VARIABLE.set("touched")
        translation.activate("de")

    register(handler)
    for n in (1, 2):
        for job in admitted("s", n=n):
            execution.perform(job)
    assert seen == [("untouched", "en")] * 2
    assert VARIABLE.get() == "untouched"


# ------------------------------------------------------------------ databases


@REAL
def test_perform_leaves_no_connection_open_in_its_thread():
    seen = []

    def handler(window_info):
        Group.objects.create(name="made")
        seen.append(connections["default"])

    register(handler)
    [job] = admitted("s")
    thread = threading.Thread(target=execution.perform, args=(job,))
    thread.start()
    thread.join(timeout=SECONDS)
    assert seen[0] is not connections["default"]
    assert seen[0].connection is None
    assert Group.objects.filter(name="made").exists()


@REAL
def test_a_dead_connection_does_not_reach_the_next_job():
    worked = []
    failures = []

    def handler(window_info, kill: bool):
        list(Group.objects.all())
        if kill:
            # As a database that was started again leaves it.
            connections["default"].connection.close()
            list(Group.objects.all())
        worked.append(1)

    register(handler)
    first, second = admitted("s", {"kill": True}, n=1)[0], admitted("s", {"kill": False}, n=2)[0]

    def work():
        try:
            execution.perform(first)
        except (InterfaceError, ProgrammingError) as error:
            failures.append(error)
        execution.perform(second)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=SECONDS)
    assert len(failures) == 1
    assert worked == [1]


@REAL
def test_a_connection_that_died_between_two_jobs():
    worked = []

    def handler(window_info):
        worked.append(Group.objects.count())

    register(handler)
    [job] = admitted("s")

    def work():
        mine = connections["default"]
        mine.ensure_connection()
        mine.connection.close()
        mine.errors_occurred = True
        execution.perform(job)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=SECONDS)
    assert worked == [0]


# ------------------------------------------------------------------ async def


@REAL
def test_an_asynchronous_handler_uses_the_orm_and_sees_the_language():
    seen = []

    async def handler(window_info, name):
        await asyncio.sleep(0)
        await Group.objects.acreate(name=name)
        seen.append((await Group.objects.acount(), translation.get_language()))
        return window_info.language_code

    register(handler)
    assert call({"name": "made"}, of=window(language_code="fr"))[0]["result"] == "fr"
    assert seen == [(1, "fr")]


@REAL
def test_an_asynchronous_handler_leaves_no_connection():
    seen = []

    async def handler(window_info):
        await Group.objects.acreate(name="made")
        seen.append(await sync_to_async(lambda: connections["default"])())

    register(handler)
    [job] = admitted("s")
    thread = threading.Thread(target=execution.perform, args=(job,))
    thread.start()
    thread.join(timeout=SECONDS)
    assert seen[0].connection is None


def test_a_coroutine_that_nobody_awaits_is_a_failure(caplog):
    async def handler(window_info): ...

    @functools.wraps(handler)
    def decorated(*args, **kwargs):
        return handler(*args, **kwargs)

    register(decorated)
    planned = plan(window(), "s", to=SERVER, arguments={}, now=time.time())
    with pytest.raises(TypeError, match="returned a coroutine"):
        execution.run(planned.jobs[0])
    assert "returned a coroutine" in caplog.text
    assert [one["df"] for one in call()] == ["fail"]


def test_an_asynchronous_handler_s_cancellation_is_told():
    async def handler(window_info):
        raise asyncio.CancelledError

    register(handler)
    own = window()
    [job] = admitted("s", of=own)
    with pytest.raises(asyncio.CancelledError):
        execution.run(job)
    assert [one["df"] for one in answers(own)] == ["fail"]


# ------------------------------------------------------------------ results


@pytest.mark.parametrize(
    ("result", "sent"),
    [
        (None, None),
        ("<b>&'\"", "&lt;b&gt;&amp;&#x27;&quot;"),
        (format_html("<b>{}</b>", "<"), "<b>&lt;</b>"),
        (format_lazy("{}<b>", gettext_lazy("January")), "January&lt;b&gt;"),
        ({"html": "<b>"}, {"html": "<b>"}),
        ([1, "<"], [1, "<"]),
        (0, 0),
        (False, False),
    ],
)
def test_what_a_handler_returns(result, sent):
    register(named(lambda window_info: result))
    assert call() == [{"df": "done", "call": "load-0001.1", "result": sent}]


def test_a_lazy_result_has_the_window_s_language():
    def handler(window_info):
        return gettext_lazy("January")

    register(handler)
    assert call(of=window(language_code="fr"))[0]["result"] == "janvier"


class Tenants(WindowInfoMiddleware):
    """A project whose tenants share no topics."""

    def to_dict(self, window_info):
        return {"tenant": window_info.tenant}

    def from_dict(self, window_info, values):
        window_info.tenant = values["tenant"]


def of_a_tenant(window_info, obj):
    return f"{window_info.tenant}: {serialize_topic(window_info, obj)}"


def test_an_answer_finds_its_window_whoever_names_topics(settings):
    settings.WEBSOCKET_TOPIC_SERIALIZER = f"{__name__}.of_a_tenant"
    settings.WINDOW_INFO_MIDDLEWARES = [
        "dfws_html.ws_middleware.WindowKeyMiddleware",
        "dfws_html.ws_middleware.DjangoAuthMiddleware",
        f"{__name__}.Tenants",
    ]
    register(lambda window_info: window_info.tenant)
    assert call(of=window(tenant="a"))[0]["result"] == "a"


def test_what_can_t_be_sent_is_a_failure(caplog):
    register(named(lambda window_info: object(), "maker"))
    [fail] = call()
    assert (fail["df"], fail["code"], fail["error"]) == ("fail", "error", "the server failed")
    assert "maker returned what can't be sent" in caplog.text


def test_nobody_asked_nobody_is_told():
    register(named(lambda window_info: object()))
    assert call(reply=False) == []


def test_an_answer_over_the_limit_is_a_failure(settings, caplog):
    settings.WEBSOCKET_LIMITS = {"frame_out": 1000}
    register(named(lambda window_info: "é" * 501, "maker"))
    assert [one["df"] for one in call()] == ["fail"]
    assert "the limit is 1000 (WEBSOCKET_LIMITS['frame_out'])" in caplog.text


def test_an_encoder_of_the_project_s_own(settings):
    settings.WEBSOCKET_SIGNAL_ENCODER = "tests.test_execution.Spaced"
    register(named(lambda window_info: {"a": {1, 2}}))
    assert call()[0]["result"] == {"a": [1, 2]}


class Spaced(json.JSONEncoder):
    def __init__(self, **options):
        super().__init__(**{**options, "separators": (" ,  ", "  :  "), "indent": 1})

    def default(self, o):
        return sorted(o)


def test_done_follows_the_last_handler():
    own = window()
    register(named(lambda window_info: None, "first"))
    register(named(lambda window_info: "x", "second"))
    first, second = admitted("s", of=own)
    execution.run(first)
    assert answers(own) == []
    execution.run(second)
    assert answers(own) == [{"df": "done", "call": "load-0001.1", "result": "x"}]


def test_a_handler_without_reply_is_not_waited_for(each_history):
    own = window()
    register(named(lambda window_info: "seen by nobody", "slow"), reply=False)
    register(named(lambda window_info: "x", "first"))
    register(named(lambda window_info: None, "second"))
    slow, first, second = admitted("s", of=own)
    execution.run(first)
    assert answers(own) == []
    execution.run(second)
    done = {"df": "done", "call": "load-0001.1", "result": "x"}
    assert answers(own) == [done]
    execution.run(slow)
    assert answers(own) == [done]


def test_a_handler_without_reply_neither_ends_nor_fails_the_others(each_history, caplog):
    own = window()

    def slow(window_info):
        raise ZeroDivisionError

    register(slow, reply=False)
    register(named(lambda window_info: None, "other"))
    failing, other = admitted("s", of=own)
    with pytest.raises(ZeroDivisionError):
        execution.run(failing)
    assert "slow raised" in caplog.text
    execution.run(other)
    assert [one["df"] for one in answers(own)] == ["fail", "done"]


@pytest.mark.parametrize("asks", [True, False])
def test_a_call_that_waits_for_nobody_is_done_once_it_is_taken(each_history, asks):
    own = window()
    register(named(lambda window_info: "seen by nobody"), reply=False)
    [job] = admitted("s", of=own, reply=asks)
    outcomes.taken(job.call)
    told = [{"df": "done", "call": "load-0001.1", "result": None}] if asks else []
    assert answers(own) == told
    execution.run(job)
    assert answers(own) == told


def test_a_call_that_waits_for_somebody_is_not_done_when_taken():
    own = window()
    register(named(lambda window_info: None))
    [job] = admitted("s", of=own)
    outcomes.taken(job.call)
    assert answers(own) == []


def test_that_a_window_can_t_be_told_does_not_undo_a_call(settings, caplog):
    register(named(lambda window_info: None), reply=False)
    [job] = admitted("s")
    settings.WEBSOCKET_REDIS_CONNECTION = "unix:///nowhere/redis.sock"
    outcomes.taken(job.call)
    assert "was not told" in caplog.text


@pytest.mark.parametrize(
    ("handlers", "reply", "steps"),
    [(1, False, 1), (2, False, 1), (1, True, 2), (2, True, 2)],
)
def test_what_redis_is_asked_for(redis, settings, handlers, reply, steps):
    settings.WEBSOCKET_WORKERS = "thread"
    for name in ("first", "second")[:handlers]:
        register(named(lambda window_info: None, name))
    life = publisher().history.position()[0]
    for job in admitted("s", n=1, reply=reply):
        execution.run(job)  # now the scripts are there
    first, *_ = admitted("s", n=2, reply=reply, life=life)
    with redis.client() as client, client.monitor() as seen:
        execution.run(first)
        redis_connections.client().echo("the end")
        asked = []
        for command in seen.listen():
            if command["client_type"] != "lua":
                asked.append(command["command"].split()[0])
            if asked[-1:] == ["ECHO"]:
                break
    # Its mark, and the answer, which of several handlers is noted at first.
    assert asked == ["EVALSHA"] * steps + ["ECHO"]


def test_two_results_are_a_failure(caplog):
    register(named(lambda window_info: "x", "first"))
    register(named(lambda window_info: 0, "second"))
    assert [(one["df"], one["code"]) for one in call()] == [("fail", "error")]
    assert "2 handlers of 's' returned something" in caplog.text


# ------------------------------------------------------------------ failures


def test_a_failing_handler_does_not_stop_the_others(caplog):
    ran = []

    def broken(window_info):
        raise ZeroDivisionError("between 1 and 0")

    register(broken)
    register(named(lambda window_info: ran.append(1)))
    [fail] = call()
    assert ran == [1]
    assert fail == {
        "df": "fail",
        "call": "load-0001.1",
        "code": "error",
        "error": "the server failed",
    }
    [record] = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.name == "dfws_html.signals"
    assert record.getMessage().startswith("signal 's': tests.test_execution.test_a_failing")
    assert record.exc_info[0] is ZeroDivisionError


def test_the_engine_gets_the_exception():
    def broken(window_info):
        raise ZeroDivisionError

    register(broken)
    with pytest.raises(ZeroDivisionError):
        execution.run(admitted("s")[0])


def test_the_traceback_only_under_debug(settings):
    def broken(window_info):
        raise ZeroDivisionError("between 1 and 0")

    register(broken)
    settings.DEBUG = True
    [fail] = call()
    assert fail["error"] == "ZeroDivisionError: between 1 and 0"
    assert "in broken" in fail["traceback"]


def test_a_failure_is_told_without_being_asked_for():
    def broken(window_info):
        raise ZeroDivisionError

    register(broken)
    assert [one["df"] for one in call(reply=False)] == ["fail"]


def test_an_exit_is_a_failure():
    def handler(window_info):
        raise SystemExit(1)

    register(handler)
    own = window()
    with pytest.raises(SystemExit):
        execution.run(admitted("s", of=own)[0])
    assert [one["code"] for one in answers(own)] == ["error"]


def test_a_handler_that_refuses():
    def handler(window_info):
        raise PermissionDenied("the safe's number is 1234")

    register(handler)
    [fail] = call()
    assert fail["code"] == "forbidden"
    assert fail["error"] == 'the signal "s" is not allowed to this window'


@pytest.mark.parametrize("error", [UnknownSignal("t", ["secret"]), InvalidArguments("t", "a", "b")])
def test_what_a_handler_s_own_trigger_raises_is_the_server_s_failure(error, caplog):
    def handler(window_info):
        raise error

    register(handler)
    [fail] = call()
    assert (fail["code"], fail["error"]) == ("error", "the server failed")
    assert caplog.records[-1].exc_info


@pytest.mark.parametrize("debug", [True, False])
def test_an_argument_that_does_not_convert(settings, debug):
    settings.DEBUG = debug
    ran = []

    def handler(window_info, count: int):
        ran.append(count)

    register(handler)
    [fail] = call({"count": "many secrets"})
    assert fail["code"] == "invalid"
    assert 'argument "count"' in fail["error"]
    assert "secrets" not in fail["error"]
    assert (handler.__module__ in fail["error"]) is debug
    assert ran == []


def test_no_value_in_the_log(caplog):
    caplog.set_level(logging.DEBUG)

    def handler(window_info, count: int, password):
        raise ZeroDivisionError

    register(handler)
    call({"count": "hunter1", "password": "hunter2"})
    call({"count": 1, "password": "hunter2"})
    assert len(caplog.records) >= 2
    assert "hunter" not in caplog.text


def test_a_browser_writes_no_lines_of_its_own_into_a_worker_s_log(caplog):
    def handler(window_info, **counts: int):
        raise AssertionError

    register(handler)
    for name in ("x\nCRITICAL all is lost", "y" * 5000):
        [fail] = call({name: "no number"})
        assert fail["code"] == "invalid"
        assert len(fail["error"].splitlines()) == 1
    assert len(caplog.records) == 2
    assert all(len(record.getMessage().splitlines()) == 1 for record in caplog.records)
    assert all(len(record.getMessage()) < 1000 for record in caplog.records)


def test_a_handler_that_this_process_does_not_know(settings):
    register(named(lambda window_info: None))
    own = window()
    [job] = admitted("s", of=own)
    with registry.isolated():
        register(named(lambda window_info: None), path="s2")
        registry._table = {name: registry._table[name] for name in ("s2",)}
        with pytest.raises(UnknownSignal, match="s2"):
            execution.run(job)
    [fail] = answers(own)
    assert fail["code"] == "unknown"
    assert "s2" not in fail["error"]


def test_a_predicate_that_raises_is_no_yes():
    ran = []
    answers_given = iter([True])  # the second question has no answer

    def once(connection, window_info, kwargs):
        return next(answers_given)

    register(named(lambda window_info: ran.append(1)), is_allowed_to=once)
    assert [one["df"] for one in call()] == ["fail"]
    assert ran == []


# ------------------------------------------------------------------ once, and in time


def test_a_call_runs_once_however_often_it_is_sent(caplog):
    caplog.set_level(logging.INFO)
    ran = []
    register(named(lambda window_info: ran.append(1)))
    own = window()
    for _ in range(3):
        execution.run(admitted("s", of=own)[0])
    assert ran == [1]
    assert len(answers(own)) == 1
    assert "has run already" in caplog.text
    execution.run(admitted("s", of=own, n=2)[0])
    assert ran == [1, 1]


def test_an_expired_job_does_not_run():
    ran = []
    register(named(lambda window_info: ran.append(1)))
    own = window()
    job = replace(admitted("s", of=own)[0], expires=time.time() - 1)
    with pytest.raises(Exception, match="expired"):
        execution.run(job)
    assert [one["code"] for one in answers(own)] == ["expired"]
    execution.run(job)
    assert len(answers(own)) == 1
    assert ran == []


def test_a_lost_job_is_told_and_never_runs(caplog):
    ran = []
    register(named(lambda window_info: ran.append(1)))
    own = window()
    [job] = admitted("s", of=own)
    outcomes.lose(job, "the server stopped")
    [fail] = answers(own)
    assert (fail["code"], fail["error"]) == ("unknown", "the server stopped")
    assert "signal 's'" in caplog.text
    execution.run(job)
    assert ran == []


def test_what_was_told_to_have_failed_is_not_lost_as_well(each_history):
    def handler(window_info):
        raise ZeroDivisionError

    register(handler)
    own = window()
    [job] = admitted("s", of=own)
    with pytest.raises(ZeroDivisionError):
        execution.run(job)
    outcomes.lose(job, "the worker's process ended while it ran")
    assert [one["code"] for one in answers(own)] == ["error"]


def test_what_is_lost_while_it_runs_does_not_fail_as_well(each_history):
    own = window()

    def handler(window_info):
        outcomes.lose(job, "it ran too long")
        raise ZeroDivisionError

    register(handler)
    [job] = admitted("s", of=own)
    with pytest.raises(ZeroDivisionError):
        execution.run(job)
    assert [one["code"] for one in answers(own)] == ["unknown"]


def test_a_call_with_a_lost_handler_is_not_done():
    register(named(lambda window_info: 1, "first"))
    register(named(lambda window_info: None, "second"))
    own = window()
    first, second = admitted("s", of=own)
    outcomes.lose(first, "the server stopped")
    execution.run(second)
    assert [one["df"] for one in answers(own)] == ["fail"]


def end_life(redis, settings):
    """What Redis remembers is gone, or older than what it has given out."""
    with redis.client() as client:
        client.hset(f"{settings.WEBSOCKET_REDIS_PREFIX}:seq", "run", "of another server")


@pytest.fixture
def living(redis, settings):
    settings.WEBSOCKET_WORKERS = "thread"
    settings.WEBSOCKET_REDIS_PREFIX = "ws"
    return publisher().history.position()[0]


def test_a_call_of_another_life_does_not_run_and_is_unknown(redis, settings, living, caplog):
    ran = []
    register(named(lambda window_info: ran.append(1)))
    own = window()
    [job], [late] = (admitted("s", of=own, n=n, life=living) for n in (1, 2))
    execution.run(job)
    end_life(redis, settings)
    with pytest.raises(Exception, match="life"):
        execution.run(late)
    execution.run(late)
    assert ran == [1]
    [fail] = answers(own)
    assert (fail["df"], fail["call"], fail["code"]) == ("fail", "load-0001.2", "unknown")
    assert "load-0001.2" in caplog.text


def test_a_job_of_the_server_s_own_does_not_run_in_another_life(redis, settings, living, caplog):
    ran = []
    register(named(lambda window_info: ran.append(1)))
    given = [
        replace(job, life=living)
        for n in range(3)
        for job in plan(
            window(), "s", to=SERVER, arguments={}, countdown=n * 3600, now=time.time()
        ).jobs
    ]
    broker_s(given[0])
    end_life(redis, settings)
    assert publisher().history.position()[0] != living
    with pytest.raises(Exception, match="another life"):
        broker_s(replace(given[1], eta=0.0))
    broker_s(given[2])
    assert ran == [1, 1], "one that had to wait until this life can't have run before"
    assert given[1].task_id in caplog.text


def test_a_push_of_another_life_does_not_leave(redis, settings, living, caplog):
    job = push(topics=tuple(topic_ids(["-str.push 9"])), life=living)
    end_life(redis, settings)
    broker_s(job)
    assert told("push 9") == []
    assert "lost its memory since the job t was sent" in caplog.text


def test_a_reliable_call_runs_in_every_life(redis, settings, living):
    register(named(lambda window_info: "ran"), reliable=True)
    own = window()
    [job] = admitted("s", of=own, life=living)
    end_life(redis, settings)
    execution.run(job)
    assert [one["result"] for one in answers(own)] == ["ran"]


def test_in_one_process_a_job_ends_with_its_history():
    register(named(lambda window_info: "ran"))
    own = window()
    [job] = admitted("s", of=own, life="of the web's process")
    execution.run(job)
    assert [one["result"] for one in answers(own)] == ["ran"]


# ------------------------------------------------------------------ not wanted any more


@pytest.mark.parametrize("how", [Beginning.SUPERSEDED, Beginning.CANCELLED])
@pytest.mark.parametrize("reliable", [True, False])
def test_a_withdrawn_call_does_not_begin_and_its_page_is_told(each_history, how, reliable):
    ran = []
    register(named(lambda window_info: ran.append(1)), reliable=reliable)
    own = window()
    [job], [other] = (admitted("s", of=own, n=n) for n in (1, 2))
    withdraw(job.call.key, how)
    for one in (job, other):
        with contextlib.suppress(outcomes.Withdrawn):
            execution.run(one)
    execution.run(job)
    assert ran == [1]
    fail, done = answers(own)
    assert (fail["call"], fail["code"], done["df"]) == ("load-0001.1", how.name.lower(), "done")


def test_a_handler_sees_that_its_call_is_withdrawn(each_history):
    seen = []

    def handler(window_info):
        withdraw(job.call.key, Beginning.SUPERSEDED)
        seen.append(window_info.superseded)
        assert "superseded" not in json.dumps(window_info.to_dict())

    register(handler)
    [job] = admitted("s")
    execution.run(job)
    trigger(None, "s", to=SYNC)
    assert seen == [True, False], "what no browser called is superseded by nothing"


def test_a_withdrawal_is_looked_for_twice_a_second(each_history):
    now = [0.0]
    watch = Watch("w.c.1", clock=lambda: now[0])
    assert not watch.is_withdrawn()
    withdraw("w.c.1", Beginning.CANCELLED)
    now[0] = 0.49
    assert not watch.is_withdrawn()
    now[0] = 0.5
    assert watch.is_withdrawn()


def test_who_looks_for_a_withdrawal_goes_on_without_redis(redis, caplog):
    redis.kill()
    assert not Watch("w.c.1").is_withdrawn()
    assert "the call w.c.1: is it withdrawn? WEBSOCKET_REDIS_CONNECTION" in caplog.text


# ------------------------------------------------------------------ at least once


class Killed(BaseException):
    """What ends a worker's process in the middle of a job; nobody is there to tell of it."""


def run_until_killed(job):
    """Run a job as a worker does whose process is gone before it can say anything."""
    with pytest.raises(Killed):
        execution.run(job, Attempt(redelivery=60))


def broker_s(job):
    """Run a job that a broker has brought."""
    execution.run(job, Attempt(redelivery=60))


def test_what_ended_with_its_worker_runs_again(each_history):
    seen = []

    def handler(window_info):
        seen.append(window_info.action_id)
        if len(seen) == 1:
            raise Killed
        return len(seen)

    register(handler, reliable=True)
    own = window()
    [job] = admitted("s", of=own)
    run_until_killed(job)
    assert answers(own) == []
    broker_s(job)
    broker_s(job)  # once it has ended it is like any other
    assert seen == [job.task_id] * 2
    assert answers(own) == [{"df": "done", "call": "load-0001.1", "result": 2}]


def test_without_a_word_it_does_not_run_again(each_history):
    ran = []

    def handler(window_info):
        ran.append(1)
        raise Killed

    register(handler)
    [job] = admitted("s")
    run_until_killed(job)
    broker_s(job)
    assert ran == [1]


def test_what_the_server_asks_for_may_be_reliable_too(each_history):
    ran = []

    def handler(window_info):
        ran.append(1)
        if len(ran) == 1:
            raise Killed

    register(handler, reliable=True)
    [job] = plan(window(), "s", to=SERVER, arguments={}, now=time.time()).jobs
    run_until_killed(job)
    broker_s(job)
    broker_s(job)
    assert ran == [1, 1]
    trigger(None, "s", to=SYNC)
    trigger(None, "s", to=SYNC)
    assert len(ran) == 4


def test_a_reliable_job_that_failed_has_ended(each_history):
    ran = []

    def handler(window_info):
        ran.append(1)
        raise ZeroDivisionError

    register(handler, reliable=True)
    own = window()
    [job] = admitted("s", of=own)
    attempt = Attempt(redelivery=60)
    with pytest.raises(ZeroDivisionError) as raised:
        execution.run(job, attempt)
    outcomes.fail(job, raised.value, attempt)
    broker_s(job)
    assert ran == [1]
    assert [one["code"] for one in answers(own)] == ["error"]


def test_of_two_runs_at_the_same_time_the_first_to_end_answers(each_history):
    register(named(lambda window_info: None), reliable=True)
    inner = []

    def handler(window_info):
        if not inner:
            inner.append(1)
            contextvars.Context().run(broker_s, job)
            return "the outer one"
        return "the inner one"

    register(handler, path="t", reliable=True)
    own = window()
    [job] = admitted("t", of=own)
    broker_s(job)
    assert [one["result"] for one in answers(own)] == ["the inner one"]


def test_what_began_in_time_runs_again_later(each_history):
    ran = []

    def handler(window_info):
        ran.append(1)
        if len(ran) == 1:
            raise Killed

    register(handler, reliable=True)
    own = window()
    [job] = admitted("s", of=own)
    run_until_killed(job)
    broker_s(replace(job, expires=time.time() - 1))
    assert ran == [1, 1]
    assert [one["df"] for one in answers(own)] == ["done"]


def test_a_reliable_job_that_never_began_expires_once(each_history):
    ran = []
    register(named(lambda window_info: ran.append(1)), reliable=True)
    own = window()
    job = replace(admitted("s", of=own)[0], expires=time.time() - 1)
    with pytest.raises(Exception, match="expired"):
        execution.run(job)
    execution.run(job)
    assert [one["code"] for one in answers(own)] == ["expired"]
    assert ran == []


def test_a_reliable_job_that_is_lost_is_told_and_never_runs(each_history):
    ran = []
    register(named(lambda window_info: ran.append(1)), reliable=True)
    own = window()
    [job] = admitted("s", of=own)
    outcomes.lose(job, "the server stopped")
    execution.run(job)
    assert [one["code"] for one in answers(own)] == ["unknown"]
    assert ran == []


def test_a_reliable_job_that_is_lost_while_it_runs_is_told_once(each_history):
    own = window()

    def handler(window_info):
        outcomes.lose(job, "the server stopped while it ran")

    register(handler, reliable=True)
    [job] = admitted("s", of=own)
    execution.run(job)
    outcomes.lose(job, "too late")
    assert [one["code"] for one in answers(own)] == ["unknown"]


# ------------------------------------------------------------------ pushes


def push(**options):
    values = {"task_id": "t", "signal": "p", "queue": "q", "topics": tuple(topic_ids(["push"]))}
    return PushJob(**{**values, "body": '{"signal":"p","opts":{}', **options})


def test_a_push_leaves_in_its_time():
    execution.run(push(topics=tuple(topic_ids(["-str.push 1"]))))
    assert [one["signal"] for one in told("push 1")] == ["p"]


def test_an_expired_push_does_not():
    topics = tuple(topic_ids(["-str.push 2"]))
    execution.run(push(topics=topics, expires=time.time() - 1))
    execution.run(push(topics=topics, expires=time.time() + 60))
    assert len(told("push 2")) == 1


def test_a_push_that_does_not_leave_is_logged(settings, caplog):
    settings.WEBSOCKET_REDIS_CONNECTION = "unix:///nowhere/redis.sock"
    with pytest.raises(Unreachable, match="WEBSOCKET_REDIS_CONNECTION"):
        execution.run(push())
    assert "signal 'p': the push t did not leave" in caplog.text


def test_no_job_of_another_kind():
    with pytest.raises(TypeError, match="not Job"):
        execution.run(Job(task_id="t", signal="s", queue="q"))


def test_server_and_sync_both_run():
    ran = []
    register(named(lambda window_info: ran.append(1)))
    with SignalQueue() as queue:
        trigger(None, "s", to=[SERVER, SYNC])
        assert ran == [1]
        queue.execute_delayed_signals()
    assert ran == [1, 1]
