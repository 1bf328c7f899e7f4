"""A worker's body: one job in, its handler called with what it may know."""

from __future__ import annotations

import contextvars
import inspect
import json
import logging
import time
from typing import Any

from asgiref.sync import async_to_sync
from django.db import close_old_connections
from django.utils.functional import Promise
from django.utils.html import conditional_escape

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import SignalNotAllowed, UnknownSignal
from dfws_html.protocol import encode_arguments
from dfws_html.window_info import WindowInfo
from dfws_html.work.attempts import Attempt, Watch, begins
from dfws_html.work.handlers import Handler
from dfws_html.work.jobs import HandlerJob, Job, PushJob
from dfws_html.work.ledger import Beginning
from dfws_html.work.outcomes import Expired, LifeIsOver, Withdrawn, done, fail
from dfws_html.work.registry import registry

__all__ = ["answer_of", "perform", "run", "run_apart"]

logger = logging.getLogger("dfws_html.signals")


def perform(job: Job, attempt: Attempt | None = None) -> None:
    """Run a job in a worker's thread, and leave the thread as it was.

    Args:
        job: the job.
        attempt: given by an engine that may run the job again. Such an engine calls :func:`fail
            <dfws_html.work.outcomes.fail>` itself when it does not.

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


def _work(job: Job, attempt: Attempt) -> None:
    if isinstance(job, HandlerJob):
        _handle(job, attempt)
    elif isinstance(job, PushJob):
        _push(job, attempt)
    else:
        raise TypeError(f"a job is a HandlerJob or a PushJob, not {type(job).__qualname__}")


def _expired(job: Job, attempt: Attempt) -> bool:
    # What began in time may be tried again later.
    return not attempt.number and job.expires is not None and time.time() > job.expires


# ------------------------------------------------------------------ a delayed push


def _push(job: PushJob, attempt: Attempt) -> None:
    if not begins(job, attempt):
        return
    if _expired(job, attempt):
        logger.info("signal %r: the push %s had expired", job.signal, job.task_id)
        return
    publisher().publish(job.topics, job.body)


# ------------------------------------------------------------------ a handler


def _handle(job: HandlerJob, attempt: Attempt) -> None:
    beginning = begins(job, attempt)
    if beginning in (Beginning.HAD, Beginning.VOID):
        return
    if beginning in (Beginning.SUPERSEDED, Beginning.CANCELLED):
        raise Withdrawn(beginning)
    if beginning is Beginning.OVER:
        raise LifeIsOver(
            f"signal {job.signal!r}: the job {job.task_id} was sent in another life of the history"
        )
    if beginning is Beginning.FIRST and _expired(job, attempt):
        raise Expired(f"signal {job.signal!r}: the job waited until it had expired")
    done(job, answer_of(job, attempt), attempt)


def answer_of(job: HandlerJob, attempt: Attempt) -> str:
    """Call a job's handler, and return what it answers, as JSON.

    Args:
        job: the job.
        attempt: its run.

    Raises:
        UnknownSignal: the handler is not registered here.
        SignalNotAllowed: who called has lost the right meanwhile.
        InvalidArguments: an argument can't be converted.
        Exception: whatever the handler raised.
    """
    handler = registry.get(job.handler, job.signal)
    if handler is None:
        raise UnknownSignal(job.signal, registry.nearest(job.signal))
    arguments = json.loads(job.arguments, cls=conf.load("SIGNAL_DECODER"))
    window_info = WindowInfo.from_dict(json.loads(job.window_info))
    if job.call is not None:
        window_info.call = str(job.call)
        window_info.watch(Watch(job.call.key).is_withdrawn)
    window_info.action_id = job.task_id
    window_info.celery_request = attempt.request
    with window_info.around():
        # Somebody may have lost a right between the click and now.
        if job.from_client and not handler.allows(window_info, arguments):
            raise SignalNotAllowed(job.signal, repr(handler.is_allowed_to))
        bound = handler.bind(window_info, arguments)
        attempt.called = True
        # A lazy translation becomes a text here, in the window's language.
        return _encode_answer(job, _invoke(handler, window_info, bound))


def _invoke(handler: Handler, window_info: WindowInfo, bound: dict[str, Any]) -> Any:
    # Asynchronous functions run on a loop of their own, their ORM calls in this thread.
    function = async_to_sync(handler.function) if handler.is_async else handler.function
    result = function(window_info, **bound)
    if inspect.iscoroutine(result):
        result.close()
        raise TypeError(
            f"{handler.key} returned a coroutine, which nobody awaits: a decorator between @signal "
            "and the function is not made for async def"
        )
    return result


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
