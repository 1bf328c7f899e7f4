"""The engine that sends jobs to workers: its app, its connection, and days without a broker."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace

import pytest
from asgiref.sync import sync_to_async
from celery import Celery
from celery.exceptions import Reject
from celery.signals import task_failure
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connections as databases
from django.db import transaction

from dfws_html.decorators import everyone, signal
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import ProtocolError, SignalNotSent, Unreachable
from dfws_html.protocol import Call
from dfws_html.sockets.calls import Calls
from dfws_html.tasks import SERVER, WINDOW, trigger, trigger_signal
from dfws_html.work import execution
from dfws_html.work.attempts import Attempt
from dfws_html.work.celery_executor import CeleryExecutor, celery_app
from dfws_html.work.executors import check_workers, executor
from dfws_html.work.jobs import from_dict, to_dict
from dfws_html.work.registry import registry
from dfws_html.work.threads import ThreadExecutor
from tests.working import admitted, answers, told, topic_key, window


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


def made(url, **options):
    app = Celery("of a test", broker=url, set_as_current=False, fixups=[])
    app.conf.update(options)
    return app


@pytest.fixture
def app(redis):
    return made(redis.url.replace("unix://", "redis+socket://"))


@pytest.fixture
def engine(app):
    engine = CeleryExecutor(app)
    yield engine
    engine.stop(0)


@pytest.fixture
def eager(redis, settings):
    """Celery runs tasks where they are sent from."""
    settings.CELERY_APP = made("memory://", task_always_eager=True)
    return settings.CELERY_APP


def register(function, path="s", **options):
    return signal(path=path, **{"is_allowed_to": everyone, **options})(function)


def waiting(redis, queue="celery"):
    """Return the messages of a queue, oldest first."""
    with redis.client() as client:
        return [json.loads(text) for text in reversed(client.lrange(queue, 0, -1))]


def job_in(message):
    """Return the job that a message brings."""
    [[values], *_] = json.loads(base64.b64decode(message["body"]))
    return from_dict(values)


# ------------------------------------------------------------------ which engine, which app


def test_threads_without_a_redis_history(settings):
    settings.CELERY_APP = made("memory://")
    assert check_workers() == "thread"


def test_threads_without_an_app(redis):
    assert check_workers() == "thread"
    assert isinstance(executor(), ThreadExecutor)


def test_celery_with_both(redis, settings):
    settings.CELERY_APP = "dfws_html"
    assert check_workers() == "celery"
    assert executor() is executor()
    assert isinstance(executor(), CeleryExecutor)


def test_a_setting_decides(redis, settings):
    settings.CELERY_APP = "dfws_html"
    settings.WEBSOCKET_WORKERS = "thread"
    assert isinstance(executor(), ThreadExecutor)


@pytest.mark.parametrize("name", ["no.such.app", "json"])
def test_an_app_that_is_none(redis, settings, name):
    settings.CELERY_APP = name
    with pytest.raises(ImproperlyConfigured, match=f"CELERY_APP = '{name}' names no Celery app"):
        executor()


def test_which_app():
    """The project's where there is one, in every thread; else ours, which is nobody's choice."""
    told = run(
        """
        import threading
        from celery import Celery
        from dfws_html.work.celery_executor import celery_app, project_app

        ours = celery_app()
        assert ours.main == "dfws_html" and project_app() is None
        settings.WEBSOCKET_REDIS_CONNECTION = "redis://localhost/1"
        from dfws_html.work.executors import check_workers
        assert check_workers() == "thread"
        settings.WEBSOCKET_WORKERS = "celery"
        assert check_workers() == "celery" and celery_app() is ours
        del settings.WEBSOCKET_WORKERS

        own = Celery("project")
        seen = []
        thread = threading.Thread(target=lambda: seen.append((celery_app(), check_workers())))
        thread.start(); thread.join()
        assert seen == [(own, "celery")], seen
        assert "dfws_html.run" in own.tasks
        print("well")
        """
    )
    assert told == "well\n"


def test_our_app_takes_the_settings_and_importing_reads_none():
    told = run(
        """
        import logging
        handlers = logging.getLogger().handlers[:]
        import celery
        from dfws_html.celery import app
        assert not app.configured and logging.getLogger().handlers == handlers
        settings.CELERY_APP = "dfws_html"
        settings.CELERY_DEFAULT_QUEUE = "mine"
        settings.CELERY_TASK_SOFT_TIME_LIMIT = 5
        settings.WEBSOCKET_REDIS_CONNECTION = {"host": "h", "port": 6379, "db": 3, "password": ""}
        conf = app.conf
        print(conf.broker_url, conf.task_default_queue, conf.task_soft_time_limit,
              conf.broker_connection_max_retries, *conf.accept_content)
        conf.maybe_warn_deprecated_settings()
        """
    )
    assert told == "redis://h:6379/3 mine 5 None json\n"


def test_the_project_s_settings_go_before_ours():
    told = run(
        """
        settings.WEBSOCKET_REDIS_CONNECTION = "redis://h/3"
        settings.CELERY_BROKER_URL = "amqp://other/2"
        settings.CELERY_TASK_DEFAULT_QUEUE = "own"
        settings.CELERY_WORKER_PREFETCH_MULTIPLIER = 4
        from dfws_html.celery import app
        print(app.conf.broker_url, app.conf.task_default_queue, app.conf.worker_prefetch_multiplier)
        """
    )
    assert told == "amqp://other/2 own 4\n"


# ------------------------------------------------------------------ sending


def test_what_is_sent(redis, engine):
    register(lambda window_info, text: None, queue="slow")
    own = window()
    [job] = admitted("s", {"text": "secret"}, of=own, countdown=60)
    engine.submit(job)
    [message] = waiting(redis, "slow")
    headers = message["headers"]
    assert (headers["task"], headers["id"], headers["shadow"]) == (
        "dfws_html.run",
        job.task_id,
        "s",
    )
    assert headers["ignore_result"]
    assert headers["expires"] is None, "Celery would drop it without a word"
    assert time.time() + 50 < job.eta
    assert headers["eta"].endswith("+00:00")
    assert "secret" not in json.dumps(headers)
    assert message["content-type"] == "application/json"
    sent = job_in(message)
    assert sent.sending
    assert replace(sent, sending="") == job


def test_every_job_bears_the_life_it_was_sent_in(redis, engine, settings):
    settings.CELERY_APP = engine._app
    register(lambda window_info: None)
    life = publisher().history.position()[0]
    own = window()
    engine.submit(*admitted("s", of=own, life="the window's"))
    trigger(own, "s", to=SERVER)
    trigger_signal(own, "s", to=WINDOW, countdown=60)
    assert [job_in(one).life for one in waiting(redis)] == ["the window's", life, life]


def test_a_reliable_job_is_acknowledged_after_it_ran(redis, engine):
    register(lambda window_info: None, reliable=True)
    [job] = admitted("s")
    engine.submit(job)
    [message] = waiting(redis)
    assert message["headers"]["task"] == "dfws_html.run_reliable"
    task = engine._app.tasks["dfws_html.run_reliable"]
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)
    task = engine._app.tasks["dfws_html.run"]
    assert not task.acks_late


@pytest.mark.parametrize(("reliable", "error"), [(True, Reject), (False, Unreachable)])
def test_without_a_ledger_a_reliable_job_goes_back_to_its_queue(redis, app, reliable, error):
    register(lambda window_info: None, reliable=reliable)
    [job] = admitted("s")
    task = app.tasks["dfws_html.run_reliable" if reliable else "dfws_html.run"]
    redis.kill()
    task.push_request(id=job.task_id, retries=0, is_eager=False)
    try:
        with pytest.raises(error) as raised:
            task(to_dict(job))
    finally:
        task.pop_request()
    assert getattr(raised.value, "requeue", False) is reliable


def test_a_commit_s_signals_keep_their_order(redis, engine, settings):
    settings.CELERY_APP = engine._app
    register(lambda window_info, n: None)
    own = window()
    for n in range(3):
        trigger(own, "s", to=[SERVER, WINDOW], n=n)
    assert len(waiting(redis)) == 3
    assert [frame["opts"]["n"] for frame in told(WINDOW, own)] == [0, 1, 2]


def test_a_delayed_push_is_a_message(redis, settings, engine):
    settings.CELERY_APP = engine._app
    own = window()
    trigger_signal(own, "s", to=WINDOW, countdown=60)
    assert told(WINDOW, own) == []
    [message] = waiting(redis)
    assert message["headers"]["shadow"] == "s"


def test_a_connection_that_died_is_replaced(redis, engine):
    register(lambda window_info: None)
    engine.submit(*admitted("s", n=1))
    redis.kill()
    redis.start()
    engine.submit(*admitted("s", n=2))
    assert len(waiting(redis)) == 1


def test_without_a_broker_it_fails_soon_and_says_which(redis, engine):
    register(lambda window_info: None)
    engine.submit(*admitted("s"))
    redis.kill()
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"CELERY_BROKER_URL \(the broker, redis\+socket:"):
        engine.submit(*admitted("s"))
    assert time.monotonic() - started < 3


def test_no_password_is_told():
    engine = CeleryExecutor(made("redis://me:secret@localhost:1/0"))
    register(lambda window_info: None)
    with pytest.raises(Unreachable, match="localhost:1") as failed:
        engine.submit(*admitted("s"))
    assert "secret" not in str(failed.value)


def test_a_trigger_without_a_broker_is_not_sent(redis, settings, engine):
    settings.CELERY_APP = engine._app
    register(lambda window_info: None)
    redis.kill()
    with pytest.raises(SignalNotSent, match='"s" was not sent: WEBSOCKET_REDIS_CONNECTION'):
        trigger(None, "s", to=SERVER)


def test_a_trigger_names_the_broker_that_is_away(redis, settings):
    settings.CELERY_APP = made("redis://localhost:1/0")
    register(lambda window_info: None)
    with pytest.raises(SignalNotSent, match='"s" was not sent: CELERY_BROKER_URL'):
        trigger(None, "s", to=SERVER)


@pytest.mark.parametrize("debug", [True, False])
async def test_a_call_without_a_broker_is_busy(redis, settings, engine, debug):
    settings.CELERY_APP = engine._app
    settings.DEBUG = debug
    register(lambda window_info: None)
    redis.kill()

    async def again():
        raise AssertionError

    calls = Calls(load="load-one", window_info=window(), again=again)
    with pytest.raises(ProtocolError) as refused:
        await calls.take(Call(signal="s", arguments={}, n=1))
    assert refused.value.code == "busy"
    assert ("CELERY_BROKER_URL" in refused.value.message) is debug


def test_what_was_sent_before_the_broker_failed_does_not_run(redis, app, caplog):
    class Failing(CeleryExecutor):
        def _publish(self, batch, connection):
            super()._publish(replace(batch, given=batch.given[:1]), connection)
            batch.sent, batch.tried = 1, 2
            raise ConnectionError("midway")

    ran = []
    register(lambda window_info: ran.append(window_info.action_id))
    first, second, third = (admitted("s", n=n)[0] for n in (1, 2, 3))
    engine = Failing(app)
    with pytest.raises(Unreachable, match="midway"):
        engine.submit(first, second, third)
    engine.stop(0)
    [sent] = map(job_in, waiting(redis))
    execution.perform(sent, Attempt(redelivery=60))
    assert ran == []
    assert f"these jobs won't run: {first.task_id}, {second.task_id}\n" in caplog.text


class NoneRuns(CeleryExecutor):
    """The broker takes what it is sent, and its answer is lost."""

    def __init__(self):
        super().__init__(celery_app())

    def _publish(self, batch, connection):
        super()._publish(batch, connection)
        self.meanwhile(batch.given)
        raise TimeoutError("the answer is lost")

    def meanwhile(self, given):
        pass


class AllRun(NoneRuns):
    """It is lost after a worker has begun."""

    def meanwhile(self, given):
        for job in given:
            execution.perform(job, Attempt(redelivery=60))


class OneRuns(AllRun):
    """One job has begun, and the other has not."""

    def meanwhile(self, given):
        super().meanwhile(given[:1])


class NobodyKnows(NoneRuns):
    """The ledger is gone, too."""

    server = None

    def meanwhile(self, given):
        self.server.kill()


@pytest.mark.parametrize(
    ("engine", "code", "runs"),
    [(AllRun, None, 2), (OneRuns, "doubt", 1), (NoneRuns, "busy", 0), (NobodyKnows, "doubt", None)],
)
async def test_what_a_page_hears_of_a_broker_that_failed(redis, settings, app, engine, code, runs):
    ran = []

    def one(window_info):
        ran.append(1)

    def two(window_info):
        ran.append(2)

    async def again():
        raise AssertionError

    register(one)
    register(two)
    settings.CELERY_APP = app
    settings.WEBSOCKET_WORKERS = f"{__name__}.{engine.__name__}"
    NobodyKnows.server = redis
    life = await sync_to_async(publisher().history.position)()
    calls = Calls(load="load-one", window_info=window(), again=again)
    with pytest.raises(ProtocolError) if code else contextlib.nullcontext() as refused:
        await calls.take(Call(signal="s", arguments={}, n=1), life=life[0])
    assert code is None or refused.value.code == code
    if runs is not None:
        await asyncio.to_thread(run_all, redis)
        assert len(ran) == runs


def run_all(redis):
    """Do what a worker would with all that waits."""
    for job in map(job_in, waiting(redis)):
        execution.perform(job, Attempt(redelivery=60))


def test_what_is_sent_again_after_the_broker_failed_runs_once(redis, app):
    # The refusal may not have reached the page, which then sends the call again.
    class Failing(CeleryExecutor):
        def _publish(self, batch, connection):
            super()._publish(batch, connection)
            raise ConnectionError("the answer is lost")

    ran = []
    register(lambda window_info: ran.append(window_info.action_id))
    [job] = admitted("s")
    for kind in (Failing, CeleryExecutor, Failing, CeleryExecutor):
        engine = kind(app)
        with pytest.raises(Unreachable) if kind is Failing else contextlib.nullcontext():
            engine.submit(job)
        engine.stop(0)
    for sent in map(job_in, waiting(redis)):
        execution.perform(sent, Attempt(redelivery=60))
    assert ran == [job.task_id]


def test_many_threads_share_few_connections(redis, engine):
    register(lambda window_info: None)
    errors = []

    def work(number):
        try:
            for n in range(5):
                engine.submit(*admitted("s", n=100 * number + n))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert errors == []
    assert len(waiting(redis)) == 120
    with redis.client() as client:
        assert len(client.client_list()) < 40


# ------------------------------------------------------------------ task_always_eager


def test_eager_runs_at_once(eager):
    threads = []

    def handler(window_info):
        threads.append(threading.current_thread())
        return window_info.celery_request.is_eager

    register(handler)
    own = window()
    executor().submit(*admitted("s", of=own))
    assert threads == [threading.current_thread()]
    assert answers(own)[0]["result"] is True


async def test_eager_never_on_the_loop(eager):
    seen = []

    def handler(window_info):
        seen.append((threading.current_thread(), asyncio._get_running_loop()))

    register(handler)

    async def again():
        raise AssertionError

    calls = Calls(load="load-one", window_info=window(), again=again)
    await calls.take(Call(signal="s", arguments={}, n=1))
    assert seen[0][0] is not threading.current_thread()
    assert seen[0][1] is None


@pytest.mark.django_db(transaction=True)
def test_eager_keeps_the_caller_s_connection_and_transaction(eager):
    def handler(window_info):
        Group.objects.create(name="made")

    register(handler)
    Group.objects.count()
    before = databases["default"].connection
    with transaction.atomic():
        executor().submit(*admitted("s"))
        assert Group.objects.count() == 1
        transaction.set_rollback(True)
    assert Group.objects.count() == 0
    assert databases["default"].connection is before


def test_eager_failures_are_the_task_s(eager):
    failures = []

    def failed(sender, exception, **kwargs):
        failures.append(type(exception))

    def broken(window_info):
        raise ZeroDivisionError

    task_failure.connect(failed)
    register(broken)
    own = window()
    executor().submit(*admitted("s", of=own))
    task_failure.disconnect(failed)
    assert failures == [ZeroDivisionError]
    assert [one["code"] for one in answers(own)] == ["error"]


def test_eager_may_raise_once_all_have_run(eager):
    ran = []

    def broken(window_info):
        raise ZeroDivisionError

    register(broken)
    register(lambda window_info: ran.append(1))
    eager.conf.task_eager_propagates = True
    with pytest.raises(ZeroDivisionError):
        trigger(None, "s", to=SERVER)
    assert ran == [1]


def test_eager_retries(eager):
    tries = []

    def handler(window_info):
        tries.append(window_info.celery_request.retries)
        if len(tries) < 3:
            raise eager.current_task.retry(countdown=0)
        return "well"

    register(handler)
    own = window()
    executor().submit(*admitted("s", of=own))
    assert tries == [0, 1, 2]
    assert [(one["df"], one["result"]) for one in answers(own)] == [("done", "well")]


# ------------------------------------------------------------------ forks


def test_nothing_made_before_a_fork_is_used_after_it(redis):
    told = run(
        f"""
        settings.WEBSOCKET_REDIS_CONNECTION = {redis.url!r}
        settings.CELERY_APP = "dfws_html"
        from dfws_html.decorators import signal
        from dfws_html.tasks import SERVER, trigger
        from dfws_html.work.executors import executor
        @signal(path="s")
        def handler(window_info): ...
        trigger(None, "s", to=SERVER)
        before = executor()
        child = os.fork()
        trigger(None, "s", to=SERVER)
        if child:
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), executor() is before)
        else:
            os._exit(int(executor() is before))
        """
    )
    assert told == "0 True\n"
    assert len(waiting(redis)) == 3


def run(code):
    """Run code in a process of its own; return what it prints."""
    head = """
        import os
        import django
        from django.conf import settings
        settings.configure(
            SECRET_KEY="x",
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "dfws_html"],
        )
        django.setup()
    """
    environment = {name: text for name, text in os.environ.items() if name[:7] != "DJANGO_"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
