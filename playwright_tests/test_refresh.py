"""A page that is fetched again under its living window: nothing typed, pushed or open is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from dfws_html.tasks import trigger
from playwright_tests.conftest import Site, Sockets, is_open

BODY = (
    "{{% load dfws_html %}}<h1>{0}</h1><ul id=log>{1}</ul><input id=typed aria-label=typed>"
    '<button {{% js_call "echo" text="pressed" %}}>press</button><p id=p></p>'
)
LINE = "<li>{}</li>"


@pytest.fixture
def show(site: Site) -> Callable[..., None]:
    """Make the page another one."""

    def change(title: str, *lines: str) -> None:
        site.bodies["fresh"] = BODY.format(title, "".join(map(LINE.format, lines)))

    return change


@pytest.fixture
def opened(site: Site, page: Page, show: Callable[..., None]) -> Page:
    """A page of the first kind, whose events are kept."""
    show("one")
    page.goto(site.address("/?topic=room&body=fresh"))
    is_open(page)
    page.evaluate(
        "() => { window.seen = []; for (const type of ['refused', 'resync', 'connected'])"
        " addEventListener(`df:${type}`, ({detail: {code, message}}) =>"
        " seen.push([type, code, message])) }"
    )
    return page


def refresh() -> None:
    trigger(None, "html.refresh", to="room")


def append(text: str) -> None:
    trigger(None, "html.append", to="room", selector="#log", content=LINE.format(text))


def lines(page: Page) -> list[str]:
    return page.locator("#log li").all_inner_texts()


def when_asked(page: Page, answer: Callable[[Route], None]) -> None:
    """Answer the requests of the living window."""
    page.route(
        "**/*",
        lambda route: answer(route) if "dfws-window" in route.request.headers else route.fallback(),
    )


def test_the_page_becomes_what_it_is_now(opened: Page, show: Callable[..., None]) -> None:
    window = opened.evaluate("DFSignals.window")
    opened.locator("#typed").fill("half a sentence")
    show("two", "a")
    refresh()
    expect(opened.locator("h1")).to_have_text("two")
    expect(opened.locator("#typed")).to_have_value("half a sentence")
    expect(opened.locator("#typed")).to_be_focused()
    # It is the same window over the same socket, and what is new in it lives.
    opened.get_by_role("button").click()
    expect(opened.locator("#p")).to_have_text("pressed")
    append("b")
    expect(opened.locator("#log li")).to_have_text(["a", "b"])
    assert opened.evaluate("DFSignals.window") == window
    assert opened.evaluate("seen") == []


def test_what_is_pushed_before_the_page_is_made_is_in_it_once(
    opened: Page, show: Callable[..., None]
) -> None:
    def answer(route: Route) -> None:
        append("while it was asked for")
        show("two", "while it was asked for")
        route.continue_()

    when_asked(opened, answer)
    refresh()
    expect(opened.locator("h1")).to_have_text("two")
    append("end")
    expect(opened.locator("#log li")).to_have_text(["while it was asked for", "end"])


def test_what_is_pushed_after_the_page_is_made_follows_it(
    opened: Page, site: Site, show: Callable[..., None]
) -> None:
    witness = opened.context.new_page()
    witness.goto(site.address("/?topic=room&body=fresh"))
    is_open(witness)

    def answer(route: Route) -> None:
        made = route.fetch()
        append("while it was on its way")
        expect(witness.locator("#log li").last).to_have_text("while it was on its way")
        route.fulfill(response=made)

    when_asked(opened, answer)
    append("before")
    expect(opened.locator("#log li")).to_have_text(["before"])
    show("two", "before")
    opened.evaluate("DFSignals.call('html.refresh')")
    expect(opened.locator("h1")).to_have_text("two")
    expect(opened.locator("#log li")).to_have_text(["before", "while it was on its way"])


def test_a_socket_that_is_cut_meanwhile_brings_nothing_twice(
    site: Site, page: Page, show: Callable[..., None]
) -> None:
    sockets = Sockets(page)
    show("one")
    page.goto(site.address("/?topic=room&body=fresh"))
    is_open(page)

    def answer(route: Route) -> None:
        made = route.fetch()
        append("a")
        page.evaluate("addEventListener('df:connected', () => window.back = true)")
        sockets.cut()
        page.wait_for_function("window.back")
        append("b")
        route.fulfill(response=made)

    when_asked(page, answer)
    show("two")
    refresh()
    expect(page.locator("h1")).to_have_text("two")
    expect(page.locator("#log li")).to_have_text(["a", "b"])
    append("c")
    expect(page.locator("#log li")).to_have_text(["a", "b", "c"])


def test_topics_follow_the_page(opened: Page, show: Callable[..., None]) -> None:
    opened.evaluate("history.replaceState(null, '', '/?topic=hall&body=fresh')")
    show("two")
    refresh()
    expect(opened.locator("h1")).to_have_text("two")
    append("for the room")
    trigger(None, "html.append", to="hall", selector="#log", content=LINE.format("for the hall"))
    expect(opened.locator("#log li").last).to_have_text("for the hall")
    append("for the room, again")
    trigger(None, "html.append", to="hall", selector="#log", content=LINE.format("end"))
    expect(opened.locator("#log li").last).to_have_text("end")
    assert "for the room, again" not in lines(opened)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 404, "content_type": "text/html", "body": "<h1>none</h1>"},
        {"status": 500, "content_type": "text/html", "body": "<meta name=dfws content=T>broken"},
        {"status": 200, "content_type": "text/html", "body": "<h1>a page without a window</h1>"},
        {"status": 200, "content_type": "application/json", "body": "{}"},
    ],
    ids=["404", "500", "no window", "no page"],
)
def test_another_answer_replaces_nothing(opened: Page, answer: dict[str, Any]) -> None:
    when_asked(opened, lambda route: route.fulfill(**answer))
    refresh()
    opened.wait_for_function("seen.length")
    [[event, code, message]] = opened.evaluate("seen")
    assert (event, code) == ("refused", "refresh")
    assert str(answer["status"]) in message
    expect(opened.locator("h1")).to_have_text("one")
    append("it goes on")
    expect(opened.locator("#log li")).to_have_text(["it goes on"])


def test_a_redirect_elsewhere_replaces_nothing(opened: Page, site: Site) -> None:
    opened.evaluate("history.replaceState(null, '', '/elsewhere/')")
    refresh()
    opened.wait_for_function("seen.length")
    [[event, code, message]] = opened.evaluate("seen")
    assert (event, code) == ("refused", "refresh")
    assert message.endswith(site.address("/?body=fresh"))
    expect(opened.locator("h1")).to_have_text("one")


def test_a_page_that_a_form_was_sent_to_is_not_asked_for_again(
    site: Site, page: Page, show: Callable[..., None]
) -> None:
    show("one")
    page.goto(site.address("/?topic=room&body=fresh"))
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<form method=post><input name="
        "csrfmiddlewaretoken><button id=go>go</button></form>');"
        "document.querySelector('[name=csrfmiddlewaretoken]').value ="
        " document.querySelector('meta[name=dfws]').dataset.csrf"
    )
    page.click("#go")
    is_open(page)
    page.evaluate("addEventListener('df:refused', ({detail}) => window.refused = detail.message)")
    show("two")
    refresh()
    page.wait_for_function("window.refused")
    assert "post" in page.evaluate("window.refused")
    expect(page.locator("h1")).to_have_text("one")


def test_somebody_who_has_logged_in_elsewhere_gets_his_own_page(
    site: Site, page: Page, context: BrowserContext, show: Callable[..., None]
) -> None:
    sockets = Sockets(page)
    show("one")
    page.goto(site.address("/?topic=room&body=fresh"))
    is_open(page)
    page.locator("#typed").fill("half a sentence")
    before = page.evaluate("DFSignals.window")
    context.request.get(site.address("/login/ada/"))
    show("two")
    sockets.cut()
    expect(page.locator("h1")).to_have_text("two")
    is_open(page)
    expect(page.locator("#typed")).to_have_value("half a sentence")
    assert page.evaluate("DFSignals.window") != before
    append("a")
    expect(page.locator("#log li")).to_have_text(["a"])
