"""Many processes over a Redis: how long a round trip takes, and what pushes to two servers cost."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.embedded import round_trip
from benchmarks.server import Served, served
from benchmarks.windows import Window
from playwright_tests.servers import Worker
from tests.redis_server import RedisServer

_TRIPS = 1000
_WINDOWS, _SWAPS = 100, 100  # windows of each server
_QUEUE = "celery"

_KINDS = {
    # what is printed: engine, pool of the Celery worker
    "Redis and threads": ("thread", None),
    "Redis and Celery, threads": ("celery", "threads"),
    "Redis and Celery, prefork": ("celery", "prefork"),
}


@contextmanager
def _site(engine: str, pool: str | None, folder: Path) -> Iterator[Mapping[str, str]]:
    """Start what stands behind the servers; gives the variables that they need."""
    with ExitStack() as ends:
        redis = RedisServer(folder)
        ends.callback(redis.kill)
        redis.start()
        environment = {
            "BENCHMARK_REDIS": redis.url,
            "BENCHMARK_WORKERS": engine,
            "BENCHMARK_DATABASE": str(folder / "db.sqlite3"),
        }
        if pool:
            worker = Worker("benchmarks.settings", _QUEUE, environment, pool=pool)
            ends.callback(worker.close)
            worker.start()
            worker.is_ready()
        yield environment


async def _fan_out(kind: str, servers: list[Served]) -> None:
    """Print how fast swaps reach all windows of two servers, and the servers' CPU time."""
    windows = [await Window.opened(each.address) for each in servers for _ in range(_WINDOWS)]
    asking = await Window.opened(servers[0].address)
    await asking.call("bench.swap", times=10)
    await asyncio.gather(*(window.until_swaps(10) for window in windows))
    before, start = sum(server.cpu() for server in servers), time.perf_counter()
    await asking.call("bench.swap", times=_SWAPS)
    await asyncio.gather(*(window.until_swaps(10 + _SWAPS) for window in windows))
    seconds = time.perf_counter() - start
    used = sum(server.cpu() for server in servers) - before
    await asyncio.gather(*(window.close() for window in [*windows, asking]))
    print(
        f"a swap seen by {len(windows)} windows on two servers, {kind}: "
        f"{_SWAPS / seconds:.0f} a second, {used / _SWAPS * 1000:.2f} ms of the servers' CPU each"
    )


def main() -> None:
    """Measure each kind of worker, each time with fresh processes."""
    for kind, (engine, pool) in _KINDS.items():
        with tempfile.TemporaryDirectory(prefix="dfws-") as folder, ExitStack() as ends:
            environment = ends.enter_context(_site(engine, pool, Path(folder)))
            servers = [ends.enter_context(served(environment)) for _ in range(2)]
            asyncio.run(round_trip(servers[0], kind, _TRIPS))
            asyncio.run(_fan_out(kind, servers))


if __name__ == "__main__":
    main()
