"""The ledger: which load owns a window id, which jobs have begun, which calls have ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dfws_html import conf
from dfws_html.delivery import connections
from dfws_html.delivery.publishing import publisher
from dfws_html.work.jobs import CallName
from dfws_html.work.redis_ledger import CALL_SECONDS, Beginning, RedisLedger

__all__ = ["Beginning", "Ledger", "MemoryLedger", "RedisLedger", "ledger"]


class Ledger(Protocol):
    """What every ledger can do, from any thread.

    Raises:
        Unreachable: each of them, if the ledger is elsewhere and does not answer.
    """

    def claim(self, window: str, load: str, *, life: str | None = None) -> bool:
        """Give a window id to the first load that asks; return whether it is this load's.

        Args:
            window: the id.
            load: the load's.
            life: of the history in which the id was made, given by a load that has never had it: in
                another one, or an unknown one (empty), the claim of who has it may be lost.
        """
        ...

    def begin(
        self,
        task_id: str,
        *,
        seconds: float,
        life: str = "",
        again: bool = False,
        sending: str = "",
    ) -> Beginning:
        """Mark a job as begun, unless it was, and return whether it may run.

        Args:
            task_id: the job's.
            seconds: for which the mark is kept; what runs again does not renew it.
            life: of the history in which the job was sent: in another one, the mark that it may
                have had is lost. Empty where that says nothing.
            again: whether it may run until :meth:`finish` says that it has ended; otherwise it has
                had its run as soon as it has begun. What may run again does so in every life.
            sending: of the job; if it is void, it changes nothing.
        """
        ...

    def void(self, task_id: str, sending: str, *, seconds: float) -> None:
        """Let nothing begin by this sending of a job; by another one it may."""
        ...

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """Mark a job as one that has had its run; return False if it was."""
        ...

    def end(self, call: CallName, handler: str, result: str | None) -> list[str] | None:
        """Note that a handler of a call ended, with its result as JSON, or None if it failed.

        Returns:
            the results of all the call's handlers if this was the last and none failed.
        """
        ...


@dataclass
class _Call:
    ends: float
    results: dict[str, str | None] = field(default_factory=dict)


class MemoryLedger:
    """The ledger of a single process.

    Args:
        claim_seconds: for which a window id stays with its load: longer than any token lives.
        clock: seconds that never go back.
        life: gives the life of the history beside it.

    >>> book = MemoryLedger()
    >>> book.claim("w", "first"), book.claim("w", "second")
    (True, False)
    >>> book.begin("t", seconds=60).name, book.begin("t", seconds=60).name
    ('FIRST', 'HAD')
    """

    def __init__(
        self,
        *,
        claim_seconds: float = 72_000,
        clock: Callable[[], float] = time.monotonic,
        life: Callable[[], str] = str,
    ) -> None:
        self._claim_seconds = claim_seconds
        self._clock = clock
        self._life = life
        self._lock = threading.Lock()
        self._claims: dict[str, tuple[str, float]] = {}
        # Whether a job has had its run, and for how long that is known.
        self._marks: dict[str, tuple[bool, float]] = {}
        self._calls: dict[str, _Call] = {}
        self._next_sweep = 0.0

    def claim(self, window: str, load: str, *, life: str | None = None) -> bool:
        """See :meth:`Ledger.claim`."""
        with self._lock:
            now = self._sweep()
            owner = self._claims.get(window, (None, 0.0))[0]
            if owner is None and (life is None or (life and life == self._life())):
                owner = load
            if owner == load:
                self._claims[window] = (load, now + self._claim_seconds)
            return owner == load

    def begin(
        self,
        task_id: str,
        *,
        seconds: float,
        life: str = "",
        again: bool = False,
        sending: str = "",
    ) -> Beginning:
        """See :meth:`Ledger.begin`."""
        with self._lock:
            now = self._sweep()
            if sending and _sent(task_id, sending) in self._marks:
                return Beginning.VOID
            if task_id in self._marks:
                had = self._marks[task_id][0] or not again
                return Beginning.HAD if had else Beginning.AGAIN
            self._marks[task_id] = (not again, now + seconds)
            over = life and not again and life != self._life()
            return Beginning.OVER if over else Beginning.FIRST

    def void(self, task_id: str, sending: str, *, seconds: float) -> None:
        """See :meth:`Ledger.void`."""
        with self._lock:
            self._marks[_sent(task_id, sending)] = (True, self._sweep() + seconds)

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.finish`."""
        with self._lock:
            now = self._sweep()
            had = self._marks.get(task_id, (False, 0.0))[0]
            self._marks[task_id] = (True, now + seconds)
            return not had

    def end(self, call: CallName, handler: str, result: str | None) -> list[str] | None:
        """See :meth:`Ledger.end`."""
        key = f"{call.window}.{call}"
        with self._lock:
            now = self._sweep()
            book = self._calls.setdefault(key, _Call(ends=now + CALL_SECONDS))
            book.results[handler] = result
            if len(book.results) < call.handlers:
                return None
            del self._calls[key]
            results = [found for found in book.results.values() if found is not None]
            return results if len(results) == call.handlers else None

    def _sweep(self) -> float:
        now = self._clock()
        if now >= self._next_sweep:
            self._next_sweep = now + 60
            self._claims = {key: kept for key, kept in self._claims.items() if kept[1] > now}
            self._marks = {key: kept for key, kept in self._marks.items() if kept[1] > now}
            self._calls = {key: book for key, book in self._calls.items() if book.ends > now}
        return now


def _sent(task_id: str, sending: str) -> str:
    return f"{task_id}:{sending}:"  # the second colon: no attempt's name ends so


def _life() -> str:
    return publisher().history.position()[0]


_ledgers: dict[int, MemoryLedger] = {}
_lock = threading.Lock()


def ledger() -> Ledger:
    """Return the ledger for the settings as they are now: in Redis, if they name one.

    The one of a process is made when it is first needed.
    """
    age = conf.token_age()
    if connections.is_configured():
        return RedisLedger(prefix=conf.get("REDIS_PREFIX"), claim_seconds=2 * age)
    with _lock:
        if age not in _ledgers:
            _ledgers[age] = MemoryLedger(claim_seconds=2 * age, life=_life)
        return _ledgers[age]
