"""How jobs end: told to the window that called, and to the log."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import PermissionDenied

from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal, Unreachable
from dfws_html.protocol import Done, Fail
from dfws_html.quoting import one_line
from dfws_html.topics import WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.attempts import Attempt, ends, spare
from dfws_html.work.jobs import CallName, HandlerJob, Job
from dfws_html.work.ledger import Beginning, ledger

__all__ = ["Expired", "LifeIsOver", "Withdrawn", "done", "fail", "lose", "only_answer", "taken"]

logger = logging.getLogger("dfws_html.signals")

_BIG_ANSWER = 64 * 1024  # bytes; kept in the history for a shorter time
_BIG_ANSWER_SECONDS = 60.0


class Expired(Exception):
    """A job waited longer than it may."""


class LifeIsOver(Exception):
    """A job may have run in the life of the history in which it was sent: nobody knows any more."""


class Withdrawn(Exception):
    """Who made a call does not want it any more, and it had not begun.

    Args:
        how: what the ledger says of it.
    """

    def __init__(self, how: Beginning) -> None:
        self.how = how
        super().__init__(how)

    def __str__(self) -> str:
        return self.how.value


# What a page is told of a refusal; every other exception is an `error`.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (InvalidArguments, "invalid"),
    (SignalNotAllowed, "forbidden"),
    (UnknownSignal, "unknown"),
    (Expired, "expired"),
    (LifeIsOver, "unknown"),
)


def fail(job: Job, error: BaseException, attempt: Attempt) -> None:
    """Say that a job ended by an error, in the log and to the window that called."""
    if isinstance(job, HandlerJob):
        _failed(job, error, attempt)
    else:
        logger.error(
            "signal %r: the push %s did not leave", job.signal, job.task_id, exc_info=error
        )


def lose(job: Job, reason: str, *, redelivery: float = 0.0) -> None:
    """Say that a job will never end, in the log and to the window that waits for it.

    Args:
        job: the job.
        reason: why.
        redelivery: see :class:`~dfws_html.work.attempts.Attempt`.
    """
    logger.error("signal %r: the job %s is lost: %s", job.signal, job.task_id, reason)
    if not isinstance(job, HandlerJob) or job.call is None:
        return
    # Marked: sent again, it must not run after its window was told this.
    if spare(job, redelivery=redelivery):  # else it has ended before, and was told
        _note_failure(job.call, job)
        _answer(job.call, Fail(call=str(job.call), code="unknown", error=reason).body())


def taken(call: CallName) -> None:
    """Tell the window that its call is done, if that waits for none of the jobs it has become.

    Args:
        call: one that the engine has taken.
    """
    if call.reply and not call.handlers:
        try:
            _answer(call, Done(call=str(call)).body())
        except Unreachable:
            logger.exception("a window was not told of the end of its call")


def done(job: HandlerJob, answer: str, attempt: Attempt) -> None:
    """Say that a job's handler has returned, to the window that called.

    Args:
        job: the job.
        answer: the handler's result as JSON.
        attempt: its run.
    """
    try:
        if ends(job, attempt, well=True) and job.call is not None:
            _tell_end(job.call, job, answer)
    except Unreachable:
        # The handler has done its work: an engine that tries failures again must not repeat it.
        logger.exception("signal %r: the window was not told of the end", job.signal)


# ------------------------------------------------------------------ a failure


def _failed(job: HandlerJob, error: BaseException, attempt: Attempt) -> None:
    code = _code(error, called=attempt.called)
    if code == "error":
        logger.error("signal %r: %s raised", job.signal, job.handler, exc_info=error)
    else:
        logger.warning("signal %r: refused (%s): %s", job.signal, code, one_line(str(error)))
    shown = traceback.format_exception(error) if code == "error" and settings.DEBUG else []
    frame = Fail(
        call=str(job.call),
        code=code,
        error=_told(job, code, error),
        traceback="".join(shown) or None,
    )
    try:
        if ends(job, attempt, well=False) and job.call is not None:
            _note_failure(job.call, job)
            _answer(job.call, frame.body())
    except Unreachable:
        # The error that is told must not be hidden by one of the telling.
        logger.exception("signal %r: the window was not told of the failure", job.signal)


def _code(error: BaseException, *, called: bool) -> str:
    """Return the word for what went wrong.

    A handler may refuse by Django's ``PermissionDenied``; what else it raises, an ``UnknownSignal``
    of a trigger of its own, too, is an error in it.
    """
    if called:
        return "forbidden" if isinstance(error, PermissionDenied) else "error"
    if isinstance(error, Withdrawn):
        return error.how.name.lower()
    return next((code for kind, code in _CODES if isinstance(error, kind)), "error")


def _told(job: HandlerJob, code: str, error: BaseException) -> str:
    """Return the sentence for the page: details of what happens inside are for developers."""
    if settings.DEBUG:
        return f"{type(error).__name__}: {error}" if code == "error" else str(error)
    if code == "error":
        return "the server failed"
    if isinstance(error, UnknownSignal):
        return str(UnknownSignal(job.signal))  # without the names of other signals
    if code == "forbidden":
        return str(SignalNotAllowed(job.signal))
    if isinstance(error, InvalidArguments):
        return one_line(error.for_visitors())
    return str(error)


# ------------------------------------------------------------------ what the window hears


def _note_failure(call: CallName, job: HandlerJob) -> None:
    if job.reply and call.reply and call.handlers > 1:
        ledger().end(call, job.handler, None)


def _tell_end(call: CallName, job: HandlerJob, answer: str) -> None:
    if not (job.reply and call.reply):
        return
    # Of one there is nothing to note: its mark says that it comes to this once.
    answers = ledger().end(call, job.handler, answer) if call.handlers > 1 else [answer]
    if answers is None:
        return
    try:
        end: Done | Fail = Done(call=str(call), result=only_answer(job.signal, answers))
    except ValueError as error:
        logger.error("signal %r: %s", job.signal, error)  # noqa: TRY400 - it says all
        told = str(error) if settings.DEBUG else "the server failed"
        end = Fail(call=str(call), code="error", error=told)
    _answer(call, end.body())


def only_answer(signal: str, answers: Iterable[str]) -> str:
    """Return what the handlers of a call answer together, as JSON.

    Raises:
        ValueError: more than one returned something.

    >>> only_answer("s", ["null", "7"])
    '7'
    """
    given = [text for text in answers if text != "null"]
    if len(given) > 1:
        raise ValueError(f"{len(given)} handlers of {signal!r} returned something; only one may")
    return given[0] if given else "null"


def _answer(call: CallName, body: str) -> None:
    window_info = WindowInfo()
    window_info.window_key = call.window
    keep = _BIG_ANSWER_SECONDS if len(body) > _BIG_ANSWER else None
    publisher().publish(topic_ids(topic_names(window_info, [WINDOW])), body, keep=keep)
