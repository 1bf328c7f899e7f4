"""The history in Redis: the memory's contract, a life that ends with its server, nothing twice."""

import secrets
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfws_html.delivery import connections
from dfws_html.delivery.history import Entry, Frame, MemoryHistory
from dfws_html.delivery.redis_history import RedisHistory
from dfws_html.exceptions import Unreachable
from tests.redis_server import RedisServer


def new(**bounds):
    return RedisHistory(connections.configured(), prefix=secrets.token_hex(4), **bounds)


async def numbers(history, topic, position):
    entries = (await history.read({topic: position})).topics[topic].entries
    return None if entries is None else [entry.number for entry in entries]


async def until(look):
    """Look until what is seen is true; the server's own clock has to go on."""
    while not (seen := await look()):
        pass
    return seen


# ------------------------------------------------------------------ the same as in memory

topics = st.lists(st.sampled_from("abc"), min_size=1, max_size=3)
bodies = st.one_of(st.text(max_size=12), st.just("x" * 30))
appends = st.lists(st.builds(Frame, topics, bodies, st.booleans()), max_size=4)
looks = st.dictionaries(st.sampled_from("abcd"), st.integers(-1, 12), min_size=1)


@settings(
    max_examples=2000, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    steps=st.lists(st.one_of(appends, looks), min_size=2, max_size=6),
    entries=st.integers(1, 4),
    size=st.integers(1, 60),
)
async def test_it_does_what_the_memory_does(redis, steps, entries, size):
    model, real = MemoryHistory(entries=entries, size=size), new(entries=entries, size=size)
    lives = {model.position()[0]: "life", real.position()[0]: "life"}

    def plain(entry):
        return (
            entry.number,
            lives[entry.life],
            dict(entry.previous),
            entry.body,
            entry.control,
            entry.whole,
        )

    def told(reading):
        return {
            topic: (
                found.last,
                None if found.entries is None else [*map(plain, found.entries)],
            )
            for topic, found in reading.topics.items()
        }

    for step in steps:
        if isinstance(step, list):
            assert [*map(plain, real.append(*step))] == [*map(plain, model.append(*step))]
        else:
            found, expected = await real.read(step), await model.read(step)
            assert told(found) == told(expected)
            assert found.position == expected.position
            assert (await real.lasts(step))[1:] == (await model.lasts(step))[1:]
    assert real.position()[1] == model.position()[1]


# ------------------------------------------------------------------ time, by the server's clock


async def test_entries_end_and_are_then_lost_not_forgotten(redis):
    history = new(seconds=0.05)
    history.append(Frame(["a"], "{"))
    assert await numbers(history, "a", 1) == []

    async def is_lost():
        return await numbers(history, "a", 0) is None

    await until(is_lost)
    assert (await history.lasts(["a"]))[2] == {"a": 1}
    assert await numbers(history, "a", 1) == []
    history.append(Frame(["a"], "{"))
    assert await numbers(history, "a", 1) == [2]


async def test_an_entry_may_be_kept_for_less(redis):
    history = new(seconds=300)
    history.append(Frame(["a", "b"], "{", keep=0.05))

    async def is_lost():
        return await numbers(history, "a", 0) is None

    await until(is_lost)
    history.append(Frame(["b"], "{"))
    assert await numbers(history, "b", 0) is None
    assert await numbers(history, "b", 1) == [2]


async def test_all_keys_but_the_sequence_end_by_themselves(redis):
    history = new(seconds=300, book_seconds=900)
    [entry, _] = history.append(Frame(["a"], "{"), Frame(["a", "b"], "{", keep=60))
    with redis.client() as client:
        left = {key.removeprefix(history._prefix): client.ttl(key) for key in client.scan_iter()}
    life = entry.life
    assert left == {
        ":seq": -1,
        f":{life}:t:a": 300,
        f":{life}:t:b": 60,
        f":{life}:b:a": 900,
        f":{life}:b:b": 900,
    }


# ------------------------------------------------------------------ what Redis forgets


async def test_a_wiped_redis_is_another_life(redis):
    history = new()
    [before] = history.append(Frame(["a"], "{"))
    redis.flush()
    [after] = history.append(Frame(["a"], "{"))
    assert (before.number, after.number) == (1, 1)
    assert before.life != after.life
    assert history.position() == (after.life, 1)


