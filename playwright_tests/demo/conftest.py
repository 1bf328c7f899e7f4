"""The demo with its own settings, its own process, its own database, and who visits it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from playwright_tests.demo.looking import TIMEOUT, is_live, see
from playwright_tests.processes import Process

ROOT = Path(__file__).parents[2]


def environment(database: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DEMO_DATABASE": str(database),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's database before anybody has visited it."""
    path = tmp_path_factory.mktemp("demo") / "db.sqlite3"
    migrate = [sys.executable, "demo/manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env={**os.environ, **environment(path)}, check=True)
    return path


@pytest.fixture(scope="module")
def database(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database for the tests of a file."""
    return Path(shutil.copy(new_database, tmp_path_factory.mktemp("demo")))


@pytest.fixture(scope="module")
def port() -> int:
    """A free one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(database: Path, port: int) -> Iterator[Process]:
    """A demo that runs."""
    serve = [sys.executable, str(ROOT / "scripts/serve_demo.py"), str(port)]
    process = Process(serve, environment(database))
    process.start()
    process.printed("(Ctrl+C stops it)")
    yield process
    process.close()


@pytest.fixture(scope="module")
def demo(served: Process, port: int) -> str:
    """Its address."""
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def complaints() -> list[str]:
    """What the visitors' consoles said is wrong."""
    return []


@pytest.fixture
def visit(browser: Browser, demo: str, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a page as a visitor of one's own, and wait until it is live."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, user: str = "", width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(demo + path)
        if user:
            page.get_by_role("button", name=user, exact=True).click()
            see(page.get_by_text(f"You are {user}."))
        is_live(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
