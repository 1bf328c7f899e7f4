"""Which engine the settings want, and the one contract of all."""

import os
import subprocess
import sys
import textwrap
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from dfws_html.decorators import everyone, signal
from dfws_html.tasks import SERVER, trigger
from dfws_html.work import executors
from dfws_html.work.executors import ImmediateExecutor, ThreadExecutor, check_workers, executor
from dfws_html.work.registry import registry
from tests.working import SECONDS, admitted, answers, topic_key, window


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


@pytest.fixture(params=["threads", "immediate"])
def engine(request):
    made = ThreadExecutor(sizes={None: 2}, limit=10) if request.param == "threads" else None
    made = made or ImmediateExecutor()
    yield made
    made.stop(0)


def test_every_engine_runs_all_jobs_and_keeps_failures_to_itself(engine):
    ran = []

    @signal(path="s", is_allowed_to=everyone)
    def broken(window_info):
        ran.append("broken")
        raise RuntimeError

    @signal(path="s", is_allowed_to=everyone)
    def works(window_info):
        ran.append("works")

    own = window()
    engine.submit(*admitted("s", of=own))
    engine.stop(SECONDS)
    assert sorted(ran) == ["broken", "works"]
    assert [one["df"] for one in answers(own)] == ["fail"]


@pytest.mark.parametrize("wanted", [None, "", "thread"])
def test_threads_by_default(settings, wanted):
    settings.WEBSOCKET_WORKERS = wanted
    assert check_workers() == "thread"
    assert isinstance(executor(), ThreadExecutor)
    assert executor() is executor()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("channels", "could lose signals without a word"),
        ("process", "can't push to this process's windows"),
        ("threads", "there is no such engine; use 'thread' or 'celery'"),
        ("no.such.Engine", "No module named 'no'"),
        (3, "there is no such engine"),
    ],
)
def test_others_are_refused_by_name(settings, wanted, message):
    settings.WEBSOCKET_WORKERS = wanted
    with pytest.raises(ImproperlyConfigured, match=message) as refused:
        executor()
    assert f"WEBSOCKET_WORKERS = {wanted!r}" in str(refused.value)


def test_an_engine_by_its_path(settings):
    settings.WEBSOCKET_WORKERS = "dfws_html.work.executors.ImmediateExecutor"
    threads = []

    @signal(path="s")
    def handler(window_info):
        threads.append(threading.current_thread())

    trigger(None, "s", to=SERVER)
    assert threads == [threading.current_thread()]


def test_settings_are_read_when_used(settings):
    first = executor()
    settings.WEBSOCKET_POOL_SIZES = {"slow": 1}
    second = executor()
    assert second is not first
    assert second._pool("slow")._size == 1
    assert second._pool("any")._size == 10
    settings.WEBSOCKET_LIMITS = {"waiting": 3}
    assert executor()._limit == 3


async def test_stop_lets_the_rest_run_and_the_next_one_is_new(settings):
    settings.WEBSOCKET_POOL_SIZES = {"only here": 1}
    ran = []

    @signal(path="s", is_allowed_to=everyone)
    def handler(window_info):
        ran.append(1)

    engine = executor()
    engine.submit(*admitted("s"))
    await executors.stop()
    assert ran == [1]
    assert executor() is not engine


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_nothing_made_before_a_fork_is_used_after_it():
    told = run(
        """
        import os
        from dfws_html.work.executors import executor
        before = executor()
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            print(executor() is before, os.waitstatus_to_exitcode(status))
        else:
            ran = threading.Event()
            @signal(path="s")
            def handler(window_info):
                ran.set()
            trigger(None, "s", to=SERVER)
            ok = executor() is not before and ran.wait(10)
            raise SystemExit(0 if ok else 1)
        """
    )
    assert told == "True 0\n"


def test_queued_jobs_run_when_the_process_ends():
    told = run(
        """
        import time
        @signal(path="s", queue="one by one")
        def handler(window_info, n):
            print(n, flush=True)
        settings.WEBSOCKET_POOL_SIZES = {"one by one": 1}
        for n in range(5):
            trigger(None, "s", to=SERVER, n=n)
        """
    )
    assert told.split() == list("01234")


def run(code):
    """Run code in a process of its own; return what it prints."""
    head = """
        import threading
        import django
        from django.conf import settings
        settings.configure(
            SECRET_KEY="x",
            INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "dfws_html"],
        )
        django.setup()
        from dfws_html.decorators import signal
        from dfws_html.tasks import SERVER, trigger
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
