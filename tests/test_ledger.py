"""Who owns a window id, what has begun, what has ended; each forgotten in its time."""

import itertools
import secrets
import threading
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfws_html.delivery import connections
from dfws_html.delivery.redis_history import RedisHistory
from dfws_html.exceptions import Unreachable
from dfws_html.work.jobs import CallName
from dfws_html.work.ledger import Beginning, MemoryLedger, RedisLedger, ledger


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lives():
    """The life of the history beside a memory's ledger."""
    return ["l1"]


@pytest.fixture
def memory(clock, lives):
    return MemoryLedger(claim_seconds=100, clock=clock, life=lambda: lives[0], began=time.time)


@pytest.fixture
def redis_book(redis):
    return RedisLedger(prefix="own", claim_seconds=100)


@pytest.fixture(params=["memory", "redis_book"])
def book(request):
    """Each ledger: they keep one contract."""
    return request.getfixturevalue(request.param)


def call(n=1, handlers=2, window="w"):
    return CallName(window=window, load="c", n=n, handlers=handlers, reply=True)


def test_a_window_id_is_the_first_load_s(book):
    assert book.claim("w", "one")
    assert book.claim("w", "one")
    assert not book.claim("w", "two")
    assert book.claim("other", "two")


def test_claims_end_with_a_life(two_lives):
    book, life, end = two_lives
    first = life()
    assert book.claim("w", "one", life=first)
    assert book.claim("w", "one", life="any"), "it has it"
    assert not book.claim("w", "two", life=first)
    end()
    now = life()
    assert not book.claim("v", "two", life=first), "whoever had it may come back"
    assert book.claim("v", "one"), "he has"
    assert not book.claim("v", "two", life=first)
    assert book.claim("u", "two", life=now)


@pytest.mark.parametrize("known", [True, False])
def test_an_id_that_was_made_in_no_known_life_is_nobody_s(book, redis, known):
    if known:
        RedisHistory(connections.configured(), prefix="own").position()
    assert not book.claim("w", "one", life="")
    assert book.claim("w", "one")


def test_a_claim_ends_after_its_last_renewal(memory, clock):
    memory.claim("w", "one")
    clock.now += 90
    assert memory.claim("w", "one")
    assert not memory.claim("w", "two")
    clock.now += 90
    assert not memory.claim("w", "two")
    clock.now += 90
    assert memory.claim("w", "two")


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


def test_a_job_begins_once_while_its_mark_lives(memory, clock):
    assert memory.begin("t", seconds=600)
    clock.now += 500
    assert not memory.begin("t", seconds=600)
    assert memory.begin("u", seconds=600)
    clock.now += 200
    assert memory.begin("t", seconds=600)


def test_what_may_run_again_does_until_it_has_ended(book):
    def begin():
        return book.begin("t", seconds=60, again=True)

    assert [begin(), begin()] == [Beginning.FIRST, Beginning.AGAIN]
    assert book.finish("t", seconds=60)
    assert not book.finish("t", seconds=60), "another has ended it"
    assert begin() is Beginning.HAD
    assert [bool(one) for one in (Beginning.FIRST, Beginning.AGAIN)] == [True, True]
    assert not Beginning.HAD


def test_what_runs_once_has_ended_when_it_begins(book):
    assert book.begin("t", seconds=60) is Beginning.FIRST
    assert book.begin("t", seconds=60, again=True) is Beginning.HAD
    assert book.finish("t", seconds=60), "now it has"
    assert not book.finish("t", seconds=60)
    assert book.finish("u", seconds=60), "it never begins then"
    assert book.begin("u", seconds=60) is Beginning.HAD
    assert book.begin("u", seconds=60, again=True) is Beginning.HAD


def test_by_a_void_sending_nothing_begins(book):
    assert book.void("t", "one", seconds=60)
    assert book.begin("t", seconds=60, sending="one") is Beginning.VOID
    assert not Beginning.VOID
    assert book.begin("t", seconds=60, sending="two") is Beginning.FIRST
    assert book.begin("t", seconds=60, sending="three") is Beginning.HAD
    assert book.begin("t", seconds=60, sending="one") is Beginning.VOID


@pytest.mark.parametrize("again", [True, False])
def test_what_has_begun_can_t_be_made_void(book, again):
    book.begin("t", seconds=60, sending="one", again=again)
    assert not book.void("t", "one", seconds=60)
    assert not book.void("t", "two", seconds=60), "the sender hears that it runs"
    now = book.begin("t", seconds=60, sending="one", again=again)
    assert now is (Beginning.AGAIN if again else Beginning.HAD)


