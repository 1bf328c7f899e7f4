"""A server that stops, dies or is replaced under an open page."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playwright_tests.conftest import is_open
from playwright_tests.servers import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server("playwright_tests.site.settings", TEST_FOLDER=str(tmp_path))
    server.start()
    yield server
    server.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_page_lives_through_a_restart(server: Server, page: Page, how: signal.Signals) -> None:
    page.goto(server.url, timeout=60_000)  # the server has yet to come up
    is_open(page)
    page.locator("#typed").fill("half a sentence")
    # This page knows better than to fetch itself again.
    page.evaluate(
        "() => { window.resyncs = 0; document.addEventListener('df:resync', (event) => {"
        " window.resyncs++; window.spread = event.detail.spread; event.preventDefault() }) }"
    )
    server.stop(how)
    connection = page.locator("html")
    expect(connection).not_to_have_attribute("data-df-connection", "open")
    # What is clicked meanwhile waits in the page, and runs when the server is back.
    page.get_by_role("button", name="press").click()
    expect(page.locator("#p")).to_have_text("hello")
    server.start()
    expect(connection).to_have_attribute("data-df-connection", "open", timeout=40_000)
    expect(page.locator("#p")).to_have_text("pressed")
    expect(page.locator("#typed")).to_have_value("half a sentence")
    # The new process has no memory of what it told: the page is told so.
    assert page.evaluate("window.resyncs") == 1
    assert page.evaluate("window.spread") >= 5  # seconds: all of its windows are, at the same time
    page.evaluate("document.querySelector('#p').textContent = ''")
    page.get_by_role("button", name="press").click()
    expect(page.locator("#p")).to_have_text("pressed")


def test_a_page_fetches_itself_when_what_it_missed_is_lost(server: Server, page: Page) -> None:
    page.goto(server.url, timeout=60_000)
    is_open(page)
    page.locator("#typed").fill("half a sentence")
    page.get_by_role("button", name="press").click()
    expect(page.locator("#p")).to_have_text("pressed")
    server.stop(signal.SIGKILL)
    server.start()
    # The new process knows nothing of what it told, so the page is as it is made now.
    expect(page.locator("#p")).to_have_text("hello", timeout=40_000)
    expect(page.locator("#typed")).to_have_value("half a sentence")
    page.get_by_role("button", name="press").click()
    expect(page.locator("#p")).to_have_text("pressed")
