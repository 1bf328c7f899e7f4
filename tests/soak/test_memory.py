"""Windows come and go, and neither the server nor Redis grows.

`SOAK_SECONDS` says for how long; the first third is for what is made once, so less than 300 says
little.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
import urllib.request
import uuid
from pathlib import Path
from statistics import linear_regression

import pytest
from websockets.asyncio.client import connect

from benchmarks.server import served
from tests.sockets import Wire, page_in

WINDOWS = 50
SAMPLE = 2.0  # seconds
MOST = 1 << 20  # bytes in ten minutes


def resident(pid):
    """Return the bytes of memory that a process has."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def growth(samples):
    """Return the bytes in ten minutes of samples (seconds, bytes)."""
    seconds, sizes = zip(*samples, strict=True)
    return linear_regression(seconds, sizes).slope * 600


async def come_and_go(address, page, until):
    """Be one window that connects, calls, hears and leaves, again and again; return how often."""
    number = times = 0
    pos = {}
    while time.monotonic() < until:
        where = f"ws://{address}{page.url}"
        async with connect(where, origin=f"http://{address}", compression=None) as connection:
            wire = Wire(connection)
            life = (await wire.hello(page, pos=pos))["life"]
            assert life == page.life, "the history has lost its memory"
            number += 1
            assert (await wire.call("bench.echo", number))["df"] == "ack"
            pushed = await wire.frame("push")
            pos = {"0": pushed["o"]}
        times += 1
    return times


def loaded(address):
    with urllib.request.urlopen(f"http://{address}/", timeout=30) as answer:
        page = page_in(answer.read().decode())
    page.load = str(uuid.uuid4())
    return page


async def soak(address, sample, seconds):
    """Return how many connections there were, and the samples of the last two thirds."""
    begin = time.monotonic()
    pages = [await asyncio.to_thread(loaded, address) for _ in range(WINDOWS)]
    windows = [asyncio.create_task(come_and_go(address, page, begin + seconds)) for page in pages]
    samples = []
    while time.monotonic() < begin + seconds:
        await asyncio.wait(windows, timeout=SAMPLE, return_when=asyncio.FIRST_EXCEPTION)
        now = time.monotonic() - begin
        if now > seconds / 3:
            samples.append((now, await asyncio.to_thread(sample)))
        for window in windows:
            if window.done():
                window.result()
    return sum(await asyncio.gather(*windows)), samples


@pytest.mark.soak
def test_reconnecting_windows_leave_nothing(redis_server):
    seconds = float(os.environ.get("SOAK_SECONDS", "3600"))
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.soak.settings",
        "BENCHMARK_REDIS": redis_server.url,
        "BENCHMARK_WORKERS": "thread",
    }
    with served(environment) as server, redis_server.client() as client:

        def sample():
            # That a job has begun is known for hours, on purpose: of that there is always more.
            if marks := list(client.scan_iter("ws:x:*", count=1000)):
                client.delete(*marks)
            return resident(server.pid), client.info("memory")["used_memory"]

        times, samples = asyncio.run(soak(server.address, sample, seconds))
    figures = {
        name: growth([(at, sizes[index]) for at, sizes in samples])
        for index, name in enumerate(["the server", "Redis"])
    }
    last = dict(zip(figures, samples[-1][1], strict=True))
    for name, grown in figures.items():
        sys.stdout.write(
            f"{name}: {grown / 1024:+.0f} KiB in ten minutes, {last[name] >> 20} MiB at the end\n"
        )
    sys.stdout.write(f"{times} connections of {WINDOWS} windows in {seconds:.0f} s\n")
    assert times > seconds
    assert all(grown < MOST for grown in figures.values()), figures
