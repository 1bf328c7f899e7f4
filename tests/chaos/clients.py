"""Windows without a browser: each loads the page, keeps a socket, calls, and writes all down."""

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

from tests.chaos.page import Outbox, Positions, retry_delay
from tests.chaos.records import (
    Acked,
    Applied,
    Called,
    Connecting,
    Left,
    Loaded,
    LoggedOut,
    Lost,
    Outcome,
    Record,
    Resynced,
    now,
)

_PATIENCE = 20.0  # from connecting to the welcome
_ANSWER = 10.0
_STRANGER = 4401
_STABLE = 30.0
_META = re.compile(r'<meta name="dfws" content="([^"]+)"((?: data-[a-z]+="[^"]*")*)>')
_COOKIE = re.compile(r"^Set-Cookie: *(sessionid=[^;]+)", re.IGNORECASE | re.MULTILINE)
_CLOSED = (ConnectionClosed, WebSocketException, OSError, TimeoutError, EOFError)


class Window:
    """One load of the page.

    Args:
        ports: where the site is; each try takes one of them.
        rooms: what the page hears.
        records: where all is written down.
        dice: its chance.
        member: whether somebody is logged in.
    """

    def __init__(
        self,
        ports: Sequence[int],
        rooms: Sequence[str],
        records: list[Record],
        dice: random.Random,
        *,
        member: bool = False,
    ) -> None:
        self.load = str(uuid.UUID(int=dice.getrandbits(128)))
        self._rooms = tuple(rooms)
        own = (f"user of {self.load}", f"session of {self.load}") if member else ()
        self._names = (f"window {self.load}", "everybody", *own, *rooms)
        self._ports = ports
        self._records = records
        self._dice = dice
        self._outbox = Outbox(self._send, self._settle)
        self._socket: ClientConnection | None = None
        self._open = False
        self._opened = 0.0
        self._attempt = 0
        self._due = 0.0
        self._asked = False
        self._beat = 25.0
        self._calls = 0
        self._token = ""
        self._member = member
        self._cookie = ""
        self._leaving = False
        self._task = asyncio.create_task(self._live())

    # -------------------------------------------------------------- what others do with it

    @property
    def is_open(self) -> bool:
        """Whether it has been welcomed, and not lost since."""
        return self._open

    @property
    def waiting(self) -> int:
        """How many of its calls have no outcome yet."""
        return len(self._outbox)

    def call(self, signal: str) -> None:
        """Do what a user does."""
        if not self._token:
            return  # there is no page yet
        self._calls += 1
        call = f"{self.load}.{self._calls}"
        self._note(Called, call=call, signal=signal, window=self.load)
        room = self._dice.choice(self._rooms)
        opts = {"room": room, "message": call, "canary": self.load}
        frame = {"signal": signal, "opts": opts, "reply": True}
        self._outbox.post(self._calls, frame, time.monotonic())

    def tick(self) -> None:
        """Do what the script does each second."""
        moment = time.monotonic()
        self._outbox.sweep(moment)
        if self._socket is not None and moment > self._due:
            if self._asked:
                self.cut()
            else:
                self._say("--heartbeat--")
                self._expect(asked=True, seconds=_ANSWER)

    def cut(self) -> None:
        """Lose the socket, as by a broken network."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def leave(self) -> None:
        """Leave the page: nothing more is promised to it."""
        self._note(Left, window=self.load)
        await self.close()

    async def log_out(self) -> None:
        """Log out, as from another tab: the server is to end this one."""
        self._leaving = True
        self._note(Left, window=self.load)
        with contextlib.suppress(*_CLOSED):
            async with asyncio.timeout(_PATIENCE):
                text = await get(self._dice.choice(self._ports), "/go/", self._cookie)
            if text.endswith("gone"):
                self._note(LoggedOut, window=self.load)

    async def close(self) -> None:
        """End it."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self._socket is not None:
            self._socket.transport.abort()

    def check(self) -> None:
        """Raise what has ended it before its time."""
        if self._task.done() and not self._task.cancelled():
            self._task.result()
            raise AssertionError(f"the window {self.load} was refused")

    # -------------------------------------------------------------- its life

    async def _live(self) -> None:
        await self._load()
        while True:
            code = await self._connection()
            self._socket = None
            if self._open and time.monotonic() - self._opened > _STABLE:
                self._attempt = 0
            self._open = False
            self._note(Lost, window=self.load, code=code)
            if code == _STRANGER and self._leaving:
                return
            delay = retry_delay(code, self._attempt, self._dice.random())
            self._attempt += 1
            if delay is None:
                raise AssertionError(f"the window {self.load} was refused with {code}")
            await asyncio.sleep(delay)

    async def _load(self) -> None:
        query = "&".join(f"room={quote(room)}" for room in self._rooms)
        while True:
            with contextlib.suppress(OSError, TimeoutError, EOFError, ValueError, IndexError):
                port = self._dice.choice(self._ports)
                if self._member and not self._cookie:
                    come = await asyncio.wait_for(get(port, "/come/"), 10)
                    self._cookie = _COOKIE.findall(come)[0]
                text = await asyncio.wait_for(get(port, f"/?{query}", self._cookie), 10)
                found = _META.search(text)
                if found is None:
                    raise ValueError(text[:200])
                break
            await asyncio.sleep(0.5)
        data = dict(re.findall(r'data-([a-z]+)="([^"]*)"', found[2]))
        self._token, self._path = found[1], data["url"]
        pos = int(data["pos"])
        self._positions = Positions(data["life"], pos)
        self._outbox.life = data["life"]
        self._note(Loaded, window=self.load, rooms=self._names, life=data["life"], pos=pos)

    async def _connection(self) -> int:
        """Have a socket until it is lost; return the code."""
        self._note(Connecting, window=self.load)
        port = self._dice.choice(self._ports)
        place = f"127.0.0.1:{port}"
        self._expect(asked=True, seconds=_PATIENCE)
        try:
            self._socket = await connect(
                f"ws://{place}{self._path}",
                origin=f"http://{place}",  # type: ignore[arg-type]
                additional_headers={"Cookie": self._cookie} if self._cookie else {},
                compression=None,
                ping_interval=None,
                proxy=None,
                open_timeout=_PATIENCE,
                close_timeout=0.5,
            )
            hello = {"df": "hello", "v": 1, "token": self._token, "c": self.load}
            stands = {"life": self._positions.life, "pos": self._positions.told()}
            await self._socket.send(json.dumps({**hello, **stands, "url": f"http://{place}/"}))
            async for text in self._socket:
                self._receive(json.loads(text))
                self._expect(asked=False, seconds=self._beat * (0.8 + 0.4 * self._dice.random()))
        except _CLOSED:
            pass
        finally:
            if self._socket is not None:
                self._socket.transport.abort()
        return (self._socket.close_code if self._socket else None) or 1006

    # -------------------------------------------------------------- what it hears

    def _receive(self, frame: dict[str, Any]) -> None:
        kind = frame.get("df")
        if kind is None:
            opts = frame["opts"]
            meant = tuple(opts.get("rooms", ()))
            self._apply(frame, opts["message"], meant=meant, canary=opts.get("canary", ""))
        elif kind == "welcome":
            self._adopt(frame["life"])
            self._subscribe(frame)
            self._beat = frame["hb"]
            self._opened = time.monotonic()
            self._open = True
            self._outbox.limit = frame["lim"]["frame"]
            self._outbox.sweep(self._opened, sending=True)
        elif kind == "topics":
            self._subscribe(frame)
        elif kind == "hb":
            self._positions.raise_to(frame["pos"])
        elif kind == "ack":
            if self._outbox.acknowledge(frame["n"], time.monotonic()):
                self._note(Acked, call=f"{self.load}.{frame['n']}")
        elif kind == "nack":
            doubt = 1 if frame["code"] == "doubt" else 2
            self._outbox.settle(frame["n"], "error", frame["code"], doubt=doubt)
        elif kind == "resync":
            self._adopt(frame["life"])
            self._positions.raise_to(frame["pos"], frame["t"])
            rooms = self._named(frame["t"])
            self._note(
                Resynced, window=self.load, life=frame["life"], pos=frame["pos"], rooms=rooms
            )
        elif kind in ("done", "fail"):
            load, _, n = frame["call"].partition(".")
            canary = str(frame.get("result") or self.load)
            # A Redis that forgets has forgotten what it told: it may tell it again in its next
            # life, and the outbox knows better.
            told = f"{kind} {frame['call']} in {self._positions.life}"
            if self._apply(frame, told, canary=canary) and load == self.load:
                code = frame.get("code", "")
                outcome = "done" if kind == "done" else "unknown" if code == "unknown" else "error"
                self._outbox.settle(int(n), outcome, code)
        else:
            raise AssertionError(f"a frame that nobody knows: {frame}")

    def _apply(self, frame: dict[str, Any], message: str, **rest: Any) -> bool:
        if not self._positions.take(frame["o"], frame["t"]):
            return False
        self._note(
            Applied,
            window=self.load,
            life=self._positions.life,
            number=frame["o"],
            rooms=self._named(frame["t"]),
            message=message,
            **rest,
        )
        return True

    def _adopt(self, life: str) -> None:
        self._positions.adopt(life)
        self._outbox.life = life

    def _subscribe(self, frame: dict[str, Any]) -> None:
        self._token = frame.get("token", self._token)
        self._positions.set_topics(frame["t"], frame.get("pos", {}))

    def _named(self, indices: Sequence[int]) -> tuple[str, ...]:
        return tuple(self._names[index] for index in indices)

    # -------------------------------------------------------------- what it says

    def _send(self, text: str) -> bool:
        return self._open and self._say(text)

    def _say(self, text: str) -> bool:
        socket = self._socket
        if socket is None or socket.state.name != "OPEN":
            return False
        # As a browser does: handed over at once, without waiting for the network.
        socket.protocol.send_text(text.encode())
        socket.send_data()
        return True

    def _expect(self, *, asked: bool, seconds: float) -> None:
        self._asked = asked
        self._due = time.monotonic() + seconds

    def _settle(self, n: int, kind: str, code: str, sent: int) -> None:
        self._note(Outcome, call=f"{self.load}.{n}", kind=kind, code=code, sent=sent)

    def _note(self, kind: Any, /, **values: Any) -> None:
        self._records.append(kind(at=now(), **values))


async def get(port: int, address: str, cookie: str = "") -> str:
    """Return the whole answer to a request, headers included."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        writer.write(f"{head}Cookie: {cookie}\r\n\r\n".encode())
        return (await reader.read()).decode()
    finally:
        writer.close()
