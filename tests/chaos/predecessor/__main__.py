"""Both packages under the same faults, counted alike.

`python -m tests.chaos.predecessor --python ENV/bin/python`, where ENV is an environment of its own
with `df-websockets==1.2.6 celery[redis] uvicorn websockets`.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.chaos import clients, faults
from tests.chaos.bed import Programs
from tests.chaos.checker import History, call_of, deliveries
from tests.chaos.plan import Plan
from tests.chaos.predecessor.clients import Window
from tests.chaos.records import Acked, Applied, Called, Outcome, Record
from tests.chaos.run import play

_SERVE = """
import socket, sys, uvicorn
from df_websockets.routing import application
config = uvicorn.Config(application, log_level="warning", ws="websockets-sansio",
                        ws_per_message_deflate=False, timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""
_ROWS = (
    "frames owed to windows",
    "frames lost without a word, per 10,000",
    "frames replaced by a resync, per 10,000",
    "frames of rolled-back transactions",
    "calls sent (ours: acknowledged)",
    "of them not run",
    "of them not run, and the user was not told",
    "functions run twice",
)


def counted(records: list[Record], *, acknowledged: bool) -> dict[str, float]:
    """Return the table's column."""
    history = History(records)
    fates = Counter(fate for _, _, fate in deliveries(history))
    owed = sum(fates.values())
    ran = {call_of(job) for job in history.runs}
    runnable = {
        one.call
        for one in history.all(Called)
        if one.signal in ("chaos.add", "chaos.slow") and one.window not in history.left
    }
    sent = runnable & {one.call for one in history.all(Acked)} if acknowledged else runnable
    told = {one.call for one in history.all(Outcome) if one.kind != "done"}
    twice = sum(len(runs) > 1 for job, runs in history.runs.items() if call_of(job))
    ghosts = sum(one.message.startswith("ghost ") for one in history.all(Applied))
    values = [
        owed,
        round(10_000 * fates["lost"] / max(owed, 1), 1),
        round(10_000 * fates["resynced"] / max(owed, 1), 1),
        ghosts,
        len(sent),
        len(sent - ran),
        len(sent - ran - told),
        twice,
    ]
    return dict(zip(_ROWS, values, strict=True))


def main() -> None:
    """Measure, and print a table for each seed."""
    read = argparse.ArgumentParser(prog="python -m tests.chaos.predecessor", description=__doc__)
    read.add_argument("--python", required=True)
    read.add_argument("--seeds", type=int, nargs="*", default=[1])
    read.add_argument("--seconds", type=float, default=60)
    read.add_argument("--windows", type=int, default=150)
    read.add_argument("--messages", type=float, default=150)
    read.add_argument("--faults", nargs="*", help=f"of {', '.join(faults.FAULTS)}")
    given = read.parse_args()
    old = Programs(
        python=given.python,
        package="df_websockets",
        settings="tests.chaos.predecessor.settings",
        serve=_SERVE,
    )
    for seed in given.seeds:
        plan = Plan(
            seed=seed,
            seconds=given.seconds,
            windows=given.windows,
            messages=given.messages,
            faults=None if given.faults is None else faults.names(given.faults),
        )
        theirs = counted(play(plan, old, Window)[0], acknowledged=False)
        ours = counted(play(plan, Programs(), clients.Window)[0], acknowledged=True)
        lines = [f"| seed {seed} | here | df_websockets 1.2.6 |", "|---|---|---|"]
        lines += [f"| {row} | {ours[row]} | {theirs[row]} |" for row in _ROWS]
        sys.stdout.write("\n".join(lines) + "\n\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
