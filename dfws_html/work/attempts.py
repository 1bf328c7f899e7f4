"""Whether a job may run: its mark in the ledger, made when it begins and when it has ended."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import Unreachable
from dfws_html.work.jobs import HandlerJob, Job
from dfws_html.work.ledger import Beginning, ledger

__all__ = ["LATEST", "Attempt", "Watch", "begins", "ends", "spare", "void", "withdraw"]

logger = logging.getLogger("dfws_html.signals")

#: Seconds that a browser's call may wait in a queue, beside its delay.
LATEST = 900.0

_LOOK_SECONDS = 0.5
_MARK_SECONDS = 300.0  # for which a job's mark outlives its last moment


@dataclass(kw_only=True)
class Attempt:
    """One run of a job by an engine that may run it again.

    Attributes:
        number: how many there were before it.
        redelivery: seconds for which what hands the jobs over may hand this one over again; above 0
            every job is marked as begun, not only a browser's call.
        request: Celery's, for the handler.
        called: whether the handler was called: what is raised before is a refusal.
    """

    number: int = 0
    redelivery: float = 0.0
    request: Any = None
    called: bool = False


class Watch:
    """Looks now and then whether a call that runs is withdrawn.

    Args:
        call: its key.
        clock: seconds that never go back.
    """

    def __init__(self, call: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._call = call
        self._clock = clock
        self._known = False
        self._next = -math.inf

    def is_withdrawn(self) -> bool:
        """Return whether it is, as was known at most half a second ago."""
        now = self._clock()
        if not self._known and now >= self._next:
            self._next = now + _LOOK_SECONDS
            try:
                self._known = ledger().is_withdrawn(self._call)
            except Unreachable as error:  # whoever asks goes on with his work
                logger.warning("the call %s: is it withdrawn? %s", self._call, error)
        return self._known


def begins(job: Job, attempt: Attempt) -> Beginning:
    """Return whether a job may run: if it is reliable until it has ended, else once a number.

    Raises:
        Unreachable: the ledger does not answer.
    """
    if not _is_marked(job, attempt):
        return Beginning.FIRST
    again = isinstance(job, HandlerJob) and job.reliable
    numbered = attempt.number and not again
    name = f"{job.task_id}:{attempt.number}" if numbered else job.task_id
    beginning = ledger().begin(
        name,
        seconds=_mark_seconds(job, attempt.redelivery),
        # A history in memory lives as long as its process, and so do the jobs in it.
        life=job.life if publisher().history.shared else "",
        again=again,
        sending="" if numbered else job.sending,
        eta=job.eta,
        call=job.call.key if isinstance(job, HandlerJob) and job.call is not None else "",
    )
    if beginning is Beginning.HAD:
        logger.info("signal %r: the job %s has run already", job.signal, name)
    elif beginning is Beginning.VOID:
        logger.info("signal %r: this sending of the job %s had failed", job.signal, name)
    elif beginning is Beginning.OVER:
        logger.warning(
            "signal %r: Redis has lost its memory since the job %s was sent; it may have run",
            job.signal,
            name,
        )
    return beginning


def ends(job: HandlerJob, attempt: Attempt, *, well: bool) -> bool:
    """Return whether a job's end is the first that is told, and mark it.

    Args:
        job: the job.
        attempt: its run.
        well: whether its handler returned. Of what runs once this need not be marked: whoever takes
            it for lost afterwards tells a page that knows better.

    Raises:
        Unreachable: the ledger does not answer.
    """
    if not _is_marked(job, attempt) or (well and not job.reliable):
        return True
    return spare(job, redelivery=attempt.redelivery)


def spare(job: Job, *, redelivery: float = 0.0) -> bool:
    """Mark a job as one that has had its run, so that it never runs; return False if it has ended.

    Args:
        job: the job.
        redelivery: see :class:`Attempt`.
    """
    return ledger().finish(job.task_id, seconds=_mark_seconds(job, redelivery))


def void(job: Job, *, redelivery: float = 0.0) -> bool:
    """Let a job not run by this sending, which its sender takes for failed; by another it may.

    Args:
        job: the job as it was sent.
        redelivery: see :class:`Attempt`.

    Returns:
        False if the job has begun already.
    """
    return ledger().void(job.task_id, job.sending, seconds=_mark_seconds(job, redelivery))


def withdraw(call: str, how: Beginning) -> None:
    """Let no job of a browser's call begin any more, and its handlers that run know.

    Args:
        call: the call's key.
        how: ``SUPERSEDED`` or ``CANCELLED``.

    Raises:
        Unreachable: the ledger does not answer.
    """
    # After that time it has begun, or has expired.
    ledger().withdraw(call, how, seconds=conf.limit("delay") + LATEST + _MARK_SECONDS)


def _is_marked(job: Job, attempt: Attempt) -> bool:
    return bool(attempt.redelivery) or (isinstance(job, HandlerJob) and job.call is not None)


def _mark_seconds(job: Job, redelivery: float) -> float:
    last = max(job.eta, job.expires or 0.0)
    return max(last - time.time(), 0.0) + redelivery + _MARK_SECONDS
