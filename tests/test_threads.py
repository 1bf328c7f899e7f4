"""Threads as the engine: bounded pools, delays, and an end that loses nothing in silence."""

import contextlib
import logging
import threading
import time
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from dfws_html.decorators import everyone, signal
from dfws_html.topics import topic_ids
from dfws_html.work.attempts import withdraw
from dfws_html.work.jobs import HandlerJob, PushJob
from dfws_html.work.ledger import Beginning
from dfws_html.work.registry import registry
from dfws_html.work.threads import QueueFull, ThreadExecutor
from tests.working import SECONDS, admitted, answers, told, topic_key, window


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


@pytest.fixture
def make_engine():
    with contextlib.ExitStack() as stack:

        def make(*, limit=100, **sizes):
            engine = ThreadExecutor(sizes={None: 2, **sizes}, limit=limit)
            stack.callback(engine.stop, 0)
            return engine

        yield make


@pytest.fixture
def engine(make_engine):
    return make_engine()


class Gate:
    """A handler that waits until it is let through, and notes what it was called with."""

    def __init__(self, size=1):
        self.inside = threading.Semaphore(0)
        self.open = threading.Event()
        self.ran = []

        @signal(path="gate", queue="q", is_allowed_to=everyone)
        def gate(window_info, name=None):
            self.inside.release()
            assert self.open.wait(SECONDS)
            self.ran.append(name)

    def entered(self, count=1):
        for _ in range(count):
            assert self.inside.acquire(timeout=SECONDS)


class Notes:
    """A handler that notes its name; others may wait for as many notes."""

    def __init__(self):
        self.ran = []
        self.changed = threading.Condition()

        @signal(path="note", queue="q", is_allowed_to=everyone)
        def note(window_info, name=None):
            with self.changed:
                self.ran.append(name)
                self.changed.notify_all()

    def wait_for(self, count):
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.ran) >= count, SECONDS), self.ran
        return self.ran


def job(path="note", name=None, **options):
    """Return a job of the server's own."""
    [handler] = registry.handlers(path)
    values = {
        "task_id": f"{path}.{name}",
        "signal": path,
        "queue": "q",
        "handler": handler.key,
        "window_info": "{}",
        "arguments": f'{{"name": "{name}"}}' if name is not None else "{}",
    }
    return HandlerJob(**{**values, **options})


def settled(engine):
    """Wait until all that was submitted has run."""
    engine.stop(SECONDS)


# ------------------------------------------------------------------ pools


def test_submit_returns_before_the_job_has_run(engine):
    gate = Gate()
    engine.submit(job("gate", "a"))
    gate.entered()
    assert gate.ran == []
    gate.open.set()
    settled(engine)
    assert gate.ran == ["a"]


def test_a_pool_has_so_many_threads_and_no_more(make_engine):
    engine = make_engine(q=3)
    gate = Gate()
    engine.submit(*[job("gate", n) for n in range(5)])
    gate.entered(3)
    assert not gate.inside.acquire(timeout=0.1)
    gate.open.set()
    settled(engine)
    assert sorted(gate.ran) == list("01234")


def test_one_thread_keeps_the_order(make_engine):
    engine = make_engine(q=1)
    notes = Notes()
    engine.submit(*[job(name=n) for n in range(50)])
    assert notes.wait_for(50) == [str(n) for n in range(50)]


def test_a_busy_queue_does_not_hold_up_another(make_engine):
    engine = make_engine(q=1)
    gate, notes = Gate(), Notes()
    engine.submit(job("gate"))
    gate.entered()
    engine.submit(job(queue="fast", name="a"))
    assert notes.wait_for(1) == ["a"]
    gate.open.set()


def test_threads_are_started_when_needed_and_used_again(engine):
    notes = Notes()
    names = set()

    @signal(path="name", queue="q")
    def name(window_info):
        names.add(threading.current_thread().name)
        notes.ran.append(1)

    for n in range(20):
        engine.submit(job("name"))
        engine._pool("q").join(time.monotonic() + SECONDS)
        assert len(notes.ran) == n + 1
    assert names == {"dfws-q-1"}


