"""The site keeps its promises under faults: `make test-chaos`.

`CHAOS_SECONDS` and `CHAOS_SEED` change it, `CHAOS_KEEP` names a folder for its records.
"""

from __future__ import annotations

import os
import sys

from tests.chaos.plan import Plan
from tests.chaos.run import run


def test_the_site_under_faults():
    seed = int(os.environ.get("CHAOS_SEED", "1"))
    report = run(Plan(seed=seed, seconds=float(os.environ.get("CHAOS_SECONDS", "60"))))
    sys.stdout.write(f"{report}\n")
    assert not report.violations, str(report)
    assert report.figures["frames applied"] > 100 * report.plan.seconds
