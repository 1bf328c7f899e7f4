"""The websocket of one window, from its handshake to its end."""

from __future__ import annotations

import asyncio
import enum
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any

from channels.db import database_sync_to_async
from django.http import HttpRequest
from django.http.cookie import parse_cookie

from dfws_html import conf
from dfws_html.delivery.history import Entry
from dfws_html.delivery.hub import Hub, Subscriber, hub
from dfws_html.delivery.outlet import Bounds, Outlet
from dfws_html.delivery.publishing import publisher
from dfws_html.delivery.windows import hold_windows
from dfws_html.exceptions import (
    InvalidArguments,
    ProtocolError,
    SignalNotAllowed,
    UnknownSignal,
)
from dfws_html.page.living import changed_token
from dfws_html.page.origins import request_of, why_foreign
from dfws_html.page.tokens import PageToken, TokenRefused, new_window_id, sign, verify
from dfws_html.page.visitors import Visitor, check_identity, visitor
from dfws_html.protocol import (
    CLOSE,
    HEARTBEAT,
    VERSION,
    Ack,
    Call,
    HeartbeatAnswer,
    Hello,
    Nack,
    NewTopics,
    TopicsTold,
    Welcome,
    parse,
)
from dfws_html.topics import WINDOW, key_fingerprint, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.dispatch import admit
from dfws_html.work.executors import QueueFull, executor
from dfws_html.work.jobs import HandlerJob
from dfws_html.work.ledger import ledger
from dfws_html.work.rate import Bucket
from dfws_html.work.registry import registry

__all__ = ["DFConsumer"]

logger = logging.getLogger("dfws_html.sockets")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (UnknownSignal, "unknown"),
    (SignalNotAllowed, "forbidden"),
    (InvalidArguments, "invalid"),
    (QueueFull, "busy"),
)


class State(enum.Enum):
    """Where a socket is in its life."""

    OPENING = "the handshake is not answered"
    GREETING = "it is open, and has not said hello"
    LIVE = "it hears and is heard"
    CLOSED = "it is over"


