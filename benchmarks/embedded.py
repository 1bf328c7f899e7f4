"""The embedded mode: how long a round trip takes, and what a swap in 200 windows costs."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks.server import Served, served
from benchmarks.windows import Window

_WARM_UP = 200
_WINDOWS, _SWAPS = 200, 100


async def round_trip(server: Served, kind: str = "embedded", trips: int = 2000) -> None:
    """Print how long it takes from a call to the swap that it causes."""
    window = await Window.opened(server.address)
    times = []
    for trip in range(_WARM_UP + trips):
        start = time.perf_counter()
        await window.call("bench.echo")
        await window.until_swaps(trip + 1)
        times.append((time.perf_counter() - start) * 1000)
    await window.close()
    cuts = statistics.quantiles(times[_WARM_UP:], n=100)
    print(
        f"round trip, {kind}, {trips} one after the other: "
        f"p50 {cuts[49]:.2f} ms, p90 {cuts[89]:.2f} ms, p99 {cuts[98]:.2f} ms"
    )


async def fan_out(server: Served) -> None:
    """Print the server's CPU time for a swap that 200 windows see."""
    windows = [await Window.opened(server.address) for _ in range(_WINDOWS)]
    asking = await Window.opened(server.address)
    await asking.call("bench.swap", times=10)
    await asyncio.gather(*(window.until_swaps(10) for window in windows))
    before, start = await asking.cpu(), time.perf_counter()
    await asking.call("bench.swap", times=_SWAPS)
    await asyncio.gather(*(window.until_swaps(10 + _SWAPS) for window in windows))
    seconds = time.perf_counter() - start
    used = await asking.cpu() - before
    await asyncio.gather(*(window.close() for window in [*windows, asking]))
    print(
        f"a swap seen by {_WINDOWS} windows: {used / _SWAPS * 1000:.2f} ms of server CPU "
        f"(mean of {_SWAPS}), {_WINDOWS * _SWAPS / seconds:.0f} deliveries a second"
    )


def main() -> None:
    """Measure both against a fresh server each."""
    for measure in (round_trip, fan_out):
        with served() as server:
            asyncio.run(measure(server))


if __name__ == "__main__":
    main()
