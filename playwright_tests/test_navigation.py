"""Beside htmx, Turbo, Alpine and Bootstrap: topics and window follow what they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from dfws_html.tasks import trigger
from playwright_tests.conftest import Site, is_open, library
from playwright_tests.site.beside import LINES, push

BOOSTED = ["htmx2", "htmx4"]
ALL = [*BOOSTED, "turbo"]


@pytest.fixture(scope="module", autouse=True)
def libraries() -> None:
    library("htmx4")


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: a browser context takes longer than most of them."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(visitor: BrowserContext) -> Iterator[Page]:
    LINES.clear()
    page = visitor.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    yield page
    page.close()
    assert crashes == []


@pytest.fixture
def show(site: Site, page: Page) -> Callable[[str], Page]:
    """Open the first page of a library's set, and keep what happens to the window."""

    def show(library: str) -> Page:
        page.goto(site.address(f"/beside/{library}/one/"))
        is_open(page)
        page.evaluate(
            "() => { window.seen = []; for (const type of"
            " ['refused', 'resync', 'error', 'undelivered', 'unknown', 'disconnected'])"
            " addEventListener(`df:${type}`, ({detail: {code}}) => seen.push([type, code])) }"
        )
        return page

    return show


def go(page: Page, name: str) -> None:
    """Follow a link without a pointer: what is hovered is fetched in advance."""
    page.get_by_role("link", name=name, exact=True).dispatch_event("click")
    expect(page.locator("html:not([data-turbo-preview]) h1")).to_have_text(name)


def window(page: Page) -> str:
    text: str = page.evaluate("DFSignals.window")
    return text


def works(page: Page) -> None:
    """Call a signal by one of its elements."""
    page.get_by_role("button", name="press").click()
    expect(page.locator("#p")).to_have_text("pressed")


def lines(page: Page, *expected: str) -> None:
    """Expect these lines, and no others before a last one on the page's own topic."""
    topic = page.locator("h1").inner_text()
    push(topic, "end")
    expect(page.locator("#log li")).to_have_text([*expected, "end"])
    LINES[topic].remove("end")
    page.locator("#end").evaluate("line => line.remove()")


@pytest.mark.parametrize("library", ALL)
def test_topics_follow_a_navigation(show: Callable[[str], Page], library: str) -> None:
    page = show(library)
    before = window(page)
    push("one", "a")
    expect(page.locator("#log li")).to_have_text(["a"])
    go(page, "two")
    push("one", "b")
    push("two", "c")
    lines(page, "c")
    works(page)
    go(page, "one")
    push("two", "d")
    push("one", "e")
    lines(page, "a", "b", "e")
    assert window(page) == before
    assert page.evaluate("seen") == []
    expect(page.locator("[data-df-status]")).to_be_attached()


@pytest.mark.parametrize("library", ALL)
def test_what_is_pushed_meanwhile_is_shown_afterwards(
    site: Site, show: Callable[[str], Page], visitor: BrowserContext, library: str
) -> None:
    page = show(library)
    witness = visitor.new_page()
    witness.goto(site.address(f"/beside/{library}/one/"))
    is_open(witness)

    def answer(route: Route) -> None:
        made = route.fetch()
        for topic in ("both", "one", "two"):
            push(topic, f"meanwhile for {topic}")
        expect(witness.locator("#log li")).to_have_count(2)
        route.fulfill(response=made)

    page.route("**/two/", answer)
    go(page, "two")
    lines(page, "meanwhile for both", "meanwhile for two")
    works(page)
    assert page.evaluate("seen") == []
    witness.close()


@pytest.mark.parametrize("library", ALL)
def test_back_shows_the_page_as_it_is_now(show: Callable[[str], Page], library: str) -> None:
    page = show(library)
    go(page, "two")
    push("two", "for two")
    lines(page, "for two")
    push("one", "while it was away")
    page.go_back()
    expect(page.locator("h1")).to_have_text("one")
    lines(page, "while it was away")
    push("two", "for two again")
    push("one", "live")
    lines(page, "while it was away", "live")
    works(page)
    page.go_forward()
    expect(page.locator("h1")).to_have_text("two")
    lines(page, "for two", "for two again")
    push("two", "live")
    lines(page, "for two", "for two again", "live")
    assert page.evaluate("seen") == []


