"""What is paid in round trips to Redis, in its memory, and in signatures."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import timeit
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import django
import redis
from asgiref.sync import sync_to_async
from django.test import RequestFactory

from tests.redis_server import RedisServer

_REPEAT = 2000
_FRAMES = (325, 4096)  # bytes; 256 of the latter are the 1 MiB that a topic may have


def tokens() -> None:
    """Print how long a page's token takes to be signed and verified."""
    from dfws_html.page.tokens import PageToken, new_window_id, sign, verify
    from dfws_html.topics import topic_id

    for count in (4, 64):
        token = PageToken(
            window=new_window_id(),
            user="4711",
            session="0123456789abcdef",
            topics=[topic_id(f"-str.topic {n}") for n in range(count)],
            position=123456,
            life="0123456789ab",
        )
        text = sign(token)
        names = {"sign": sign, "verify": verify, "token": token, "text": text}
        signing, verifying = (
            min(timeit.repeat(what, number=_REPEAT, globals=names)) / _REPEAT * 1e6
            for what in ("sign(token)", "verify(text)")
        )
        print(
            f"a token with {count} topics, {len(text)} bytes: "
            f"signed in {signing:.0f} us, verified in {verifying:.0f} us"
        )


def memory(client: redis.Redis) -> None:
    """Print what a full topic takes in Redis."""
    from dfws_html.delivery.history import Frame
    from dfws_html.delivery.publishing import publisher
    from dfws_html.topics import topic_id

    topic = topic_id("-str.full")
    for size in _FRAMES:
        client.flushall()
        for _ in range(3):
            publisher().history.append(*[Frame([topic], "x" * size)] * 128)
        keys = [key for key in client.scan_iter() if key.endswith(topic)]
        used = sum(client.memory_usage(key, samples=0) or 0 for key in keys)
        kept = next(client.xlen(key) for key in keys if ":t:" in key)
        print(f"a topic of {kept} frames of {size} bytes: {used / 1024:.0f} KiB in Redis")


@contextmanager
def _told(client: redis.Redis, what: str) -> Iterator[None]:
    """Print the commands that are sent meanwhile, without those inside of scripts."""
    from dfws_html.delivery import connections

    with client.monitor() as seen:  # type: ignore[no-untyped-call]
        yield
        connections.client().echo("the end")
        asked = []
        for command in seen.listen():
            if command["command"] == "ECHO the end":
                break
            if command["client_type"] != "lua":
                asked.append(command["command"].split()[0])
    print(f"{what}: {' '.join(asked)}")


async def round_trips(client: redis.Redis) -> None:
    """Print what Redis is asked for: a page, a connect, a call on its way."""
    from dfws_html.consumers import DFConsumer
    from dfws_html.delivery.publishing import publisher
    from dfws_html.page.subscriptions import open_page, set_websocket_topics
    from dfws_html.page.tokens import sign
    from dfws_html.protocol import Call
    from dfws_html.window_info import WindowInfo
    from dfws_html.work import execution
    from dfws_html.work.attempts import Attempt
    from dfws_html.work.dispatch import admit
    from dfws_html.work.executors import executor
    from dfws_html.work.jobs import HandlerJob
    from tests.sockets import Line, Page, line

    def made(*topics: str) -> Page:
        request = RequestFactory().get("/")
        page = open_page(request)
        set_websocket_topics(request, *topics)
        life, position = page.stand()
        return Page(sign(page.token(request)), life=life, position=position)

    def window(page: Page) -> AbstractAsyncContextManager[Line]:
        host = {"host": "127.0.0.1", "origin": "http://127.0.0.1"}
        return line(DFConsumer.as_asgi(), page, headers=host)

    async def connect(page: Page) -> None:
        async with window(page) as wire:
            await wire.hello(page)
            await wire.heartbeat()

    def admitted(n: int, *, reply: bool) -> tuple[HandlerJob, ...]:
        call = Call(signal="bench.cpu", arguments={}, n=n, reply=reply)
        window_info = WindowInfo()
        window_info.window_key = "w"
        life = publisher().history.position()[0]
        return admit(call, "load-0001", window_info, now=time.time(), life=life)

    def work(jobs: tuple[HandlerJob, ...]) -> None:
        for job in jobs:
            execution.run(job, Attempt(redelivery=60))

    # Once for the connections and scripts.
    async with window(page := await sync_to_async(made)("a")) as wire:
        await wire.hello(page)
        first = await sync_to_async(admitted)(1, reply=True)
        await asyncio.to_thread(executor().submit, *first)
        await sync_to_async(work)(first)
        with _told(client, "a page"):
            page = await sync_to_async(made)("b", "c")
        with _told(client, "a connect, the topics heard by nobody here yet"):
            await connect(page)
        page = await sync_to_async(made)("a")
        with _told(client, "a connect, other windows hear the topics"):
            await connect(page)
        for reply in (True, False):
            jobs = await sync_to_async(admitted)(2 + reply, reply=reply)
            with _told(client, "a call's way to Celery"):
                await asyncio.to_thread(executor().submit, *jobs)
            with _told(client, f"a worker's part, {'its answer' if reply else 'no answer'} wanted"):
                await sync_to_async(work)(jobs)


def main() -> None:
    """Measure all in this process, beside a Redis of its own."""
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
            tokens()
            with server.client() as client:
                memory(client)
                asyncio.run(round_trips(client))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
