"""Live models in two windows: parts that are replaced, pages that fetch themselves, no echo."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from dfws_html.live import live
from dfws_html.tasks import trigger
from dfws_html.window_info import WindowInfo
from playwright_tests.conftest import Site, is_open
from playwright_tests.site.models import Note, Task

NOTES = "{% load dfws_html %}{% for note in notes %}{% live note %}{% endfor %}<p id=p></p>"
TASKS = "<ul>{% for task in tasks %}<li>{{ task.text }}</li>{% endfor %}</ul>"


def opened(site: Site, page: Page, query: str) -> Page:
    page.goto(site.address(f"/?{query}"))
    is_open(page)
    return page


def test_a_part_follows_its_instance(site: Site, page: Page, context: BrowserContext) -> None:
    site.bodies["notes"] = NOTES
    Note.objects.all().delete()
    note = Note.objects.create(text="a")
    mine = opened(site, page, "body=notes")
    other = opened(site, context.new_page(), "body=notes")
    other.get_by_label("note").fill("half a sentence")
    note.text = "b"
    note.save()
    for window in (mine, other):
        expect(window.locator("section")).to_have_text("b")
    expect(other.get_by_label("note")).to_have_value("half a sentence")
    causer = WindowInfo()
    causer.window_key = mine.evaluate("DFSignals.window")
    note.text = "c"
    with live.without_echo(causer):
        note.save()
    expect(other.locator("section")).to_have_text("c")
    trigger(None, "html.text", to=[note], selector="#p", content="what came after")
    expect(mine.locator("#p")).to_have_text("what came after")
    expect(mine.locator("section")).to_have_text("b")
    note.delete()
    for window in (mine, other):
        expect(window.locator("section")).to_have_count(0)


def test_a_list_fetches_itself(site: Site, page: Page, context: BrowserContext) -> None:
    site.bodies["tasks"] = TASKS
    Task.objects.all().delete()
    mine = opened(site, page, "body=tasks&list=tasks")
    other = opened(site, context.new_page(), "body=tasks&list=tasks")
    tasks = [Task.objects.create(text=text) for text in "abc"]
    for window in (mine, other):
        expect(window.locator("li")).to_have_text(["a", "b", "c"])
    tasks[1].delete()
    for window in (mine, other):
        expect(window.locator("li")).to_have_text(["a", "c"])
