"""The demo for everybody: by keyboard, by ear, without colours of its own."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from playwright_tests.conftest import library
from playwright_tests.demo.looking import PATHS, card, column, is_live, see


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_well_built(visit: Callable[..., Page], path: str) -> None:
    """One h1, no level of heading left out, a name for each control, ids that are given once."""
    page = visit(path)
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => +h.localName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.getAttribute('id'))")
    assert sorted(ids) == sorted(set(ids))
    nameless = page.evaluate(
        """[...document.querySelectorAll('button,input:not([type=hidden]),select,textarea')]
        .filter(e => !e.labels?.length && !e.ariaLabel && !e.textContent.trim())
        .map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.locator("html").get_attribute("lang") == "en"
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert page.locator("[style], script:not([src]), [onclick]").count() == 0


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_barriers(visit: Callable[..., Page], path: str) -> None:
    """None that a machine finds, by day and by night."""
    page = visit(path, user="ada" if "board" in path else "", bypass_csp=True)
    page.evaluate(
        "selector => DFSignals.call('forms.errors', "
        "{ selector, errors: {}, non_field: ['Not now.'] })",
        "main form",
    )
    page.add_script_tag(path=library("axe-core/axe.min.js"))
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(
            """async () => (await axe.run({ resultTypes: ["violations"] })).violations
            .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))"""
        )
        assert found == []


def test_the_focus_stays_where_it_is_of_use(visit: Callable[..., Page]) -> None:
    page = visit("/board/garden/", user="ada")
    moved = card(page, "Keep bees")
    for way in ("next", "previous"):
        button = moved.get_by_role("button", name=f"To the {way} column")
        back = "previous" if way == "next" else "next"
        for name in ("This week", "Done" if way == "next" else "One day"):
            button.focus()
            page.keyboard.press("Enter")
            see(card(column(page, name), "Keep bees"))
        expect(moved.get_by_role("button", name=f"To the {back} column")).to_be_focused()
    page.goto(page.url.replace("/board/garden/", "/recipes/kanban/"))
    is_live(page)
    page.get_by_role("button", name="Turn the compost: back").press("Enter")
    expect(page.get_by_role("button", name="Turn the compost: on")).to_be_focused()
    see(page.locator("[aria-live]").get_by_text("Turn the compost: Later"))
    page.get_by_role("button", name="Turn the compost: on").press("Enter")
    see(column(page, "Now").get_by_text("Turn the compost"))
    page.goto(page.url.replace("/recipes/kanban/", "/trouble/"))
    is_live(page)
    page.get_by_role("button", name="Boil water").press("Enter")
    page.get_by_role("button", name="Dismiss").press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_what_others_say_scrolls_nobody_elses_page(visit: Callable[..., Page]) -> None:
    page, other = visit("/recipes/chat/"), visit("/recipes/chat/")
    other.evaluate("scrollTo(0, 1e6)")
    before = other.evaluate("scrollY")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Say something").fill("Look up")
    page.get_by_label("Say something").press("Enter")
    expect(other.locator("#chat li").last).to_have_text("Ada Look up")
    assert other.evaluate("scrollY") == before > 0


def test_errors_are_read_out_while_typing(visit: Callable[..., Page]) -> None:
    page = visit("/booking/")
    page.get_by_label("Your e-mail address").press_sequentially("ada@")
    said = page.get_by_role("status").filter(has_text="Enter a valid email address.")
    see(said)
    page.get_by_role("button", name="Clear the table").click()
    see(page.get_by_role("status").filter(has_text="24 of 24 seats are free."))


def test_without_colours_of_its_own_the_demo_shows_what_is_done(visit: Callable[..., Page]) -> None:
    page = visit("/board/garden/", user="ada", forced_colors="active")
    for pressed in (True, False):
        mark = page.get_by_role("button", name="Done", pressed=pressed).first.locator("svg")
        expect(mark).to_be_visible(visible=pressed)
