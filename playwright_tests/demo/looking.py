"""What the demo's tests look at."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

RECIPES = [f"/recipes/{name}/" for name in ("search", "edit", "endless", "kanban", "chat")]
PATHS = ["/", "/signals/", "/board/garden/", "/booking/", "/trouble/", "/recipes/", *RECIPES]
TIMEOUT = 20_000


def is_live(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-df-connection", "open", timeout=TIMEOUT)


def see(locator: Locator) -> None:
    expect(locator).to_be_visible(timeout=TIMEOUT)


def gone(locator: Locator) -> None:
    expect(locator).to_have_count(0, timeout=TIMEOUT)


def card(where: Page | Locator, title: str) -> Locator:
    page = where if isinstance(where, Page) else where.page
    text = page.locator(".title-text", has_text=re.compile(f"^{re.escape(title)}$"))
    return where.locator(".card").filter(has=text)


def column(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)
