"""Runs from the command line: `python -m tests.chaos --seconds 600 --seed 7`."""

from __future__ import annotations

import argparse
import sys

from tests.chaos import faults
from tests.chaos.plan import Plan
from tests.chaos.run import run


def main() -> int:
    """Make runs; return 1 if a promise was broken."""
    read = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    read.add_argument("--seed", type=int, default=1)
    read.add_argument("--runs", type=int, default=1, help="with this seed and those after it")
    read.add_argument("--seconds", type=float, default=60)
    read.add_argument("--windows", type=int, default=150)
    read.add_argument("--messages", type=float, default=150)
    read.add_argument("--every", type=float, default=4, help="seconds from a fault to the next")
    read.add_argument("--faults", nargs="*", help=f"of {', '.join(faults.FAULTS)}")
    given = read.parse_args()
    broken = 0
    for seed in range(given.seed, given.seed + given.runs):
        report = run(
            Plan(
                seed=seed,
                seconds=given.seconds,
                windows=given.windows,
                messages=given.messages,
                every=given.every,
                faults=None if given.faults is None else faults.names(given.faults),
            )
        )
        sys.stdout.write(f"{report}\n")
        sys.stdout.flush()
        broken += bool(report.violations)
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main())
