"""One socket's way in: texts in order, none lost to a timeout, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from dfws_html.sockets.endings import Closed

__all__ = ["Inbox", "Receive"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Inbox:
    """What a browser sends.

    A wait that ends early leaves its ``receive`` to the next one: to cancel it could lose what
    had just arrived, as ASGI does not say that ``receive`` survives that.

    Args:
        receive: the ASGI receive of an accepted connection.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._arriving: asyncio.Future[MutableMapping[str, Any]] | None = None
        self._stop: asyncio.Future[Closed] = asyncio.get_running_loop().create_future()

    async def text(self, seconds: float) -> str | None:
        """Return the next text, None if the browser has left.

        Raises:
            TimeoutError: there was none for so long.
            Closed: it is no text, or :meth:`stop` was called.
        """
        if self._arriving is None:
            self._arriving = asyncio.ensure_future(self._receive())
        either: set[asyncio.Future[Any]] = {self._arriving, self._stop}
        await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._stop.done():
            raise self._stop.result()
        if not self._arriving.done():
            raise TimeoutError
        message = self._arriving.result()
        if message["type"] == "websocket.disconnect":
            return None  # and so it stays, whoever asks again
        self._arriving = None
        text: str | None = message.get("text")
        if text is None:
            raise Closed("bad_frame", "a binary frame")
        return text

    def stop(self, end: Closed) -> None:
        """Make whoever waits for a text, now or later, end so."""
        if not self._stop.done():
            self._stop.set_result(end)

    def close(self) -> None:
        """Wait for nothing any more."""
        arriving = self._arriving
        if arriving is not None and not arriving.cancel() and not arriving.cancelled():
            arriving.exception()  # asked for, so that nobody complains that nobody asked
