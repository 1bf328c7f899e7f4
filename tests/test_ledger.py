"""Who owns a window id, what has begun, what has ended; each forgotten in its time."""

import threading

import pytest

from dfws_html.work.jobs import CallName
from dfws_html.work.ledger import MemoryLedger, ledger


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def book(clock):
    return MemoryLedger(claim_seconds=100, clock=clock)


def call(n=1, handlers=2, window="w"):
    return CallName(window=window, load="c", n=n, handlers=handlers, reply=True)


def test_a_window_id_is_the_first_load_s(book):
    assert book.claim("w", "one")
    assert book.claim("w", "one")
    assert not book.claim("w", "two")
    assert book.claim("other", "two")


def test_a_claim_ends_after_its_last_renewal(book, clock):
    book.claim("w", "one")
    clock.now += 90
    assert book.claim("w", "one")
    assert not book.claim("w", "two")
    clock.now += 90
    assert not book.claim("w", "two")
    clock.now += 90
    assert book.claim("w", "two")


def test_one_of_many_threads_gets_the_claim_and_the_job(book):
    together = threading.Barrier(8)
    won = []

    def work(name):
        together.wait(timeout=10)
        if book.claim("w", name):
            won.append(name)
        if book.begin("t", seconds=60):
            won.append("job")

    threads = [threading.Thread(target=work, args=(f"load{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(won) == 2
    assert won.count("job") == 1


def test_a_job_begins_once_while_its_mark_lives(book, clock):
    assert book.begin("t", seconds=600)
    clock.now += 500
    assert not book.begin("t", seconds=600)
    assert book.begin("u", seconds=600)
    clock.now += 200
    assert book.begin("t", seconds=600)


def test_the_last_handler_gets_all_results(book):
    assert book.end(call(), "a", "1") is None
    assert book.end(call(n=2), "b", "3") is None
    assert book.end(call(), "b", "2") == ["1", "2"]
    assert book.end(call(n=3, handlers=1), "a", "null") == ["null"]


def test_windows_don_t_share_their_numbers(book):
    assert book.end(call(window="v"), "a", "1") is None
    assert book.end(call(window="w"), "b", "2") is None


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_after_a_failure_there_are_no_results(book, order):
    results = {"a": None, "b": "2"}
    assert [book.end(call(), name, results[name]) for name in order] == [None, None]


def test_an_ended_call_is_forgotten(book):
    book.end(call(), "a", "1")
    book.end(call(), "b", "2")
    assert book.end(call(), "b", "2") is None, "a new call of this name waits for its other handler"
    assert len(book._calls) == 1


def test_a_call_whose_other_handlers_never_end_is_forgotten(book, clock):
    book.end(call(), "a", "1")
    clock.now += 4 * 3600
    book.end(call(n=2), "a", "1")
    assert list(book._calls) == ["w.c.2"]


def test_claims_outlive_every_token(settings):
    settings.WEBSOCKET_TOKEN_AGE = 77
    found = ledger()
    assert found is ledger()
    assert found._claim_seconds == 154
    settings.WEBSOCKET_TOKEN_AGE = 78
    assert ledger() is not found
