"""The judge: what all processes wrote down, against each promise."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

from tests.chaos.records import (
    Acked,
    Applied,
    Called,
    Closing,
    Connecting,
    Ended,
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

CONVERGENCE = 30.0  # seconds from the last fault until every window has everything
FORGETTING = frozenset({"kill redis", "empty redis", "roll back redis"})
DEAF = frozenset({"kill redis", "stall redis", "part from redis", "cut from redis"})
MEMORY = {"server": 200 << 20, "worker": 200 << 20, "redis": 128 << 20}
# How a job ends that Redis did not let begin: it was away, or has forgotten which have begun.
_NOT_BEGUN = {"Unreachable": "Redis was away", "LifeIsOver": "another life"}
# What lets a logout be found later: whoever is to hear of it, or to look, can't for a while.
HINDRANCES = frozenset(
    {
        *DEAF,
        *FORGETTING,
        "kill server",
        "part from windows",
        "cut in a frame",
        "delay",
        "slow reader",
        "rolling restart",
    }
)
_REVOKED = 1.0  # seconds from a logout to the end of its windows
_FOUND = 25.0  # the same after the last hindrance
_LINGERS = 5.0  # seconds for which a fault that is over may hinder
_AT_A_TIME = 0.1  # seconds in which so many sockets are looked at as one herd
_CHILDREN = 2  # of a worker
_SOON = 6.0  # seconds in which a job is run once it has its turn, where nothing is wrong
_AGAIN = 40.0  # seconds after which a job that a killed worker held has come again

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Violation:
    """A promise that was broken, with what shows it."""

    promise: int
    text: str
    records: tuple[Record, ...] = ()

    def __str__(self) -> str:
        shown = "".join(f"\n    {record}" for record in self.records)
        return f"promise {self.promise}: {self.text}{shown}"


class History:
    """All records, by kind and in the order of time."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records: dict[type[Record], list[Record]] = defaultdict(list)
        for record in records:
            self._records[type(record)].append(record)
        for found in self._records.values():
            found.sort(key=lambda record: record.at)  # stable: a window's own stay in order

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of a kind."""
        return self._records[kind]  # type: ignore[return-value]

    @cached_property
    def windows(self) -> dict[str, list[Record]]:
        """What each window was told, in order."""
        kinds = (Loaded, Applied, Resynced)
        told = sorted((one for kind in kinds for one in self.all(kind)), key=lambda one: one.at)
        found: dict[str, list[Record]] = defaultdict(list)
        for record in told:
            found[record.window].append(record)  # type: ignore[attr-defined]
        return found

    @cached_property
    def numbers(self) -> dict[tuple[str, str], list[int]]:
        """All numbers that anybody applied, by life and room."""
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for one in self.all(Applied):
            for room in one.rooms:
                found[one.life, room].add(one.number)
        return {key: sorted(numbers) for key, numbers in found.items()}

    @cached_property
    def left(self) -> dict[str, float]:
        """When windows were left."""
        return {one.window: one.at for one in self.all(Left)}

    @cached_property
    def runs(self) -> dict[str, list[Ran]]:
        """The runs of each job."""
        found: dict[str, list[Ran]] = defaultdict(list)
        for one in self.all(Ran):
            found[one.job].append(one)
        return found

    @cached_property
    def jobs(self) -> dict[str, set[str]]:
        """The jobs that anybody has seen of each call."""
        found: dict[str, set[str]] = defaultdict(set)
        for kind in (Received, Ran, Failed):
            for one in self.all(kind):
                found[call_of(one.job)].add(one.job)  # type: ignore[attr-defined]
        return found

    @cached_property
    def fronts(self) -> list[tuple[float, float]]:
        """How far the workers had come in the queue: when, and the latest call that one had got."""
        acked = {one.call: one.at for one in self.all(Acked)}
        got = [(one.at, acked.get(call_of(one.job), 0.0)) for one in self.all(Received)]
        return list(accumulate(got, lambda before, one: (one[0], max(before[1], one[1]))))

    def still_waited(self, acked: Acked, at: float) -> bool:
        """Return whether the workers were busy with calls from before this one."""
        front = bisect_left(self.fronts, (at, 0.0))
        return front > 0 and self.fronts[front - 1][1] < acked.at + 1

    @cached_property
    def outcomes(self) -> dict[str, list[Outcome]]:
        """The outcomes of each call."""
        found: dict[str, list[Outcome]] = defaultdict(list)
        for one in self.all(Outcome):
            found[one.call].append(one)
        return found


def call_of(job: str) -> str:
    """Return the call that a job answers, empty if it answers none.

    >>> call_of("window.load.17.abc")
    'load.17'
    """
    parts = job.split(".")
    return ".".join(parts[1:3]) if len(parts) == 4 else ""


# ------------------------------------------------------------------ 1 to 3: what windows are told


def no_gap(history: History) -> Iterator[Violation]:
    """1: numbers follow each other, or a resync stands between."""
    for window, told in history.windows.items():
        at: dict[str, tuple[str, int]] = {}
        for record in told:
            if isinstance(record, Loaded):
                at = dict.fromkeys(record.rooms, (record.life, record.pos))
            elif isinstance(record, Resynced):
                at.update((room, (record.life, record.pos)) for room in record.rooms)
            elif isinstance(record, Applied):
                for room in record.rooms:
                    life, number = at.get(room, ("", -1))
                    known = history.numbers[record.life, room]
                    missed = known[bisect_right(known, number) : bisect_left(known, record.number)]
                    if life != record.life:
                        yield Violation(1, f"{window} hears another life: {room}", (record,))
                    elif missed:
                        yield Violation(1, f"{window} lacks {missed[:9]} of {room}", (record,))
                    at[room] = (record.life, max(number, record.number))


def nothing_lost(history: History) -> Iterator[Violation]:
    """1: what was published has been applied, or a later resync covers it."""
    for message, window, fate in deliveries(history):
        if fate == "lost":
            yield Violation(1, f"{window} never got it", (message,))


def deliveries(history: History) -> Iterator[tuple[Published, str, str]]:
    """Return what each window was owed, and whether it is `applied`, `resynced` or `lost`."""
    place = {one.message: one for one in history.all(Applied)}
    hearers: dict[str, list[Loaded]] = defaultdict(list)
    for loaded in history.all(Loaded):
        if loaded.window not in history.left:
            for room in loaded.rooms:
                hearers[room].append(loaded)
    applied = {(one.window, one.message) for one in history.all(Applied)}
    for message in history.all(Published):
        if not message.sure:
            continue
        known = place.get(message.message)
        for room in message.rooms:
            for hearer in hearers[room]:
                if hearer.at >= message.at:
                    continue  # it is in the page
                if (hearer.window, message.message) in applied:
                    yield message, hearer.window, "applied"
                elif _covered(history.windows.get(hearer.window, []), message, room, known):
                    yield message, hearer.window, "resynced"
                else:
                    yield message, hearer.window, "lost"


def _covered(told: Sequence[Record], message: Published, room: str, known: Applied | None) -> bool:
    """Return whether a later resync of the room stands at or above the message."""
    return any(
        isinstance(one, Resynced)
        and one.at > message.at
        and room in one.rooms
        and (known is None or one.life != known.life or one.pos >= known.number)
        for one in told
    )


def one_order(history: History) -> Iterator[Violation]:
    """2: a number means the same message to all, and numbers rise."""
    meant: dict[tuple[str, int], Applied] = {}
    for one in history.all(Applied):
        other = meant.setdefault((one.life, one.number), one)
        if other.message != one.message:
            yield Violation(2, "a number stands for two messages", (other, one))
    for window, told in history.windows.items():
        last: dict[str, Applied] = {}
        for record in told:
            if isinstance(record, Resynced):
                for room in record.rooms:  # the replay of another room may repeat what is covered
                    last.pop(room, None)
            elif isinstance(record, Applied):
                for room in record.rooms:
                    before = last.get(room)
                    if before and before.life == record.life and before.number > record.number:
                        yield Violation(2, f"{window}: {room} goes back", (before, record))
                    last[room] = record


def nothing_twice(history: History) -> Iterator[Violation]:
    """3: no window applies a message twice."""
    seen: dict[tuple[str, str], Applied] = {}
    for one in history.all(Applied):
        if one.message.startswith("last of"):
            continue  # it is told until Redis answers
        other = seen.setdefault((one.window, one.message), one)
        if other is not one:
            yield Violation(3, "applied twice", (other, one))


# ------------------------------------------------------------------ 4 and 5: calls


def acknowledged_runs(history: History) -> Iterator[Violation]:
    """4: a call that was acknowledged has run, or what destroyed it is known; none ran twice."""
    for job, runs in history.runs.items():
        if len(runs) > 1:
            yield Violation(4, f"{job} ran {len(runs)} times", tuple(runs))
    spent: Counter[int] = Counter()
    for acked, why in losses(history):
        told = history.outcomes.get(acked.call, [])
        if why is None:
            yield Violation(4, "acknowledged and not run", (acked, *told))
        elif isinstance(why, Fault) and why.pid:
            spent[why.pid] += 1
            if spent[why.pid] > 3 * _CHILDREN:
                yield Violation(4, "a killed process took more along than it held", (acked, why))


def losses(history: History) -> Iterator[tuple[Acked, Record | None]]:
    """Return each call that was acknowledged and has not run, with what explains it."""
    never = {one.call for one in history.all(Called) if one.signal == "chaos.forbidden"}
    failed = {call_of(one.job): one for one in history.all(Failed)}
    received: dict[str, list[Received]] = defaultdict(list)
    for one in history.all(Received):
        received[call_of(one.job)].append(one)
    ran = {call_of(job) for job in history.runs}
    faults = history.all(Fault)
    begun = {
        "Unreachable": min((one.at for one in faults if one.kind in DEAF), default=math.inf),
        "LifeIsOver": min((one.at for one in faults if one.kind in FORGETTING), default=math.inf),
    }
    for acked in history.all(Acked):
        if acked.call in ran or acked.call in never:
            continue
        end = failed.get(acked.call)
        if end is not None and end.at >= begun.get(end.error, math.inf):
            yield acked, end
            continue
        yield acked, _explained(acked, received[acked.call], faults, history)


def _explained(
    acked: Acked, received: Sequence[Received], faults: Sequence[Fault], history: History
) -> Fault | None:
    taken = max((one.at for one in received), default=acked.at)
    in_time = [
        one
        for one in faults
        if one.until >= acked.at - 1
        and (one.at <= taken + _SOON or (not received and history.still_waited(acked, one.at)))
    ]
    hits = [one for one in in_time if one.kind in {"kill worker", "kill child", *DEAF}]
    for one in faults:
        # What waits in a Redis that forgets is gone; what a killed worker held waits for longer.
        again = bool(hits) and acked.at - 1 <= one.until and one.at <= acked.at + _AGAIN
        if one.kind in FORGETTING and (again or one in in_time):
            return one
    workers = {one.worker for one in received}
    return next(
        (one for one in hits if (one.pid in workers if received else one.kind != "kill child")),
        None,
    )


def one_outcome(history: History) -> Iterator[Violation]:
    """5: each call has one outcome, and it is true."""
    ran = {call_of(job) for job in history.runs}
    left = history.left
    for called in history.all(Called):
        found = history.outcomes.get(called.call, [])
        if len(found) > 1 or (not found and called.window not in left):
            yield Violation(5, f"{len(found)} outcomes", (called, *found))
    signals = {one.call: one.signal for one in history.all(Called)}
    for call, found in history.outcomes.items():
        one, signal = found[0], signals.get(call)
        if one.kind == "undelivered" and call in ran:
            yield Violation(5, "undelivered, and it ran", (one,))
        if one.kind == "done" and call not in ran:
            yield Violation(5, "done, and it did not run", (one,))
        if one.kind == "error" and one.code not in ("error", "") and call in ran:
            yield Violation(5, "refused, and it ran", (one,))
        if one.kind == "done" and signal in ("chaos.fail", "chaos.forbidden", "chaos.no"):
            yield Violation(5, f"{signal} is done", (one,))


# ------------------------------------------------------------------ 6, 7, 8, 10, 11


def isolation(history: History) -> Iterator[Violation]:
    """6: no window hears what is not for it."""
    rooms = {one.window: set(one.rooms) for one in history.all(Loaded)}
    for one in history.all(Applied):
        mine = rooms[one.window]
        if one.canary and one.canary != one.window:
            yield Violation(6, "another window's", (one,))
        if one.meant and set(one.meant) & mine != set(one.rooms):
            yield Violation(6, "another room's", (one,))


def convergence(history: History) -> Iterator[Violation]:
    """7: soon after the last fault every window has everything."""
    over = max((one.until for one in history.all(Fault)), default=0.0)
    for closing in history.all(Closing):
        late = max(over, closing.at) + CONVERGENCE
        for loaded in history.all(Loaded):
            if loaded.window in history.left or loaded.at > closing.at:
                continue  # who came later may have it in the page
            told = history.windows.get(loaded.window, [])
            have = {one.message for one in told if isinstance(one, Applied) and one.at <= late}
            covered = {
                room
                for one in told
                if isinstance(one, Resynced) and closing.at <= one.at <= late
                for room in one.rooms
            }
            for message in closing.messages:
                room = message.removeprefix("last of ")
                if room in loaded.rooms and message not in have and room not in covered:
                    yield Violation(7, f"{loaded.window} lacks {message!r} in time", (loaded,))


def bounds(history: History) -> Iterator[Violation]:
    """8: memory, files and keys stay within what the site's size explains."""
    windows = len({one.window for one in history.all(Loaded)})
    things = {
        "server": 100 + 2 * windows,
        "worker": 150,
        # For each window a claim, a list and a book; a mark for each job; some for Celery.
        "redis": 200 + 8 * windows + 2 * len({one.job for one in history.all(Received)}),
    }
    for one in history.all(Sample):
        kind = one.process.split()[0]
        if one.size > MEMORY[kind]:
            yield Violation(8, f"{one.size >> 20} MiB", (one,))
        if one.things > things[kind]:
            yield Violation(8, f"{one.things} where {things[kind]} are enough", (one,))


