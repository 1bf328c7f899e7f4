"""The engines that run jobs: threads of this process, or the caller itself; one contract."""

from __future__ import annotations

import asyncio
import atexit
import heapq
import itertools
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Protocol

from django.core.exceptions import ImproperlyConfigured

from dfws_html import conf
from dfws_html.constants import (
    WORKER_CELERY,
    WORKER_CHANNEL,
    WORKER_PROCESS,
    WORKER_THREAD,
)
from dfws_html.work import execution
from dfws_html.work.jobs import Job

__all__ = ["Executor", "ImmediateExecutor", "QueueFull", "ThreadExecutor", "executor", "stop"]

logger = logging.getLogger("dfws_html.signals")


class QueueFull(RuntimeError):
    """Too many jobs wait in a queue."""


class Executor(Protocol):
    """What every engine can do, from any thread."""

    #: Whether :meth:`submit` may wait for something outside this process.
    blocking: ClassVar[bool]

    def submit(self, job: Job) -> None:
        """Take a job over. Returns before it has run.

        Raises:
            QueueFull: it is not taken.
        """
        ...

    def stop(self, seconds: float) -> None:
        """Let what waits run for at most so long, then say what is lost."""
        ...


class ImmediateExecutor:
    """Runs each job at once in the caller's thread, whatever its delay; for tests.

    >>> ImmediateExecutor().blocking
    False
    """

    blocking: ClassVar[bool] = False

    def submit(self, job: Job) -> None:
        """See :meth:`Executor.submit`."""
        try:
            execution.run(job)
        except Exception:
            logger.debug("the job %s failed, as has been logged", job.task_id)

    def stop(self, seconds: float) -> None:
        """See :meth:`Executor.stop`."""


class _Pool:
    """The threads of one queue, started when there is something to do."""

    def __init__(self, queue: str, size: int, limit: int) -> None:
        self._queue = queue
        self._size = size
        self._limit = limit
        self._jobs: deque[Job] = deque()
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._quiet = threading.Condition(self._lock)
        self._threads = 0
        self._idle = 0
        self._running = 0

    def put(self, job: Job) -> None:
        with self._lock:
            if len(self._jobs) >= self._limit:
                raise QueueFull(
                    f"{self._limit} jobs wait in the queue {self._queue!r} "
                    "(WEBSOCKET_LIMITS['waiting'])"
                )
            self._jobs.append(job)
            if self._idle >= len(self._jobs):
                self._ready.notify()
            elif self._threads < self._size:
                self._threads += 1
                name = f"dfws-{self._queue}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()

    def drain(self, deadline: float) -> list[Job]:
        """Wait until nothing waits or runs; return what still waits at the deadline."""
        with self._lock:
            while (self._jobs or self._running) and (left := deadline - time.monotonic()) > 0:
                self._quiet.wait(left)
            lost = list(self._jobs)
            self._jobs.clear()
            if self._running:
                logger.error("%d jobs of the queue %r are cut off", self._running, self._queue)
            return lost

    def _work(self) -> None:
        while True:
            with self._lock:
                self._idle += 1
                while not self._jobs:
                    self._ready.wait()
                self._idle -= 1
                job = self._jobs.popleft()
                self._running += 1
            try:
                execution.perform(job)
            except Exception:
                logger.debug("the job %s failed, as has been logged", job.task_id)
            finally:
                with self._lock:
                    self._running -= 1
                    self._quiet.notify_all()


class _Clock:
    """One thread that hands jobs over when their time has come."""

    def __init__(self, due: Callable[[Job], None]) -> None:
        self._due = due
        self._heap: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        with self._changed:
            # By the monotonic clock from here on: the wall clock may be set while a job waits.
            when = time.monotonic() + job.eta - time.time()
            heapq.heappush(self._heap, (when, next(self._order), job))
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="dfws-clock", daemon=True)
                self._thread.start()
            self._changed.notify()

    def drain(self) -> list[Job]:
        with self._changed:
            lost = [job for _, _, job in sorted(self._heap, key=lambda item: item[:2])]
            self._heap.clear()
            return lost

    def _tick(self) -> None:
        while True:
            with self._changed:
                while not self._heap or self._heap[0][0] > time.monotonic():
                    wait = self._heap[0][0] - time.monotonic() if self._heap else None
                    self._changed.wait(wait)
                _, _, job = heapq.heappop(self._heap)
            self._due(job)


class ThreadExecutor:
    """Runs jobs in daemon threads of this process: a bounded pool for each queue.

    Args:
        sizes: threads by queue; the key None stands for every other queue.
        limit: jobs that may wait in one queue.
    """

    blocking: ClassVar[bool] = False

    def __init__(self, *, sizes: dict[str | None, int], limit: int) -> None:
        self._sizes = sizes
        self._limit = limit
        self._lock = threading.Lock()
        self._pools: dict[str, _Pool] = {}
        self._clock = _Clock(self._due)

    def submit(self, job: Job) -> None:
        """See :meth:`Executor.submit`."""
        if job.eta > time.time():
            self._clock.put(job)
        else:
            self._pool(job.queue).put(job)

    def stop(self, seconds: float) -> None:
        """See :meth:`Executor.stop`."""
        deadline = time.monotonic() + seconds
        for job in self._clock.drain():
            execution.lose(job, "the server stopped before its time had come")
        for pool in list(self._pools.values()):
            for job in pool.drain(deadline):
                execution.lose(job, "the server stopped before it could run")

    def _due(self, job: Job) -> None:
        try:
            self._pool(job.queue).put(job)
        except QueueFull as error:
            execution.lose(job, str(error))

    def _pool(self, queue: str) -> _Pool:
        with self._lock:
            if queue not in self._pools:
                size = self._sizes.get(queue) or self._sizes[None]
                self._pools[queue] = _Pool(queue, size, self._limit)
            return self._pools[queue]


_STOP_SECONDS = 10.0
_REFUSED = {
    WORKER_CELERY: "this release runs signals in threads of the server's own process",
    WORKER_CHANNEL: "channel-layer workers could lose signals without a word; use 'thread'",
    WORKER_PROCESS: "a pool of processes can't push to this process's windows; use 'thread'",
}
_executors: dict[int, ThreadExecutor] = {}
_lock = threading.Lock()


def executor() -> Executor:
    """Return the process's engine, made when first needed: nothing made before a fork is used.

    Raises:
        ImproperlyConfigured: ``WEBSOCKET_WORKERS`` names none.
    """
    wanted = conf.get("WORKERS") or WORKER_THREAD
    if wanted != WORKER_THREAD:
        reason = _REFUSED.get(wanted, "there is no such engine; use 'thread'")
        raise ImproperlyConfigured(f"WEBSOCKET_WORKERS = {wanted!r}: {reason}")
    pid = os.getpid()
    with _lock:
        if pid not in _executors:
            _executors[pid] = ThreadExecutor(
                sizes=conf.get("POOL_SIZES"), limit=int(conf.limit("waiting"))
            )
            atexit.register(_executors[pid].stop, _STOP_SECONDS)
        return _executors[pid]


async def stop() -> None:
    """Stop this process's engine, if it has one, without keeping the event loop."""
    engine = _executors.get(os.getpid())
    if engine is not None:
        await asyncio.to_thread(engine.stop, _STOP_SECONDS)
