"""The bed of the script's tests: pages and bundle from memory, and a test that plays the server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute

STATIC = Path(__file__).parents[2] / "dfws_html" / "static"
ORIGIN = "http://bed.test"
META = (
    '<meta name="dfws" content="TOKEN" data-url="/ws/" data-pos="17" data-life="L"'
    ' data-csrf="CSRF">'
)
SCRIPT = '<script src="/static/js/df_websockets.min.js"></script>'

# Before any script of the page: what happens to it is written down.
RECORDER = """
window.events = [];
window.prevented = [];
for (const name of ["before", "sent", "ack", "done", "error", "undelivered", "unknown", "connected",
    "disconnected", "refused", "resync", "removed", "confirm", "superseded", "cancelled"]) {
  addEventListener("df:" + name, (event) => {
    const { code, signal, call, message, result, topics } = event.detail ?? {};
    const at = event.target === document ? "document" : event.target.id;
    events.push({ name, code, signal, call, message, result, topics, at });
  }, true);
}
addEventListener("DOMContentAdded", (event) => events.push({ name: "added", at: event.target.id }));
"""


class Bed:
    """One page and the server it talks to."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.body = ""
        self.sockets: list[WebSocketRoute] = []
        self.frames: list[dict[str, Any]] = []  # what the page sent, heartbeats aside
        self.beats = 0
        self.console: list[str] = []
        self.crashes: list[str] = []
        self.requests: list[str] = []
        self.topics: list[str | None] = ["t0", "t1"]
        self.life = "L"
        self.welcoming = True
        self.acking = True
        self.pages: dict[str, str] = {}

    def open(self, body: str = "", *, head: str = META + SCRIPT, wait: bool = True) -> Page:
        """Show a page; with `wait` its socket is open afterwards."""
        self.body = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
        self.page.goto(ORIGIN + "/")
        if wait:
            self.page.wait_for_selector("html[data-df-connection=open]", state="attached")
        return self.page

    def open_clocked(self, body: str = "", **more: Any) -> Page:
        """Show a page whose time passes only as the test says (`page.clock.run_for`)."""
        stop_clock(self.page)
        return self.open_stopped(body, **more)

    def open_stopped(self, body: str = "", **more: Any) -> Page:
        """Show a page in a tab whose clock has been stopped before."""
        page = self.open(body, wait=False, **more)
        page.clock.run_for(10)
        self.until(lambda: self.hellos)
        if self.welcoming:
            page.wait_for_selector("html[data-df-connection=open]", state="attached")
        return page

    def run(self, statements: str) -> None:
        """Run a script in the page (`evaluate` would call a function that it gives back)."""
        self.page.evaluate("() => {" + statements + "}")

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until something has become true; its value."""
        deadline = time.monotonic() + 8
        while not (value := condition()):
            assert time.monotonic() < deadline, (self.frames, self.events(), self.console)
            self.page.evaluate("0")  # lets what the page sent arrive
        return value

    def send(self, **frame: Any) -> None:
        """Send a frame to the page."""
        self.sockets[-1].send(json.dumps(frame))

    def push(self, signal: str, **opts: Any) -> None:
        """Send an unnumbered signal and wait until the page has applied it."""
        self.send(signal=signal, opts=opts)
        self.flush()

    def html(self, selector: str) -> str:
        """What is in an element, once the class of what was added is off."""
        self.page.wait_for_function("!document.querySelector('.df-added')")
        return self.page.inner_html(selector)

    def flush(self) -> None:
        """Wait until the page has worked off all that was sent to it, and the reverse."""
        mark = f"flush{time.monotonic_ns()}"
        self.page.evaluate(
            "mark => { window.flushed = DFSignals.connect(mark, () => DFSignals.call('flush'))}",
            mark,
        )
        before = self._flushes()
        self.send(signal=mark, opts={})
        self.until(lambda: self._flushes() > before)
        self.page.evaluate("flushed()")

    def _flushes(self) -> int:
        return sum(frame.get("signal") == "flush" for frame in self.frames)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What the page called on the server."""
        return [f for f in self.frames if "signal" in f and f["signal"] != "flush"]

    def called(self) -> list[tuple[str, Any]]:
        """Name and arguments of all calls until now."""
        self.flush()
        return [(frame["signal"], frame["opts"]) for frame in self.calls]

    def names(self) -> list[str]:
        """Names of all calls until now."""
        return [name for name, _ in self.called()]

    def call(self, rank: int = -1) -> str:
        """Name of one of the calls, `c.n`."""
        return f"{self.hellos[-1]['c']}.{self.calls[rank]['n']}"

    def done(self, rank: int = -1, result: Any = None) -> None:
        """End one of the calls well, and wait until the page knows."""
        self.send(df="done", call=self.call(rank), result=result)
        self.flush()

    @property
    def hellos(self) -> list[dict[str, Any]]:
        """The first frames of all sockets."""
        return [frame for frame in self.frames if frame.get("df") == "hello"]

    def events(self, name: str = "") -> list[dict[str, Any]]:
        """The events of the page, those about `flush` aside."""
        return [
            event
            for event in self.page.evaluate("events")
            if event.get("signal") != "flush" and name in ("", event["name"])
        ]

    def codes(self) -> list[str]:
        """The codes of all df:error events."""
        return [event["code"] for event in self.events("error")]

    def welcome(self, **more: Any) -> None:
        """Answer a hello."""
        frame = {"df": "welcome", "v": 1, "w": "W", "life": self.life, "t": self.topics, "hb": 25}
        self.send(**{**frame, "lim": {"frame": 65536}, **more})

    def accept(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)

        def receive(text: str | bytes) -> None:
            if text == "--heartbeat--":
                self.beats += 1
                return
            frame = json.loads(text)
            self.frames.append(frame)
            if frame.get("df") == "hello" and self.welcoming:
                self.welcome()
            if "n" in frame and self.acking:
                socket.send(json.dumps({"df": "ack", "n": frame["n"]}))

        socket.on_message(receive)

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).split("?")[0]
        if path.startswith("/static/"):
            route.fulfill(
                path=STATIC / path.removeprefix("/static/"), content_type="text/javascript"
            )
            return
        self.requests.append(f"{route.request.method} {path}")
        route.fulfill(body=self.pages.get(path, self.body), content_type="text/html; charset=utf-8")