def revocation(history: History) -> Iterator[Violation]:
    """9: whoever logs out has no window soon."""
    for window, gone, ended, late in revocations(history):
        if ended is None or ended.at > late:
            shown = (gone,) if ended is None else (gone, ended)
            yield Violation(9, f"{window} was not ended in time", shown)
        told = [one for one in history.windows.get(window, []) if one.at > late]
        if told:
            yield Violation(9, f"{window} was told after its end", (gone, told[0]))


def revocations(history: History) -> Iterator[tuple[str, LoggedOut, Lost | None, float]]:
    """Return each logout whose time is over, the end of its socket, and when that is late."""
    over = max((one.at for one in history.all(Lost)), default=0.0)
    over = max(over, max((one.at for one in history.all(Applied)), default=0.0))
    lost: dict[str, list[Lost]] = defaultdict(list)
    for one in history.all(Lost):
        lost[one.window].append(one)
    for gone in history.all(LoggedOut):
        late = gone.at + _REVOKED
        for fault in history.all(Fault):
            if fault.kind in HINDRANCES and fault.at < late and fault.until > gone.at - _LINGERS:
                late = max(late, fault.until + _FOUND)
        # The end may be told before the answer to the logout has come.
        ended = next((one for one in lost[gone.window] if one.at > gone.at - _REVOKED), None)
        if late < over:
            yield gone.window, gone, ended, late


