"""The same site in each shape of deployment: server, engine, pool of workers, channel layer."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from playwright_tests.cluster.bed import bed
from playwright_tests.servers import ShapedServer
from tests import sockets

# Every server with Celery, every pool and both layers; engine "" is one process without Redis.
SHAPES = [
    # server, engine, pool of the Celery workers, channel layer
    ("uvicorn", "", "", ""),
    ("uvicorn", "thread", "", ""),
    ("uvicorn", "celery", "prefork", ""),
    ("uvicorn", "celery", "threads", "pubsub"),
    ("uvicorn", "celery", "solo", "core"),
    ("uvicorn, 2 workers", "thread", "", "pubsub"),
    ("uvicorn, 2 workers", "celery", "threads", ""),
    ("uvicorn, 2 workers", "celery", "prefork", "core"),
    ("daphne", "thread", "", "core"),
    ("daphne", "celery", "prefork", ""),
    ("daphne", "celery", "threads", "pubsub"),
    ("runserver", "thread", "", ""),
    ("runserver", "celery", "solo", ""),
    ("runserver", "celery", "threads", "core"),
    ("gunicorn", "thread", "", ""),
    ("gunicorn", "celery", "prefork", "pubsub"),
    ("gunicorn", "celery", "threads", ""),
    # What the master process made before it forked is not used in its workers.
    ("gunicorn, preloaded", "thread", "", "pubsub"),
    ("gunicorn, preloaded", "celery", "prefork", ""),
]
_CROWD = 3  # more windows


@pytest.mark.parametrize(
    ("server", "engine", "pool", "layer"), SHAPES, ids=["-".join(filter(None, s)) for s in SHAPES]
)
def test_a_site_in_each_shape(
    cluster_database: Path, server: str, engine: str, pool: str, layer: str
) -> None:
    with bed(cluster_database, engine=engine, layer=layer) as made:
        if engine:
            made.redis.start()
        serving = made.shaped_server(server)
        serving.start()
        if pool:
            worker = made.worker("celery,slow", pool=pool, concurrency=2)
            worker.start()
            worker.is_ready()
        serving.listens()
        _run(_story(serving, "Celery" if pool else "a thread"))


async def _story(server: ShapedServer, runner: str) -> None:
    async with AsyncExitStack() as ends:
        # Where several processes share the port, each gets some of the windows.
        with server.answering_by(0):
            ada_1 = await Visitor(server.port, "ada").opens("/log/?object", ends)
        with server.answering_by(1):
            ada_2 = await Visitor(server.port, "ada").opens("/log/", ends)
            grace_1 = await Visitor(server.port, "grace").opens("/log/?object", ends)
        crowd = [await Visitor(server.port).opens("/log/?object", ends) for _ in range(_CROWD)]

        # A click, and the swap that it causes in this window.
        await ada_1.calls("cluster.press", text="pressed")
        swap = await ada_1.wire.frame("push", signal="html.text")
        assert swap["opts"] == {"selector": "#p", "content": f"pressed by {runner}"}

        # Other people's windows on an object.
        await ada_1.calls("cluster.tell", whom="object", text="for the object")
        for window in (ada_1, grace_1, *crowd):
            await window.hears("for the object")

        # All windows of a user, whatever the session.
        await ada_2.calls("cluster.tell", whom="user", text="for ada")
        for window in (ada_1, ada_2):
            await window.hears("for ada")

        # What a window misses is told when it comes back.
        grace_1.cut()
        await ada_1.calls("cluster.tell", whom="object", text="while grace was away")
        await ada_1.hears("while grace was away")
        await grace_1.comes_back(ends)
        await grace_1.hears("while grace was away")

        # Everybody; what went astray before has come by then.
        await grace_1.calls("cluster.tell", whom="everybody", text="end")
        for window in (ada_1, ada_2, grace_1, *crowd):
            await window.hears("end")
        of_the_object = ["for the object", "while grace was away", "end"]
        assert ada_1.log() == ["for the object", "for ada", "while grace was away", "end"]
        assert ada_2.log() == ["for ada", "end"]
        assert [window.log() for window in (grace_1, *crowd)] == [of_the_object] * (1 + _CROWD)


# ------------------------------------------------------------------ windows without a browser


class Visitor:
    """Somebody with cookies of one's own, logged in if named."""

    def __init__(self, port: int, name: str = "") -> None:
        self._port = port
        self._cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self._cookies))
        if name:
            self._get(f"/login/{name}/")

    async def opens(self, address: str, ends: AsyncExitStack) -> Window:
        """Open a window."""
        page = sockets.page_in(self._get(address))
        page.cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies)
        window = Window(self._port, page)
        await window.comes_back(ends)
        return window

    def _get(self, address: str) -> str:
        with self._opener.open(f"http://127.0.0.1:{self._port}{address}", timeout=30) as answer:
            return str(answer.read().decode())


class Window:
    """What a page would be, with what it has been told over all its sockets."""

    wire: sockets.Wire

    def __init__(self, port: int, page: sockets.Page) -> None:
        self._server = sockets.Server("", port)
        self._host = f"127.0.0.1:{port}"
        self._page = page
        self._frames: list[dict[str, Any]] = []
        self._calls = 0

    async def comes_back(self, ends: AsyncExitStack) -> None:
        """Open a socket, and say what has been applied."""
        host = {"host": self._host, "origin": f"http://{self._host}"}
        self.wire = await ends.enter_async_context(self._server.wire(self._page, **host))
        self.wire.frames = self._frames
        heard = [frame for frame in self._frames if "signal" in frame]
        positions = {str(topic): frame["o"] for frame in heard for topic in frame["t"]}
        await self.wire.hello(self._page, pos=positions)

    def cut(self) -> None:
        """Lose the socket, as by a broken network."""
        self.wire.connection.transport.abort()

    async def calls(self, signal: str, **opts: Any) -> None:
        """Send a signal."""
        self._calls += 1
        await self.wire.send(signal=signal, n=self._calls, opts=opts)

    async def hears(self, line: str) -> None:
        """Wait until a line has come into the log."""
        while line not in self.log():
            await self.wire.frame("push")

    def log(self) -> list[str]:
        """Return the lines that have come."""
        opts = [opts for signal, opts in self.wire.pushes() if signal == "html.append"]
        return [re.sub("<.*?>", "", line["content"]) for line in opts]


def _run(story: Coroutine[Any, Any, None]) -> None:
    # Not in this thread: Playwright's event loop runs in it.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result()
