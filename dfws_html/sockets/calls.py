"""A window's calls: checked with the rights of now, handed to the workers, or refused."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import close_old_connections

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import (
    InDoubt,
    InvalidArguments,
    ProtocolError,
    SignalNotAllowed,
    UnknownSignal,
    Unreachable,
)
from dfws_html.page.visitors import Visitor
from dfws_html.protocol import Call
from dfws_html.window_info import WindowInfo
from dfws_html.work import outcomes
from dfws_html.work.attempts import withdraw
from dfws_html.work.dispatch import admit
from dfws_html.work.executors import Executor, QueueFull, executor
from dfws_html.work.jobs import CallName, HandlerJob
from dfws_html.work.ledger import Beginning
from dfws_html.work.registry import registry

__all__ = ["RIGHTS_SECONDS", "Calls", "off_loop"]

logger = logging.getLogger("dfws_html.sockets")

#: For so long a socket believes what it has read of its user.
RIGHTS_SECONDS = 60.0

_REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (UnknownSignal, "unknown"),
    (SignalNotAllowed, "forbidden"),
    (InvalidArguments, "invalid"),
    (QueueFull, "busy"),
    (InDoubt, "doubt"),
    (Unreachable, "busy"),
)

Again = Callable[[], Awaitable[Visitor]]


class Calls:
    """Takes the calls of one window.

    Args:
        load: the id that the page made for itself when it was loaded.
        window_info: the window.
        again: reads who stands behind the window once more.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        *,
        load: str,
        window_info: WindowInfo,
        again: Again,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._window_info = window_info
        self._again = again
        self._clock = clock
        self._read_at = clock()

    async def take(self, call: Call, *, life: str = "") -> None:
        """Hand a call to the workers. When this returns, it is theirs.

        Args:
            call: the call.
            life: of the history, as the window knows it.

        Raises:
            ProtocolError: it is refused, and nothing of it runs. With the code ``doubt`` it may.
            TokenRefused: the window is not its visitor's any more.
        """
        if call.life not in (None, life):
            # If it has been sent before, what knows whether it ran went with that life.
            raise ProtocolError("life", call.n, "the server has lost its memory meanwhile")
        if self._clock() - self._read_at > RIGHTS_SECONDS:
            who = await self._again()
            self._window_info.user = who.user
            self._read_at = self._clock()
        try:
            jobs = await self._admitted(call, life)
            await _enqueue(jobs)
        except Exception as error:
            code = next((code for kind, code in _REFUSALS if isinstance(error, kind)), "error")
            told = _told(error)
            if code == "error":
                # A project's own code raised: its queue's callable, its middleware, its encoder.
                logger.exception("signal %r could not be taken", call.signal)
                told = f"the server failed to take the signal {call.signal!r}"
            raise ProtocolError(code, call.n, told) from error
        await _tell_taken(jobs)
        if call.supersedes is not None:
            await self._withdraw(call.supersedes, Beginning.SUPERSEDED)

    async def cancel(self, n: int) -> None:
        """Let a call not begin any more, since its user has cancelled it."""
        await self._withdraw(n, Beginning.CANCELLED)

    async def _withdraw(self, n: int, how: Beginning) -> None:
        key = CallName(
            window=self._window_info.window_key or "", load=self._load, n=n, handlers=0, reply=False
        ).key
        try:
            if publisher().history.shared:
                await asyncio.to_thread(_withdraw, key, how)
            else:
                _withdraw(key, how)
        except Unreachable as error:
            # It runs, and says so: nothing of what it promises is broken.
            logger.warning("the call %s is not withdrawn: %s", key, error)

    async def _admitted(self, call: Call, life: str) -> tuple[HandlerJob, ...]:
        now = time.time()
        if _is_local(call.signal):
            return admit(call, self._load, self._window_info, now=now, life=life)
        jobs: tuple[HandlerJob, ...] = await off_loop(admit)(
            call, self._load, self._window_info, now=now, life=life
        )
        return jobs


def _told(error: Exception) -> str:
    """Return what a page hears of a refusal; names that it did not say are for developers."""
    if isinstance(error, (UnknownSignal, SignalNotAllowed)) and not settings.DEBUG:
        return str(type(error)(error.signal))
    if isinstance(error, InvalidArguments) and not settings.DEBUG:
        return error.for_visitors()
    if isinstance(error, Unreachable) and not settings.DEBUG:
        return "the server can't reach its workers"  # where they are is nobody's business
    return str(error)


def off_loop(function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """Return a function that may wait for a database as one that the event loop can await.

    It runs in the loop's bounded pool of threads, not in the one thread that all of a project's
    synchronous code shares.
    """
    call: Callable[..., Awaitable[Any]] = database_sync_to_async(function, thread_sensitive=False)
    return call


def _is_local(signal: str) -> bool:
    """Return whether nothing that decides over a signal can read a database."""
    ours = all(
        path.startswith("dfws_html.ws_middleware.") for path in conf.window_info_middlewares()
    )
    return ours and all(
        getattr(handler.is_allowed_to, "local", False) and not callable(handler.queue)
        for handler in registry.handlers(signal)
    )


async def _enqueue(jobs: tuple[HandlerJob, ...]) -> None:
    engine = executor()
    if engine.blocking:
        await asyncio.to_thread(_submit, engine, jobs)
    else:
        engine.submit(*jobs)


async def _tell_taken(jobs: tuple[HandlerJob, ...]) -> None:
    name = jobs[0].call
    if name is None or name.handlers:
        return  # its jobs' ends are waited for: the usual case costs nothing here
    if publisher().history.shared:
        await asyncio.to_thread(outcomes.taken, name)
    else:
        outcomes.taken(name)


def _withdraw(key: str, how: Beginning) -> None:
    withdraw(key, how)
    executor().withdraw(key)


def _submit(engine: Executor, jobs: tuple[HandlerJob, ...]) -> None:
    try:
        engine.submit(*jobs)
    finally:
        # An engine that runs them at once leaves this thread a database connection.
        close_old_connections()
