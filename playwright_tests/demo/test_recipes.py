"""The recipes: a search, an edit in place, a list without an end, a kanban, a chat."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from playwright_tests.demo.looking import column


def test_a_search_shows_what_was_typed_last(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page = visit("/recipes/search/")
    field, found = page.get_by_role("searchbox"), page.locator("#found li")
    expect(found).to_have_count(8)
    field.press_sequentially("salvia", delay=20)
    expect(found).to_have_text(["Rosemary Salvia rosmarinus", "Sage Salvia officinalis"])
    field.fill("triffid")
    expect(found).to_have_count(0)
    expect(page.locator("#found").get_by_role("status")).to_have_text(
        "Nothing grows here by the name of “triffid”."
    )
    field.fill("")
    expect(found).to_have_count(8)
    assert complaints == []


def test_a_note_is_edited_in_place_and_others_follow(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page, other = visit("/recipes/edit/"), visit("/recipes/edit/")
    row = page.locator(".plants li").nth(1)
    row.get_by_role("button", name="Edit").click()
    field = row.get_by_role("textbox")
    expect(field).to_be_focused()
    # Somebody else is busy with another row.
    theirs = other.locator(".plants li").nth(2)
    theirs.get_by_role("button", name="Edit").click()
    theirs.get_by_role("textbox").fill("half a wor")
    field.fill("Sown in <May>")
    field.press("Enter")
    expect(row.locator(".note")).to_have_text("Sown in <May>")
    expect(row.get_by_role("button", name="Edit")).to_be_focused()
    expect(other.locator(".plants li").nth(1).locator(".note")).to_have_text("Sown in <May>")
    expect(theirs.get_by_role("textbox")).to_have_value("half a wor")
    theirs.get_by_role("button", name="Cancel").click()
    expect(theirs.get_by_role("textbox")).to_have_count(0)
    assert complaints == []


def test_a_list_grows_as_far_as_it_is_looked_at(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page = visit("/recipes/endless/")
    rows = page.locator(".endless li")
    expect(rows.last).to_have_text("More grows …")
    seen = rows.count()
    while rows.last.inner_text() == "More grows …":
        rows.last.scroll_into_view_if_needed()
        expect(rows.nth(seen + 1)).to_be_attached()
        seen = rows.count()
    names = page.locator(".endless li b").all_inner_texts()
    assert names == sorted(set(names))
    assert len(names) > 100
    assert complaints == []


def test_a_task_moves_in_every_window_and_keeps_the_focus(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page, other = visit("/recipes/kanban/"), visit("/recipes/kanban/")
    page.evaluate("window.task = document.querySelector('#task-1')")
    on = page.get_by_role("button", name="Sow the broad beans: on")
    on.click()
    for each in (page, other):
        now = column(each, "Now")
        expect(now.locator("#task-1")).to_be_visible()
    expect(on).to_be_focused()
    assert page.evaluate("window.task === document.querySelector('#task-1')"), "it was moved"
    page.get_by_role("button", name="Sow the broad beans: back").click()
    expect(column(other, "Later").locator("#task-1")).to_be_visible()
    assert complaints == []


def test_what_is_said_is_heard_in_every_window(
    visit: Callable[..., Page], complaints: list[str]
) -> None:
    page, other = visit("/recipes/chat/"), visit("/recipes/chat/")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Say something").press("Enter")
    expect(page.get_by_label("Say something")).to_have_attribute("aria-invalid", "true")
    for number in range(12):
        page.get_by_label("Say something").fill(f"<b>{number}</b>")
        page.get_by_label("Say something").press("Enter")
        expect(page.get_by_label("Say something")).to_have_value("")
    for each in (page, other):
        expect(each.locator("#chat li").last).to_have_text("Ada <b>11</b>")
        expect(each.locator("#chat li").last).to_be_in_viewport()
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    assert complaints == []
