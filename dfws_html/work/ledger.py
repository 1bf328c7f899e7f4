"""The ledger: which load owns a window id, which jobs have begun, which calls have ended."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from dfws_html import conf
from dfws_html.delivery import connections
from dfws_html.delivery.publishing import publisher
from dfws_html.work.jobs import CallName
from dfws_html.work.redis_ledger import (
    CALL_SECONDS,
    CLOCKS_DIFFER,
    Beginning,
    Mark,
    RedisLedger,
)

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
        eta: float = 0.0,
        call: str = "",
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
            eta: Unix seconds before which it does not begin. If the life of now began before that,
                it has not begun in an earlier one.
            call: key of the call that it answers; if that is withdrawn, the job has had its run.
        """
        ...

    def void(self, task_id: str, sending: str, *, seconds: float) -> bool:
        """Let nothing begin by this sending of a job; by another one it may.

        Returns:
            False if the job has begun: then nothing is changed.
        """
        ...

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """Mark a job as one that has ended, so that it never runs; return False if it was."""
        ...

    def withdraw(self, call: str, how: Beginning, *, seconds: float) -> None:
        """Let no job of a call begin any more.

        Args:
            call: its key.
            how: what the ledger says of such a job: ``SUPERSEDED`` or ``CANCELLED``.
            seconds: for which this is known.
        """
        ...

    def is_withdrawn(self, call: str) -> bool:
        """Return whether a call is withdrawn, by its key."""
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
        began: gives when that life began, in Unix seconds; for ever in the future: not known.

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
        began: Callable[[], float] = lambda: math.inf,
    ) -> None:
        self._claim_seconds = claim_seconds
        self._clock = clock
        self._life = life
        self._began = began
        self._lock = threading.Lock()
        self._claims: dict[str, tuple[str, float]] = {}
        # How far jobs are, and for how long that is known.
        self._marks: dict[str, tuple[Mark, float]] = {}
        self._withdrawn: dict[str, tuple[Beginning, float]] = {}
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
        eta: float = 0.0,
        call: str = "",
    ) -> Beginning:
        """See :meth:`Ledger.begin`."""
        with self._lock:
            now = self._sweep()
            if sending and _sent(task_id, sending) in self._marks:
                return Beginning.VOID
            if task_id in self._marks:
                goes_on = again and self._marks[task_id][0] is Mark.BEGUN
                return Beginning.AGAIN if goes_on else Beginning.HAD
            beginning = self._withdrawn.get(call, (Beginning.FIRST, 0.0))[0]
            # What is withdrawn never runs, if it is handed over once more.
            goes_on = again and beginning is Beginning.FIRST
            self._marks[task_id] = (Mark.BEGUN if goes_on else Mark.ONCE, now + seconds)
            if life and not again and life != self._life() and eta < self._began() + CLOCKS_DIFFER:
                return Beginning.OVER
            return beginning

    def void(self, task_id: str, sending: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.void`."""
        with self._lock:
            now = self._sweep()
            if task_id in self._marks:
                return False
            self._marks[_sent(task_id, sending)] = (Mark.ENDED, now + seconds)
            return True

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.finish`."""
        with self._lock:
            now = self._sweep()
            before = self._marks.get(task_id, (None, 0.0))[0]
            self._marks[task_id] = (Mark.ENDED, now + seconds)
            return before is not Mark.ENDED

    def withdraw(self, call: str, how: Beginning, *, seconds: float) -> None:
        """See :meth:`Ledger.withdraw`."""
        with self._lock:
            self._withdrawn[call] = (how, self._sweep() + seconds)

    def is_withdrawn(self, call: str) -> bool:
        """See :meth:`Ledger.is_withdrawn`."""
        with self._lock:
            self._sweep()
            return call in self._withdrawn

    def end(self, call: CallName, handler: str, result: str | None) -> list[str] | None:
        """See :meth:`Ledger.end`."""
        key = call.key
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
            self._withdrawn = {k: kept for k, kept in self._withdrawn.items() if kept[1] > now}
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
