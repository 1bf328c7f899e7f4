"""The judge objects to a history in which a promise is broken, and to no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.chaos.checker import judge
from tests.chaos.records import (
    Acked,
    Applied,
    Called,
    Closing,
    Connecting,
    Failed,
    Fault,
    Left,
    Loaded,
    LoggedOut,
    Looked,
    Lost,
    Outcome,
    Published,
    Ran,
    Received,
    Record,
    Resynced,
    Sample,
)

ROOM = "room 0"
JOB = "w.a.1.h"


def applied(window: str, number: int, message: str, at: float, **changes) -> Applied:
    given = {"rooms": (ROOM,), "meant": (ROOM,), "life": "l", **changes}
    return Applied(at=at, window=window, number=number, message=message, **given)


def published(message: str, at: float, *, sure: bool = True) -> Published:
    return Published(at=at, message=message, rooms=(ROOM,), sure=sure)


def good() -> list[Record]:
    """Two windows, three messages and the last one, one call."""
    messages = ["m1", "m2", "m3", f"last of {ROOM}"]
    records: list[Record] = [
        Loaded(at=1, window=window, rooms=(f"window {window}", ROOM), life="l", pos=0)
        for window in "ab"
    ]
    for number, message in enumerate(messages, 1):
        records.append(published(message, at=1.0 + number))
        records += [applied(window, number, message, at=1.1 + number) for window in "ab"]
    return [
        *records,
        Fault(at=3, kind="kill server", until=4),
        Closing(at=5, messages=(f"last of {ROOM}",)),
        Called(at=2, window="a", call="a.1", signal="chaos.add"),
        Acked(at=2.1, call="a.1"),
        Received(at=2.1, job=JOB, worker=7),
        Ran(at=2.2, job=JOB, pid=8),
        Outcome(at=2.3, call="a.1", kind="done"),
        Looked(at=2.4, row=1, seen=True),
        Sample(at=5, process="server 0", size=90 << 20, things=60),
    ]


def without(records: list[Record], *kinds: type[Record], **wanted) -> list[Record]:
    """Leave out the records of these kinds that have these values."""
    return [
        one
        for one in records
        if not (isinstance(one, kinds) and all(getattr(one, k) == v for k, v in wanted.items()))
    ]


def changed(records: list[Record], kind: type[Record], wanted: dict, /, **changes) -> list[Record]:
    """Change the records of a kind that have these values."""
    assert without(records, kind, **wanted) != records
    return [
        replace(one, **changes)
        if isinstance(one, kind) and all(getattr(one, k) == v for k, v in wanted.items())
        else one
        for one in records
    ]


def broken(records: list[Record]) -> set[int]:
    return {violation.promise for violation in judge(records)}


def test_a_good_history():
    assert judge(good()) == []


def lacks_one() -> list[Record]:
    return without(good(), Applied, window="a", message="m2")


def lacks_the_one_before_the_last() -> list[Record]:
    return without(good(), Applied, window="a", message="m3")


def nobody_has_it() -> list[Record]:
    return without(good(), Applied, message="m2")


def another_life() -> list[Record]:
    return changed(good(), Applied, {"window": "a", "number": 3}, life="other")


def resynced_too_low() -> list[Record]:
    resync = Resynced(at=3.05, window="a", life="l", pos=1, rooms=(ROOM,))
    return [*lacks_one(), resync]


def another_meaning() -> list[Record]:
    return changed(good(), Applied, {"window": "a", "message": "m2"}, message="m3x")


def backwards() -> list[Record]:
    records = changed(good(), Applied, {"window": "a", "number": 3}, at=3.05)
    return changed(records, Applied, {"window": "a", "number": 2}, at=4.1)


def again() -> list[Record]:
    return [*good(), applied("a", 7, "m1", at=8)]


def acked_only() -> list[Record]:
    records = without(good(), Received, Ran)
    return changed(records, Outcome, {"call": "a.1"}, kind="unknown", code="timeout")


def ran_twice() -> list[Record]:
    return [*good(), Ran(at=4, job=JOB, pid=9)]


def no_outcome() -> list[Record]:
    return without(good(), Outcome)


def two_outcomes() -> list[Record]:
    return [*good(), Outcome(at=9, call="a.1", kind="error", code="error")]


def undelivered_and_run() -> list[Record]:
    return changed(good(), Outcome, {"call": "a.1"}, kind="undelivered", code="timeout")


def refused_and_run() -> list[Record]:
    return changed(good(), Outcome, {"call": "a.1"}, kind="error", code="busy")


def forbidden_and_done() -> list[Record]:
    return changed(good(), Called, {"call": "a.1"}, signal="chaos.forbidden")


def another_room() -> list[Record]:
    return changed(good(), Applied, {"window": "a", "message": "m2"}, meant=("room 5",))


def another_window() -> list[Record]:
    return changed(good(), Applied, {"window": "a", "message": "m2"}, canary="b")


def too_late() -> list[Record]:
    return changed(good(), Applied, {"window": "a", "message": f"last of {ROOM}"}, at=40)


def much_memory() -> list[Record]:
    return [*good(), Sample(at=6, process="server 0", size=900 << 20, things=60)]


def many_files() -> list[Record]:
    return [*good(), Sample(at=6, process="server 1", size=90 << 20, things=6000)]


def many_keys() -> list[Record]:
    return [*good(), Sample(at=6, process="redis", size=1 << 20, things=60_000)]


def a_ghost() -> list[Record]:
    return [*good(), applied("a", 5, "ghost m4", at=7), applied("b", 5, "ghost m4", at=7)]


def no_row() -> list[Record]:
    return [*good(), Looked(at=3, row=2, seen=False)]


def a_herd() -> list[Record]:
    together = [f"w{n}" for n in range(40)]
    lost = [Lost(at=6, window=window, code=1006) for window in together]
    return [*good(), *lost, *(Connecting(at=6.5, window=window) for window in together)]


def logged_out(*ends: Record) -> list[Record]:
    member = Loaded(at=1, window="c", rooms=("window c",), life="l", pos=0)
    gone = [Left(at=20, window="c"), LoggedOut(at=20.1, window="c")]
    return [*good(), member, *gone, *ends, Lost(at=60, window="a", code=1012)]


def still_there() -> list[Record]:
    return logged_out()


def ended_late() -> list[Record]:
    return logged_out(Lost(at=21.2, window="c", code=4401))


def told_after_its_end() -> list[Record]:
    mine = applied("c", 9, "mine", at=24, rooms=("window c",), meant=("window c",))
    return logged_out(Lost(at=20.2, window="c", code=1006), mine)


BAD = {
    lacks_one: {1},
    lacks_the_one_before_the_last: {1},
    nobody_has_it: {1},
    another_life: {1},
    resynced_too_low: {1},
    another_meaning: {1, 2},
    backwards: {1, 2},
    again: {3},
    acked_only: {4},
    ran_twice: {4},
    no_outcome: {5},
    two_outcomes: {5},
    undelivered_and_run: {5},
    refused_and_run: {5},
    forbidden_and_done: {5},
    another_room: {6},
    another_window: {6},
    too_late: {7},
    much_memory: {8},
    many_files: {8},
    many_keys: {8},
    still_there: {9},
    ended_late: {9},
    told_after_its_end: {9},
    a_ghost: {10},
    no_row: {10},
    a_herd: {11},
}


@pytest.mark.parametrize("history", BAD, ids=lambda history: history.__name__)
def test_a_bad_history(history):
    assert broken(history()) == BAD[history]


def test_what_a_resync_covers_is_not_lost():
    records = without(good(), Applied, window="a", message="m2")
    assert judge([*records, Resynced(at=3.5, window="a", life="l", pos=2, rooms=(ROOM,))]) == []


def test_what_nobody_is_sure_of_need_not_come():
    records = changed(nobody_has_it(), Published, {"message": "m2"}, sure=False)
    assert judge(records) == []


def test_what_a_forgetting_redis_took_along_is_explained():
    lost = Fault(at=2.5, kind="kill redis", until=3)
    assert judge([*acked_only(), lost]) == []
    assert broken([*acked_only(), replace(lost, at=20, until=21)]) == {4}


@pytest.mark.parametrize(("other", "explained"), [(0.5, True), (4.0, False)])
def test_what_waited_longer_is_explained_if_the_workers_were_behind(other, explained):
    # The other call was acknowledged before or after, and has been run when Redis forgets.
    records = [
        *acked_only(),
        Called(at=other, window="a", call="a.2", signal="chaos.add"),
        Acked(at=other, call="a.2"),
        Received(at=19, job="w.a.2.h", worker=7),
        Ran(at=19, job="w.a.2.h", pid=1),
        Outcome(at=19.1, call="a.2", kind="done"),
        Fault(at=20, kind="kill redis", until=21),
    ]
    assert broken(records) == (set() if explained else {4})


@pytest.mark.parametrize(
    ("kind", "error"), [("stall redis", "Unreachable"), ("roll back redis", "LifeIsOver")]
)
def test_what_redis_did_not_let_begin_is_explained_if_it_had_a_reason(kind, error):
    end = Failed(at=8.5, job=JOB, error=error)
    was = Fault(at=1.5, kind=kind, until=1.6)
    records = changed(acked_only(), Acked, {"call": "a.1"}, at=8)
    assert judge([*records, end, was]) == []
    assert broken([*records, end]) == {4}
    assert broken([*records, was]) == {4}


def test_what_a_killed_worker_held_is_explained_up_to_its_children():
    killed = Fault(at=2.5, kind="kill worker", until=3, pid=7)
    held = [Received(at=2.2, job=JOB, worker=7), killed]
    assert judge([*acked_only(), *held]) == []
    many: list[Record] = []
    for n in range(2, 20):
        many += [
            Called(at=2, window="a", call=f"a.{n}", signal="chaos.add"),
            Acked(at=2.1, call=f"a.{n}"),
            Received(at=2.2, job=f"w.a.{n}.h", worker=7),
            Outcome(at=2.3, call=f"a.{n}", kind="unknown"),
        ]
    assert broken([*acked_only(), *held, *many]) == {4}


@pytest.mark.parametrize(
    ("at", "kind", "good"),
    [
        (20.05, None, True),
        (21.0, None, True),
        (30.0, None, False),
        (30.0, "kill child", False),
        (30.0, "empty redis", True),
        (48.0, "empty redis", False),
    ],
)
def test_a_logout_is_to_be_heard_of_at_once_where_nothing_hinders(at, kind, good):
    fault = [Fault(at=19, kind=kind, until=22)] if kind else []
    assert (judge([*logged_out(Lost(at=at, window="c", code=4401)), *fault]) == []) is good


def test_windows_that_come_back_one_by_one_are_no_herd():
    together = [f"w{n}" for n in range(40)]
    lost = [Lost(at=6, window=window, code=1006) for window in together]
    back = [Connecting(at=6.5 + n / 100, window=window) for n, window in enumerate(together)]
    assert judge([*good(), *lost, *back]) == []
