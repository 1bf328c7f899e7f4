"""A server whose windows stall or flood keeps its memory, and the other windows notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from statistics import quantiles

import pytest
from websockets.asyncio.client import connect

from benchmarks.server import served
from tests.sockets import PATIENCE, Wire, page_in

pytestmark = pytest.mark.load

MIB = 1 << 20
ENVIRONMENT = {"DJANGO_SETTINGS_MODULE": "tests.load.settings"}
NOISE = 0.01  # seconds that a round trip may take on a busy machine for no reason of ours


@pytest.fixture
def site():
    with served(ENVIRONMENT) as server:
        yield server


def fetched(server, address="/"):
    with urllib.request.urlopen(f"http://{server.address}{address}", timeout=PATIENCE) as answer:
        return answer.read().decode()


def resident(server):
    status = Path(f"/proc/{server.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


async def opened(server, page):
    connection = await connect(
        f"ws://{server.address}{page.url}",
        origin=f"http://{server.address}",
        compression=None,
        ping_interval=None,
        max_size=None,
    )
    wire = Wire(connection)
    await wire.hello(page)
    return wire


@contextlib.asynccontextmanager
async def window(server, page):
    wire = await opened(server, page)
    try:
        yield wire
    finally:
        wire.connection.transport.abort()


async def loaded(server, address="/"):
    page = page_in(await asyncio.to_thread(fetched, server, address))
    page.load = str(uuid.uuid4())
    return page


# ------------------------------------------------------------------ readers that stall

READERS, STALLED, BIG = 200, 20, 28  # of whom so many stall, and so many hear what is big
SIZE, SMALL, TIMES = 250_000, 1000, 420  # 100 MiB


class Reader(asyncio.BufferedProtocol):
    """Takes what comes without looking at it: the machine has other things to do."""

    _buffer = bytearray(MIB)

    def __init__(self):
        self.taken = 0
        self.closed = False

    def get_buffer(self, sizehint):
        return self._buffer

    def buffer_updated(self, nbytes):
        self.taken += nbytes

    def connection_lost(self, exc):
        self.closed = True


async def reader_of(server, number):
    """One that reads, or does not, without a library's help."""
    page = await loaded(server, "/?topic=big" if number < BIG else "/")
    transport = (await opened(server, page)).connection.transport
    reader = Reader()
    transport.set_protocol(reader)
    if number < STALLED:
        transport.pause_reading()
    return reader, transport


async def stalls(server):
    samples = []
    readers, transports = zip(*[await reader_of(server, n) for n in range(READERS)], strict=True)
    quick, rest = readers[STALLED:BIG], readers[BIG:]
    base = resident(server)
    try:
        for number in range(1, TIMES + 1):
            await asyncio.to_thread(fetched, server, f"/push/?big={SIZE}&small={SMALL}")
            async with asyncio.timeout(PATIENCE):
                while not (
                    min(reader.taken for reader in quick) >= number * (SIZE + SMALL)
                    and min(reader.taken for reader in rest) >= number * SMALL
                ):
                    assert not any(reader.closed for reader in (*quick, *rest))
                    await asyncio.sleep(0.001)
            samples.append(resident(server) - base)
    finally:
        for transport in transports:
            transport.abort()
    return max(samples), [reader.taken for reader in rest]


def test_stalled_readers_cost_no_memory_and_nobody_else_anything(site):
    begin = time.monotonic()
    grown, taken = asyncio.run(stalls(site))
    sys.stdout.write(
        f"{STALLED} of {READERS} readers stalled, {SIZE * TIMES / MIB:.0f} MiB published: "
        f"{grown / MIB:+.1f} MiB at most, in {time.monotonic() - begin:.0f} s\n"
    )
    assert grown < 40 * MIB
    assert all(SMALL * TIMES <= each < (SMALL + 200) * TIMES for each in taken)


# ------------------------------------------------------------------ a flood

SECONDS, RATE = 10.0, 1000


async def round_trips(server, page, until):
    taken = []
    async with window(server, page) as wire:
        while time.monotonic() < until:
            begin = time.monotonic()
            await wire.heartbeat()
            taken.append(time.monotonic() - begin)
            wire.frames.clear()
            await asyncio.sleep(0.1)
    return taken


async def p95(server, pages, seconds):
    until = time.monotonic() + seconds
    found = await asyncio.gather(*(round_trips(server, page, until) for page in pages))
    return quantiles([one for taken in found for one in taken], n=20)[-1]


async def floods(server):
    pages = [await loaded(server) for _ in range(10)]
    before = await p95(server, pages, SECONDS / 2)
    base, samples = resident(server), []
    # From a process of its own, so that what it costs is the server's and not this one's.
    page = await loaded(server)
    where = [f"ws://{server.address}{page.url}", page.token]
    command = [sys.executable, "-m", "tests.load.flooder", *where, str(SECONDS), str(RATE)]
    flooder = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert await flooder.stdout.readline() == b"begin\n"
    measuring = asyncio.create_task(p95(server, pages, SECONDS))
    while not measuring.done():
        samples.append(resident(server) - base)
        await asyncio.sleep(0.2)
    sent = int(await flooder.stdout.readline())
    await flooder.wait()
    return before, await measuring, max(samples), sent


def test_a_flood_costs_no_memory_and_nobody_else_much_time(site):
    before, during, grown, sent = asyncio.run(floods(site))
    sys.stdout.write(
        f"{sent} frames in {SECONDS:.0f} s: {grown / MIB:+.1f} MiB at most, others' p95 "
        f"{1000 * before:.1f} ms before and {1000 * during:.1f} ms meanwhile\n"
    )
    assert sent > SECONDS * RATE / 4
    assert grown < 20 * MIB
    assert during < 2 * max(before, NOISE)
