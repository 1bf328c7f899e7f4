"""The demo as many processes, as `make demo-redis` starts it."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from playwright_tests.conftest import is_open
from playwright_tests.demo.conftest import ROOT, environment
from playwright_tests.demo.looking import TIMEOUT
from playwright_tests.processes import Process


def two_free_ports() -> int:
    """Return a free port whose successor is free, too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port


@pytest.fixture
def demo(database: Path) -> Iterator[tuple[Process, int]]:
    """The demo, and the first of its ports."""
    port = two_free_ports()
    script = str(ROOT / "scripts/serve_demo_redis.py")
    process = Process([sys.executable, script, str(port)], environment(database))
    process.start()
    yield process, port
    process.close()
    print(process.output())  # noqa: T201 - pytest shows it if the test has failed


def test_two_servers_show_one_demo(browser: Browser, demo: tuple[Process, int]) -> None:
    process, port = demo
    process.printed("(Ctrl+C stops it)", times=2)  # both ports are taken
    pages = []
    for number in (port, port + 1):
        page = browser.new_context().new_page()
        page.goto(f"http://127.0.0.1:{number}/", timeout=TIMEOUT)
        is_open(page)
        pages.append(page)
    lamps = [page.get_by_role("button", name="Window 1", exact=True) for page in pages]
    lamps[0].click()
    for lamp in lamps:
        expect(lamp).to_have_attribute("aria-pressed", "true", timeout=TIMEOUT)
    # This page's signals are another worker's.
    pages[1].goto(f"http://127.0.0.1:{port + 1}/signals/")
    is_open(pages[1])
    stage = pages[1].locator("#stage-append")
    stage.get_by_role("button", name="Append", exact=True).click()
    expect(stage.locator(".tile")).to_have_text(["1", "2", "new"], timeout=TIMEOUT)
    process.stop(signal.SIGINT)
    for number in (port, port + 1):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", number)) != 0, "nobody listens any more"
    for page in pages:
        page.context.close()
