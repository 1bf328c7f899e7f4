"""A place before Redis where what asks for topics can be held back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.chaos.proxy import Proxy


class Relay(Proxy):
    """Forwards to a Redis.

    Args:
        url: of the Redis, on a Unix socket.

    Attributes:
        passes: while it is not set, nobody subscribes to anything.
        held: set as soon as somebody had to wait.
    """

    def __init__(self, url: str) -> None:
        super().__init__(path=Path(url.removeprefix("unix://")))
        self.passes = asyncio.Event()
        self.passes.set()
        self.held = asyncio.Event()

    async def may_pass(self, data: bytes) -> None:
        """See :meth:`Proxy.may_pass`."""
        if b"\r\nSUBSCRIBE\r\n" in data and not self.passes.is_set():
            self.held.set()
            await self.passes.wait()
