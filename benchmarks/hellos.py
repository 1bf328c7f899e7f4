"""How long a hello takes, beside a Redis that is a network away, and 500 of them at once."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

import django
from asgiref.sync import sync_to_async

from tests.chaos.proxy import Proxy
from tests.redis_server import RedisServer

_ONE_BY_ONE = 60
_AT_ONCE = 500
_DELAY = 0.005  # seconds, each way


async def _measured() -> None:
    from dfws_html.consumers import DFConsumer
    from tests.sockets import Page, line, new_page

    made = sync_to_async(new_page)
    application = DFConsumer.as_asgi()
    host = {"host": "127.0.0.1", "origin": "http://127.0.0.1"}

    async with AsyncExitStack() as windows:

        async def hello(page: Page) -> float:
            wire = await windows.enter_async_context(line(application, page, headers=host))
            since = time.perf_counter()
            await wire.hello(page)
            return time.perf_counter() - since

        async def together(pages: list[Page]) -> float:
            since = time.perf_counter()
            await asyncio.gather(*map(hello, pages))
            return time.perf_counter() - since

        await hello(await made("a"))  # so that one line is open, and the scripts are known
        pages = [await made("a", "b") for _ in range(_ONE_BY_ONE)]
        took = [await hello(page) for page in pages]
        print(f"a hello, one after the other: {statistics.median(took) * 1e3:.1f} ms (median)")
        pages = [await made("a", "b") for _ in range(_AT_ONCE)]
        before = time.process_time()
        seconds = await together(pages)
        cpu = (time.process_time() - before) / _AT_ONCE * 1e6
        print(f"{_AT_ONCE} hellos at once: {seconds:.2f} s, {cpu:.0f} us of CPU each")


async def _far_away(server: RedisServer, path: Path) -> None:
    from django.conf import settings

    proxy = Proxy(path=Path(server.url.removeprefix("unix://")))
    proxy.delay = _DELAY
    await proxy.start(path)
    settings.WEBSOCKET_REDIS_CONNECTION = f"unix://{path}"
    try:
        await _measured()
    finally:
        await proxy.close()


def main() -> None:
    """Measure in this process, with its Redis near and far."""
    with tempfile.TemporaryDirectory(prefix="dfws-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            os.environ |= {
                "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
                "BENCHMARK_REDIS": server.url,
                "BENCHMARK_WORKERS": "celery",
            }
            django.setup()
            print("Redis on this machine:")
            asyncio.run(_measured())
            print(f"Redis {2000 * _DELAY:.0f} ms away and back:")
            asyncio.run(_far_away(server, Path(folder) / "far.sock"))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
