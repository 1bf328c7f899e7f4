"""`SignalQueue`: what was triggered is kept, in the shapes that the documentation shows."""

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import TestCase, TransactionTestCase

from dfws_html.decorators import signal
from dfws_html.exceptions import UnknownSignal
from dfws_html.tasks import BROADCAST, SERVER, SYNC, USER, trigger, trigger_signal
from dfws_html.testing import SignalQueue
from dfws_html.window_info import WindowInfo
from dfws_html.work.registry import registry
from tests.working import told, topic_key

REAL = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def isolated(settings):
    settings.WEBSOCKET_TOPIC_KEY = topic_key()
    with registry.isolated():
        yield


def test_the_seed_s_example_letter_for_letter():
    # fmt: off
    # ruff: noqa: I001
    from dfws_html.tasks import trigger, SERVER
    from dfws_html.window_info import WindowInfo
    from dfws_html.testing import SignalQueue

    from dfws_html.decorators import signal
    # noinspection PyUnusedLocal
    @signal(path='test.signal', queue='demo-queue')
    def test_signal(window_info, value=None):
      print(value)  # noqa: T201

    wi = WindowInfo()
    with SignalQueue() as fd:
      trigger(wi, 'test.signal1', to=[SERVER, 1], value="value1")
      trigger(wi, 'test.signal2', to=[SERVER, 1], value="value2")
    # fmt: on

    # Nothing is registered for these two names, so they stand on the default queue.
    info = wi.to_dict()
    assert fd.python_signals == {
        "celery": [
            ["test.signal1", info, {"value": "value1"}, False, None, True, None],
            ["test.signal2", info, {"value": "value2"}, False, None, True, None],
        ]
    }
    assert fd.ws_signals == {
        "-int.1": [("test.signal1", {"value": "value1"}), ("test.signal2", {"value": "value2"})]
    }


def test_the_seed_s_example_as_it_is_meant():
    for name in ("test.signal1", "test.signal2"):

        @signal(path=name, queue="demo-queue")
        def handler(window_info, value=None): ...

    window_info = WindowInfo()
    with SignalQueue() as queue:
        trigger(window_info, "test.signal1", to=[SERVER, 1], value="value1")
        trigger(window_info, "test.signal2", to=[SERVER, 1], value="value2")
    info = window_info.to_dict()
    assert queue.python_signals == {
        "demo-queue": [
            ["test.signal1", info, {"value": "value1"}, False, None, True, None],
            ["test.signal2", info, {"value": "value2"}, False, None, True, None],
        ]
    }


def test_a_row_on_each_queue_of_a_signal():
    @signal(path="s", queue="fast")
    def first(window_info): ...

    @signal(path="s", queue="slow")
    def second(window_info): ...

    @signal(path="s", queue="slow")
    def third(window_info): ...

    with SignalQueue() as queue:
        trigger(None, "s", to=SERVER)
    assert {name: len(rows) for name, rows in queue.python_signals.items()} == {
        "fast": 1,
        "slow": 1,
    }


def test_only_inside_the_block(caplog):
    with SignalQueue() as queue:
        trigger(None, "s", to=["kept"])
    trigger(None, "s", to=["sent"])
    assert list(queue.ws_signals) == ["-str.kept"]
    assert told("kept") == []
    assert len(told("sent")) == 1


def test_blocks_inside_blocks():
    with SignalQueue() as outer:
        trigger(None, "s", to=["a"])
        with SignalQueue() as inner:
            trigger(None, "s", to=["b"])
        trigger(None, "s", to=["c"])
    assert list(outer.ws_signals) == ["-str.a", "-str.c"]
    assert list(inner.ws_signals) == ["-str.b"]


def test_a_pair_of_calls():
    queue = SignalQueue()
    queue.activate()
    trigger(None, "s", to=["a"])
    queue.deactivate()
    trigger(None, "s", to=["b"])
    queue.activate()
    trigger(None, "s", to=["c"])
    queue.deactivate()
    assert list(queue.ws_signals) == ["-str.a", "-str.c"]


