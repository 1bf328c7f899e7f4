"""Seventeen signals, each on its stage."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from playwright_tests.demo.looking import TIMEOUT, see


def tiles(*texts: str) -> Callable[[Locator], None]:
    return lambda stage: expect(stage.locator(".tile")).to_have_text(list(texts), timeout=TIMEOUT)


def lit(*are: bool) -> Callable[[Locator], None]:
    def look(stage: Locator) -> None:
        for tile, is_lit in zip(stage.locator(".tile").all(), are, strict=True):
            pattern = re.compile(r"\bis-lit\b")
            if is_lit:
                expect(tile).to_have_class(pattern, timeout=TIMEOUT)
            else:
                expect(tile).not_to_have_class(pattern, timeout=TIMEOUT)

    return look


def filled_in(stage: Locator) -> None:
    expect(stage.get_by_label("Drink")).to_have_value("tea", timeout=TIMEOUT)
    expect(stage.get_by_label("large")).to_be_checked()
    expect(stage.get_by_label("small")).not_to_be_checked()
    for name, is_checked in {"milk": True, "sugar": False, "honey": True}.items():
        expect(stage.get_by_label(name)).to_be_checked(checked=is_checked)
    expect(stage.get_by_label("Note")).to_have_value("No hurry.")


STAGES: dict[str, tuple[str, Callable[[Locator], None], Callable[[Locator], None]]] = {
    "append": ("Append", tiles("1", "2"), tiles("1", "2", "new")),
    "prepend": ("Prepend", tiles("1", "2"), tiles("new", "1", "2")),
    "before": ("Insert before 2", tiles("1", "2"), tiles("1", "new", "2")),
    "after": ("Insert after 1", tiles("1", "2"), tiles("1", "new", "2")),
    "content": ("Replace both", tiles("1", "2"), tiles("new")),
    "replace_with": ("Replace 2", tiles("1", "2"), tiles("1", "new")),
    "text": (
        "Write",
        lambda stage: expect(stage.locator("p")).to_have_text("Once upon a time", timeout=TIMEOUT),
        lambda stage: expect(stage.locator("p")).to_have_text(
            "<b>2 < 3</b> & so on", timeout=TIMEOUT
        ),
    ),
    "empty": ("Empty", tiles("1", "2"), tiles()),
    "remove": ("Remove", tiles("1", "2", "3"), tiles("1", "2")),
    "add_class": ("Light up", lit(False, False), lit(True, True)),
    "remove_class": ("Put out", lit(True, True), lit(False, False)),
    "add_attribute": (
        "90 %",
        lambda stage: expect(stage.locator("progress")).to_have_attribute("value", "10"),
        lambda stage: expect(stage.locator("progress")).to_have_attribute(
            "value", "90", timeout=TIMEOUT
        ),
    ),
    "remove_attr": (
        "Show",
        lambda stage: expect(stage.get_by_text("there?")).to_be_hidden(timeout=TIMEOUT),
        lambda stage: see(stage.get_by_text("there?")),
    ),
    "boolean_attribute": (
        "Lock",
        lambda stage: expect(stage.get_by_label("Diary")).to_be_enabled(timeout=TIMEOUT),
        lambda stage: expect(stage.get_by_label("Diary")).to_be_disabled(timeout=TIMEOUT),
    ),
    "focus": (
        "Go there",
        lambda stage: expect(stage.get_by_label("Name")).not_to_be_focused(timeout=TIMEOUT),
        lambda stage: expect(stage.get_by_label("Name")).to_be_focused(timeout=TIMEOUT),
    ),
    "forms_set": (
        "The usual",
        lambda stage: expect(stage.get_by_label("Drink")).to_have_value("coffee", timeout=TIMEOUT),
        filled_in,
    ),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_plays_and_starts_over(
    visit: Callable[..., Page], complaints: list[str], name: str
) -> None:
    button, before, after = STAGES[name]
    page = visit("/signals/")
    act = page.locator(f"#about-{name}")
    stage = act.locator(f"#stage-{name}")
    before(stage)
    stage.get_by_role("button", name=button, exact=True).click()
    after(stage)
    act.get_by_role("button", name="Start over").click()
    before(stage)
    assert complaints == []


def test_the_lock_opens_again(visit: Callable[..., Page]) -> None:
    stage = visit("/signals/").locator("#stage-boolean_attribute")
    stage.get_by_role("button", name="Lock", exact=True).click()
    expect(stage.get_by_label("Diary")).to_be_disabled(timeout=TIMEOUT)
    stage.get_by_role("button", name="Unlock").click()
    expect(stage.get_by_label("Diary")).to_be_enabled(timeout=TIMEOUT)


def test_a_file_is_downloaded(visit: Callable[..., Page], complaints: list[str]) -> None:
    page = visit("/signals/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download a postcard").click()
    assert download.value.suggested_filename == "postcard.txt"
    assert "Greetings" in Path(download.value.path()).read_text()
    assert complaints == []


def test_every_signal_has_its_stage(visit: Callable[..., Page]) -> None:
    shown = visit("/signals/").locator(".act").evaluate_all("acts => acts.map(act => act.id)")
    assert sorted(shown) == sorted(f"about-{name}" for name in [*STAGES, "download_file"])
    assert len(shown) == 17
