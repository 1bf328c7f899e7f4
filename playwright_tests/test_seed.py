"""The documentation's own examples, letter for letter, in a server and a browser."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from playwright_tests.conftest import is_open
from playwright_tests.servers import Server


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("seed")
    database = folder / "db.sqlite3"
    server = Server("playwright_tests.seed.settings", SEED_DATABASE=str(database))
    server.start()
    yield server
    server.close()


@pytest.fixture
def page(seed: Server, context: BrowserContext) -> Page:
    page = context.new_page()
    # The first page waits until the server has made its tables; then the object is there, too.
    page.request.get(f"{seed.url}/favicon.ico", timeout=60_000)
    _make_object(seed)
    page.goto(seed.url)
    is_open(page)
    return page


def _make_object(seed: Server) -> None:
    with sqlite3.connect(seed.environment["SEED_DATABASE"]) as database:
        database.execute("INSERT OR IGNORE INTO seed_mymodel (id, name) VALUES (42, 'x')")


def _warns(text: str):
    def wanted(message: ConsoleMessage) -> bool:
        return message.type == "warning" and message.text == text

    return wanted


def test_a_call_from_the_browser_runs_in_both_places(seed: Server, page: Page) -> None:
    with page.expect_console_message(_warns("Hello from browser")):
        page.evaluate(
            "window.DFSignals.call('myproject.first_signal', {content: 'Hello from browser'})"
        )
    seed.printed("Hello from browser")


def test_a_view_triggers_in_both_places(seed: Server, page: Page) -> None:
    with page.expect_console_message(_warns("hello from a view")):
        page.evaluate("fetch('/view/', {headers: DFSignals.headers()})")
    seed.printed("hello from a view")


def test_a_handler_triggers_in_both_places(seed: Server, page: Page) -> None:
    with page.expect_console_message(_warns("hello from Celery")):
        page.evaluate("window.DFSignals.call('myproject.second_signal', {})")
    seed.printed("hello from Celery")


def test_a_push_reaches_the_windows_on_an_object(
    seed: Server, page: Page, context: BrowserContext
) -> None:
    other = context.new_page()
    other.goto(seed.url)
    is_open(other)
    # Without the window's header the request is nobody's window: only the object's windows hear it.
    with (
        page.expect_console_message(_warns("hello from a view")),
        other.expect_console_message(_warns("hello from a view")),
    ):
        page.request.get(f"{seed.url}/another/42/")


@pytest.mark.parametrize(
    ("section", "sent", "printed"),
    [
        ("plain-form", {"id": 42, "form_data": [{"name": "title", "value": "new"}]}, "True"),
        ("tag-form", {"id": 42, "form_data": [{"name": "title", "value": "new"}]}, "True"),
        ("plain-input", {"id": 42, "title": "new"}, "None"),
        ("tag-input", {"id": 42, "title": "new"}, "None"),
    ],
)
def test_a_changed_field_calls_the_function(
    seed: Server, context: BrowserContext, section: str, sent: dict[str, object], printed: str
) -> None:
    page = context.new_page()
    frames: list[str] = []
    page.on(
        "websocket",
        lambda ws: ws.on("framesent", lambda text: frames.append(str(text))),
    )
    page.request.get(f"{seed.url}/favicon.ico", timeout=60_000)
    _make_object(seed)
    page.goto(seed.url)
    is_open(page)
    before = seed.count(printed)
    field = page.locator(f"#{section} input")
    field.fill("new")
    with page.expect_console_message(_warns("undefined")):  # the function sends a title, no content
        field.blur()
    [call] = [frame for text in frames if "signal" in (frame := json.loads(text))]
    assert (call["signal"], call["opts"]) == ("signal.name", sent)
    seed.printed(printed, times=before + 1)
