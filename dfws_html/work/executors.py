"""The engines that run jobs: threads of this process, or the caller itself; one contract."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from dfws_html import conf
from dfws_html.constants import (
    WORKER_CELERY,
    WORKER_CHANNEL,
    WORKER_PROCESS,
    WORKER_THREAD,
)
from dfws_html.work import execution
from dfws_html.work.jobs import Job
from dfws_html.work.threads import QueueFull, ThreadExecutor

__all__ = [
    "Executor",
    "ImmediateExecutor",
    "QueueFull",
    "ThreadExecutor",
    "check_workers",
    "executor",
    "stop",
]

logger = logging.getLogger("dfws_html.signals")


class Executor(Protocol):
    """What every engine can do, from any thread."""

    #: Whether :meth:`submit` may take its time, so that an event loop calls it in a thread.
    blocking: ClassVar[bool]

    def submit(self, *jobs: Job) -> None:
        """Take jobs over, all or none. Returns before they have run.

        Raises:
            QueueFull: they are not taken.
        """
        ...

    def stop(self, seconds: float) -> None:
        """Let what waits run for at most so long, then say what is lost. It takes no more."""
        ...


class ImmediateExecutor:
    """Runs each job at once in the caller's thread, whatever its delay; for tests.

    >>> ImmediateExecutor().blocking
    True
    """

    blocking: ClassVar[bool] = True

    def submit(self, *jobs: Job) -> None:
        """See :meth:`Executor.submit`."""
        for job in jobs:
            try:
                execution.run(job)
            except Exception:  # noqa: BLE001 - it is logged, and belongs to the job
                logger.debug("the job %s failed, as has been logged", job.task_id)

    def stop(self, seconds: float) -> None:
        """See :meth:`Executor.stop`."""


# ------------------------------------------------------------------ the process's engine

_STOP_SECONDS = 10.0
_REFUSED = {
    WORKER_CELERY: "this release runs signals in threads of the server's own process",
    WORKER_CHANNEL: "channel-layer workers could lose signals without a word; use 'thread'",
    WORKER_PROCESS: "a pool of processes can't push to this process's windows; use 'thread'",
}
_engines: dict[tuple[Any, ...], Executor] = {}
_lock = threading.Lock()


def check_workers() -> str:
    """Return the engine that the settings want: ``"thread"``, or a class by its dotted path.

    Raises:
        ImproperlyConfigured: ``WEBSOCKET_WORKERS`` names none.
    """
    wanted = conf.get("WORKERS") or WORKER_THREAD
    if wanted == WORKER_THREAD:
        return WORKER_THREAD
    reason = _REFUSED.get(wanted) if isinstance(wanted, str) else None
    if reason is None and isinstance(wanted, str) and "." in wanted:
        try:
            import_string(wanted)
        except ImportError as error:
            reason = str(error)
        else:
            return wanted
    reason = reason or "there is no such engine; use 'thread'"
    raise ImproperlyConfigured(f"WEBSOCKET_WORKERS = {wanted!r}: {reason}")


def executor() -> Executor:
    """Return the process's engine for the settings as they are now, made when first needed.

    Nothing made before a fork is used after it.

    Raises:
        ImproperlyConfigured: ``WEBSOCKET_WORKERS`` names none.
    """
    wanted = check_workers()
    sizes: Mapping[str | None, int] = conf.get("POOL_SIZES")
    limit = int(conf.limit("waiting"))
    key = (os.getpid(), wanted, limit, *sorted(sizes.items(), key=str))
    with _lock:
        if key not in _engines:
            if not _engines:
                atexit.register(_stop_all)
            _engines[key] = (
                ThreadExecutor(sizes=sizes, limit=limit)
                if wanted == WORKER_THREAD
                else import_string(wanted)()
            )
        return _engines[key]


def _stop_all() -> None:
    """Stop this process's engines; the next trigger gets a new one."""
    with _lock:
        mine = {key: engine for key, engine in _engines.items() if key[0] == os.getpid()}
    deadline = time.monotonic() + _STOP_SECONDS
    for key, engine in mine.items():
        engine.stop(max(0.0, deadline - time.monotonic()))
        with _lock:
            _engines.pop(key, None)


async def stop() -> None:
    """Stop this process's engines without keeping the event loop."""
    await asyncio.to_thread(_stop_all)
