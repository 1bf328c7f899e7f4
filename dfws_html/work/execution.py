"""A worker's body: one job in, its handler called with what it may know, its outcome told."""

from __future__ import annotations

import contextvars
import json
import logging
import time
import traceback
from dataclasses import dataclass
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.utils.functional import Promise
from django.utils.html import conditional_escape

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal, Unreachable
from dfws_html.protocol import Done, Fail, encode_arguments
from dfws_html.topics import WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.handlers import Handler
from dfws_html.work.jobs import CallName, HandlerJob, Job, PushJob
from dfws_html.work.ledger import Beginning, ledger
from dfws_html.work.registry import registry

__all__ = ["Attempt", "fail", "lose", "perform", "run", "run_apart", "spare", "taken", "void"]

logger = logging.getLogger("dfws_html.signals")

_BIG_ANSWER = 64 * 1024  # bytes; kept in the history for a shorter time
_BIG_ANSWER_SECONDS = 60.0
_MARK_SECONDS = 300.0  # for which a job's mark outlives its last moment


class _Expired(Exception):
    """A job waited longer than it may."""


class _LifeIsOver(Exception):
    """A job may have run in the life of the history in which it was sent: nobody knows any more."""


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


# What a page is told of a refusal; every other exception is an `error`.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (InvalidArguments, "invalid"),
    (SignalNotAllowed, "forbidden"),
    (UnknownSignal, "unknown"),
    (_Expired, "expired"),
    (_LifeIsOver, "unknown"),
)


def perform(job: Job, attempt: Attempt | None = None) -> None:
    """Run a job in a worker's thread, and leave the thread as it was.

    Args:
        job: the job.
        attempt: given by an engine that may run the job again. Such an engine calls :func:`fail`
            itself when it does not.

    Raises:
        BaseException: whatever the handler raised.
    """
    close_old_connections()
    try:
        run_apart(job, attempt)
    finally:
        close_old_connections()


def run_apart(job: Job, attempt: Attempt | None = None) -> None:
    """Run a job in a context of its own: no language, time zone or variable gets in or out.

    Args:
        job: the job.
        attempt: see :func:`perform`.

    Raises:
        BaseException: whatever the handler raised.
    """
    contextvars.Context().run(run, job, attempt)