def test_a_page_fetched_in_advance_is_a_window_of_its_own(show: Callable[[str], Page]) -> None:
    page = show("turbo")
    before = window(page)
    link = page.get_by_role("link", name="two", exact=True)
    with page.expect_response("**/two/") as answered:
        link.hover()
    assert "dfws-window" not in answered.value.request.headers
    push("both", "before the click")
    expect(page.locator("#log li")).to_have_text(["before the click"])
    with page.expect_event("websocket"):
        link.click()
    expect(page.locator("h1")).to_have_text("two")
    is_open(page)
    assert window(page) != before
    push("one", "for one")
    lines(page, "before the click")
    works(page)
    # As what it showed then it is what Back brings.
    page.go_back()
    expect(page.locator("h1")).to_have_text("one")
    lines(page, "before the click", "for one")
    assert page.evaluate("seen") == [["disconnected", None]]


def test_back_from_a_page_without_a_window_shows_nothing_twice(
    show: Callable[[str], Page],
) -> None:
    page = show("turbo")
    push("one", "before")
    expect(page.locator("#log li")).to_have_text(["before"])
    go(page, "alone")
    expect(page.locator("html")).to_have_attribute("data-df-connection", "closed")
    push("one", "while it was away")
    page.go_back()
    expect(page.locator("h1")).to_have_text("one")
    is_open(page)
    lines(page, "before", "while it was away")
    works(page)
    assert page.evaluate("seen") == [["disconnected", None]]


def test_a_frame_fetched_in_advance_brings_its_topics(show: Callable[[str], Page]) -> None:
    page = show("turbo")
    link = page.get_by_text("frame", exact=True)
    with page.expect_response("**/framed/"):
        link.hover()
    link.click()
    expect(page.locator("#frame p")).to_have_text("a piece")
    push("piece", "for the piece")
    expect(page.locator("#log li")).to_have_text(["for the piece"])


PIECES = [
    *[(library, "piece", "#box") for library in BOOSTED],
    ("turbo", "frame", "#frame"),
    ("turbo", "stream", "#box"),
]


@pytest.mark.parametrize(("library", "name", "place"), PIECES)
def test_a_piece_brings_its_topics(
    show: Callable[[str], Page], library: str, name: str, place: str
) -> None:
    page = show(library)
    page.get_by_text(name, exact=True).dispatch_event("click")
    expect(page.locator(f"{place} p")).to_have_text("a piece")
    push("piece", "for the piece")
    expect(page.locator("#log li")).to_have_text(["for the piece"])
    lines(page, "for the piece")
    assert page.evaluate("seen") == []


@pytest.mark.parametrize("library", BOOSTED)
def test_what_is_pushed_before_a_late_swap_follows_it(
    show: Callable[[str], Page], library: str
) -> None:
    page = show(library)

    def answer(route: Route) -> None:
        made = route.fetch()
        trigger(None, "html.text", to="one", selector="#box p", content="told since")
        route.fulfill(response=made)

    page.route("**/piece/", answer)
    page.get_by_role("button", name="late").click()
    expect(page.locator("#box p")).to_have_text("told since")
    push("piece", "for the piece")
    expect(page.locator("#log li")).to_have_text(["for the piece"])
    assert page.evaluate("seen") == []


def test_a_page_that_names_its_window_itself_names_it_once(show: Callable[[str], Page]) -> None:
    page = show("htmx2")
    page.evaluate(
        "addEventListener('htmx:configRequest', ({detail}) =>"
        " void Object.assign(detail.headers, DFSignals.headers()))"
    )
    page.get_by_role("button", name="piece").click()
    expect(page.locator("#box p")).to_have_text("a piece")
    push("piece", "for the piece")
    expect(page.locator("#log li")).to_have_text(["for the piece"])


@pytest.mark.parametrize(
    ("library", "how"),
    [
        *[(library, "preventDefault()") for library in BOOSTED],
        ("htmx2", "detail.shouldSwap = false"),
    ],
)
def test_an_answer_that_is_thrown_away_brings_none(
    show: Callable[[str], Page], library: str, how: str
) -> None:
    page = show(library)
    page.evaluate(
        "() => { for (const type of ['htmx:beforeSwap', 'htmx:before:swap'])"
        f" addEventListener(type, event => event.{how}, true);"
        " for (const type of ['htmx:afterRequest', 'htmx:finally:request'])"
        " addEventListener(type, () => window.ended = true, true) }"
    )
    page.get_by_role("button", name="piece").click()
    page.wait_for_function("window.ended")
    push("piece", "for nobody")
    lines(page)


