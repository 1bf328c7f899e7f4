"""A window that goes on sending what is refused: `python -m tests.load.flooder URL TOKEN S RATE`.

It prints `begin`, and at the end how many frames it has sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

_TURNS = 100  # a second


async def drain(connection: Any) -> None:
    """Read, so that it hears of its end."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in connection:
            pass


async def flood(url: str, token: str, until: float, rate: int) -> int:
    """Send until then, and come back whenever the server closes; return how many were sent."""
    origin = urlsplit(url)._replace(scheme="http", path="").geturl()
    hello = {"df": "hello", "v": 1, "token": token, "c": str(uuid.uuid4())}
    sent = 0
    while time.monotonic() < until:
        with contextlib.suppress(WebSocketException, OSError):
            async with connect(url, origin=origin, close_timeout=0.5) as connection:  # type: ignore[arg-type]
                reading = asyncio.create_task(drain(connection))
                await connection.send(json.dumps(hello))
                begin, here = time.monotonic(), 0
                while time.monotonic() < until and not reading.done():
                    for _ in range(rate // _TURNS):
                        frame = {"signal": "load.none", "n": sent + 1, "opts": {"x": "y" * 900}}
                        await connection.send(json.dumps(frame))
                        sent, here = sent + 1, here + 1
                    await asyncio.sleep(max(begin + here / rate - time.monotonic(), 0))
    return sent


if __name__ == "__main__":
    sys.stdout.write("begin\n")
    sys.stdout.flush()
    end = time.monotonic() + float(sys.argv[3])
    sys.stdout.write(f"{asyncio.run(flood(sys.argv[1], sys.argv[2], end, int(sys.argv[4])))}\n")
