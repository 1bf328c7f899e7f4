"""How big a run is, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

ROOMS = [f"room {n}" for n in range(6)]

#: What windows call, and how often in a hundred.
CALLS = {"chaos.add": 66, "chaos.slow": 10, "chaos.fail": 8, "chaos.forbidden": 8, "chaos.no": 8}
NEVER_RUN = ("chaos.forbidden", "chaos.no")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run.

    Attributes:
        seed: decides which faults come when, and what the windows do.
        seconds: of load.
        windows: at once.
        messages: a second.
        calls: a second, of all windows; each of most kinds is one of the messages.
        reloads: pages left and loaded anew, a second.
        logouts: users who log out, a second.
        every: seconds from a fault to the next.
        faults: names of those that may come; None for all.
    """

    seed: int
    seconds: float = 60
    windows: int = 150
    messages: float = 150
    calls: float = 15
    reloads: float = 0.5
    logouts: float = 1.0
    every: float = 4
    faults: tuple[str, ...] | None = None


def last_message(room: str) -> str:
    """Return the message that a room is told when all faults are over."""
    return f"last of {room}"
