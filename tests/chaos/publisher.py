"""A process that tells rooms things, so many a second: `python -m tests.chaos.publisher RATE SEED`.

It ends at SIGTERM, after one last message to each room.
"""

from __future__ import annotations

import random
import signal
import sys
import threading
import time

import django

django.setup()

from dfws_html.exceptions import SignalNotSent  # noqa: E402
from dfws_html.tasks import trigger  # noqa: E402
from tests.chaos.plan import ROOMS, last_message  # noqa: E402
from tests.chaos.records import Published, now, write  # noqa: E402


def _tell(message: str, rooms: list[str]) -> bool:
    at, sure = now(), True
    try:
        trigger(None, "chaos.told", to=rooms, message=message, rooms=rooms)
    except SignalNotSent:
        sure = False
    write(Published(at=at, message=message, rooms=tuple(rooms), sure=sure))
    return sure


def main(rate: float, seed: int) -> None:
    """Publish until the signal to end."""
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    dice = random.Random(seed)
    number, due = 0, time.monotonic()
    while not over.is_set():
        number += 1
        _tell(f"p{number}", dice.sample(ROOMS, 2 if dice.random() < 0.2 else 1))
        # What could not be sent for a while is not made up for.
        due = max(due + 1 / rate, time.monotonic() - 1)
        over.wait(max(due - time.monotonic(), 0))
    for room in ROOMS:
        while not _tell(last_message(room), [room]):
            time.sleep(0.2)
    sys.stdout.write("told the last\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