def test_a_full_queue_takes_nothing(make_engine):
    engine = make_engine(limit=2, q=1)
    gate = Gate()
    engine.submit(job("gate", "runs"))
    gate.entered()
    engine.submit(job("gate", "a"), job("gate", "b"))
    with pytest.raises(QueueFull, match=r"2 jobs wait in the queue 'q'; the limit is 2 .*waiting"):
        engine.submit(job("gate", "c"))
    engine.submit(job("gate", "d", queue="other"))
    gate.open.set()
    settled(engine)
    assert sorted(gate.ran) == ["a", "b", "d", "runs"]


def test_all_or_none(make_engine):
    engine = make_engine(limit=1, q=1)
    gate = Gate()
    engine.submit(job("gate", "runs"))
    gate.entered()
    with pytest.raises(QueueFull):
        engine.submit(job("gate", "a", queue="free"), job("gate", "b"), job("gate", "c"))
    gate.open.set()
    settled(engine)
    assert gate.ran == ["runs"]


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_failing_handler_costs_no_thread(make_engine, error):
    engine = make_engine(q=1)
    notes = Notes()

    @signal(path="broken", queue="q")
    def broken(window_info):
        raise error

    engine.submit(*[job("broken") for _ in range(5)], job(name="after"))
    assert notes.wait_for(1) == ["after"]


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_left_open(make_engine):
    engine = make_engine(q=2)
    seen = {}
    barrier = threading.Barrier(2)

    @signal(path="write", queue="q")
    def write(window_info, name):
        Group.objects.create(name=name)
        seen[threading.current_thread().name] = connections["default"]
        barrier.wait(SECONDS)

    engine.submit(*[job("write", n) for n in range(2)])
    settled(engine)
    assert sorted(Group.objects.values_list("name", flat=True)) == ["0", "1"]
    assert len(seen) == 2
    assert [one.connection for one in seen.values()] == [None, None]


# ------------------------------------------------------------------ delays


def test_delayed_jobs_run_in_the_order_of_their_times(make_engine):
    engine = make_engine(q=1)
    notes = Notes()
    now = time.time()
    engine.submit(job(name="late", eta=now + 0.3))
    engine.submit(job(name="early", eta=now + 0.1))
    engine.submit(job(name="early too", eta=now + 0.1))
    engine.submit(job(name="at once"))
    assert notes.wait_for(4) == ["at once", "early", "early too", "late"]
    assert time.time() >= now + 0.3


def test_a_time_in_the_past_is_now(engine):
    notes = Notes()
    engine.submit(job(name="a", eta=time.time() - 100))
    assert notes.wait_for(1) == ["a"]


def test_a_time_without_end_does_not_stop_the_clock(engine):
    notes = Notes()
    engine.submit(job(name="never", eta=float("inf")))
    engine.submit(job(name="in ages", eta=1e15))
    engine.submit(job(name="soon", eta=time.time() + 0.05))
    assert notes.wait_for(1) == ["soon"]


def test_delayed_jobs_count_as_waiting(make_engine):
    engine = make_engine(limit=2)
    notes = Notes()
    soon = time.time() + 0.2
    engine.submit(job(name="a", eta=soon), job(name="b", eta=soon))
    with pytest.raises(QueueFull):
        engine.submit(job(name="c", eta=soon))
    with pytest.raises(QueueFull):
        engine.submit(job(name="d"))
    assert sorted(notes.wait_for(2)) == ["a", "b"]
    engine.submit(job(name="e"))
    assert notes.wait_for(3)[2] == "e"


def test_an_expired_job_does_not_run(make_engine):
    engine = make_engine(q=1)
    notes = Notes()
    soon = time.time() + 0.1
    engine.submit(job(name="too late", eta=soon, expires=soon - 1), job(name="a", eta=soon + 0.05))
    assert notes.wait_for(1) == ["a"]


def push(n, **options):
    topics = tuple(topic_ids([f"-str.{options.pop('topic')}"]))
    body = f'{{"signal":"p","opts":{{"n":{n}}}'
    return PushJob(task_id=f"p{n}", signal="p", queue="q", topics=topics, body=body, **options)


def test_delayed_pushes_keep_their_order_and_wait_for_no_handler(make_engine):
    engine = make_engine(q=1)
    gate, notes = Gate(), Notes()
    engine.submit(job("gate"))
    gate.entered()
    soon = time.time() + 0.1
    engine.submit(*[push(n, topic="ordered", eta=soon) for n in range(30)])
    engine.submit(job(name="after", queue="other", eta=soon))
    notes.wait_for(1)
    assert [frame["opts"]["n"] for frame in told("ordered")] == list(range(30))
    gate.open.set()