def test_a_failing_block_lets_go():
    with pytest.raises(ZeroDivisionError), SignalQueue():
        raise ZeroDivisionError
    trigger(None, "s", to=["free again"])
    assert len(told("free again")) == 1


def test_arguments_are_a_fresh_copy_through_json():
    values = ["a", ("b",)]
    with SignalQueue() as queue:
        trigger(None, "s", to=[SERVER, "room"], values=values)
        values.append("changed")
    kept = queue.ws_signals["-str.room"][0][1]
    assert kept == {"values": ["a", ["b"]]}
    assert queue.python_signals["celery"][0][2] is not kept


def test_errors_of_arguments_belong_to_the_trigger():
    with SignalQueue() as queue:
        with pytest.raises(TypeError, match="the argument 'thing'"):
            trigger(None, "s", to=SERVER, thing=object())
        with pytest.raises(ValueError, match="frame_out"):
            trigger(None, "s", to="room", text="x" * 300_000)
    assert queue.python_signals == {}


def test_delayed_signals_are_kept_at_once():
    with SignalQueue() as queue:
        trigger_signal(None, "s", to=[SERVER, "room"], countdown=1000)
    assert list(queue.ws_signals) == ["-str.room"]
    assert len(queue.python_signals["celery"]) == 1


def test_strict():
    with SignalQueue(strict=True) as queue:
        with pytest.raises(UnknownSignal):
            trigger(None, "s", to=[SERVER, "room"])
        with pytest.raises(UnknownSignal):
            trigger(None, "s", to=[SYNC, "room"])
        trigger(None, "s", to="room")
    assert len(queue.ws_signals["-str.room"]) == 1


def test_sync_runs_at_once_and_leaves_no_silence():
    ran = []

    @signal(path="s")
    def handler(window_info):
        ran.append(1)
        trigger(window_info, "pushed", to=["room"])

    with SignalQueue() as queue:
        trigger(None, "s", to=SYNC)
        assert ran == [1]
        with pytest.raises(UnknownSignal):
            trigger(None, "unknown", to=SYNC)
    assert queue.python_signals == {}
    assert list(queue.ws_signals) == ["-str.room"]


# ------------------------------------------------------------------ running them


def chain():
    ran = []

    @signal(path="first", queue="a")
    def first(window_info, n):
        ran.append(("first", n))
        trigger(window_info, "second", to=SERVER, n=n)

    @signal(path="second", queue="b")
    def second(window_info, n):
        ran.append(("second", n))

    return ran


def test_run_in_order_with_what_that_sends():
    ran = chain()
    with SignalQueue() as queue:
        trigger(None, "first", to=SERVER, n=1)
        trigger(None, "first", to=SERVER, n=2)
        queue.execute_delayed_signals()
        assert queue.python_signals == {}
    assert ran == [("first", 1), ("first", 2), ("second", 1), ("second", 2)]


def test_run_some_queues():
    ran = chain()
    with SignalQueue() as queue:
        trigger(None, "first", to=SERVER, n=1)
        trigger(None, "second", to=SERVER, n=0)
        queue.execute_delayed_signals(["a"])
        assert ran == [("first", 1)]
        assert [row[2] for row in queue.python_signals["b"]] == [{"n": 0}, {"n": 1}]
        assert "a" not in queue.python_signals


def test_a_row_stays_until_its_last_function_ran():
    seen = []

    @signal(path="s")
    def first(window_info):
        seen.append(len(queue.python_signals["celery"]))

    @signal(path="s")
    def second(window_info):
        seen.append(queue.python_signals)

    with SignalQueue() as queue:
        trigger(None, "s", to=SERVER)
        queue.execute_delayed_signals()
    assert seen == [1, {}]


def test_exceptions_are_seen():
    @signal(path="s")
    def broken(window_info):
        raise ZeroDivisionError

    with SignalQueue() as queue:
        trigger(None, "s", to=SERVER)
        trigger(None, "unknown", to=SERVER)
        with pytest.raises(ZeroDivisionError):
            queue.execute_delayed_signals()
        queue.execute_delayed_signals()
        assert [row[0] for row in queue.python_signals["celery"]] == ["unknown"]
    with SignalQueue(immediate_execution=True), pytest.raises(ZeroDivisionError):
        trigger(None, "s", to=SERVER)


