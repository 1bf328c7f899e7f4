"""A TCP proxy on loopback that can hold, slow down, delay and cut what passes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

_CHUNK = 16 * 1024


class Proxy:
    """Forwards to one place.

    Args:
        port: of the place, on loopback.
        path: of the place, if it is a Unix socket.

    Attributes:
        flows: while it is not set, nothing passes, either way.
        delay: seconds by which everything comes later.
        pace: bytes a second that the client gets, 0 for all.
    """

    def __init__(self, *, port: int = 0, path: Path | None = None) -> None:
        self._port = port
        self._path = path
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._cutting = False
        self.flows = asyncio.Event()
        self.flows.set()
        self.delay = 0.0
        self.pace = 0.0
        self.port = 0

    async def start(self, path: Path | None = None) -> None:
        """Listen on a port of its own, or on a Unix socket."""
        if path is not None:
            self._server = await asyncio.start_unix_server(self._come, path)
            return
        self._server = await asyncio.start_server(self._come, "127.0.0.1", 0, backlog=256)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Reset all connections."""
        for pair in list(self._pairs):
            _abort(*pair)

    def cut_in_a_frame(self) -> None:
        """Reset each connection after the half of the next thing that it would bring."""
        self._cutting = True

    def cut_no_more(self) -> None:
        """Let what comes next be whole."""
        self._cutting = False

    async def may_pass(self, data: bytes) -> None:
        """Wait until this may pass; a subclass decides it."""

    def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None or not self._server.is_serving():
            _abort(writer)  # it came while the end was under way
            return
        task = asyncio.create_task(self._join(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.flows.wait()
            if self._path is not None:
                there, to = await asyncio.open_unix_connection(self._path)
            else:
                there, to = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            _abort(writer)
            return
        pair = (writer, to)
        self._pairs.add(pair)
        try:
            outward = asyncio.create_task(self._pass(reader, to, pair))
            inward = asyncio.create_task(self._pass(there, writer, pair, back=True))
            _, rest = await asyncio.wait({outward, inward}, return_when=asyncio.FIRST_COMPLETED)
            # What was on its way when one side closed still arrives.
            if rest:
                await asyncio.wait(rest, timeout=1)
            for one in (outward, inward):
                one.cancel()
            await asyncio.gather(outward, inward, return_exceptions=True)
        finally:
            self._pairs.discard(pair)
            _abort(*pair)

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pair: tuple[asyncio.StreamWriter, asyncio.StreamWriter],
        *,
        back: bool = False,
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(512 if back and self.pace else _CHUNK):
                came = time.monotonic()
                if back and self._cutting and len(data) > 1:
                    writer.write(data[: len(data) // 2])
                    await writer.drain()
                    await asyncio.sleep(0.01)  # so that the half leaves before the reset
                    _abort(*pair)
                    return
                if back and self.pace:
                    await asyncio.sleep(len(data) / self.pace)
                if self.delay:
                    await asyncio.sleep(max(came + self.delay - time.monotonic(), 0))
                await self.flows.wait()
                await self.may_pass(data)
                writer.write(data)
                await writer.drain()


def _abort(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.transport.abort()
