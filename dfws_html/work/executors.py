"""The engines that run jobs: threads of this process, Celery, or the caller; one contract."""

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
from dfws_html.delivery import connections
from dfws_html.work import execution
from dfws_html.work.celery_executor import CeleryExecutor, celery_app, project_app
from dfws_html.work.jobs import Job
from dfws_html.work.threads import QueueFull, ThreadExecutor

__all__ = [
    "CeleryExecutor",
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
            Unreachable: they are not taken, since where they would go does not answer.
        """
        ...

    def withdraw(self, call: str) -> None:
        """Take note that the ledger lets no job of a call begin any more.

        Args:
            call: its key.
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

    def withdraw(self, call: str) -> None:
        """See :meth:`Executor.withdraw`. Nothing waits here."""

    def stop(self, seconds: float) -> None:
        """See :meth:`Executor.stop`."""


# ------------------------------------------------------------------ the process's engine

_STOP_SECONDS = 10.0
_REFUSED = {
    WORKER_CHANNEL: "channel-layer workers could lose signals without a word; use 'celery'",
    WORKER_PROCESS: "a pool of processes can't push to this process's windows; use 'celery'",
}
_engines: dict[tuple[Any, ...], Executor] = {}
_lock = threading.Lock()


def check_workers() -> str:
    """Return the engine that the settings want: ``"thread"``, ``"celery"``, or a class by its path.

    Where they say nothing it is Celery if windows can be reached from its workers, by a Redis
    history, and the project has a Celery app; else threads.

    Raises:
        ImproperlyConfigured: ``WEBSOCKET_WORKERS`` names none, or ``CELERY_APP`` no app.
    """
    wanted = conf.get("WORKERS")
    if not wanted:
        distributed = connections.is_configured() and project_app() is not None
        return WORKER_CELERY if distributed else WORKER_THREAD
    if wanted in (WORKER_THREAD, WORKER_CELERY):
        return str(wanted)
    reason = _REFUSED.get(wanted) if isinstance(wanted, str) else None
    if reason is None and isinstance(wanted, str) and "." in wanted:
        try:
            import_string(wanted)
        except ImportError as error:
            reason = str(error)
        else:
            return wanted
    reason = reason or "there is no such engine; use 'thread' or 'celery'"
    raise ImproperlyConfigured(f"WEBSOCKET_WORKERS = {wanted!r}: {reason}")


def executor() -> Executor:
    """Return the process's engine for the settings as they are now, made when first needed.

    Nothing made before a fork is used after it.

    Raises:
        ImproperlyConfigured: ``WEBSOCKET_WORKERS`` names none, or ``CELERY_APP`` no app.
    """
    wanted = check_workers()
    app = celery_app() if wanted == WORKER_CELERY else None
    sizes: Mapping[str | None, int] = conf.get("POOL_SIZES")
    limit = int(conf.limit("waiting"))
    key = (os.getpid(), wanted, app, limit, *sorted(sizes.items(), key=str))
    with _lock:
        if key not in _engines:
            if not _engines:
                atexit.register(_stop_all)
            if wanted == WORKER_THREAD:
                _engines[key] = ThreadExecutor(sizes=sizes, limit=limit)
            elif wanted == WORKER_CELERY:
                _engines[key] = CeleryExecutor(app)
            else:
                _engines[key] = import_string(wanted)()
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