class _Closed(Exception):
    """The socket ends here; ``code`` is for the browser, the text for the log."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.code = CLOSE[why]


class DFConsumer:
    """One window's socket, as an ASGI application of its own.

    >>> from channels.routing import URLRouter
    >>> from django.urls import path
    >>> urls = URLRouter([path("ws/", DFConsumer.as_asgi())])
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._raw_send = send
        self._request = request_of(scope)
        self._cookies = parse_cookie(self._request.META.get("HTTP_COOKIE", ""))
        self._state = State.OPENING
        self._broken: str | None = None
        self._bucket = Bucket(rate=conf.limit("rate"), burst=conf.limit("burst"))
        self._outlet = Outlet(
            send,
            Bounds(
                frames=int(conf.limit("behind_frames")),
                size=int(conf.limit("behind_bytes")),
                seconds=conf.limit("behind_seconds"),
            ),
            self._on_broken,
        )
        self._main: asyncio.Task[Any] | None = None
        self._hub: Hub
        self._subscriber: Subscriber
        self._token: PageToken
        self._load = ""
        self._window_info: WindowInfo
        self._who: Visitor

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
        self._main = asyncio.current_task()
        try:
            if await self._open():
                await self._greet()
                await self._listen()
        except _Closed as end:
            logger.warning("window %s: closed with %d: %s", self._name(), end.code, end)
            await self._close(end.code)
        finally:
            self._state = State.CLOSED
            if hasattr(self, "_subscriber"):
                self._hub.remove(self._subscriber)
            await self._outlet.aclose(timeout=0)

    # -------------------------------------------------------------- the handshake

    async def _open(self) -> bool:
        message = await self._receive()
        if message["type"] != "websocket.connect":
            return False
        foreign = why_foreign(self._request)
        if foreign is not None:
            logger.warning("a socket is refused: %s", foreign)
            await self._raw_send({"type": "websocket.close", "code": CLOSE["forbidden"]})
            return False
        await self._raw_send({"type": "websocket.accept"})
        self._state = State.GREETING
        if not await asyncio.to_thread(hold_windows):
            raise _Closed(
                "later",
                "another process holds the windows of this site; without "
                "WEBSOCKET_REDIS_CONNECTION only one can: run one server process, or set it",
            )
        return True

    async def _greet(self) -> None:
        hello = await self._hello()
        try:
            token = verify(hello.token)
            self._who = await database_sync_to_async(visitor, thread_sensitive=False)(self._cookies)
            check_identity(token, self._who)
        except TokenRefused as error:
            raise _Closed(error.code, str(error)) from None
        through = publisher()
        self._hub = hub(through)
        self._load = hello.load
        self._token, fresh = self._claimed(token)
        life = hello.life or token.life
        own = topic_ids(topic_names(self._info(hello.url), [WINDOW]))[0]
        topics = [own if index == 0 else topic for index, topic in enumerate(self._token.topics)]
        self._token = replace(self._token, topics=tuple(topics))
        self._subscriber = Subscriber(
            self._outlet.send,
            self._on_control,
            topics=topics,
            positions=_positions(token, topics, hello, fresh=fresh),
            life=life if token.key == key_fingerprint() else "",
        )
        # Hear first and read then: the other way round, what rings in between would be lost.
        self._hub.add(self._subscriber)
        reading = await through.history.read(self._subscriber.positions)
        if fresh:
            self._subscriber.positions[own] = reading.position
        self._outlet.send(
            Welcome(
                window=self._token.window,
                life=reading.life,
                topics=topics,
                heartbeat=conf.limit("heartbeat"),
                limits={"frame": conf.limit("frame_in")},
                token=sign(self._token) if fresh else None,
                positions={0: reading.position} if fresh else {},
            ).encode()
        )
        self._state = State.LIVE
        if fresh:
            reading = await through.history.read(self._subscriber.positions)
        await self._hub.catch_up(self._subscriber, reading)

    async def _hello(self) -> Hello:
        try:
            async with asyncio.timeout(conf.limit("hello_seconds")):
                text = await self._text()
        except TimeoutError:
            raise _Closed("no_hello", "it did not say hello in time") from None
        if text is None:
            raise _Closed("no_hello", "it left without a hello")
        try:
            frame = self._parse(text)
        except ProtocolError as error:
            raise _Closed("bad_frame", f"its first frame: {error}") from None
        if not isinstance(frame, Hello):
            raise _Closed("bad_frame", "its first frame is no hello")
        if frame.version != VERSION:
            raise _Closed("version", f"its script speaks version {frame.version}, not {VERSION}")
        return frame

    def _claimed(self, token: PageToken) -> tuple[PageToken, bool]:
        """Return the token, with a fresh window id if another load of the same page has this one."""
        if ledger().claim(token.window, self._load):
            return token, False
        fresh = replace(token, window=new_window_id())
        ledger().claim(fresh.window, self._load)
        return fresh, True

    def _info(self, url: str) -> WindowInfo:
        """Make what handlers will know of the window."""
        request: HttpRequest = self._request
        request.session = self._who.session
        request.user = self._who.user
        request.window_key = self._token.window  # type: ignore[attr-defined]
        self._window_info = WindowInfo.from_request(request)
        self._window_info.page_url = url
        return self._window_info

    # -------------------------------------------------------------- what the window sends

    async def _listen(self) -> None:
        while True:
            try:
                async with asyncio.timeout(conf.limit("silence_seconds")):
                    text = await self._text()
            except TimeoutError:
                raise _Closed("later", "it has been silent for too long") from None
            if text is None:
                return
            if text == HEARTBEAT:
                await self._heartbeat()
            else:
                await self._take(text)

    async def _text(self) -> str | None:
        """Return the next text, None at the end."""
        if self._broken is not None:
            raise _Closed("slow", "it reads too slowly")
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if self._broken is not None:
                raise _Closed("slow", "it reads too slowly") from None
            raise
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        if text is None:
            raise _Closed("bad_frame", "a binary frame")
        return text

    def _parse(self, text: str) -> Hello | Call | NewTopics:
        return parse(
            text,
            max_bytes=int(conf.limit("frame_in")),
            max_depth=int(conf.limit("depth")),
            decoder=conf.load("SIGNAL_DECODER"),
        )

    async def _heartbeat(self) -> None:
        position = await self._hub.check(self._subscriber)
        at = position if position is not None else -1
        self._outlet.send(HeartbeatAnswer(position=max(at, 0)).encode())

    async def _take(self, text: str) -> None:
        number: int | None = None
        try:
            frame = self._parse(text)
            if isinstance(frame, Hello):
                raise ProtocolError("invalid", None, "a second hello")
            if isinstance(frame, NewTopics):
                self._new_topics(frame)
                return
            number = frame.n
            if not self._bucket.take(asyncio.get_running_loop().time()):
                raise ProtocolError("rate", number, "too many frames; wait a moment")
            await self._call(frame)
        except ProtocolError as error:
            self._refuse(error.n, error.code, error.message, number)
        except tuple(kind for kind, _ in _REFUSALS) as error:
            code = next(code for kind, code in _REFUSALS if isinstance(error, kind))
            self._refuse(number, code, str(error), number)

    def _refuse(self, n: int | None, code: str, message: str, number: int | None) -> None:
        logger.warning("window %s: refused (%s): %s", self._name(), code, message)
        self._outlet.send(Nack(n=n if n is not None else number, code=code, message=message).encode())

    async def _call(self, call: Call) -> None:
        local = all(
            getattr(handler.is_allowed_to, "local", False)
            for handler in registry.handlers(call.signal)
        )
        if local:
            jobs = admit(call, self._load, self._window_info, now=time.time())
        else:
            jobs = await database_sync_to_async(admit, thread_sensitive=False)(
                call, self._load, self._window_info, now=time.time()
            )
        engine = executor()
        if engine.blocking:
            await asyncio.to_thread(_submit_all, jobs)
        else:
            _submit_all(jobs)
        self._outlet.send(Ack(n=call.n).encode())

    def _new_topics(self, frame: NewTopics) -> None:
        """The page took over the token of an answer to one of its requests."""
        try:
            token = verify(frame.token)
            check_identity(token, self._who)
            if token.window != self._token.window:
                raise TokenRefused("identity", "the token belongs to another window")
        except TokenRefused as error:
            raise ProtocolError("forbidden", None, str(error)) from None
        self._retopic(token, None)

    # -------------------------------------------------------------- what the window is told

    def _on_control(self, entry: Entry) -> None:
        """A handler or view changed this window's topics."""
        self._retopic(changed_token(self._token, entry), entry.number)

    def _retopic(self, token: PageToken, number: int | None) -> None:
        before = set(self._subscriber.topics)
        self._token = token
        added = {topic: token.position for topic in token.topics if topic and topic not in before}
        if token.life != self._subscriber.life:
            added = dict.fromkeys(added, -1)
        told = TopicsTold(
            token=sign(token),
            topics=token.topics,
            positions={
                index: added[topic] for index, topic in enumerate(token.topics) if topic in added
            },
            number=number,
        )
        self._outlet.send(told.encode())
        self._hub.retopic(self._subscriber, token.topics, added)

    # -------------------------------------------------------------- the end

    def _on_broken(self, reason: str) -> None:
        self._broken = reason
        if self._main is not None and reason == "slow":
            self._main.cancel()

    async def _close(self, code: int) -> None:
        await self._outlet.aclose()
        try:
            await self._raw_send({"type": "websocket.close", "code": code})
        except Exception as error:  # servers differ in what they raise once the browser has left
            logger.debug("window %s: it had left already: %r", self._name(), error)

    def _name(self) -> str:
        token = getattr(self, "_token", None)
        return token.window if token is not None else "without a name"


def _positions(
    token: PageToken, topics: list[str | None], hello: Hello, *, fresh: bool
) -> dict[str, int]:
    """Return where the window stands: as its hello says, else where its page began."""
    return {
        topic: token.position if fresh and index == 0 else hello.positions.get(index, token.position)
        for index, topic in enumerate(topics)
        if topic is not None
    }


def _submit_all(jobs: tuple[HandlerJob, ...]) -> None:
    engine = executor()
    for job in jobs:
        engine.submit(job)