def transactions(history: History) -> Iterator[Violation]:
    """10: nothing of a rolled-back transaction; whom a commit calls sees the row."""
    for one in history.all(Applied):
        if one.message.startswith("ghost "):
            yield Violation(10, "it was rolled back", (one,))
    for look in history.all(Looked):
        if not look.seen:
            yield Violation(10, "the row was not there", (look,))


def no_herd(history: History) -> Iterator[Violation]:
    """11: windows that lose their sockets together don't come back together."""
    tries: dict[str, list[float]] = defaultdict(list)
    for one in history.all(Connecting):
        tries[one.window].append(one.at)
    losses = history.all(Lost)
    start = 0
    while start < len(losses):
        end = bisect_right(losses, losses[start].at + 0.3, key=lambda one: one.at)
        together = losses[start:end]
        if len(together) >= 30:
            later = [[at for at in tries[one.window] if at > one.at][:1] for one in together]
            back = sorted(at for found in later for at in found)
            most = max(
                (bisect_right(back, at + _AT_A_TIME) - n for n, at in enumerate(back)), default=0
            )
            if most > 10 + len(together) / 2:
                text = f"{most} of {len(together)} windows came back within {_AT_A_TIME} s"
                yield Violation(11, text, tuple(together[:1]))
        start = max(end, start + 1)


