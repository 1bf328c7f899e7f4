"""An event loop that goes on only when it is told to, by a clock that stands still meanwhile."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque


class Loop(asyncio.AbstractEventLoop):
    """Runs what is ready, in order, and what has become due. Nobody waits for anything."""

    def __init__(self):
        self.now = 1000.0
        self.errors = []
        self._ready = deque()
        self._timers = []
        self._order = itertools.count()
        self._is_running = False

    def __enter__(self):
        asyncio._set_running_loop(self)
        return self

    def __exit__(self, *exc_info):
        asyncio._set_running_loop(None)

    # -------------------------------------------------------------- driven by hand

    def run(self):
        """Go on until everything waits for somebody else."""
        if self._is_running:
            return  # it goes on anyway
        self._is_running = True
        ready = self._ready
        while ready:
            handle = ready.popleft()
            if not handle.cancelled():
                handle._run()
        self._is_running = False

    def advance(self, seconds):
        """Let time pass; what becomes due on the way happens at its time."""
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, handle = heapq.heappop(self._timers)
            self.now = max(self.now, when)
            if not handle.cancelled():
                self._ready.append(handle)
            self.run()
        self.now = end

    # -------------------------------------------------------------- what asyncio asks for

    def time(self):
        return self.now

    def call_soon(self, callback, *args, context=None):
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(self, delay, callback, *args, context=None):
        return self.call_at(self.now + delay, callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._order), handle))
        return handle

    def _timer_handle_cancelled(self, handle):
        pass

    def create_future(self):
        return asyncio.Future(loop=self)

    def create_task(self, coro, **options):
        return asyncio.Task(coro, loop=self, **options)

    def is_closed(self):
        return False

    def get_debug(self):
        return False

    def call_exception_handler(self, context):
        # A killed server leaves tasks behind, and that is no error.
        if context.get("exception") is not None:
            self.errors.append(context["exception"])
