"""What is sent now, what after the commit, and what never."""

import logging
from contextlib import contextmanager, suppress

import pytest
from django.contrib.auth.models import Group
from django.db import connection, connections, transaction
from django.test import TestCase, TransactionTestCase

from dfws_html.work.transactions import after_commit, flush, lost_after_commit, waits_for

REAL = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Sent(list):
    """Takes what is sent: one list for each time."""

    def __call__(self, things):
        self.append(list(things))


@pytest.fixture
def sent():
    return Sent()


class Stop(Exception):
    """Ends a block."""


@contextmanager
def rolled_back():
    """Surround a block of a transaction that ends badly."""
    with suppress(Stop), transaction.atomic():
        yield
        raise Stop


@REAL
def test_outside_a_transaction_it_leaves_at_once(sent):
    after_commit("a", sent)
    after_commit("b", sent)
    assert sent == [["a"], ["b"]]


@REAL
def test_nothing_before_the_commit_and_all_at_once_after_it_in_order(sent):
    with transaction.atomic():
        after_commit("a", sent)
        with transaction.atomic():
            after_commit("b", sent)
        after_commit("c", sent)
        flush()
        assert sent == []
    assert sent == [["a", "b", "c"]]
    with transaction.atomic():
        after_commit("d", sent)
    assert sent == [["a", "b", "c"], ["d"]]


@REAL
def test_a_rollback_drops(sent):
    with rolled_back():
        after_commit("a", sent)
    flush()
    with transaction.atomic():
        after_commit("b", sent)
    assert sent == [["b"]]


@REAL
def test_a_savepoint_s_rollback_drops_its_own(sent):
    with transaction.atomic():
        after_commit("a", sent)
        with rolled_back():
            after_commit("b", sent)
            with transaction.atomic():
                after_commit("c", sent)
        after_commit("d", sent)
    assert sent == [["a", "d"]]


@REAL
def test_rows_are_there_when_it_is_sent():
    seen = []
    with transaction.atomic():
        Group.objects.create(name="new")
        after_commit("a", lambda things: seen.append(connection.in_atomic_block))
    assert seen == [False]
    assert Group.objects.filter(name="new").exists()


@REAL
def test_between_a_project_s_own_hooks(sent):
    with transaction.atomic():
        transaction.on_commit(lambda: sent(["hook 1"]))
        after_commit("a", sent)
        transaction.on_commit(lambda: after_commit("from a hook", sent))
        after_commit("b", sent)
    assert sent == [["hook 1"], ["a", "b"], ["from a hook"]]


@REAL
def test_a_failure_after_the_commit_is_told_and_does_not_raise(caplog):
    def broken(things):
        raise ConnectionError("the broker has left")

    lost = []

    def on_lost(sender, error, count, **more):
        lost.append((error, count))

    lost_after_commit.connect(on_lost)
    with transaction.atomic():
        Group.objects.create(name="kept")
        after_commit("a", broken)
        after_commit("b", broken)
    lost_after_commit.disconnect(on_lost)
    [(error, count)] = lost
    assert str(error) == "the broker has left"
    assert count == 2
    [record] = [one for one in caplog.records if one.name == "dfws_html.signals"]
    assert record.levelno == logging.ERROR
    assert "lost after a commit: 2" in record.getMessage()
    assert record.exc_info
    assert Group.objects.filter(name="kept").exists()


@REAL
def test_outside_a_transaction_a_failure_raises():
    def broken(things):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        after_commit("a", broken)


@BOTH
def test_the_default_database_counts_first(sent):
    with transaction.atomic(using="other"), transaction.atomic():
        assert waits_for().alias == "default"
        after_commit("a", sent)
    assert sent == [["a"]]


@BOTH
def test_another_database_counts_if_it_alone_is_in_a_transaction(sent):
    connections["default"].ensure_connection()
    assert waits_for() is None
    with transaction.atomic(using="other"):
        assert waits_for().alias == "other"
        after_commit("a", sent)
        assert sent == []
    assert sent == [["a"]]


@BOTH
def test_using_says_which(sent):
    with transaction.atomic():
        with transaction.atomic(using="other"):
            assert waits_for("other").alias == "other"
            after_commit("a", sent, using="other")
            assert sent == []
        assert sent == [["a"]]
        assert waits_for("other") is None
        after_commit("b", sent, using="other")
        assert sent == [["a"], ["b"]]


def test_no_database_no_wait():
    sent = Sent()
    after_commit("a", sent)
    assert sent == [["a"]]


class InsideATestCase(TestCase):
    """A test's own blocks are never committed, and don't count."""

    def test_it_leaves_at_once(self):
        sent = Sent()
        after_commit("a", sent)
        assert sent == [["a"]]

    def test_an_inner_block_counts(self):
        sent = Sent()
        with transaction.atomic():
            after_commit("a", sent)
            with transaction.atomic():
                after_commit("b", sent)
            with rolled_back():
                after_commit("c", sent)
            flush()
            assert sent == []
        flush()
        assert sent == [["a", "b"]]
        flush()
        assert sent == [["a", "b"]]

    def test_the_next_one_keeps_the_order(self):
        sent = Sent()
        with transaction.atomic():
            after_commit("a", sent)
        after_commit("b", sent)
        assert sent == [["a"], ["b"]]

    def test_two_blocks_one_of_them_rolled_back(self):
        sent = Sent()
        with transaction.atomic():
            after_commit("a", sent)
        with rolled_back():
            after_commit("b", sent)
        flush()
        assert sent == [["a"]]

    def test_django_s_own_helper_runs_it_once(self):
        sent = Sent()
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            after_commit("a", sent)
            after_commit("b", sent)
        assert sent == [["a", "b"]]
        flush()
        assert sent == [["a", "b"]]

    def test_a_failure_belongs_to_whoever_looks(self):
        def broken(things):
            raise ConnectionError

        with transaction.atomic():
            after_commit("a", broken)
        with pytest.raises(ConnectionError):
            flush()


class InsideATransactionTestCase(TransactionTestCase):
    """Its commits are real."""

    def test_real_commits(self):
        sent = Sent()
        with transaction.atomic():
            after_commit("a", sent)
            assert sent == []
        assert sent == [["a"]]
