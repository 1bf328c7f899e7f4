"""One run: the site, the windows, the faults, and what was written down."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import faults
from tests.chaos.bed import Bed, Programs
from tests.chaos.checker import CONVERGENCE, Violation, figures, judge
from tests.chaos.clients import Window
from tests.chaos.plan import CALLS, ROOMS, Plan, last_message
from tests.chaos.records import Closing, Record, now, read

_ALL_OPEN = 30.0
_SHOWN = 5  # violations of a promise
_OUTCOMES = 35.0  # a call's answer is waited for during 30 s
_LONGEST = 120.0  # seconds that a run may take beside its load


@dataclass
class Report:
    """What came of a run."""

    plan: Plan
    violations: list[Violation] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    output: str = ""

    def __str__(self) -> str:
        lines = [f"seed {self.plan.seed}, {self.plan}"]
        lines += [f"  {name}: {value}" for name, value in self.figures.items()]
        lines += [str(one) for one in _some(self.violations)]
        by_promise = Counter(one.promise for one in self.violations)
        lines.append(f"violations: {len(self.violations)} {dict(by_promise) or ''}".rstrip())
        return "\n".join(lines)


def _some(violations: list[Violation]) -> list[Violation]:
    """Return the first few of each promise."""
    seen: Counter[int] = Counter()
    found = []
    for one in violations:
        seen[one.promise] += 1
        if seen[one.promise] <= _SHOWN:
            found.append(one)
    return found


def run(plan: Plan) -> Report:
    """Make a run, and judge it."""
    records, lag, output = play(plan, Programs(), Window)
    report = Report(plan, output=output)
    late = {"the windows' loop was late by at most": f"{lag:.2f} s"}
    report.figures = {**figures(records), **late}
    report.violations = judge(records)
    if place := os.environ.get("CHAOS_KEEP"):
        _keep(Path(place), records, report)
    return report


def play(
    plan: Plan, programs: Programs, windows: Callable[..., Any]
) -> tuple[list[Record], float, str]:
    """Make a run; return the records, by how much the loop was late, what processes printed."""
    with tempfile.TemporaryDirectory(prefix="dfws-") as name:
        return asyncio.run(_play(plan, programs, windows, Path(name)))


async def _play(
    plan: Plan, programs: Programs, windows: Callable[..., Any], folder: Path
) -> tuple[list[Record], float, str]:
    bed = Bed(folder, plan, programs)
    records: list[Record] = []
    try:
        async with asyncio.timeout(plan.seconds + _LONGEST):
            await bed.start()
            lag = await _Show(bed, plan, windows, records).play()
    except BaseException as error:
        error.add_note(f"seed {plan.seed}\n{bed.output()[-4000:]}")
        raise
    finally:
        await bed.close()
    return [*records, *read(bed.records)], lag, bed.output()


def _keep(place: Path, records: list[Record], report: Report) -> None:
    place.mkdir(parents=True, exist_ok=True)
    ordered = sorted(records, key=lambda one: one.at)
    (place / "records.txt").write_text("\n".join(map(str, ordered)))
    (place / "report.txt").write_text(f"{report}\n{report.output}")


class _Show:
    """The load while there are faults, and the wait until all is well again."""

    def __init__(
        self, bed: Bed, plan: Plan, made: Callable[..., Any], records: list[Record]
    ) -> None:
        self._bed = bed
        self._made = made
        self._plan = plan
        self._records = records
        self._dice = random.Random(plan.seed)
        self._windows: list[Any] = []
        self._gone: list[Any] = []
        self._lag = 0.0

    async def play(self) -> float:
        """Play it; return by how much this loop was late at most."""
        for number in range(self._plan.windows):
            self._windows.append(self._window(number))
        background = [asyncio.create_task(self._tick()), asyncio.create_task(self._measure())]
        try:
            await self._until(lambda: all(one.is_open for one in self._windows), _ALL_OPEN)
            self._bed.publisher.start()
            load = [asyncio.create_task(one()) for one in (self._call, self._reload, self._log_out)]
            background += load
            scene = faults.Scene(self._bed, self._windows, random.Random(self._plan.seed))
            start = time.monotonic()
            await faults.make_trouble(scene, self._plan, self._records)
            await asyncio.sleep(max(start + self._plan.seconds - time.monotonic(), 0))
            for one in load:
                one.cancel()
            await self._end()
            for one in background:
                if one.done() and not one.cancelled():
                    one.result()
        finally:
            for one in background:
                one.cancel()
        for window in self._windows:
            window.check()
        await asyncio.gather(*(one.close() for one in (*self._windows, *self._gone)))
        return self._lag

    async def _end(self) -> None:
        messages = tuple(last_message(room) for room in ROOMS)
        self._records.append(Closing(at=now(), messages=messages))
        assert self._bed.publisher.pid is not None, "the publisher has ended"
        os.kill(self._bed.publisher.pid, signal.SIGTERM)
        await asyncio.to_thread(self._bed.publisher.printed, "told the last", seconds=20)
        start = time.monotonic()
        await self._until(lambda: all(one.is_open for one in self._windows), CONVERGENCE)
        await self._until(lambda: not any(one.waiting for one in self._windows), _OUTCOMES)
        await asyncio.sleep(max(start + 3 - time.monotonic(), 0))
        self._records += await asyncio.to_thread(self._bed.samples)
        self._records.append(await asyncio.to_thread(self._bed.redis_sample))

    def _window(self, number: int) -> Any:
        # Each fifth by way of the proxies, each third in two rooms.
        ports = self._bed.far_ports if number % 5 == 0 else self._bed.ports
        rooms = [ROOMS[number % 6], ROOMS[(number + 1) % 6]][: 2 if number % 3 == 0 else 1]
        dice = random.Random(self._dice.random())
        # Each fourth has an account; those of the predecessor know of none.
        member = {"member": True} if self._made is Window and number % 4 == 0 else {}
        return self._made(ports, rooms, self._records, dice, **member)

    async def _until(self, holds: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            for window in self._windows:
                window.check()
            await asyncio.sleep(0.1)

    async def _call(self) -> None:
        while True:
            await asyncio.sleep(self._dice.expovariate(self._plan.calls))
            signals, weights = list(CALLS), list(CALLS.values())
            window = self._dice.choice(self._windows)
            window.call(self._dice.choices(signals, weights)[0])

    async def _reload(self) -> None:
        while True:
            await asyncio.sleep(self._dice.expovariate(self._plan.reloads))
            number = self._dice.randrange(len(self._windows))
            window, self._windows[number] = self._windows[number], self._window(number)
            await window.leave()

    async def _log_out(self) -> None:
        while self._made is Window:
            await asyncio.sleep(self._dice.expovariate(self._plan.logouts))
            number = self._dice.randrange(0, len(self._windows), 4)
            if self._windows[number].is_open:
                window, self._windows[number] = self._windows[number], self._window(number)
                self._gone.append(window)
                await window.log_out()

    async def _tick(self) -> None:
        while True:
            due = time.monotonic() + 1
            await asyncio.sleep(1)
            self._lag = max(self._lag, time.monotonic() - due)
            for window in self._windows:
                window.tick()

    async def _measure(self) -> None:
        while True:
            await asyncio.sleep(5)
            self._records += await asyncio.to_thread(self._bed.samples)
