"""A browser's part of the wire, with and without a server, and the pages of its windows."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpResponse
from django.template import engines
from django.test import RequestFactory
from django.urls import path
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from dfws_html.delivery.publishing import publisher
from dfws_html.page.subscriptions import open_page
from dfws_html.page.tokens import sign
from dfws_html.tasks import WINDOW, set_websocket_topics, trigger

PATIENCE = 30.0  # seconds after which what has not come never will
HOST = "testserver"
ORIGIN = f"http://{HOST}"

# ------------------------------------------------------------------ the site's pages


def page(request):
    """A page whose topics the address names."""
    set_websocket_topics(request, *request.GET.getlist("topic"))
    return page_with_tag(request)


def page_with_tag(request):
    source = "{% load dfws_html %}<!doctype html><html><head>{% dfws_html_script %}</head></html>"
    return HttpResponse(engines["django"].from_string(source).render({}, request))


def triggering(request):
    """A page whose view pushes to its own window, and to a topic that it sets afterwards."""
    trigger(request, "to.window", to=WINDOW, n=1)
    trigger(request, "to.topic", to=["later"], n=2)
    trigger(request, "to.both", to=[WINDOW, "later"], n=3)
    set_websocket_topics(request, "later")
    response = page_with_tag(request)
    trigger(request, "to.topic", to=["later"], n=4)
    return response


def leaving(request):
    """A view that logs out; what the history holds by then is its answer."""
    logout(request)
    return HttpResponse(publisher().history.position()[1])


urlpatterns = [
    path("", page),
    path("triggering/", triggering),
    path("leaving/", leaving),
    path("undone/", transaction.atomic(leaving)),
]


@dataclass
class Page:
    """What a browser takes from a page: its meta and its cookies."""

    token: str
    url: str = "/ws/"
    position: int = 0
    life: str = ""
    csrf: str = ""
    cookies: str = ""
    load: str = field(default_factory=lambda: str(uuid.uuid4()))

    def again(self) -> Page:
        """The same page loaded once more, as by a duplicated tab."""
        return Page(**{**self.__dict__, "load": str(uuid.uuid4())})


_META = re.compile(r'<meta name="dfws" content="([^"]+)"((?: data-[a-z]+="[^"]*")*)>')


def read_page(response: Any, client: Any = None) -> Page:
    """Return the page that a response is."""
    content = response.getvalue().decode() if response.streaming else response.content.decode()
    page = page_in(content)
    if client is not None:
        page.cookies = client.cookies.output([], header="", sep=";").strip()
    return page


def page_in(content: str) -> Page:
    """Return the page that a text of HTML is."""
    found = _META.findall(content)
    assert len(found) == content.count('name="dfws"') == 1, content
    data = dict(re.findall(r'data-([a-z]+)="([^"]*)"', found[0][1]))
    return Page(found[0][0], data["url"], int(data["pos"]), data["life"], data["csrf"])


def new_page(*topics, living=None):
    """A page as the middleware makes it; with the token of a living one: its request's answer."""
    request = RequestFactory().get("/")
    page = open_page(request, living=living)
    set_websocket_topics(request, *topics)
    life, position = page.stand()
    return Page(sign(page.token(request)), life=life, position=position)


async def visit(client: Any, address: str = "/", **options: Any) -> Page:
    """Load a page with a test client."""
    response = await sync_to_async(client.get)(address, **options)
    return read_page(response, client)


# ------------------------------------------------------------------ a window's talk


