"""Two web servers, workers and a Redis, each of which dies and comes back under open pages."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from playwright_tests.cluster.bed import Bed, bed
from playwright_tests.conftest import is_open
from playwright_tests.servers import Server, Worker

DELAY = 2  # seconds, of the page's button
PATIENCE = 40_000  # milliseconds: brokers and pages wait longer with each try to connect


@dataclass
class Cluster:
    """What runs: two servers, a worker for each queue."""

    bed: Bed
    a: Server
    b: Server
    worker: Worker
    slow: Worker

    def start(self) -> None:
        """Start what does not run."""
        self.bed.redis.start()
        for server in (self.a, self.b):
            if server.pid is None:
                server.start()
        workers = [worker for worker in (self.worker, self.slow) if worker.pid is None]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.is_ready()

    def pids(self) -> list[int | None]:
        """Return the numbers of all processes but Redis."""
        return [process.pid for process in (self.a, self.b, self.worker, self.slow)]


@pytest.fixture(scope="module")
def started(cluster_database: Path) -> Iterator[Cluster]:
    with bed(cluster_database) as made:
        yield Cluster(
            bed=made,
            a=made.server(),
            b=made.server(),
            worker=made.worker("celery", pool="prefork", concurrency=2),
            slow=made.worker("slow", pool="threads", concurrency=20),
        )


@pytest.fixture
def cluster(started: Cluster) -> Iterator[Cluster]:
    """A cluster that is whole."""
    started.start()
    yield started
    print(started.bed.output())  # noqa: T201 - pytest shows it if the test has failed


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    contexts = [browser.new_context() for _ in range(4)]
    for context in contexts:
        context.set_default_timeout(PATIENCE)
    yield contexts
    for context in contexts:
        context.close()


@dataclass
class Windows:
    """Two of ada's, with a session at each server; one of grace's; one of nobody's."""

    ada_a: Page
    ada_b: Page
    grace_b: Page
    nobody_a: Page

    def each(self) -> dict[str, Page]:
        """Return them with their names."""
        return vars(self)


@pytest.fixture
def windows(cluster: Cluster, contexts: list[BrowserContext]) -> Windows:
    first, second, third, fourth = contexts
    return Windows(
        ada_a=opened(first, cluster.a, "/log/", user="ada"),
        ada_b=opened(second, cluster.b, "/log/", user="ada"),
        grace_b=opened(third, cluster.b, "/log/?object", user="grace"),
        nobody_a=opened(fourth, cluster.a, "/log/?object"),
    )


def opened(context: BrowserContext, server: Server, path: str, *, user: str = "") -> Page:
    """Open a window."""
    if user:
        context.request.get(f"{server.url}/login/{user}/")
    page = context.new_page()
    page.goto(server.url + path)
    is_open(page)
    return page


def tell(page: Page, whom: str, text: str) -> None:
    """Let a worker add a line to the log of the windows that are named."""
    page.evaluate(
        "([whom, text]) => void DFSignals.call('cluster.tell', {whom, text})", [whom, text]
    )


def see(page: Page, text: str) -> None:
    """Wait until a line is the last of the log."""
    expect(page.locator("#log li").last).to_have_text(text, timeout=PATIENCE)


def log(page: Page) -> list[str]:
    """Return the log's lines."""
    return page.locator("#log li").all_inner_texts()


def rendering(page: Page) -> str:
    """Return when the page was rendered."""
    return page.locator("#rendered").text_content() or ""


def refreshed(page: Page, rendered: str) -> None:
    """Wait until the page has fetched itself: what functions wrote before is not in it any more."""
    expect(page.locator("#rendered")).not_to_have_text(rendered, timeout=PATIENCE)


def press(page: Page, text: str) -> None:
    """Call a signal, and wait for what a worker answers to it."""
    page.evaluate("text => void DFSignals.call('cluster.press', {text})", text)
    expect(page.locator("#p")).to_have_text(f"{text} by Celery", timeout=PATIENCE)


# ------------------------------------------------------------------ who hears what

REACHED = [
    ("ada_a", "window", {"ada_a"}),
    ("ada_b", "window", {"ada_b"}),
    ("nobody_a", "window", {"nobody_a"}),
    ("ada_a", "user", {"ada_a", "ada_b"}),
    ("ada_b", "user", {"ada_a", "ada_b"}),
    ("grace_b", "user", {"grace_b"}),
    ("ada_a", "object", {"grace_b", "nobody_a"}),
    ("grace_b", "everybody", {"ada_a", "ada_b", "grace_b", "nobody_a"}),
]


def test_a_push_reaches_exactly_its_windows_on_both_servers(windows: Windows) -> None:
    pages = windows.each()
    expected: dict[str, list[str]] = {name: [] for name in pages}
    for sender, whom, reached in REACHED:
        text = f"{whom} of {sender}"
        tell(pages[sender], whom, text)
        for name in reached:
            see(pages[name], text)
            expected[name].append(text)
    # Everybody has heard the last one: what went astray before it has come, too.
    assert {name: log(page) for name, page in pages.items()} == expected


def test_a_delayed_push_comes_after_the_delay(windows: Windows) -> None:
    page, other = windows.ada_a, windows.grace_b
    page.get_by_role("button", name="later").click()
    for window in (page, other):
        expect(window.locator("#said")).not_to_be_empty(timeout=PATIENCE)
        came = float(window.locator("#said").inner_text())
        assert DELAY <= came < DELAY + 5, "seconds from the trigger to the page"
    # The worker's function ran after the delay, too, and answered this window alone.
    expect(page.locator("#ran")).not_to_be_empty()
    assert DELAY <= float(page.locator("#ran").inner_text()) < DELAY + 5
    expect(other.locator("#ran")).to_be_empty()


