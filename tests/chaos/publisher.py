"""A process that tells rooms things, so many a second: `python -m tests.chaos.publisher RATE SEED`.

It ends at SIGTERM, after one last message to each room.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from importlib import import_module

import django

from tests.chaos.plan import ROOMS, last_message
from tests.chaos.records import Published, now, write


class Teller:
    """Publishes through a package's `trigger`, and writes it down."""

    def __init__(self, package: str) -> None:
        django.setup()
        self._trigger = import_module(f"{package}.tasks").trigger

    def tell(self, message: str, rooms: list[str]) -> bool:
        """Tell rooms something; return whether it has left for sure."""
        at, sure = now(), True
        try:
            self._trigger(None, "chaos.told", to=rooms, message=message, rooms=rooms)
        except Exception:
            sure = False
        write(Published(at=at, message=message, rooms=tuple(rooms), sure=sure))
        return sure


def main(rate: float, seed: int) -> None:
    """Publish until the signal to end."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    dice = random.Random(seed)
    teller = Teller(os.environ["CHAOS_PACKAGE"])
    number, due = 0, time.monotonic()
    while not over.is_set():
        number += 1
        teller.tell(f"p{number}", dice.sample(ROOMS, 2 if dice.random() < 0.2 else 1))
        # What could not be sent for a while is not made up for.
        due = max(due + 1 / rate, time.monotonic() - 1)
        over.wait(max(due - time.monotonic(), 0))
    for room in ROOMS:
        while not teller.tell(last_message(room), [room]):
            time.sleep(0.2)
    sys.stdout.write("told the last\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
