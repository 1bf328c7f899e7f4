"""A worker's body: one job in, its handler called with what it may know, its outcome told."""

from __future__ import annotations

import contextvars
import json
import logging
import time
import traceback
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.utils.functional import Promise
from django.utils.html import conditional_escape

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal
from dfws_html.protocol import Done, Fail, encode_arguments
from dfws_html.topics import WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.handlers import Handler
from dfws_html.work.jobs import CallName, HandlerJob, Job, PushJob
from dfws_html.work.ledger import ledger
from dfws_html.work.registry import registry

__all__ = ["lose", "perform", "run"]

logger = logging.getLogger("dfws_html.signals")

_BIG_ANSWER = 64 * 1024  # bytes; kept in the history for a shorter time
_BIG_ANSWER_SECONDS = 60.0
_MARK_SECONDS = 300.0  # for which a job's mark outlives its last moment


class _Expired(Exception):
    """A job waited longer than it may."""


class _Progress:
    """How far a job came: what is raised before its handler was called is a refusal."""

    called = False


# What a page is told of a refusal; every other exception is an `error`.
_CODES: tuple[tuple[type[Exception], str], ...] = (
    (InvalidArguments, "invalid"),
    (SignalNotAllowed, "forbidden"),
    (UnknownSignal, "unknown"),
    (_Expired, "expired"),
)


def perform(job: Job) -> None:
    """Run a job in a worker's thread, and leave the thread as it was.

    A handler's exception is logged and told to the window that called; then it is the engine's.

    Raises:
        BaseException: whatever the handler raised.
    """
    close_old_connections()
    try:
        # A context of its own: no language, time zone or variable of an earlier job is left in it.
        contextvars.Context().run(run, job)
    finally:
        close_old_connections()


def run(job: Job) -> None:
    """Run a job in this thread as it is.

    Raises:
        BaseException: whatever the handler raised.
    """
    if isinstance(job, PushJob):
        _push(job)
    elif isinstance(job, HandlerJob):
        _handle(job)
    else:
        raise TypeError(f"a job is a HandlerJob or a PushJob, not {type(job).__qualname__}")


def lose(job: Job, reason: str) -> None:
    """Say that a job will never end, in the log and to the window that waits for it."""
    logger.error("signal %r: the job %s is lost: %s", job.signal, job.task_id, reason)
    if isinstance(job, HandlerJob) and job.call is not None:
        # Marked as begun: sent again, it must not run after its window was told this.
        ledger().begin(job.task_id, seconds=_mark_seconds(job))
        ledger().end(job.call, job.handler, None)
        _answer(job.call, Fail(call=str(job.call), code="unknown", error=reason).body())


# ------------------------------------------------------------------ a delayed push


def _push(job: PushJob) -> None:
    if _expired(job):
        logger.info("signal %r: the push %s had expired", job.signal, job.task_id)
        return
    try:
        publisher().publish(job.topics, job.body)
    except Exception:
        logger.exception("signal %r: the push %s did not leave", job.signal, job.task_id)
        raise


def _expired(job: Job) -> bool:
    return job.expires is not None and time.time() > job.expires


# ------------------------------------------------------------------ a handler


def _handle(job: HandlerJob) -> None:
    if job.call is not None and not ledger().begin(job.task_id, seconds=_mark_seconds(job)):
        logger.info("signal %r: the job %s has run already", job.signal, job.task_id)
        return
    progress = _Progress()
    try:
        if _expired(job):
            raise _Expired(f"signal {job.signal!r}: the job waited until it had expired")
        answer = _encode_answer(job, _call(job, progress))
    except BaseException as error:  # an exit or a cancellation, too: a window waits for the outcome
        _failed(job, error, called=progress.called)
        raise
    if job.call is not None:
        _ended(job.call, job, answer)


def _mark_seconds(job: HandlerJob) -> float:
    wait = job.expires - time.time() if job.expires is not None else 0.0
    return max(wait, 0.0) + _MARK_SECONDS


def _call(job: HandlerJob, progress: _Progress) -> Any:
    handler = registry.get(job.handler, job.signal)
    if handler is None:
        raise UnknownSignal(job.signal, registry.nearest(job.signal))
    arguments = json.loads(job.arguments, cls=conf.load("SIGNAL_DECODER"))
    window_info = WindowInfo.from_dict(json.loads(job.window_info))
    if job.call is not None:
        window_info.call = str(job.call)
    window_info.action_id = job.task_id
    with window_info.around():
        # Somebody may have lost a right between the click and now.
        if job.from_client and not handler.allows(window_info, arguments):
            raise SignalNotAllowed(job.signal, repr(handler.is_allowed_to))
        bound = handler.bind(window_info, arguments)
        progress.called = True
        return _invoke(handler, window_info, bound)


def _invoke(handler: Handler, window_info: WindowInfo, bound: dict[str, Any]) -> Any:
    # Asynchronous functions run on a loop of their own, their ORM calls in this thread.
    function = async_to_sync(handler.function) if handler.is_async else handler.function
    return function(window_info, **bound)


def _encode_answer(job: HandlerJob, result: Any) -> str:
    """Return a handler's result as JSON; text without the mark of safe HTML is escaped."""
    if job.call is None or not job.call.reply:
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


def _failed(job: HandlerJob, error: BaseException, *, called: bool) -> None:
    code = _code(error, called=called)
    if code == "error":
        logger.error("signal %r: %s raised", job.signal, job.handler, exc_info=error)
    else:
        logger.warning("signal %r: refused (%s): %s", job.signal, code, error)
    if job.call is None:
        return
    ledger().end(job.call, job.handler, None)
    shown = traceback.format_exception(error) if code == "error" and settings.DEBUG else []
    frame = Fail(
        call=str(job.call),
        code=code,
        error=_told(job, code, error),
        traceback="".join(shown) or None,
    )
    _answer(job.call, frame.body())


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
    if code == "unknown":
        return str(UnknownSignal(job.signal))  # without the names of other signals
    if code == "forbidden":
        return str(SignalNotAllowed(job.signal))
    return str(error)


def _ended(call: CallName, job: HandlerJob, answer: str) -> None:
    answers = ledger().end(call, job.handler, answer)
    if answers is None or not call.reply:
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
