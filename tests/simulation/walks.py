"""The two ways to look: what servers tell browsers, and what browsers ask of servers."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

from dfws_html.decorators import everyone
from dfws_html.work.handlers import Handler
from dfws_html.work.registry import registry
from tests.simulation.judge import judge, objections
from tests.simulation.world import SIGNAL, Parts, World

REAL = Parts()

_FAULTS = (
    ("cut", 2),
    ("kill_server", 0.3),
    ("wipe", 0.35),
    ("roll_back", 0.2),
    ("stall", 0.6),
    ("outage", 0.4),
)
_TRAFFIC = (("connect", 5), ("upload", 6), ("download", 5), ("trip", 6), ("time", 1.5))

DOWN = (
    *_FAULTS,
    *_TRAFFIC,
    ("publish", 10),
    ("order", 2.5),
    ("ask", 2),
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
    ("call", 4),
    ("withdraw", 1.5),
    ("start_job", 4),
    ("work", 6),
    ("kill_worker", 1),
    ("redeliver", 1.5),
    ("fill", 0.5),
    ("second_load", 1),
    ("leave", 0.2),
    ("sleep", 0.3),
    ("save", 0.5),
    ("late_frames", 1),
)
WAYS = {"down": (DOWN, 30), "up": (UP, 34)}


def walk(way, seed, parts=REAL):
    """Repeat one seed: ``walk("down", 17)``.

    Raises:
        Exception: whatever broke, with the way and the seed in a note.
    """
    try:
        judge(history_of(way, seed, parts))
    except Exception as error:
        error.add_note(f"to repeat it: tests.simulation.walks.walk({way!r}, {seed})")
        raise


def history_of(way, seed, parts=REAL):
    """Return the record of a seed's world."""
    acts, steps = WAYS[way]
    world = World(seed, parts)
    with world.loop:
        world.walk(acts, steps)
        world.calm()
    for error in world.loop.errors:
        raise error
    return world.record


def story(way, seed, parts=REAL):
    """Return a seed's story for people: what happened, and what each page was told then."""
    acts, steps = WAYS[way]
    world = _Telling(seed, parts)
    with world.loop:
        world.walk(acts, steps)
        world.step("calm")
    return "\n".join([*world.lines, *map(str, objections(world.record))])


class _Telling(World):
    """A world that writes its story."""

    def __init__(self, *given):
        self.lines = []
        self._told = Counter()
        super().__init__(*given)

    def step(self, name):
        super().step(name)
        self.lines.append(f"{self.loop.now:8.1f} {name}")
        self._tell("published", [*self.record.published.items()])
        for page in self.record.pages:
            self._tell(page.load, page.events)
            self._tell(f"{page.load} calls", page.calls)

    def _tell(self, who, events):
        self.lines += [f"{who:>24} {event}" for event in events[self._told[who] :]]
        self._told[who] = len(events)


def first_seed(way, seeds, parts, promise):
    """Return the first seed whose record breaks a promise, None if none does."""
    for seed in range(seeds):
        broken = objections(history_of(way, seed, parts))
        if any(str(one).startswith(promise) for one in broken):
            return seed
    return None


@contextmanager
def handlers():
    """Let two functions of this module be the handlers of the simulation's signal."""
    with registry.isolated():
        for function, reliable in [(once, False), (at_least_once, True)]:
            registry.add(
                Handler(signal=SIGNAL, function=function, is_allowed_to=everyone, reliable=reliable)
            )
        yield


def once(window_info, mark):
    """Take a call; what runs is written down by the simulation's own workers."""


def at_least_once(window_info, mark):
    """Take the same call, reliably."""