# ------------------------------------------------------------------ the documentation's own page


def _warns(text: str):
    def wanted(message: ConsoleMessage) -> bool:
        return message.type == "warning" and message.text == text

    return wanted


def test_the_documented_page_runs_on_workers(
    cluster: Cluster, contexts: list[BrowserContext]
) -> None:
    page = opened(contexts[0], cluster.a, "/")
    other = opened(contexts[1], cluster.b, "/")
    with page.expect_console_message(_warns("Hello from browser")):
        page.evaluate(
            "window.DFSignals.call('myproject.first_signal', {content: 'Hello from browser'})"
        )
    cluster.worker.printed("Hello from browser")
    with page.expect_console_message(_warns("hello from a view")):
        page.evaluate("fetch('/view/', {headers: DFSignals.headers()})")
    cluster.worker.printed("hello from a view")
    with page.expect_console_message(_warns("hello from Celery")):
        page.evaluate("window.DFSignals.call('myproject.second_signal', {})")
    cluster.worker.printed("hello from Celery")
    with (
        page.expect_console_message(_warns("hello from a view")),
        other.expect_console_message(_warns("hello from a view")),
    ):
        page.request.get(f"{cluster.b.url}/another/42/")
    before = cluster.worker.count("True")
    field = page.locator("#tag-form input")
    field.fill("new")
    with page.expect_console_message(_warns("undefined")):  # the function sends a title, no content
        field.blur()
    cluster.worker.printed("True", times=before + 1)


# ------------------------------------------------------------------ bad days


def test_a_killed_worker_is_replaced(cluster: Cluster, windows: Windows) -> None:
    """What was sent meanwhile waits for it."""
    press(windows.ada_a, "before")
    cluster.worker.stop(signal.SIGKILL)
    windows.ada_a.evaluate("void DFSignals.call('cluster.press', {text: 'meanwhile'})")
    cluster.start()
    expect(windows.ada_a.locator("#p")).to_have_text("meanwhile by Celery", timeout=PATIENCE)
    press(windows.ada_b, "after")


def test_another_worker_goes_on_for_one_that_is_killed_in_the_middle(
    cluster: Cluster, windows: Windows
) -> None:
    begun = cluster.slow.count("in the middle")
    windows.ada_a.get_by_role("button", name="wait").click()
    cluster.slow.printed("in the middle", times=begun + 1)
    another = cluster.bed.worker("slow")
    another.start()
    another.is_ready()
    cluster.slow.stop(signal.SIGKILL)
    windows.ada_b.get_by_role("button", name="wait").click()
    another.printed("in the middle")
    another.close()
    press(windows.ada_a, "after")


def test_a_killed_server_comes_back_to_all_that_was_pushed(
    cluster: Cluster, windows: Windows
) -> None:
    tell(windows.grace_b, "everybody", "before")
    for page in windows.each().values():
        see(page, "before")
    cluster.a.stop(signal.SIGKILL)
    for page in (windows.ada_a, windows.nobody_a):
        expect(page.locator("html")).not_to_have_attribute("data-df-connection", "open")
    # The other server's windows go on.
    told = ["before", *(f"meanwhile {number}" for number in range(5))]
    for text in told[1:]:
        tell(windows.grace_b, "everybody", text)
        see(windows.ada_b, text)
    cluster.start()
    for page in windows.each().values():
        see(page, told[-1])
        assert log(page) == told
        assert page.evaluate("resyncs") == 0
    press(windows.ada_a, "after")


def test_a_redis_that_dies_and_comes_back_empty(cluster: Cluster, windows: Windows) -> None:
    pids = cluster.pids()
    rendered = {name: rendering(page) for name, page in windows.each().items()}
    cluster.bed.redis.kill()
    for server in (cluster.a, cluster.b):
        for path in ("/log/", "/log/?object", "/"):
            assert windows.ada_a.request.get(server.url + path).status == 200
    cluster.bed.redis.start()
    for name, page in windows.each().items():
        # The new one knows nothing of what was told: the pages are told so, and fetch themselves.
        refreshed(page, rendered[name])
        expect(page.locator("html")).to_have_attribute(
            "data-df-connection", "open", timeout=PATIENCE
        )
    for page in windows.each().values():
        press(page, "again")
    tell(windows.grace_b, "everybody", "again")
    for page in windows.each().values():
        see(page, "again")
    assert cluster.pids() == pids


def test_a_site_that_starts_without_its_redis(
    cluster_database: Path, contexts: list[BrowserContext]
) -> None:
    with bed(cluster_database) as made:
        server, worker = made.server(), made.worker("celery")
        server.start()
        worker.start()
        page = contexts[0].new_page()
        answer = page.goto(f"{server.url}/log/?object")
        assert answer is not None
        assert answer.status == 200
        connection = page.locator("html")
        expect(connection).to_have_attribute("data-df-connection", "retrying", timeout=PATIENCE)
        rendered = rendering(page)
        made.redis.start()
        refreshed(page, rendered)
        expect(connection).to_have_attribute("data-df-connection", "open", timeout=PATIENCE)
        worker.is_ready()
        press(page, "at last")
        assert (server.starts, worker.starts) == (1, 1)
        assert None not in (server.pid, worker.pid)