@pytest.mark.parametrize("name", ["nothing", "gone"])
@pytest.mark.parametrize("library", BOOSTED)
def test_frames_wait_no_longer_than_the_request(
    show: Callable[[str], Page], library: str, name: str
) -> None:
    page = show(library)
    page.route("**/piece/", lambda route: route.abort())
    with page.expect_request("**/piece/"):
        page.get_by_role("button", name="piece").click()
    lines(page)
    page.unroute("**/piece/")
    with page.expect_response("**/piece/"):
        page.get_by_role("button", name=name).click()
    push("piece", "it was wanted all the same")
    # A new topic's frames come after the server's word on it, those of others by themselves.
    expect(page.locator("#log li")).to_have_text(["it was wanted all the same"])
    lines(page, "it was wanted all the same")


def test_frames_do_not_wait_for_a_request_that_is_prevented(show: Callable[[str], Page]) -> None:
    page = show("htmx4")
    page.evaluate("addEventListener('htmx:before:request', event => event.preventDefault(), true)")
    page.get_by_role("button", name="piece").click()
    lines(page)


@pytest.mark.parametrize("library", BOOSTED)
def test_no_token_goes_to_another_origin(show: Callable[[str], Page], library: str) -> None:
    page = show(library)
    headers: list[dict[str, str]] = []

    def elsewhere(route: Route) -> None:
        headers.append(route.request.headers)
        allowed = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        route.fulfill(body="elsewhere", content_type="text/html", headers=allowed)

    page.route("http://elsewhere.test/**", elsewhere)
    page.evaluate(
        "() => { Object.assign(htmx.config, {selfRequestsOnly: false, mode: 'cors'});"
        " htmx.ajax('GET', 'http://elsewhere.test/', {target: '#box'}) }"
    )
    expect(page.locator("#box")).to_have_text("elsewhere")
    page.get_by_role("button", name="away").click()
    page.wait_for_url("http://elsewhere.test/")
    assert headers
    assert not [one for one in headers if "dfws-window" in str(one)]


@pytest.mark.parametrize("extension", ["hx-history-cache", "htmx-2-compat"])
def test_extensions_of_htmx_4_do_no_harm(show: Callable[[str], Page], extension: str) -> None:
    page = show("htmx4")
    page.add_script_tag(url=f"/npm/htmx4/dist/ext/{extension}.js")
    go(page, "two")
    push("one", "while it was away")
    page.go_back()
    expect(page.locator("h1")).to_have_text("one")
    lines(page, "while it was away")
    works(page)


def test_alpine_lives_in_what_is_swapped(show: Callable[[str], Page]) -> None:
    page = show("alpine")
    count = page.get_by_role("button", name="count")
    count.first.click()
    expect(page.locator("#counter > output")).to_have_text("1")
    # A swap inside leaves what is around it, and knows its values.
    swap("#inside", "<b x-text=\"'new ' + count\"></b>")
    expect(page.locator("#inside b")).to_have_text("new 1")
    count.first.click()
    expect(page.locator("#inside b")).to_have_text("new 2")
    swap(
        "#box",
        "<div x-data='{ count: 7 }'><button @click=count++>count</button>"
        "<output x-text=count></output></div>",
    )
    page.locator("#box button").click()
    expect(page.locator("#box output")).to_have_text("8")
    expect(page.locator("#counter > output")).to_have_text("2")
    assert page.evaluate("seen") == []


def test_bootstrap_keeps_open_what_is_swapped_inside(show: Callable[[str], Page]) -> None:
    page = show("bootstrap")
    page.get_by_role("button", name="more").click()
    expect(page.locator("#more.collapse.show")).to_be_visible()
    swap("#in-more", "new")
    expect(page.locator("#more.collapse.show")).to_have_text("new")
    page.get_by_role("button", name="open").click()
    expect(page.locator("#modal.show")).to_be_visible()
    page.locator("#typed").fill("half a sentence")
    swap(
        "#in-modal", "<input id=typed aria-label=typed><button data-bs-dismiss=modal>done</button>"
    )
    expect(page.locator("#typed")).to_have_value("half a sentence")
    expect(page.locator("#typed")).to_be_focused()
    page.get_by_role("button", name="done").click()
    expect(page.locator("#modal.show")).to_have_count(0)
    expect(page.locator(".modal-backdrop")).to_have_count(0)
    page.get_by_role("button", name="more").click()
    expect(page.locator("#more")).not_to_have_class(re.compile("show"))
    assert page.evaluate("seen") == []


def swap(selector: str, content: str) -> None:
    trigger(None, "html.content", to="both", selector=selector, content=content)
