"""One socket's way out: frames in order, never waited for, an end to a reader that is too slow."""

from __future__ import annotations

import asyncio
import logging
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any

__all__ = ["Bounds", "Outlet"]

logger = logging.getLogger("dfws_html.delivery")

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How far a reader may be behind: waiting frames, their bytes, seconds of the oldest."""

    frames: int
    size: int
    seconds: float


class Outlet:
    """Sends texts over an ASGI ``send`` without awaiting it.

    A send that does not block is over when :meth:`send` returns, so that one event loop feeds many
    windows without a task for each. One that blocks goes on in a task, and what comes meanwhile
    waits behind it, within bounds.

    Args:
        send: the ASGI send of the connection.
        bounds: how far the reader may be behind.
        on_broken: called once, with what went wrong (``"slow"`` or ``"gone"``).
    """

    def __init__(self, send: Send, bounds: Bounds, on_broken: Callable[[str], None]) -> None:
        self._send = send
        self._bounds = bounds
        self._on_broken = on_broken
        self._waiting: deque[tuple[str, int, float]] = deque()  # text, bytes, since when
        self._size = 0
        self._task: asyncio.Task[None] | None = None
        self._broken = False

    def send(self, text: str) -> None:
        """Send a text, or keep it until those before it are gone."""
        if self._broken:
            return
        if self._task is not None:
            self._wait(text)
            return
        step = self._step(text)
        if step is not None:
            self._task = asyncio.ensure_future(self._rest(step, _now()))

    def room(self) -> asyncio.Future[None] | None:
        """Return None if more may be told now, else what is over when it may.

        Half of the bounds is for what nobody asks first.
        """
        full = 2 * len(self._waiting) >= self._bounds.frames or 2 * self._size >= self._bounds.size
        return self._task if full else None

    async def aclose(self, timeout: float = 1.0) -> None:
        """Take nothing more; give what waits a moment to leave, then stop."""
        self._broken = True
        task = self._task
        if task is not None and not task.done():
            await asyncio.wait([task], timeout=timeout)
            task.cancel()

    def _wait(self, text: str) -> None:
        size = len(text) if text.isascii() else len(text.encode())
        self._waiting.append((text, size, _now()))
        self._size += size
        if len(self._waiting) > self._bounds.frames or self._size > self._bounds.size:
            self._break("slow")

    def _break(self, reason: str) -> None:
        if not self._broken:
            self._broken = True
            self._waiting.clear()
            self._size = 0
            self._on_broken(reason)

    def _step(self, text: str) -> Coroutine[Any, Any, None] | None:
        """Drive one send as far as it goes; return what is left of it if it blocks."""
        coroutine = self._leave(text)
        try:
            blocked_on = coroutine.send(None)
        except StopIteration:
            return None
        except Exception as error:  # noqa: BLE001 - servers differ in how they say that it has left
            logger.debug("a frame did not leave: %r", error)
            self._break("gone")
            return None
        return _continued(coroutine, blocked_on)

    async def _leave(self, text: str) -> None:
        # What a server's `send` returns need be no coroutine (granian), so it is awaited in one.
        await self._send({"type": "websocket.send", "text": text})

    async def _rest(self, step: Awaitable[None], since: float) -> None:
        try:
            await self._in_time(step, since)
            while self._waiting:
                text, size, since = self._waiting.popleft()
                self._size -= size
                await self._in_time(self._leave(text), since)
        except Exception as error:  # noqa: BLE001 - as above
            logger.debug("a frame did not leave: %r", error)
            self._break("gone")
        finally:
            self._task = None

    async def _in_time(self, step: Awaitable[None], since: float) -> None:
        """Let a send block until its text is too old, whether or not anything else is sent."""
        try:
            async with asyncio.timeout_at(since + self._bounds.seconds) as limit:
                await step
        except TimeoutError:
            self._break("slow" if limit.expired() else "gone")


def _now() -> float:
    return asyncio.get_running_loop().time()


@types.coroutine
def _continued(coroutine: Coroutine[Any, Any, None], blocked_on: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been driven to its first wait."""
    step: Callable[[Any], Any]
    while True:
        try:
            answer = yield blocked_on
        except GeneratorExit:  # the loop has died; whoever else waited in it may have been closed
            coroutine.close()
            raise
        except BaseException as error:  # noqa: BLE001 - a cancellation goes inside, too
            step, value = coroutine.throw, error
        else:
            step, value = coroutine.send, answer
        try:
            blocked_on = step(value)
        except StopIteration:
            return
