"""The websocket of one window, from its handshake to its end."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

from django.http import HttpRequest

from dfws_html import conf
from dfws_html.delivery.outlet import Bounds, Outlet
from dfws_html.delivery.publishing import publisher
from dfws_html.delivery.windows import hold_windows
from dfws_html.exceptions import ProtocolError, Unreachable
from dfws_html.page.origins import request_of, why_foreign
from dfws_html.page.tokens import TokenRefused
from dfws_html.protocol import CLOSE, Hello
from dfws_html.sockets.endings import SERVER_FAILED, Closed
from dfws_html.sockets.inbox import Inbox, Receive
from dfws_html.sockets.window import Window, parsed

__all__ = ["DFConsumer", "State"]

logger = logging.getLogger("dfws_html.sockets")

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_GOODBYE = 4.0  # seconds for which a close may wait behind what a slow reader has yet to read
_AT_ONCE = 0.5  # the same when the server itself ends
_PRIVATE = 3000  # some servers (daphne) refuse to send 1011 to 1013: then it is 4011 to 4013


class State(enum.Enum):
    """Where a socket is in its life."""

    OPENING = "the handshake is not answered"
    GREETING = "it is open, and has not been welcomed"
    LIVE = "it hears and is heard"
    CLOSED = "it is over"


class DFConsumer:
    """One window's socket, as an ASGI application of its own.

    >>> from channels.routing import URLRouter
    >>> from django.urls import path
    >>> urls = URLRouter([path("ws/", DFConsumer.as_asgi())])
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._state = State.OPENING
        self._inbox = Inbox(receive)
        self._outlet = Outlet(
            send,
            Bounds(
                frames=int(conf.limit("behind_frames")),
                size=int(conf.limit("behind_bytes")),
                seconds=conf.limit("behind_seconds"),
            ),
            self._on_broken,
        )
        self._window: Window | None = None

    @classmethod
    def as_asgi(cls) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        """Return the ASGI application that serves windows."""

        async def window_socket(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "websocket":
                raise ValueError(f"{cls.__name__} speaks websocket, not {scope['type']}")
            await cls(scope, receive, send).run()

        return window_socket

    async def run(self) -> None:
        """Serve the window until its socket is closed."""
        try:
            request = await self._opened()
            if request is not None and (hello := await self._hello()) is not None:
                await self._greet(request, hello)
                await self._listen()
        except Closed as end:
            logger.log(end.level, "window %s: closed with %d: %s", self._name(), end.code, end)
            await self._close(end.code)
        except asyncio.CancelledError:
            await self._close(CLOSE["restart"], within=_AT_ONCE)
            raise
        except Exception:  # the socket's edge: whatever it is, it is told once, here
            logger.exception("window %s: its socket failed", self._name())
            await self._close(SERVER_FAILED)
        finally:
            self._state = State.CLOSED
            if self._window is not None:
                self._window.leave()
            self._inbox.close()
            await self._outlet.aclose(timeout=0)

    # -------------------------------------------------------------- the handshake

    async def _opened(self) -> HttpRequest | None:
        """Accept the socket, and return the request that it was; None if that is its end."""
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return None
        request = request_of(self._scope)
        foreign = why_foreign(request)
        if foreign is not None:
            logger.warning("a socket is refused: %s", foreign)
            await self._say({"type": "websocket.close", "code": CLOSE["forbidden"]})
            return None
        if not await self._say({"type": "websocket.accept"}):
            return None
        self._state = State.GREETING
        if not publisher().history.shared and not await asyncio.to_thread(hold_windows):
            raise Closed(
                "later",
                "another process holds the windows of this site; without "
                "WEBSOCKET_REDIS_CONNECTION only one can: run one server process, or set it",
            )
        return request

    async def _hello(self) -> Hello | None:
        try:
            text = await self._inbox.text(conf.limit("hello_seconds"))
        except TimeoutError:
            raise Closed("no_hello", "it did not say hello in time") from None
        if text is None:
            return None
        try:
            frame = parsed(text)
        except ProtocolError as error:
            why = "version" if error.code == "version" else "bad_frame"
            raise Closed(why, f"its first frame: {error.message}") from None
        if not isinstance(frame, Hello):
            raise Closed("bad_frame", "its first frame is no hello")
        return frame

    async def _greet(self, request: HttpRequest, hello: Hello) -> None:
        async with _turn():
            try:
                self._window = Window(
                    hello, request=request, outlet=self._outlet, on_end=self._inbox.stop
                )
                await self._window.arrive()
            except TokenRefused as error:
                raise Closed(error.code, str(error)) from None
            except Unreachable as error:
                raise Closed("later", str(error)) from None
        self._state = State.LIVE

    # -------------------------------------------------------------- its life

    async def _listen(self) -> None:
        assert self._window is not None
        while True:
            try:
                text = await self._inbox.text(conf.limit("silence_seconds"))
            except TimeoutError:
                raise Closed("silent", "it has been silent for too long") from None
            if text is None:
                return
            await self._window.take(text)

    def _on_broken(self, reason: str) -> None:
        # One that is gone is told by its own disconnect, which the inbox is about to bring.
        if reason == "slow":
            self._inbox.stop(Closed("slow", "it reads too slowly"))

    # -------------------------------------------------------------- the end

    async def _close(self, code: int, *, within: float = _GOODBYE) -> None:
        # First nothing more to hear, as what rings now would only queue behind the close.
        if self._window is not None:
            self._window.leave()
        await self._outlet.aclose(timeout=within / 2)
        try:
            async with asyncio.timeout(within / 2):
                sent = await self._say({"type": "websocket.close", "code": code})
                if not sent and code < _PRIVATE:
                    await self._say({"type": "websocket.close", "code": code + _PRIVATE})
        except TimeoutError:
            logger.debug("window %s: it does not read its close", self._name())

    async def _say(self, message: MutableMapping[str, Any]) -> bool:
        """Send what opens or ends the socket. False if the browser has left."""
        try:
            await self._send(message)
        except Exception as error:  # noqa: BLE001  # servers differ in what they raise here
            logger.debug("window %s: it had left already: %r", self._name(), error)
            return False
        return True

    def _name(self) -> str:
        return str(self._window or "without a name")


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def _turn() -> asyncio.Semaphore:
    """Return what lets so many windows be greeted at once; after a restart all come together."""
    loop = asyncio.get_running_loop()
    return _turns.setdefault(loop, asyncio.Semaphore(int(conf.limit("hellos"))))
