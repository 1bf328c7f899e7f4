"""How fast a window may send: a token bucket."""

from __future__ import annotations

__all__ = ["Bucket"]


class Bucket:
    """Allows ``rate`` a second in the long run and ``burst`` at once.

    >>> bucket = Bucket(rate=1, burst=2)
    >>> [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0), bucket.take(1.0)]
    [True, True, False, True]
    """

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = 0.0

    def take(self, now: float) -> bool:
        """Take one out at ``now`` (seconds of any clock that never goes back), if there is one."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