def test_immediate_execution():
    ran = chain()
    with SignalQueue(immediate_execution=True) as queue:
        trigger(None, "first", to=[SERVER, BROADCAST], n=1)
        assert ran == [("first", 1), ("second", 1)]
    assert queue.python_signals == {}
    assert list(queue.ws_signals) == ["-broadcast"]


# ------------------------------------------------------------------ transactions


class Stop(Exception):
    """Ends a block."""


class InsideATestCase(TestCase):
    def test_seen_at_once(self):
        user = User.objects.create_user("ada")
        window_info = WindowInfo.from_dict({"user_pk": user.pk})
        with SignalQueue() as queue:
            trigger(window_info, "s", to=[SERVER, USER, user], n=1)
            assert list(queue.ws_signals) == [f"-user.{user.pk}", f"-model.auth.user.{user.pk}"]
            assert len(queue.python_signals["celery"]) == 1

    def test_an_inner_block_is_seen_after_it(self):
        with SignalQueue() as queue:
            trigger(None, "s", to=["room"], n=0)
            with transaction.atomic():
                trigger(None, "s", to=["room"], n=1)
                with transaction.atomic():
                    trigger(None, "s", to=["room"], n=2)
                assert len(queue.ws_signals["-str.room"]) == 1
            trigger(None, "s", to=["room"], n=3)
        assert [kept["n"] for _, kept in queue.ws_signals["-str.room"]] == [0, 1, 2, 3]

    def test_seen_even_if_the_queue_s_block_ends_first(self):
        with SignalQueue() as queue, transaction.atomic():
            trigger(None, "s", to=["room"])
        assert len(queue.ws_signals["-str.room"]) == 1

    def test_dropped_with_its_savepoint(self):
        with SignalQueue() as queue:
            with pytest.raises(Stop), transaction.atomic():
                fail_after_trigger()
            trigger(None, "s", to=["room"], n=2)
        assert [kept["n"] for _, kept in queue.ws_signals["-str.room"]] == [2]

    def test_now_keeps_the_order(self):
        with SignalQueue() as queue:
            with transaction.atomic():
                trigger(None, "s", to=["room"], n=1)
            trigger_signal(None, "s", to=["room"], kwargs={"n": 2}, now=True)
            with transaction.atomic():
                trigger_signal(None, "s", to=["room"], kwargs={"n": 3}, now=True)
                assert [kept["n"] for _, kept in queue.ws_signals["-str.room"]] == [1, 2, 3]

    def test_run_after_an_inner_block(self):
        ran = chain()
        with SignalQueue() as queue:
            with transaction.atomic():
                trigger(None, "first", to=SERVER, n=1)
            queue.execute_delayed_signals()
        assert ran == [("first", 1), ("second", 1)]


def fail_after_trigger():
    trigger(None, "s", to=["room"], n=1)
    raise Stop


class InsideATransactionTestCase(TransactionTestCase):
    def test_seen_after_the_commit(self):
        with SignalQueue() as queue:
            with transaction.atomic():
                trigger(None, "s", to=["room"], n=1)
                assert queue.ws_signals == {}
            with pytest.raises(Stop), transaction.atomic():
                fail_after_trigger()
        assert len(queue.ws_signals["-str.room"]) == 1


@REAL
def test_an_exception_after_a_commit_is_not_hidden():
    @signal(path="s")
    def broken(window_info):
        raise ZeroDivisionError

    queue = SignalQueue(immediate_execution=True)
    with pytest.raises(ZeroDivisionError), queue, transaction.atomic():
        Group.objects.create(name="kept")
        trigger(None, "s", to=SERVER)
    assert Group.objects.exists()
    with SignalQueue(immediate_execution=True) as queue:
        trigger(None, "pushed", to=["room"])
    assert list(queue.ws_signals) == ["-str.room"]
