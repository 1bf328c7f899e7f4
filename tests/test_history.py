"""Every history: one sequence, bounded lists, and no part of a list given out as the whole."""

import threading

import pytest

from dfws_html.delivery.history import Frame, MemoryHistory


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def numbers(found):
    return None if found.entries is None else [entry.number for entry in found.entries]


async def read(history, topic, position):
    return numbers((await history.read({topic: position})).topics[topic])


async def test_one_sequence_for_all_topics(made_history):
    history = made_history()
    entries = [
        history.append(Frame(topics, "{"))[0] for topics in (["a"], ["b"], ["a", "b"], ["a"])
    ]
    assert [entry.number for entry in entries] == [1, 2, 3, 4]
    assert [dict(entry.previous) for entry in entries] == [
        {"a": 0},
        {"b": 0},
        {"a": 1, "b": 2},
        {"a": 3},
    ]
    assert {entry.life for entry in entries} == {history.position()[0]}
    assert history.position()[1] == 4
    assert await read(history, "a", 0) == [1, 3, 4]
    assert await read(history, "b", 2) == [3]


async def test_a_topic_named_twice_gets_an_entry_once(made_history):
    history = made_history()
    entry = history.append(Frame(["a", "a"], "{"))[0]
    assert entry.previous == {"a": 0}
    assert await read(history, "a", 0) == [1]


async def test_nothing_is_lost_on_a_topic_nobody_has_written_to(made_history):
    history = made_history()
    reading = await history.read({"a": 0, "b": 7})
    assert [numbers(found) for found in reading.topics.values()] == [[], []]
    assert (reading.life, reading.position) == history.position()


async def test_a_position_that_is_not_known_is_never_healed(made_history):
    history = made_history()
    history.append(Frame(["a"], "{"))
    assert await read(history, "a", -1) is None
    assert await read(history, "never", -1) is None


async def test_what_was_trimmed_by_number_is_lost_whole(made_history):
    history = made_history(entries=2)
    for _ in range(4):
        history.append(Frame(["a"], "{"))
    assert await read(history, "a", 2) == [3, 4]
    assert await read(history, "a", 1) is None
    assert await read(history, "a", 3) == [4]
    assert await read(history, "a", 4) == []


async def test_trimming_looks_at_the_topic_not_at_the_sequence(made_history):
    history = made_history(entries=2)
    for topic in "abbba":
        history.append(Frame([topic], "{"))
    assert await read(history, "a", 0) == [1, 5]
    assert await read(history, "b", 1) is None
    assert await read(history, "b", 2) == [3, 4]


async def test_size_is_counted_in_bytes(made_history):
    history = made_history(size=8)
    for _ in range(3):
        history.append(Frame(["a"], "éé"))  # 4 bytes each
    assert await read(history, "a", 0) is None
    assert await read(history, "a", 1) == [2, 3]


async def test_the_last_entry_stays_however_long(made_history):
    history = made_history(size=8)
    history.append(Frame(["a"], "x" * 100))
    assert await read(history, "a", 0) == [1]
    history.append(Frame(["a"], "x" * 100))
    assert await read(history, "a", 1) == [2]


async def test_entries_end_and_are_then_lost_not_forgotten(clock):
    history = MemoryHistory(seconds=300, clock=clock)
    history.append(Frame(["a"], "{"))
    clock.now += 200
    history.append(Frame(["a"], "{"))
    clock.now += 100
    assert await read(history, "a", 0) is None
    assert await read(history, "a", 1) == [2]
    clock.now += 200
    assert await read(history, "a", 1) is None
    assert await read(history, "a", 2) == []


async def test_an_entry_may_be_kept_for_less(clock):
    history = MemoryHistory(seconds=300, clock=clock)
    history.append(Frame(["a"], "{", keep=60))
    clock.now += 60
    assert await read(history, "a", 0) is None


async def test_the_last_number_is_known_until_no_token_is_left(clock):
    history = MemoryHistory(seconds=300, book_seconds=1000, clock=clock)
    history.append(Frame(["a"], "{"))
    clock.now += 999
    history.append(Frame(["b"], "{"))
    assert (await history.lasts(["a"]))[2] == {"a": 1}
    assert await read(history, "a", 0) is None
    clock.now += 61  # books are swept once a minute
    history.append(Frame(["b"], "{"))
    assert (await history.lasts(["a"]))[2] == {"a": 0}
    assert history.append(Frame(["a"], "{"))[0].previous == {"a": 0}


def test_silent_topics_leave_no_text_behind(clock):
    history = MemoryHistory(seconds=300, clock=clock)
    for n in range(100):
        history.append(Frame([f"window {n}"], "x" * 1000))
    clock.now += 360
    history.append(Frame(["a"], "{"))
    assert sum(book.size for book in history._topics.values()) == 1
    assert sum(len(book.kept) for book in history._topics.values()) == 1


async def test_lasts(made_history):
    history = made_history()
    for topic in "aab":
        history.append(Frame([topic], "{"))
    life, position, lasts = await history.lasts(["a", "b", "c"])
    assert (life, position) == history.position()
    assert (position, lasts) == (3, {"a": 2, "b": 3, "c": 0})


def test_every_history_is_a_life_of_its_own(made_history):
    assert made_history().position()[0] != made_history().position()[0]


async def test_threads_append_without_a_gap(made_history):
    history = made_history(entries=10_000)
    start = threading.Barrier(8)

    def write():
        start.wait()
        for _ in range(500):
            history.append(Frame(["all", threading.current_thread().name], "{"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = (await history.read({"all": 0})).topics["all"].entries
    assert [entry.number for entry in found] == list(range(1, 4001))
    assert [entry.previous["all"] for entry in found] == list(range(4000))