# ------------------------------------------------------------------ the end


def test_what_waits_runs_before_the_end(make_engine):
    engine = make_engine(q=1)
    gate = Gate()
    engine.submit(*[job("gate", n) for n in range(3)])
    gate.entered()
    stopper = threading.Thread(target=engine.stop, args=(SECONDS,))
    stopper.start()
    gate.open.set()
    stopper.join(SECONDS)
    assert gate.ran == ["0", "1", "2"]


def test_what_is_due_soon_is_waited_for(make_engine, caplog):
    engine = make_engine()
    notes = Notes()
    engine.submit(job(name="soon", eta=time.time() + 0.2), job(name="later", eta=time.time() + 60))
    engine.stop(SECONDS)
    notes.wait_for(1)
    [lost] = [one.getMessage() for one in caplog.records if "is lost" in one.getMessage()]
    assert "before its time had come" in lost


def test_what_running_jobs_send_to_other_queues_runs_too(make_engine):
    engine = make_engine()
    ran = []

    @signal(path="chain")
    def chain(window_info, name):
        ran.append(name)
        if int(name) < 199:
            queue = "ab"[int(name) % 2]
            engine.submit(job("chain", int(name) + 1, queue=queue))

    engine.submit(job("chain", 0, queue="a"))
    engine.stop(SECONDS)
    assert ran == [str(n) for n in range(200)]


def test_what_is_withdrawn_leaves_its_place_and_is_told_at_once(make_engine):
    engine = make_engine(q=1, limit=3)
    gate = Gate()
    own = window()
    calls = [admitted("gate", {"name": n}, of=own, n=n)[0] for n in range(4)]
    engine.submit(job("gate", "runs"))
    gate.entered()
    engine.submit(*calls[:2], replace(calls[2], eta=time.time() + 60))
    with pytest.raises(QueueFull):
        engine.submit(calls[3])
    for n in (1, 2):
        withdraw(calls[n].call.key, Beginning.CANCELLED)
        engine.withdraw(calls[n].call.key)
    assert [(one["call"], one["code"]) for one in answers(own)] == [
        ("load-0001.1", "cancelled"),
        ("load-0001.2", "cancelled"),
    ]
    engine.submit(calls[3], job("gate", "another"))
    gate.open.set()
    settled(engine)
    assert gate.ran == ["runs", 0, 3, "another"]


@pytest.mark.parametrize("reliable", [False, True])
def test_what_is_left_at_the_deadline_is_told(make_engine, caplog, reliable):
    engine = make_engine(q=1)
    gate = Gate()
    windows = [window() for _ in range(3)]
    jobs = [replace(admitted("gate", of=one)[0], reliable=reliable) for one in windows]
    running, waiting, delayed = jobs
    engine.submit(running)
    gate.entered()
    engine.submit(waiting, replace(delayed, eta=time.time() + 60))
    engine.stop(0.05)
    told = [[(one["code"], one["error"]) for one in answers(own)] for own in windows]
    assert told == [
        [("unknown", "the server stopped while it ran")],
        [("unknown", "the server stopped before it could run")],
        [("unknown", "the server stopped before its time had come")],
    ]
    lost = [one for one in caplog.records if "is lost" in one.getMessage()]
    assert [one.levelno for one in lost] == [logging.ERROR] * 3
    assert all("signal 'gate'" in one.getMessage() for one in lost)
    gate.open.set()


def test_a_stopped_engine_takes_nothing_and_keeps_no_thread(make_engine):
    engine = make_engine()
    notes = Notes()
    before = threading.enumerate()
    engine.submit(job(name="a"), job(name="b", eta=time.time() + 0.01))
    notes.wait_for(2)
    mine = [one for one in threading.enumerate() if one not in before]
    assert len(mine) >= 2
    engine.stop(SECONDS)
    with pytest.raises(QueueFull, match="the server is stopping"):
        engine.submit(job(name="c"))
    for thread in mine:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in mine)


def test_an_engine_that_did_nothing_stops_at_once(engine):
    engine.stop(SECONDS)
    engine.stop(SECONDS)
