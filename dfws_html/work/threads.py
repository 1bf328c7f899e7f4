"""The engine of the embedded mode: threads of this process, a bounded pool for each queue."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import ClassVar

from dfws_html.work import execution, outcomes
from dfws_html.work.jobs import HandlerJob, Job, PushJob

__all__ = ["QueueFull", "ThreadExecutor"]

logger = logging.getLogger("dfws_html.signals")


class QueueFull(RuntimeError):
    """Too many jobs wait in a queue, or the engine takes none any more."""


def _perform(job: Job) -> None:
    try:
        execution.perform(job)
    except BaseException:  # noqa: BLE001 - it is logged; an exit in a handler must not end a worker
        logger.debug("the job %s failed, as has been logged", job.task_id)


class _Pool:
    """The threads of one queue, started when there is something to do."""

    def __init__(self, queue: str, size: int) -> None:
        self._queue = queue
        self._size = size
        self._waiting: deque[Job] = deque()
        self._running: list[Job] = []
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._ended = threading.Condition(self._lock)
        self._threads = 0
        self._idle = 0
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, job: Job) -> None:
        with self._lock:
            if self._idle <= len(self._waiting) and self._threads < self._size:
                self._start()
            self._waiting.append(job)
            self._ready.notify()

    def take_out(self, wanted: Callable[[Job], bool]) -> list[Job]:
        """Return what waits and is wanted; it waits no more."""
        with self._lock:
            found = [job for job in self._waiting if wanted(job)]
            for job in found:
                self._waiting.remove(job)
            return found

    def is_busy(self) -> bool:
        with self._lock:
            return bool(self._waiting or self._running)

    def join(self, deadline: float) -> None:
        """Wait until nothing waits or runs."""
        with self._lock:
            while (self._waiting or self._running) and (left := deadline - time.monotonic()) > 0:
                self._ended.wait(left)

    def close(self) -> tuple[list[Job], list[Job]]:
        """End the idle threads; return what waited and what runs."""
        with self._lock:
            self._closed = True
            waiting, running = list(self._waiting), list(self._running)
            self._waiting.clear()
            self._ready.notify_all()
            return waiting, running

    def _start(self) -> None:
        name = f"dfws-{self._queue}-{self._threads + 1}"
        try:
            threading.Thread(target=self._work, name=name, daemon=True).start()
        except RuntimeError as error:
            if not self._threads:
                raise QueueFull(f"no thread for the queue {self._queue!r}: {error}") from error
            logger.warning("the queue %r gets no further thread: %s", self._queue, error)
        else:
            self._threads += 1

    def _work(self) -> None:
        job: Job | None = None
        while (job := self._next(job)) is not None:
            _perform(job)

    def _next(self, ended: Job | None) -> Job | None:
        # In one step, so that whoever saw the end of a job finds its thread idle.
        with self._lock:
            if ended is not None:
                self._running.remove(ended)
                self._ended.notify_all()
            self._idle += 1
            while not self._waiting and not self._closed:
                self._ready.wait()
            self._idle -= 1
            if not self._waiting:
                return None
            job = self._waiting.popleft()
            self._running.append(job)
            return job


_LONG = 3600.0  # seconds; a wait without end could not be expressed
_SOON = 1.0  # seconds to come for which an engine that stops waits
_AT_HAND = 1.0  # seconds that it takes to hand a job over, and a push to be sent, at most


class _Clock:
    """One thread that hands jobs over when their time has come."""

    def __init__(self, due: Callable[[Job], None]) -> None:
        self._due = due
        self._heap: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._offset = 0.0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._is_handing_over = False
        self.waiting: Counter[str] = Counter()

    def put(self, job: Job) -> None:
        with self._changed:
            heapq.heappush(self._heap, (self._monotonic(job.eta), next(self._order), job))
            self.waiting[job.queue] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._tick, name="dfws-clock", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def take_out(self, wanted: Callable[[Job], bool]) -> list[Job]:
        """Return what waits and is wanted; it waits no more."""
        with self._changed:
            found = [job for _, _, job in self._heap if wanted(job)]
            self._heap = [item for item in self._heap if item[2] not in found]
            heapq.heapify(self._heap)
            self.waiting -= Counter(job.queue for job in found)
            return found

    def join(self, until: float) -> None:
        """Wait until all is handed over whose time comes by then."""
        with self._changed:
            while self._is_handing_over or (self._heap and self._heap[0][0] <= until):
                if (left := until + _AT_HAND - time.monotonic()) <= 0:
                    return
                self._changed.wait(left)

    def close(self) -> list[Job]:
        """End the thread; return what waited."""
        with self._changed:
            self._closed = True
            waiting = [job for _, _, job in sorted(self._heap, key=lambda item: item[:2])]
            self._heap.clear()
            self._changed.notify_all()
            return waiting

    def _monotonic(self, eta: float) -> float:
        # By the monotonic clock from here on: the wall clock may be set while a job waits. Its
        # offset is read anew only if it has moved, so that equal times stay equal.
        offset = time.monotonic() - time.time()
        if abs(offset - self._offset) > 0.1:
            self._offset = offset
        return eta + self._offset

    def _tick(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._due(job)
            except Exception:
                # One job's fault must not stop the clock for the others.
                logger.exception("signal %r: the job %s did not start", job.signal, job.task_id)

    def _next(self) -> Job | None:
        with self._changed:
            self._is_handing_over = False
            self._changed.notify_all()
            while not self._closed:
                wait = self._heap[0][0] - time.monotonic() if self._heap else _LONG
                if wait <= 0:
                    _, _, job = heapq.heappop(self._heap)
                    self.waiting[job.queue] -= 1
                    self._is_handing_over = True
                    return job
                self._changed.wait(min(wait, _LONG))
        return None


class ThreadExecutor:
    """Runs jobs in daemon threads of this process: a bounded pool for each queue.

    Args:
        sizes: threads by queue; the key None stands for every other queue.
        limit: jobs that may wait in one queue, delayed ones included.
    """

    blocking: ClassVar[bool] = False

    def __init__(self, *, sizes: Mapping[str | None, int], limit: int) -> None:
        self._sizes = sizes
        self._limit = limit
        self._lock = threading.Lock()
        self._pools: dict[str, _Pool] = {}
        self._clock = _Clock(self._due)
        self._closed = False

    def submit(self, *jobs: Job) -> None:
        """Take jobs over, all or none.

        Raises:
            QueueFull: they are not taken.
        """
        now = time.time()
        with self._lock:
            self._check_room(jobs)
            for job in jobs:
                if job.eta > now:
                    self._clock.put(job)
                else:
                    self._pool(job.queue).put(job)

    def withdraw(self, call: str) -> None:
        """See ``Executor.withdraw``. Jobs that wait leave their places, and are told at once."""

        def wanted(job: Job) -> bool:
            return isinstance(job, HandlerJob) and job.call is not None and job.call.key == call

        with self._lock:
            places: list[_Clock | _Pool] = [self._clock, *self._pools.values()]
            found = [job for place in places for job in place.take_out(wanted)]
        for job in found:
            _perform(job)  # the ledger lets none of them begin

    def stop(self, seconds: float) -> None:
        """Let what waits run for at most so long, then say what is lost. It takes no more.

        What is delayed is waited for if its time is almost there.
        """
        deadline = time.monotonic() + seconds
        self._clock.join(min(deadline, time.monotonic() + _SOON))
        while (rest := self._close(at_once=time.monotonic() >= deadline)) is None:
            for pool in self._all_pools():
                pool.join(deadline)
        delayed, pools = rest
        for job in delayed:
            outcomes.lose(job, "the server stopped before its time had come")
        for waiting, running in pools:
            for job in waiting:
                outcomes.lose(job, "the server stopped before it could run")
            for job in running:
                outcomes.lose(job, "the server stopped while it ran")

    def _close(
        self, *, at_once: bool
    ) -> tuple[list[Job], list[tuple[list[Job], list[Job]]]] | None:
        """Take no more; return what is left, None if something runs that may send more."""
        with self._lock:  # nothing is submitted while all pools are looked at
            if not at_once and any(pool.is_busy() for pool in self._pools.values()):
                return None
            self._closed = True
            return self._clock.close(), [pool.close() for pool in self._pools.values()]

    def _check_room(self, jobs: tuple[Job, ...]) -> None:
        if self._closed:
            raise QueueFull("the server is stopping")
        for queue, count in Counter(job.queue for job in jobs).items():
            waiting = len(self._pool(queue)) + self._clock.waiting[queue]
            if waiting + count > self._limit:
                raise QueueFull(
                    f"{waiting} jobs wait in the queue {queue!r}; the limit is {self._limit} "
                    "(WEBSOCKET_LIMITS['waiting'])"
                )

    def _due(self, job: Job) -> None:
        if isinstance(job, PushJob):
            # Here, and not in a pool: frames keep their order, and busy handlers don't delay them.
            _perform(job)
            return
        with self._lock:
            if not self._closed:
                self._pool(job.queue).put(job)
                return
        outcomes.lose(job, "the server stopped before it could run")

    def _pool(self, queue: str) -> _Pool:
        if queue not in self._pools:
            self._pools[queue] = _Pool(queue, self._sizes.get(queue) or self._sizes[None])
        return self._pools[queue]

    def _all_pools(self) -> list[_Pool]:
        with self._lock:
            return list(self._pools.values())
