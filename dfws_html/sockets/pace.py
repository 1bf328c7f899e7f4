"""How fast a window may send: beyond that it is refused, and far beyond that closed."""

from __future__ import annotations

from dfws_html.sockets.endings import Closed
from dfws_html.work.rate import Bucket

__all__ = ["Pace"]


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
