"""The board: two people and one who may only look."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from playwright_tests.demo.looking import TIMEOUT, card, column, gone, is_live, see


def test_two_people_follow_each_other(visit: Callable[..., Page], complaints: list[str]) -> None:
    ada, grace = visit("/board/garden/", user="ada"), visit("/board/garden/", user="grace")
    both = (ada, grace)

    new = column(ada, "One day").get_by_label("New card in One day")
    new.fill("Sow peas")
    new.press("Enter")
    for page in both:
        see(card(page, "Sow peas"))
    expect(new).to_have_value("")
    see(grace.get_by_text("ada added “Sow peas”."))

    card(grace, "Sow peas").get_by_role("button", name="Take it").click()
    for page in both:
        see(card(page, "Sow peas").get_by_text("grace"))
    card(ada, "Sow peas").get_by_role("button", name="Unassign").click()
    for page in both:
        see(card(page, "Sow peas").get_by_role("button", name="Take it"))

    card(ada, "Sow peas").get_by_label("Title").fill("Sow beans")
    card(ada, "Sow peas").get_by_label("Title").press("Enter")
    for page in both:
        see(card(page, "Sow beans"))
    expect(card(ada, "Sow beans").get_by_role("button", name="Take it")).to_be_focused()
    # Renamed by the other one, it changes where it was typed, too.
    card(grace, "Sow beans").get_by_label("Title").fill("Sow lentils")
    card(grace, "Sow beans").get_by_role("button", name="Save").click()
    for page in both:
        expect(card(page, "Sow lentils").get_by_label("Title")).to_have_value(
            "Sow lentils", timeout=TIMEOUT
        )

    card(grace, "Sow lentils").get_by_role("button", name="To the next column").click()
    for page in both:
        see(card(column(page, "This week"), "Sow lentils"))
        gone(card(column(page, "One day"), "Sow lentils"))
    expect(card(grace, "Sow lentils").get_by_label("To the next column")).to_be_focused()

    done = card(ada, "Sow lentils").get_by_role("button", name="Done")
    done.click()
    for page in both:
        seen = card(page, "Sow lentils").get_by_role("button", name="Done")
        expect(seen).to_have_attribute("aria-pressed", "true", timeout=TIMEOUT)

    card(grace, "Sow lentils").get_by_role("button", name="Delete").click()
    for page in both:
        gone(card(page, "Sow lentils"))
    ada.reload()
    is_live(ada)
    gone(card(ada, "Sow lentils"))
    assert complaints == []


def test_what_is_typed_survives_what_others_do(visit: Callable[..., Page]) -> None:
    ada, grace = visit("/board/garden/", user="ada"), visit("/board/garden/", user="grace")
    title = card(ada, "Keep bees").get_by_label("Title")
    title.fill("Keep bees and he")
    card(grace, "Keep bees").get_by_role("button", name="Take it").click()
    see(card(ada, "Keep bees").get_by_text("grace"))
    expect(title).to_have_value("Keep bees and he")
    expect(title).to_be_focused()
    title.press_sequentially("ns")
    title.press("Enter")
    see(card(grace, "Keep bees and hens"))


def test_a_title_that_exists_is_refused_while_it_is_typed(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page = visit("/board/garden/", user="ada")
    part = column(page, "Done")
    new = part.get_by_label("New card in Done")
    new.press_sequentially("build a pond")
    see(part.get_by_text("There is a card with this title."))
    expect(new).to_have_attribute("aria-invalid", "true")
    new.press_sequentially("s")
    gone(part.get_by_text("There is a card with this title."))
    new.fill("")
    new.press("Enter")
    see(part.get_by_text("This field is required."))
    assert complaints == []


def test_boards_are_apart(visit: Callable[..., Page]) -> None:
    garden, version = visit("/board/garden/", user="ada"), visit("/board/version-1/", user="ada")
    for page, name in ((garden, "Done"), (version, "Ready")):
        new = column(page, name).get_by_label(f"New card in {name}")
        new.fill("On both boards")
        new.press("Enter")
        expect(card(page, "On both boards")).to_have_count(1, timeout=TIMEOUT)
    expect(card(garden, "On both boards")).to_have_count(1)


def test_who_is_not_logged_in_may_look_and_not_change(visit: Callable[..., Page]) -> None:
    ada, nobody = visit("/board/version-1/", user="ada"), visit("/board/version-1/")
    expect(nobody.locator(".columns").get_by_role("button")).to_have_count(0)
    expect(nobody.locator(".columns").get_by_role("textbox")).to_have_count(0)
    pk = card(nobody, "Write the manual").evaluate("card => +card.id.split('-')[1]")
    code = nobody.evaluate(
        "card => DFSignals.ask('board.delete', {card}).then(() => 'done', error => error.code)", pk
    )
    assert code == "forbidden"
    see(nobody.get_by_text("Something went wrong."))
    nobody.get_by_role("button", name="Dismiss").click()
    expect(nobody.get_by_text("Something went wrong.")).to_have_count(0)

    card(ada, "Write the manual").get_by_role("button", name="Done").click()
    expect(card(nobody, "Write the manual")).to_have_class(re.compile("is-done"), timeout=TIMEOUT)
    expect(nobody.locator(".columns").get_by_role("button")).to_have_count(0)


def test_logging_out_and_in_again(visit: Callable[..., Page]) -> None:
    page = visit("/board/garden/", user="ada")
    page.get_by_role("button", name="Log out").click()
    see(page.get_by_text("You may look."))
    page.get_by_role("button", name="grace", exact=True).click()
    see(page.get_by_text("You are grace."))
    assert page.url.endswith("/board/garden/")