@pytest.mark.parametrize("how", [Beginning.SUPERSEDED, Beginning.CANCELLED])
def test_no_job_of_a_withdrawn_call_begins(book, how):
    assert not book.is_withdrawn("w.c.1")
    book.withdraw("w.c.1", how, seconds=60)
    assert book.is_withdrawn("w.c.1")
    assert not book.is_withdrawn("w.c.2")
    assert book.begin("t", seconds=60, call="w.c.1") is how
    assert not how
    assert book.begin("t", seconds=60, call="w.c.1") is Beginning.HAD, "it has been told"
    assert book.begin("r", seconds=60, call="w.c.1", again=True) is how
    again = book.begin("r", seconds=60, call="w.c.1", again=True)
    assert again is Beginning.HAD, "its worker may have died before it told"
    assert book.finish("r", seconds=60), "it had not ended: that is told"
    assert book.begin("u", seconds=60, call="w.c.2") is Beginning.FIRST
    assert book.begin("v", seconds=60) is Beginning.FIRST


def test_what_has_begun_can_t_be_withdrawn(book):
    book.begin("t", seconds=60, call="w.c.1", again=True)
    book.withdraw("w.c.1", Beginning.SUPERSEDED, seconds=60)
    assert book.begin("t", seconds=60, call="w.c.1", again=True) is Beginning.AGAIN


def test_what_was_withdrawn_is_forgotten(memory, redis_book, redis, clock):
    memory.withdraw("w.c.1", Beginning.SUPERSEDED, seconds=60)
    clock.now += 61
    assert not memory.is_withdrawn("w.c.1")
    redis_book.withdraw("w.c.1", Beginning.SUPERSEDED, seconds=60)
    with redis.client() as client:
        assert client.ttl("own:s:w.c.1") == 60


@pytest.fixture(params=["memory", "wiped", "restarted"])
def two_lives(request):
    """A ledger, the life of its history, and what ends that life: marks go, or they stay."""
    if request.param == "memory":
        lives = request.getfixturevalue("lives")
        return request.getfixturevalue("memory"), lambda: lives[0], lambda: lives.insert(0, "l2")
    redis, book = request.getfixturevalue("redis"), request.getfixturevalue("redis_book")
    history = RedisHistory(connections.configured(), prefix="own")

    def end():
        if request.param == "wiped":
            redis.flush()
        else:
            with redis.client() as client:  # as one that kept its data finds it
                client.hset("own:seq", "run", "of another server")

    return book, lambda: history.position()[0], end


def test_a_job_of_another_life_does_not_run(two_lives):
    book, life, end = two_lives
    first = life()
    assert book.begin("before", seconds=60, life=first) is Beginning.FIRST
    end()
    assert book.begin("t", seconds=60, life=first) is Beginning.OVER
    assert book.begin("t", seconds=60, life=first) is Beginning.HAD, "it has been told"
    assert book.begin("u", seconds=60) is Beginning.FIRST, "an engine of one process gives none"
    assert book.begin("v", seconds=60, life=life()) is Beginning.FIRST
    assert not Beginning.OVER


@pytest.mark.parametrize(("later", "word"), [(30, Beginning.OVER), (3600, Beginning.FIRST)])
def test_what_had_to_wait_until_this_life_can_t_have_run_before(two_lives, later, word):
    book, life, end = two_lives
    first = life()
    end()
    life()  # and with it the next begins
    assert book.begin("t", seconds=60, life=first, eta=time.time() + later) is word


def test_a_job_that_has_its_mark_from_another_life_says_nothing(redis, redis_book):
    history = RedisHistory(connections.configured(), prefix="own")
    first = history.position()[0]
    redis_book.begin("t", seconds=60, life=first)
    with redis.client() as client:
        client.hset("own:seq", "run", "of another server")
    assert redis_book.begin("t", seconds=60, life=first) is Beginning.HAD


def test_what_may_run_again_runs_in_every_life(two_lives):
    book, life, end = two_lives
    first = life()
    end()
    assert book.begin("t", seconds=60, life=first, again=True) is Beginning.FIRST


def test_a_begin_is_one_round_trip(redis, redis_book):
    life = RedisHistory(connections.configured(), prefix="own").position()[0]
    redis_book.begin("t", seconds=60, life=life)
    with redis.client() as client, client.monitor() as seen:
        redis_book.begin("u", seconds=60, life=life)
        connections.client().echo("the end")
        asked = []
        for command in seen.listen():
            if "the end" in command["command"]:
                break
            if command["client_type"] != "lua":
                asked.append(command["command"].split()[0])
    assert asked == ["EVALSHA"]


def test_what_runs_again_does_not_keep_its_mark_alive(memory, redis_book, redis, clock):
    memory.begin("t", seconds=60, again=True)
    clock.now += 59
    assert memory.begin("t", seconds=60, again=True) is Beginning.AGAIN
    clock.now += 2
    memory._next_sweep = 0
    assert memory.begin("t", seconds=60, again=True) is Beginning.FIRST
    redis_book.begin("t", seconds=60, again=True)
    with redis.client() as client:
        client.expire("own:x:t", 5)
        redis_book.begin("t", seconds=60, again=True)
        assert client.ttl("own:x:t") <= 5


