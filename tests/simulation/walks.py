"""The two ways to look: what servers tell browsers, and what browsers ask of servers."""

from __future__ import annotations

import sys

from tests.simulation.judge import judge
from tests.simulation.world import Parts, World

REAL = Parts()

_FAULTS = (("cut", 2), ("kill_server", 0.3), ("wipe", 0.25), ("roll_back", 0.2), ("stall", 0.6))
_TRAFFIC = (("connect", 5), ("upload", 6), ("download", 5), ("trip", 6), ("time", 1.5))

DOWN = (
    *_FAULTS,
    *_TRAFFIC,
    ("publish", 9),
    ("order", 1.5),
    ("ask", 1),
    ("late_bell", 2),
    ("deafness", 0.5),
    ("heartbeat", 1),
    ("second_load", 0.4),
    ("leave", 0.2),
    ("sleep", 0.1),
)
UP = (
    *_FAULTS,
    *_TRAFFIC,
    ("call", 6),
    ("start_job", 4),
    ("work", 10),
    ("kill_worker", 0.5),
    ("redeliver", 1),
    ("fill", 0.5),
    ("second_load", 1),
    ("leave", 0.2),
    ("sleep", 0.3),
    ("save", 0.5),
    ("late_frames", 1),
)
WAYS = {"down": (DOWN, 40), "up": (UP, 40)}


def walk(way, seed, parts=REAL):
    """Repeat one seed: ``walk("down", 17)``.

    Raises:
        Exception: whatever broke, with the way and the seed in a note.
    """
    acts, steps = WAYS[way]
    try:
        world = World(seed, parts)
        with world.loop:
            world.walk(acts, steps)
            world.calm()
            if way == "up":
                world.loop.advance(100)
                world.sweep()
        for error in world.loop.errors:
            raise error
        judge(world.record, waiting=world.waiting)
    except Exception as error:
        error.add_note(f"tests.simulation.walks.walk({way!r}, {seed})")
        raise
    return world


def first_broken(way, seeds, parts):
    """Return the first seed that fails and its error, or None."""
    for seed in seeds:
        try:
            walk(way, seed, parts)
        except Exception as error:
            return seed, error
    return None


if __name__ == "__main__":
    walk(sys.argv[1], int(sys.argv[2]))
