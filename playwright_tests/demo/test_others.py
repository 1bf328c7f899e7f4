"""The house, the form that answers while it is filled in, and trouble."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from playwright_tests.demo.looking import TIMEOUT, gone, is_live, see


def test_a_light_goes_on_in_every_window(visit: Callable[..., Page], complaints: list[str]) -> None:
    one, two = visit("/"), visit("/")
    lamp = one.get_by_role("button", name="Window 1", exact=True)
    expect(lamp).to_have_attribute("aria-pressed", "false")
    lamp.click()
    for page in (one, two):
        seen = page.get_by_role("button", name="Window 1", exact=True)
        expect(seen).to_have_attribute("aria-pressed", "true", timeout=TIMEOUT)
    expect(lamp).to_be_focused()
    two.get_by_role("button", name="Window 1", exact=True).click()
    expect(lamp).to_have_attribute("aria-pressed", "false", timeout=TIMEOUT)
    assert complaints == []


def test_the_form_answers_while_it_is_filled_in(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    one, two = visit("/booking/"), visit("/booking/")
    one.get_by_label("Your name").press_sequentially("Ada")
    one.get_by_label("Your e-mail address").press_sequentially("ada@")
    see(one.get_by_text("Enter a valid email address."))
    expect(one.get_by_text("This field is required.")).to_have_count(0)
    one.get_by_label("Your e-mail address").press_sequentially("example.org")
    gone(one.get_by_text("Enter a valid email address."))
    one.get_by_role("button", name="Book").click()
    see(one.get_by_text("This field is required."))
    one.get_by_label("Seats").fill("5")
    one.get_by_role("button", name="Book").click()
    see(one.get_by_text("Welcome, Ada: 5 booked."))
    expect(one.get_by_label("Your name")).to_have_value("")
    for page in (one, two):
        see(page.get_by_text("19 of 24 seats are free."))
        expect(page.locator(".table .is-taken")).to_have_count(5)
    two.get_by_label("Your name").press_sequentially("Ada")
    see(two.get_by_text("This name has booked already."))
    two.get_by_role("button", name="Clear the table").click()
    see(one.get_by_text("24 of 24 seats are free."))
    assert complaints == []


@pytest.mark.parametrize(
    ("button", "code", "reason"),
    [
        ("Do what only staff may", "forbidden", "trouble.forbidden"),
        ("Boil water", "error", "the kettle is empty"),
        ("Send “seven”", "invalid", "number"),
        ("Call it with a slip", "unknown", "trouble.failing"),
    ],
)
def test_trouble_is_told(
    visit: Callable[..., Page], complaints: list[str], button: str, code: str, reason: str
) -> None:
    page = visit("/trouble/")
    page.get_by_role("button", name=button).click()
    see(page.get_by_text("Something went wrong."))
    [line] = complaints
    assert line.startswith(f"dfws {code} trouble.")
    assert reason in line
    expect(page.locator("#outcome")).to_be_empty()
    is_live(page)
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("[data-df-status]")).to_be_empty()