def run(job: Job, attempt: Attempt | None = None) -> None:
    """Run a job in this thread as it is; see :func:`perform`.

    Raises:
        BaseException: whatever the handler raised.
    """
    if attempt is not None:
        _work(job, attempt)
        return
    attempt = Attempt()
    try:
        _work(job, attempt)
    except BaseException as error:  # an exit or a cancellation, too: a window waits for the outcome
        fail(job, error, attempt)
        raise


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
        redelivery: see :class:`Attempt`.
    """
    logger.error("signal %r: the job %s is lost: %s", job.signal, job.task_id, reason)
    if isinstance(job, HandlerJob) and job.call is not None:
        # Marked: sent again, it must not run after its window was told this.
        if not spare(job, redelivery=redelivery) and job.reliable:
            return  # it has ended before, and was told
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


def spare(job: Job, *, redelivery: float = 0.0) -> bool:
    """Mark a job as one that has had its run, so that it never runs; return False if it was.

    Args:
        job: the job.
        redelivery: see :class:`Attempt`.
    """
    return ledger().finish(job.task_id, seconds=_mark_seconds(job, redelivery))


def void(job: Job, *, redelivery: float = 0.0) -> None:
    """Let a job not run by this sending, which its sender takes for failed; by another it may.

    Args:
        job: the job as it was sent.
        redelivery: see :class:`Attempt`.
    """
    ledger().void(job.task_id, job.sending, seconds=_mark_seconds(job, redelivery))


def _work(job: Job, attempt: Attempt) -> None:
    if isinstance(job, HandlerJob):
        _handle(job, attempt)
    elif isinstance(job, PushJob):
        _push(job, attempt)
    else:
        raise TypeError(f"a job is a HandlerJob or a PushJob, not {type(job).__qualname__}")


def _begins(job: Job, attempt: Attempt) -> Beginning:
    """Return whether a job may run: if it is reliable until it has ended, else once a number."""
    again = isinstance(job, HandlerJob) and job.reliable
    numbered = attempt.number and not again
    name = f"{job.task_id}:{attempt.number}" if numbered else job.task_id
    seconds = _mark_seconds(job, attempt.redelivery)
    # A history in memory lives as long as its process, and so do the jobs in it.
    life = job.life if isinstance(job, HandlerJob) and publisher().history.shared else ""
    beginning = ledger().begin(
        name, seconds=seconds, life=life, again=again, sending="" if numbered else job.sending
    )
    if beginning is Beginning.HAD:
        logger.info("signal %r: the job %s has run already", job.signal, name)
    elif beginning is Beginning.VOID:
        logger.info("signal %r: this sending of the job %s had failed", job.signal, name)
    return beginning


def _ends(job: HandlerJob, attempt: Attempt) -> bool:
    """Mark the end of a job that would run again; return False if another run came before."""
    return not (job.reliable and _is_marked(job, attempt)) or spare(
        job, redelivery=attempt.redelivery
    )


def _is_marked(job: HandlerJob, attempt: Attempt) -> bool:
    return bool(attempt.redelivery) or job.call is not None


def _mark_seconds(job: Job, redelivery: float) -> float:
    last = max(job.eta, job.expires or 0.0)
    return max(last - time.time(), 0.0) + redelivery + _MARK_SECONDS


def _expired(job: Job, attempt: Attempt) -> bool:
    # What began in time may be tried again later.
    return not attempt.number and job.expires is not None and time.time() > job.expires


# ------------------------------------------------------------------ a delayed push


def _push(job: PushJob, attempt: Attempt) -> None:
    if attempt.redelivery and not _begins(job, attempt):
        return
    if _expired(job, attempt):
        logger.info("signal %r: the push %s had expired", job.signal, job.task_id)
        return
    publisher().publish(job.topics, job.body)


# ------------------------------------------------------------------ a handler


def _handle(job: HandlerJob, attempt: Attempt) -> None:
    beginning = _begins(job, attempt) if _is_marked(job, attempt) else Beginning.FIRST
    if beginning in (Beginning.HAD, Beginning.VOID):
        return
    if beginning is Beginning.OVER:
        raise _LifeIsOver(
            f"signal {job.signal!r}: the call {job.call} was sent in another life of the history"
        )
    if beginning is Beginning.FIRST and _expired(job, attempt):
        raise _Expired(f"signal {job.signal!r}: the job waited until it had expired")
    _ended(job, _encode_answer(job, _call(job, attempt)), attempt)


def _call(job: HandlerJob, attempt: Attempt) -> Any:
    handler = registry.get(job.handler, job.signal)
    if handler is None:
        raise UnknownSignal(job.signal, registry.nearest(job.signal))
    arguments = json.loads(job.arguments, cls=conf.load("SIGNAL_DECODER"))
    window_info = WindowInfo.from_dict(json.loads(job.window_info))
    if job.call is not None:
        window_info.call = str(job.call)
    window_info.action_id = job.task_id
    window_info.celery_request = attempt.request
    with window_info.around():
        # Somebody may have lost a right between the click and now.
        if job.from_client and not handler.allows(window_info, arguments):
            raise SignalNotAllowed(job.signal, repr(handler.is_allowed_to))
        bound = handler.bind(window_info, arguments)
        attempt.called = True
        return _invoke(handler, window_info, bound)


def _invoke(handler: Handler, window_info: WindowInfo, bound: dict[str, Any]) -> Any:
    # Asynchronous functions run on a loop of their own, their ORM calls in this thread.
    function = async_to_sync(handler.function) if handler.is_async else handler.function
    return function(window_info, **bound)


def _encode_answer(job: HandlerJob, result: Any) -> str:
    """Return a handler's result as JSON; text without the mark of safe HTML is escaped."""
    if job.call is None or not (job.call.reply and job.reply):
        return "null"  # nobody asked for it
    if isinstance(result, (str, Promise)) or hasattr(result, "__html__"):
        result = str(conditional_escape(result))
    try:
        text = encode_arguments(job.signal, {"result": result}, encoder=conf.load("SIGNAL_ENCODER"))
    except TypeError as error:
        raise TypeError(f"{job.handler} returned what can't be sent: {error}") from None
    size, limit = len(text.encode()), conf.limit("frame_out")
    if size > limit:
        raise ValueError(
            f"{job.handler} returned {size} bytes; the limit is {limit:.0f} "
            "(WEBSOCKET_LIMITS['frame_out'])"
        )
    return text[text.index(":") + 1 : -1].strip()


# ------------------------------------------------------------------ the outcome


def _failed(job: HandlerJob, error: BaseException, attempt: Attempt) -> None:
    code = _code(error, called=attempt.called)
    if code == "error":
        logger.error("signal %r: %s raised", job.signal, job.handler, exc_info=error)
    else:
        logger.warning("signal %r: refused (%s): %s", job.signal, code, error)
    shown = traceback.format_exception(error) if code == "error" and settings.DEBUG else []
    frame = Fail(
        call=str(job.call),
        code=code,
        error=_told(job, code, error),
        traceback="".join(shown) or None,
    )
    try:
        if _ends(job, attempt) and job.call is not None:
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
    return str(error)


def _ended(job: HandlerJob, answer: str, attempt: Attempt) -> None:
    try:
        if _ends(job, attempt) and job.call is not None:
            _tell_end(job.call, job, answer)
    except Unreachable:
        # The handler has done its work: an engine that tries failures again must not repeat it.
        logger.exception("signal %r: the window was not told of the end", job.signal)


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
    given = [text for text in answers if text != "null"]
    if len(given) > 1:
        message = f"{len(given)} handlers of {job.signal!r} returned something; only one may"
        logger.error("signal %r: %s", job.signal, message)
        told = message if settings.DEBUG else "the server failed"
        _answer(call, Fail(call=str(call), code="error", error=told).body())
    else:
        _answer(call, Done(call=str(call), result=given[0] if given else "null").body())


def _answer(call: CallName, body: str) -> None:
    window_info = WindowInfo()
    window_info.window_key = call.window
    keep = _BIG_ANSWER_SECONDS if len(body) > _BIG_ANSWER else None
    publisher().publish(topic_ids(topic_names(window_info, [WINDOW])), body, keep=keep)
