"""The predecessor's windows without a browser: three seconds, and a socket again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.chaos.clients import get
from tests.chaos.records import Applied, Called, Connecting, Left, Loaded, Lost, Record, now

_AGAIN = 3.0
_BEAT = 60.0
_COOKIE = re.compile(r"set-cookie: (dfwskey=[^;]+)", re.IGNORECASE)
_CLOSED = (ConnectionClosed, WebSocketException, OSError, TimeoutError, EOFError)
#: Those that it runs.
_SIGNALS = ("chaos.add", "chaos.slow")


class Window:
    """One load of the page; arguments as for `tests.chaos.clients.Window`."""

    waiting = 0

    def __init__(
        self, ports: Sequence[int], rooms: Sequence[str], records: list[Record], dice: random.Random
    ) -> None:
        self.load = str(uuid.UUID(int=dice.getrandbits(128)))
        self._rooms = tuple(rooms)
        self._ports = ports
        self._records = records
        self._dice = dice
        self._socket: ClientConnection | None = None
        self._buffer: list[str] = []
        self._beat = 0.0
        self._calls = self._frames = 0
        self._task = asyncio.create_task(self._live())

    @property
    def is_open(self) -> bool:
        """Whether it has a socket; a second later it has its topics."""
        return self._socket is not None

    def call(self, signal: str) -> None:
        """Do what a user does; without a socket it waits for the next one."""
        if signal not in _SIGNALS:
            return
        self._calls += 1
        call = f"{self.load}.{self._calls}"
        self._note(Called, call=call, signal=signal, window=self.load)
        opts = {"room": self._dice.choice(self._rooms), "message": call, "canary": self.load}
        text = json.dumps({"signal": signal, "opts": opts})
        if self._socket is None:
            self._buffer.append(text)
        else:
            self._say(text)

    def tick(self) -> None:
        """Do what its script does each minute."""
        if self._socket is not None and time.monotonic() > self._beat:
            self._beat = time.monotonic() + _BEAT
            self._say("--heartbeat--")

    def cut(self) -> None:
        """Lose the socket, as by a broken network."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def leave(self) -> None:
        """Leave the page."""
        self._note(Left, window=self.load)
        await self.close()

    async def close(self) -> None:
        """End it."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.cut()

    def check(self) -> None:
        """Raise what has ended it before its time."""
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _live(self) -> None:
        query = "&".join(f"room={quote(room)}" for room in self._rooms)
        while True:
            with contextlib.suppress(OSError, TimeoutError, EOFError):
                port = self._dice.choice(self._ports)
                found = _COOKIE.search(await asyncio.wait_for(get(port, f"/?{query}"), 10))
                if found is not None:
                    break
            await asyncio.sleep(0.5)
        rooms = (f"window {self.load}", *self._rooms)
        self._note(Loaded, window=self.load, rooms=rooms, life="", pos=0)
        while True:
            self._note(Connecting, window=self.load)
            code = await self._connection(found[1])
            self._socket = None
            self._note(Lost, window=self.load, code=code)
            await asyncio.sleep(_AGAIN)

    async def _connection(self, cookie: str) -> int:
        place = f"127.0.0.1:{self._dice.choice(self._ports)}"
        socket = None
        try:
            socket = await connect(
                f"ws://{place}/ws/",
                additional_headers={"Cookie": cookie},
                compression=None,
                ping_interval=None,
                proxy=None,
                open_timeout=30,
                close_timeout=0.5,
            )
            self._socket = socket
            self._beat = time.monotonic() + _BEAT
            for text in self._buffer:
                self._say(text)
            self._buffer.clear()
            async for text in socket:
                if text != "--heartbeat--":
                    self._receive(json.loads(text))
        except _CLOSED:
            pass
        finally:
            if socket is not None:
                socket.transport.abort()
        return (socket.close_code if socket else None) or 1006

    def _receive(self, frame: dict[str, Any]) -> None:
        opts = frame["opts"]
        self._frames += 1
        self._note(
            Applied,
            window=self.load,
            life="",
            number=self._frames,
            rooms=tuple(opts.get("rooms", ())),
            message=opts["message"],
            meant=tuple(opts.get("rooms", ())),
            canary=opts.get("canary", ""),
        )

    def _say(self, text: str) -> None:
        if self._socket is not None and self._socket.state.name == "OPEN":
            self._socket.protocol.send_text(text.encode())
            self._socket.send_data()

    def _note(self, kind: Any, /, **values: Any) -> None:
        self._records.append(kind(at=now(), **values))
