"""A component in two windows: called in one, rendered again in both, with the files it needs."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from playwright_tests.conftest import Site, is_open
from playwright_tests.site.models import Thing

BODY = """{% load component_tags %}
{% for thing in things %}{% component "thing" thing=thing / %}{% endfor %}"""


def opened(site: Site, page: Page, *things: Thing) -> Page:
    query = "".join(f"&thing={thing.pk}" for thing in things)
    page.goto(site.address(f"/?body=component{query}"))
    is_open(page)
    return page


def test_a_component_in_two_windows(site: Site, page: Page, context: BrowserContext) -> None:
    site.bodies["component"] = BODY
    one, two = Thing.objects.create(name="0"), Thing.objects.create(name="5")
    mine = opened(site, page, one)
    other = opened(site, context.new_page(), one, two)
    other.get_by_label("note").first.fill("half a sentence")
    mine.get_by_role("button", name="add").click()
    for window in (mine, other):
        expect(window.locator("b").first).to_have_text("1")
    expect(other.locator("b").nth(1)).to_have_text("5")
    expect(other.get_by_label("note").first).to_have_value("half a sentence")
    # What has been rendered again calls, too; a star's files come with the first one, once.
    other.get_by_role("button", name="add").first.click()
    for window in (mine, other):
        expect(window.locator(".star")).to_have_css("color", "rgb(1, 2, 3)")
        expect(window.locator("html")).to_have_attribute("data-stars", "1")
    other.get_by_role("button", name="add").nth(1).click()
    expect(other.locator("b").nth(1)).to_have_text("6")
    expect(mine.locator("section")).to_have_count(1)
    assert "_RENDERED" not in mine.content()
