"""What browser tests share: one Chromium, and the site in a real server of this process."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import (
    Browser,
    BrowserContext,
    BrowserType,
    Page,
    WebSocketRoute,
    expect,
    sync_playwright,
)

from dfws_html.routing import with_websockets

# Playwright's synchronous API keeps a running loop in the tests' thread.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Of two lists the last one counts, so Playwright's own is said again, as far as it concerns pages.
_WITHOUT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    # Two pages of the browser's own for each visitor, a third of what one costs.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxPopup",
)


def chromium() -> str:
    """Return the browser's path."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not path:
        pytest.fail("no Chromium is found: install it, or set CHROMIUM to its path")
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


def launch(chromium_type: BrowserType, **options: Any) -> Browser:
    """Start a Chromium as all tests have it, with further options of Playwright's."""
    without = f"--disable-features={','.join(_WITHOUT)}"
    args = [*_QUIET, without, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    return chromium_type.launch(executable_path=chromium(), args=args, **options)


def library(path: str) -> Path:
    """Return what npm has brought for the tests; without it they fail in CI, else are skipped."""
    found = Path(__file__).parents[1] / "node_modules" / path
    if not found.exists():
        missing = f"{path} is not there: make libraries"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@dataclass(frozen=True)
class Site:
    """The server under test."""

    url: str
    bodies: dict[str, str]

    def address(self, path: str = "/") -> str:
        """Return the address of one of its pages."""
        return self.url + path


@pytest.fixture(scope="session")
def site(django_db_blocker: Any) -> Iterator[Site]:
    """The browser tests' site, in a uvicorn of this process."""
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
    from django.core.asgi import get_asgi_application
    from django.core.management import call_command

    from playwright_tests.site.views import BODIES

    # The settings' database is a file of this process: nobody else's, and seen by all threads.
    with django_db_blocker.unblock(), socket.socket() as listening:
        call_command("migrate", run_syncdb=True, verbosity=0)
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)  # so that a page that comes before the server waits for it
        port = listening.getsockname()[1]
        application = with_websockets(ASGIStaticFilesHandler(get_asgi_application()))
        config = uvicorn.Config(
            application,
            log_level="warning",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        yield Site(url=f"http://127.0.0.1:{port}", bodies=BODIES)
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def cluster_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the site that runs as many processes, to be copied."""
    from playwright_tests.cluster.bed import make_database

    path = tmp_path_factory.mktemp("cluster") / "db.sqlite3"
    make_database(path)
    return path


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One visitor: a context with cookies of its own."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """One tab."""
    return context.new_page()


class Sockets:
    """The sockets of a page, real ones, which a test can cut."""

    def __init__(self, page: Page) -> None:
        self._open: list[WebSocketRoute] = []
        page.route_web_socket("**/ws/", self._pass_on)

    def _pass_on(self, route: WebSocketRoute) -> None:
        route.connect_to_server()
        self._open.append(route)

    def cut(self) -> None:
        """Cut them, as a network does."""
        while self._open:
            self._open.pop().close(code=1011)


def is_open(page: Page) -> None:
    """Wait until the page's socket has been welcomed."""
    expect(page.locator("html")).to_have_attribute("data-df-connection", "open")