async def test_a_restarted_redis_is_another_life_even_if_it_remembers(settings):
    """What it remembers may be older than what it has told."""
    with tempfile.TemporaryDirectory(prefix="dfws-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start("--appendonly", "yes", "--appendfsync", "always")
        settings.WEBSOCKET_REDIS_CONNECTION = server.url
        history = new()
        [before] = history.append(Frame(["a"], "{"))
        server.kill()
        server.start("--appendonly", "yes", "--appendfsync", "always")
        with server.client() as client:
            assert client.hget(history._keys[0], "life") == before.life
        life, number = history.position()
        assert life != before.life
        assert number == 0
        assert await numbers(history, "a", 0) == []
        server.kill()


async def test_each_step_finds_out(redis):
    history = new()
    for step in (
        lambda: history.append(Frame(["a"], "{")),
        history.position,
        lambda: history.read({"a": 0}),
        lambda: history.lasts(["a"]),
    ):
        before = history.position()[0]
        redis.flush()
        found = step()
        if hasattr(found, "__await__"):
            await found
        after = history.position()[0]
        assert after != before


# ------------------------------------------------------------------ a network


def test_a_connection_that_died_meanwhile_is_no_error(redis):
    history = new()
    history.append(Frame(["a"], "{"))
    redis.kill()
    redis.start()
    assert history.append(Frame(["a"], "{"))[0].number == 1
    redis.kill()
    redis.start()
    assert history.position()[1] == 0


async def test_what_is_sent_again_is_appended_once(redis):
    history = new()
    frames = [Frame(["a", "b"], "1"), Frame(["a"], "2")]
    own = ["", 100, "id of this append"]
    words = ["", 0, "1", 2, "a", "b", "", 0, "2", 1, "a"]
    history._run("append", *own, 0, *words)
    assert history._run("append", *own, 1, *words) == [history.position()[0]]
    found = (await history.read({"a": 0})).topics["a"].entries
    assert [entry.body for entry in found] == [frame.body for frame in frames]
    # Another one that is sent again without having arrived is appended.
    own[-1] = "another"
    history._run("append", *own, 1, *words)
    assert history.position()[1] == 4


@pytest.mark.parametrize("step", ["append", "position", "read", "lasts"])
async def test_a_redis_that_is_away_is_named(redis, step):
    history = new()
    redis.kill()
    with pytest.raises(Unreachable, match=r"WEBSOCKET_REDIS_CONNECTION \(.*redis.sock, db 0\)"):
        match step:
            case "append":
                history.append(Frame(["a"], "{"))
            case "position":
                history.position()
            case "read":
                await history.read({"a": 0})
            case "lasts":
                await history.lasts(["a"])


def test_a_password_is_not_told(settings):
    settings.WEBSOCKET_REDIS_CONNECTION = "redis://:geheim@127.0.0.1:1/3"
    with pytest.raises(Unreachable) as caught:
        new().position()
    assert "127.0.0.1:1, db 3" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("step", ["append", "position", "read", "lasts"])
async def test_one_round_trip_each(redis, step):
    history = new()

    async def take():
        match step:
            case "append":
                history.append(*[Frame(["a", "b"], "{")] * 5)
            case "position":
                history.position()
            case "read":
                await history.read({"a": 0, "b": 0})
            case "lasts":
                await history.lasts(["a", "b"])

    await take()  # the script is known from here on
    with redis.client() as client:
        client.config_resetstat()
        await take()
        calls = client.info("commandstats")
    assert calls["cmdstat_evalsha"]["calls"] == 1
    assert not {"cmdstat_eval", "cmdstat_script|load", "cmdstat_script|exists"} & calls.keys()


# ------------------------------------------------------------------ texts


@pytest.mark.parametrize("body", ["", "{", 'a\nb"\\', "é€😀", "x" * 9000])
async def test_every_body_comes_back_as_it_was(redis, body):
    history = new()
    history.append(Frame(["a"], body, control=True))
    [entry] = (await history.read({"a": 0})).topics["a"].entries
    assert (entry.body, entry.control, entry.whole) == (body, True, True)


def test_a_bell_leaves_a_long_body_behind():
    entry = Entry(number=1, life="l", previous={"a": 0}, body="x" * 9)
    assert Entry.decode(entry.encode()) == entry
    assert Entry.decode(entry.encode(limit=9)) == entry
    assert not Entry.decode(entry.encode(limit=8)).whole


def test_the_seeds_dict_is_a_connection(redis_server, settings):
    settings.WEBSOCKET_REDIS_CONNECTION = {"host": "h", "port": 7, "db": 3, "password": ""}
    found = connections.configured().client.connection_pool.connection_kwargs
    assert (found["host"], found["port"], found["db"]) == ("h", 7, 3)
    assert found.get("password") is None