class Talk:
    """What a window says and hears; the way there is a subclass's."""

    code: int | None = None

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []

    async def say(self, text: str | bytes) -> None:
        raise NotImplementedError

    async def hear(self) -> str | None:
        """The next text, None at the end."""
        raise NotImplementedError

    async def send(self, **frame: Any) -> None:
        await self.say(json.dumps(frame))

    async def hello(self, page: Page, **changes: Any) -> dict[str, Any]:
        """Say hello, and return the welcome."""
        await self.send_hello(page, **changes)
        return await self.frame("welcome")

    async def send_hello(self, page: Page, **changes: Any) -> None:
        frame = {"df": "hello", "v": 1, "token": page.token, "c": page.load, "life": page.life}
        await self.send(**{**frame, "pos": {}, "url": "http://testserver/", **changes})

    async def frame(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Return the next frame of a kind; those before it are kept in `frames`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                text = await self.hear()
                assert text is not None, f"closed with {self.code} before {kind}: {self.frames}"
                frame = json.loads(text)
                self.frames.append(frame)
                fits = frame.get("df", "push") == kind
                if fits and all(frame.get(key) == value for key, value in wanted.items()):
                    return frame

    async def call(self, signal: str, n: int, **opts: Any) -> dict[str, Any]:
        """Call a signal, and return the ack or nack."""
        await self.send(signal=signal, n=n, opts=opts)
        return await self.answer(n)

    async def answer(self, n: int | None) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            while True:
                text = await self.hear()
                assert text is not None, f"closed with {self.code} before the answer to {n}"
                frame = json.loads(text)
                self.frames.append(frame)
                if frame.get("df") in ("ack", "nack") and frame["n"] == n:
                    return frame

    async def heartbeat(self) -> dict[str, Any]:
        """A round trip: what was sent before it has come."""
        await self.say("--heartbeat--")
        return await self.frame("hb")

    async def end(self) -> int | None:
        """Wait until the other side closes, and return its code."""
        async with asyncio.timeout(PATIENCE):
            while (text := await self.hear()) is not None:
                self.frames.append(json.loads(text))
        return self.code

    def pushes(self) -> list[tuple[str, Any]]:
        return [(frame["signal"], frame["opts"]) for frame in self.frames if "signal" in frame]


class Line(Talk):
    """An application without a server.

    Attributes:
        reading: while it is not set, `send` waits, as a server's does for a stuck reader.
        slowly: whether `send` waits for the loop's next turn, each time.
        cancelled: how often the application gave up a `receive`.
    """

    def __init__(self, application: Any, scope: dict[str, Any]) -> None:
        super().__init__()
        self._inward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outward: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reading = asyncio.Event()
        self.reading.set()
        self.slowly = False
        self.gone = False
        self.cancelled = 0
        self._inward.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(application(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        try:
            return await self._inward.get()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def _send(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        if self.slowly:
            await asyncio.sleep(0)
        if self.gone:
            raise OSError("the browser has left")
        self._outward.put_nowait(message)
        if message["type"] == "websocket.close":
            self._inward.put_nowait({"type": "websocket.disconnect", "code": message["code"]})

    async def say(self, text: str | bytes) -> None:
        key = "text" if isinstance(text, str) else "bytes"
        self._inward.put_nowait({"type": "websocket.receive", key: text})

    async def hear(self) -> str | None:
        if self.code is not None:
            return None
        message = await self._outward.get()
        if message["type"] == "websocket.close":
            self.code = message["code"]
            return None
        if message["type"] == "websocket.accept":
            return await self.hear()
        return message["text"]

    def leave(self, *, silently: bool = False) -> None:
        """The browser goes; silently: only a `send` finds out."""
        self.gone = True
        self.reading.set()
        if not silently:
            self._inward.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def over(self) -> None:
        """Wait until the application has ended by itself."""
        await asyncio.wait_for(asyncio.shield(self.task), PATIENCE)


def scope_of(page: Page | None = None, **changes: Any) -> dict[str, Any]:
    """Return a handshake; headers by name replace those that a browser sends, None removes one."""
    headers = {"host": HOST, "origin": ORIGIN, "user-agent": "tests"}
    if page is not None and page.cookies:
        headers["cookie"] = page.cookies
    headers.update(changes.pop("headers", {}))
    return {
        "type": "websocket",
        "path": "/ws/",
        "raw_path": b"/ws/",
        "query_string": b"",
        "root_path": "",
        "scheme": "ws",
        "subprotocols": [],
        "headers": [
            (name.encode(), value.encode()) for name, value in headers.items() if value is not None
        ],
        **changes,
    }


@contextlib.asynccontextmanager
async def line(application: Any, page: Page | None = None, **changes: Any) -> AsyncIterator[Line]:
    """A connection to an application in this loop; it is over when the block is."""
    opened = Line(application, scope_of(page, **changes))
    try:
        yield opened
    finally:
        opened.leave()
        await opened.over()


class Wire(Talk):
    """A window at a real server."""

    def __init__(self, connection: Any) -> None:
        super().__init__()
        self.connection = connection

    async def say(self, text: str | bytes) -> None:
        await self.connection.send(text)

    async def hear(self) -> str | None:
        try:
            return await self.connection.recv()
        except ConnectionClosed:
            self.code = self.connection.close_code
            return None


# ------------------------------------------------------------------ real servers


@dataclass
class Server:
    """A server of this process or another, on loopback."""

    name: str
    port: int

    def page(self, address: str) -> Page:
        """Load a page over HTTP."""
        return page_in(self.get(address))

    def get(self, address: str, cookies: str = "") -> str:
        """Return what an address answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Host": HOST, "Cookie": cookies} if cookies else {"Host": HOST}
        with contextlib.closing(connection):
            connection.request("GET", address, headers=headers)
            return connection.getresponse().read().decode()

    @contextlib.asynccontextmanager
    async def wire(
        self,
        page: Page | None = None,
        *,
        path: str = "/ws/",
        host: str = HOST,
        origin: str | None = ORIGIN,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> AsyncIterator[Wire]:
        """Open a socket as a browser does."""
        headers = dict(headers or {})
        if page is not None and page.cookies:
            headers["Cookie"] = page.cookies
        async with connect(
            f"ws://{host}{path}",
            host="127.0.0.1",
            port=self.port,
            origin=origin,
            additional_headers=headers,
            proxy=None,
            compression=None,
            open_timeout=2 * PATIENCE,  # a process may yet have to start
            close_timeout=2,
            **options,
        ) as connection:
            yield Wire(connection)


def _listening() -> socket.socket:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(128)
    return listening


@contextlib.contextmanager
def uvicorn_here(application: Any) -> Iterator[Server]:
    """A uvicorn in a thread of this process."""
    with _listening() as listening:
        config = uvicorn.Config(
            application,
            log_config=None,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield Server("uvicorn", listening.getsockname()[1])
        server.should_exit = True
        thread.join(PATIENCE)


def daphne_here(application: Any) -> Server:
    """A daphne in a thread of this process; its reactor runs once and to the end."""
    import daphne.server

    listening = _listening()
    server = daphne.server.Server(
        application,
        endpoints=[f"fd:fileno={listening.fileno()}"],
        signal_handlers=False,
        verbosity=0,
    )
    port = listening.getsockname()[1]
    listening.detach()  # the reactor's from here on: it closes the number that it was given
    threading.Thread(target=server.run, daemon=True).start()
    return Server("daphne", port)


@dataclass
class Process(Server):
    """A server in a process of its own, with what it has logged."""

    process: subprocess.Popen[bytes]
    log: Path

    def said(self) -> str:
        return self.log.read_text()


@contextlib.contextmanager
def process(name: str, folder: Path, **settings: Any) -> Iterator[Process]:
    """A uvicorn or daphne in a process of its own; those of one folder are one site.

    Settings other than those of all tests are whatever JSON can say.
    """
    with _listening() as listening:
        log = folder / f"{name}-{listening.getsockname()[1]}.log"
        descriptor = listening.fileno()
        words = [name, str(descriptor), str(folder), json.dumps(settings)]
        command = [sys.executable, "-m", "tests.serve", *words]
        with log.open("wb") as output:
            started = subprocess.Popen(
                command,
                pass_fds=[descriptor],
                stdout=output,
                stderr=output,
            )
        try:
            yield Process(name, listening.getsockname()[1], started, log)
        finally:
            started.terminate()
            started.wait(PATIENCE)