def test_the_last_handler_gets_all_results(book):
    assert book.end(call(), "a", "1") is None
    assert book.end(call(n=2), "b", "3") is None
    assert sorted(book.end(call(), "b", "2")) == ["1", "2"]
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


def test_a_call_whose_other_handlers_never_end_is_forgotten(memory, clock):
    memory.end(call(), "a", "1")
    clock.now += 4 * 3600
    memory.end(call(n=2), "a", "1")
    assert list(memory._calls) == ["w.c.2"]


def test_claims_outlive_every_token(settings):
    settings.WEBSOCKET_TOKEN_AGE = 77
    found = ledger()
    assert found is ledger()
    assert found._claim_seconds == 154
    settings.WEBSOCKET_TOKEN_AGE = 78
    assert ledger() is not found


# ------------------------------------------------------------------ in Redis


def test_a_redis_that_is_set_is_used(redis, settings):
    settings.WEBSOCKET_REDIS_PREFIX = "site"
    settings.WEBSOCKET_TOKEN_AGE = 77
    found = ledger()
    assert found == RedisLedger(prefix="site", claim_seconds=154)
    found.claim("w", "one")
    found.begin("w.c.1.h", seconds=60)
    found.end(call(), "a", "1")
    found.void("w.c.2.h", "one", seconds=60)
    found.withdraw("w.c.3", Beginning.SUPERSEDED, seconds=60)
    with redis.client() as client:
        lives = {key: client.ttl(key) for key in client.scan_iter()}
    assert lives == {
        "site:w:w": 154,
        "site:x:w.c.1.h": 60,
        "site:c:w.c.1": 3 * 3600,
        "site:v:w.c.2.h.one": 60,
        "site:s:w.c.3": 60,
    }


def test_each_claim_renews(redis_book, redis):
    redis_book.claim("w", "one")
    with redis.client() as client:
        client.expire("own:w:w", 5)
        assert redis_book.claim("w", "one")
        assert client.ttl("own:w:w") == 100
        client.expire("own:w:w", 5)
        assert not redis_book.claim("w", "two")
        assert client.ttl("own:w:w") <= 5


def test_an_empty_result_is_no_failure(book):
    assert book.end(call(handlers=1), "a", "") == [""]


JOBS = ["w.c.1.h", "é"]
SENDINGS = ["one", "two"]
KEYS = ["w.c.1", "w.c.2"]
HOW = [Beginning.SUPERSEDED, Beginning.CANCELLED]


def steps(name, *given, **named):
    """Return a step for each combination of arguments."""
    for values in itertools.product(*given, *named.values()):
        yield name, values[: len(given)], dict(zip(named, values[len(given) :], strict=True))


STEPS = [
    *steps("claim", "vw", ["one", "two", ""]),
    *steps("begin", JOBS, seconds=[60], again=[True, False], sending=SENDINGS, call=["", *KEYS]),
    *steps("void", JOBS, SENDINGS, seconds=[60]),
    *steps("finish", JOBS, seconds=[60]),
    *steps("withdraw", KEYS, HOW, seconds=[60]),
    *steps("is_withdrawn", KEYS),
    *steps("end", map(call, [1, 2], [1, 3], "vw"), "abc", [None, "", "1"]),
]


@settings(
    max_examples=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.sampled_from(STEPS), min_size=3, max_size=8))
def test_redis_does_what_the_memory_does(redis, steps):
    books = MemoryLedger(), RedisLedger(prefix=secrets.token_hex(4))

    def take(book, name, given, named):
        found = getattr(book, name)(*given, **named)
        return sorted(found) if isinstance(found, list) else found

    for step in steps:
        in_memory, in_redis = (take(book, *step) for book in books)
        assert in_redis == in_memory, step


def test_a_mark_of_less_than_a_millisecond_is_one(redis_book):
    assert redis_book.begin("t", seconds=0)


@pytest.mark.parametrize(
    "step",
    [
        lambda book: book.claim("w", "c"),
        lambda book: book.claim("w", "c", life="l"),
        lambda book: book.begin("t", seconds=60),
        lambda book: book.void("t", "one", seconds=60),
        lambda book: book.finish("t", seconds=60),
        lambda book: book.withdraw("w.c.1", Beginning.SUPERSEDED, seconds=60),
        lambda book: book.is_withdrawn("w.c.1"),
        lambda book: book.end(call(), "a", "1"),
    ],
)
def test_a_redis_that_is_gone_is_named(redis_book, redis, step):
    redis.kill()
    with pytest.raises(Unreachable, match="WEBSOCKET_REDIS_CONNECTION"):
        step(redis_book)
