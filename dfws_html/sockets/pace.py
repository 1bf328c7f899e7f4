"""How fast a window may send: beyond that it is refused, and far beyond that closed."""

from __future__ import annotations

import threading
from collections import deque
from weakref import WeakValueDictionary

from dfws_html.sockets.endings import Closed
from dfws_html.work.rate import Bucket

__all__ = ["Pace", "Paces"]

_SECONDS = 60.0
_MOST = 10_000  # some megabytes


class Pace:
    """Counts frames, and those that were too many.

    >>> pace = Pace(rate=1, burst=2)
    >>> [pace.allows(0.0) for _ in range(4)]
    [True, True, False, False]
    >>> pace.allows(0.0)
    Traceback (most recent call last):
    dfws_html.sockets.endings.Closed: it goes on sending faster than 1 frames a second
    """

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._frames = Bucket(rate=rate, burst=burst)
        self._refusals = Bucket(rate=rate, burst=burst)

    def allows(self, now: float) -> bool:
        """Return whether a frame that came ``now`` (seconds that never go back) is in time.

        Raises:
            Closed: it is not, and too many before it were not.
        """
        if self._frames.take(now):
            return True
        if not self._refusals.take(now):
            raise Closed("rate", f"it goes on sending faster than {self._rate:g} frames a second")
        return False


class Paces:
    """The paces of a process's windows, by id: who comes back goes on at his old one.

    Args:
        seconds: for which the pace of a window that has left is kept.
        most: how many of those are kept; beyond it the oldest is forgotten.

    >>> paces = Paces()
    >>> pace = paces.of("w", rate=1, burst=1)
    >>> paces.share(pace, "v")
    >>> paces.of("v", rate=1, burst=1) is paces.of("w", rate=1, burst=1) is pace
    True
    """

    def __init__(self, *, seconds: float = _SECONDS, most: int = _MOST) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        # Those of living windows are kept by them.
        self._known: WeakValueDictionary[str, Pace] = WeakValueDictionary()
        self._left: deque[tuple[float, Pace]] = deque(maxlen=most)

    def of(self, window: str, *, rate: float, burst: float) -> Pace:
        """Return a window's pace: the one that is known, else a new one."""
        with self._lock:
            pace = self._known.get(window)
            if pace is None:
                pace = self._known[window] = Pace(rate=rate, burst=burst)
            return pace

    def share(self, pace: Pace, window: str) -> None:
        """Let another window have the same pace."""
        with self._lock:
            self._known[window] = pace

    def keep(self, pace: Pace, now: float) -> None:
        """Keep the pace of a window that leaves ``now`` for a while."""
        with self._lock:
            while self._left and self._left[0][0] <= now:
                self._left.popleft()
            self._left.append((now + self._seconds, pace))
