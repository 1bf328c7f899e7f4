"""Every page of the demo: live, quiet, narrow, under its policy, and fetched again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from playwright_tests.demo.looking import PATHS, is_live
from playwright_tests.processes import Process


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_live_and_its_console_is_quiet(
    visit: Callable[..., Page], complaints: list[str], path: str
) -> None:
    page = visit(path)
    expect(page.locator(".connection .open")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_a_policy_and_its_console_tells_of_a_violation(
    visit: Callable[..., Page], complaints: list[str], path: str
) -> None:
    page = visit(path)
    assert complaints == []
    write = "() => { try { document.body.innerHTML = '<p>' } catch (error) { return error.name } }"
    assert page.evaluate(write) == "TypeError"
    with page.expect_console_message(lambda said: "img-src" in said.text):
        page.evaluate("() => { new Image().src = 'http://127.0.0.1:9/x' }")
    assert len(complaints) == 2


def test_the_terminal_says_where_it_is_and_no_more(
    visit: Callable[..., Page], demo: str, served: Process
) -> None:
    visit("/")  # with its style sheet and script
    assert served.output().split() == [
        "dfws_html",
        "demo:",
        f"{demo}/",
        "(Ctrl+C",
        "stops",
        "it)",
    ]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("user", ["", "ada"])
def test_a_page_fits_a_narrow_screen(
    visit: Callable[..., Page], demo: str, path: str, user: str
) -> None:
    page = visit("/board/garden/" if user else path, user=user, width=320)
    page.goto(demo + path)
    is_live(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("path", PATHS)
def test_each_page_fetches_itself_again_under_its_policy(
    visit: Callable[..., Page], complaints: list[str], path: str
) -> None:
    page = visit(path, user="ada" if "board" in path else "")
    page.evaluate("document.querySelector('h1').textContent = 'old'")
    before = page.evaluate("DFSignals.window")
    page.evaluate("DFSignals.call('html.refresh')")
    expect(page.locator("h1")).not_to_have_text("old")
    is_live(page)
    assert page.evaluate("DFSignals.window") == before
    assert complaints == []
