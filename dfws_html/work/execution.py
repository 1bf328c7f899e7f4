"""A worker's body: one job in, its handler called with what it may know, its outcome told."""

from __future__ import annotations

import contextvars
import html
import json
import logging
import time
import traceback
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import close_old_connections

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

_BIG_ANSWER = 64 * 1024
_BIG_ANSWER_SECONDS = 60.0


class _Expired(Exception):
    """A job waited longer than it may."""


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
        Exception: whatever the handler raised.
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
        Exception: whatever the handler raised.
    """
    if isinstance(job, PushJob):
        if not _expired(job):
            publisher().publish(job.topics, job.body)
        return
    assert isinstance(job, HandlerJob)
    if job.call is not None and not ledger().begin(job.task_id):
        logger.info("signal %r: the job %s has run already", job.signal, job.task_id)
        return
    try:
        if _expired(job):
            raise _Expired(f"signal {job.signal!r}: the job waited until it had expired")
        result = _encode_result(job, _call(job))
    except Exception as error:
        _failed(job, error)
        raise
    if job.call is not None:
        _ended(job.call, job, result)


def lose(job: Job, reason: str) -> None:
    """Say that a job will never run, in the log and to the window that waits for it."""
    logger.error("signal %r: the job %s is lost: %s", job.signal, job.task_id, reason)
    if isinstance(job, HandlerJob) and job.call is not None:
        _answer(job.call, Fail(call=str(job.call), code="unknown", error=reason).body())


def _expired(job: Job) -> bool:
    return job.expires is not None and time.time() > job.expires


def _call(job: HandlerJob) -> Any:
    handler = registry.get(job.handler, job.signal)
    if handler is None:
        raise UnknownSignal(job.signal, registry.nearest(job.signal))
    decoder = conf.load("SIGNAL_DECODER")
    arguments = json.loads(job.arguments, cls=decoder)
    window_info = WindowInfo.from_dict(json.loads(job.window_info))
    window_info.call = str(job.call) if job.call is not None else window_info.call
    window_info.action_id = job.task_id
    with window_info.around():
        # Somebody may have lost a right between the click and now.
        if job.from_client and not handler.allows(window_info, arguments):
            raise SignalNotAllowed(job.signal, repr(handler.is_allowed_to))
        bound = handler.bind(window_info, arguments)
        return _invoke(handler, window_info, bound)


def _invoke(handler: Handler, window_info: WindowInfo, bound: dict[str, Any]) -> Any:
    function = async_to_sync(handler.function) if handler.is_async else handler.function
    return function(window_info, **bound)


def _encode_result(job: HandlerJob, result: Any) -> str:
    """Return a handler's result as JSON; a string without the mark of safe HTML is escaped."""
    if hasattr(result, "__html__"):
        result = str(result.__html__())
    elif isinstance(result, str):
        result = html.escape(result)
    try:
        text = encode_arguments(job.signal, {"result": result}, encoder=conf.load("SIGNAL_ENCODER"))
    except TypeError as error:
        if job.call is None or not job.call.reply:
            return "null"  # nobody asked for it
        raise TypeError(
            f"signal {job.signal!r}: {job.handler} returned what can't be sent: {error}"
        ) from None
    return text[len('{"result": ') : -1]


def _failed(job: HandlerJob, error: Exception) -> None:
    code = next((code for kind, code in _CODES if isinstance(error, kind)), "error")
    if code == "error":
        logger.error("signal %r: %s raised", job.signal, job.handler, exc_info=error)
    else:
        logger.warning("signal %r: refused (%s): %s", job.signal, code, error)
    if job.call is None:
        return
    ledger().end(job.call, job.handler, None)
    # Details of an error inside are for developers; what a refusal says is for whoever called.
    told = str(error) if code != "error" or settings.DEBUG else "the server failed"
    frame = Fail(
        call=str(job.call),
        code=code,
        error=told if code != "error" or not settings.DEBUG else f"{type(error).__name__}: {told}",
        traceback="".join(traceback.format_exception(error)) if _shows(code) else None,
    )
    _answer(job.call, frame.body())


def _shows(code: str) -> bool:
    return code == "error" and bool(settings.DEBUG)


def _ended(call: CallName, job: HandlerJob, result: str) -> None:
    results = ledger().end(call, job.handler, result)
    if results is None or not call.reply:
        return
    given = [text for text in results if text != "null"]
    if len(given) > 1:
        message = f"{len(given)} handlers of {job.signal!r} returned something; one may"
        logger.error("signal %r: %s", job.signal, message)
        _answer(call, Fail(call=str(call), code="error", error=message).body())
    else:
        _answer(call, Done(call=str(call), result=given[0] if given else "null").body())


def _answer(call: CallName, body: str) -> None:
    window_info = WindowInfo()
    window_info.window_key = call.window
    keep = _BIG_ANSWER_SECONDS if len(body) > _BIG_ANSWER else None
    publisher().publish(topic_ids(topic_names(window_info, [WINDOW])), body, keep=keep)