PROMISES: tuple[Callable[[History], Iterator[Violation]], ...] = (
    no_gap,
    nothing_lost,
    one_order,
    nothing_twice,
    acknowledged_runs,
    one_outcome,
    isolation,
    convergence,
    bounds,
    revocation,
    transactions,
    no_herd,
)


def judge(records: Iterable[Record]) -> list[Violation]:
    """Return every promise that was broken."""
    history = History(records)
    return [violation for promise in PROMISES for violation in promise(history)]


def _longest(history: History) -> float:
    """Return the most seconds from a logout that nothing hindered to the end of its window."""
    found = [
        ended.at - gone.at
        for _, gone, ended, late in revocations(history)
        if ended is not None and late == gone.at + _REVOKED
    ]
    return max(found, default=math.nan)


def figures(records: Iterable[Record]) -> dict[str, object]:
    """Return what a run consisted of, in numbers."""
    history = History(records)
    outcomes = Counter(
        f"{one.kind}{f' ({one.code})' if one.code else ''}" for one in history.all(Outcome)
    )
    why = Counter(
        one.kind
        if isinstance(one, Fault)
        else _NOT_BEGUN[one.error]
        if isinstance(one, Failed)
        else "nothing"
        for _, one in losses(history)
    )
    return {
        "windows": len(history.all(Loaded)),
        "messages": sum(one.sure for one in history.all(Published)),
        "messages in doubt": sum(not one.sure for one in history.all(Published)),
        "frames applied": len(history.all(Applied)),
        "sockets lost": dict(Counter(one.code for one in history.all(Lost))),
        "frames owed": dict(Counter(fate for _, _, fate in deliveries(history))),
        "topics resynced": sum(len(one.rooms) for one in history.all(Resynced)),
        "logged out": len(history.all(LoggedOut)),
        "longest from a logout to its end": f"{_longest(history):.2f} s",
        "calls": len(history.all(Called)),
        "acknowledged": len(history.all(Acked)),
        "functions run": len(history.all(Ran)),
        "functions ended": len(history.all(Ended)),
        "outcomes": dict(sorted(outcomes.items())),
        "acknowledged, not run, because of": dict(why),
        "faults": dict(Counter(one.kind for one in history.all(Fault))),
    }