class Stage:
    """A tab, for one test after the other: opening one takes longer than most tests."""

    def __init__(self, browser: Browser) -> None:
        self.context = browser.new_context()
        self.context.set_default_timeout(8000)
        self.page = page = self.context.new_page()
        self.bed = Bed(page)
        page.on("console", lambda message: self.bed.console.append(message.text))
        page.on("pageerror", lambda error: self.bed.crashes.append(str(error)))
        page.add_init_script(RECORDER)
        page.route("**/*", self._answer)
        page.route_web_socket("**/*", self._accept)

    def _answer(self, route: Route) -> None:
        self.bed.answer(route)

    def _accept(self, socket: WebSocketRoute) -> None:
        self.bed.accept(socket)


@pytest.fixture(scope="module")
def shared_stage(browser: Browser) -> Iterator[Stage]:
    stage = Stage(browser)
    yield stage
    stage.context.close()


@pytest.fixture
def own_stage(browser: Browser) -> Iterator[Stage]:
    """For tests that leave a mark on their tab: a clock, a script that runs first."""
    stage = Stage(browser)
    yield stage
    stage.context.close()


@pytest.fixture
def bed(request: pytest.FixtureRequest) -> Iterator[Bed]:
    own = "own_stage" in request.fixturenames
    stage: Stage = request.getfixturevalue("own_stage" if own else "shared_stage")
    bed = stage.bed = Bed(stage.page)
    yield bed
    stage.page.goto("about:blank")
    assert bed.crashes == []


def stop_clock(page: Page) -> None:
    """Let time pass in a tab only as the test says; it needs a stage of its own."""
    page.clock.install(time="2030-01-01T00:00:00")
    page.clock.pause_at("2030-01-01T00:01:00")


def signal(**call: Any) -> str:
    """The attribute, as it stands in an element."""
    text = json.dumps(call).replace("&", "&amp;").replace("'", "&#39;")
    return f"data-df-signal='{text}'"
