"""A browser window as far as the server can tell: it says hello, calls signals, hears frames."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
import uuid
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

_META = re.compile(r'<meta name="dfws" content="([^"]+)" data-url="([^"]+)"')


class Window:
    """One connected window; make it with :meth:`opened`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = count(1)
        self.swaps = 0

    @classmethod
    async def opened(cls, server: str) -> Window:
        """Load the page and connect, up to the welcome."""
        text = await asyncio.to_thread(_get, f"http://{server}/")
        token, url = _META.search(text).groups()  # type: ignore[union-attr]
        socket = await connect(f"ws://{server}{url}", origin=f"http://{server}", compression=None)  # type: ignore[arg-type]
        window = cls(socket)
        await window._send({"df": "hello", "v": 1, "token": token, "c": str(uuid.uuid4())})
        await window.until(lambda frame: frame.get("df") == "welcome")
        return window

    async def call(self, signal: str, **opts: Any) -> int:
        """Send a signal; returns its number."""
        n = next(self._numbers)
        await self._send({"signal": signal, "opts": opts, "n": n, "reply": signal == "bench.cpu"})
        return n

    async def until(self, wanted: Any) -> dict[str, Any]:
        """Read frames up to one that is wanted."""
        while True:
            frame: dict[str, Any] = json.loads(await self._socket.recv())
            self.swaps += frame.get("signal") == "html.content"
            if wanted(frame):
                return frame

    async def until_swaps(self, number: int) -> None:
        """Read until so many swaps have come."""
        if self.swaps < number:
            await self.until(lambda _: self.swaps >= number)

    async def cpu(self) -> float:
        """Ask the server for the seconds of CPU it has used."""
        await self.call("bench.cpu")
        answer = await self.until(lambda frame: frame.get("df") == "done")
        return float(answer["result"])

    async def close(self) -> None:
        """Leave."""
        await self._socket.close()

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(frame))


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310
        return str(answer.read().decode())
