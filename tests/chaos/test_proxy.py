"""The proxy does to what passes what the faults ask it to do."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.chaos.proxy import Proxy


@contextlib.asynccontextmanager
async def echoing() -> AsyncIterator[tuple[Proxy, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A proxy before a server that says everything again, and a connection through it."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1000):
                writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    proxy = Proxy(port=server.sockets[0].getsockname()[1])
    await proxy.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    try:
        yield proxy, reader, writer
    finally:
        writer.transport.abort()
        await proxy.close()
        server.close()


async def test_what_is_held_comes_later():
    async with echoing() as (proxy, reader, writer):
        proxy.flows.clear()
        writer.write(b"later")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        proxy.flows.set()
        assert await reader.readexactly(5) == b"later"


async def test_a_cut_in_a_frame_brings_its_half():
    async with echoing() as (proxy, reader, writer):
        proxy.cut_in_a_frame()
        writer.write(b"12345678")
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while data := await reader.read(100):
                found += data
        assert found == b"1234"


async def test_a_delay_and_a_slow_reader_take_their_time():
    async with echoing() as (proxy, reader, writer):
        loop = asyncio.get_running_loop()
        for name, value in (("delay", 0.05), ("pace", 50.0)):
            setattr(proxy, name, value)
            start = loop.time()
            writer.write(b"12345")
            assert await reader.readexactly(5) == b"12345"
            assert loop.time() - start >= 0.1
            setattr(proxy, name, 0.0)


async def test_a_cut_ends_all_connections():
    async with echoing() as (proxy, reader, _):
        proxy.cut()
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
