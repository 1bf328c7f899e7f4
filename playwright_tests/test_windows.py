"""Who hears what: tabs, users and visitors, before and after each has lost its socket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dfws_html.tasks import BROADCAST, USER, trigger
from dfws_html.window_info import WindowInfo
from playwright_tests.conftest import Site, Sockets, is_open, launch
from playwright_tests.site.models import Thing
from playwright_tests.site.signals import RAN

BODY = """{% load dfws_html %}
<ul id=log></ul>
<button {% js_call "tell" whom="window" %}>window</button>
<button {% js_call "tell" whom="user" %}>user</button>
<button {% js_call "tell" whom="session" %}>session</button>
<button {% js_call "tell" whom="thing" %}>thing</button>
<button {% js_call "tell" whom="everybody" %}>everybody</button>
"""


@dataclass
class Tab:
    name: str
    page: Page
    sockets: Sockets

    def log(self) -> list[str]:
        return self.page.locator("#log li").all_inner_texts()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    contexts = [browser.new_context() for _ in range(3)]
    yield contexts
    for context in contexts:
        context.close()


@pytest.fixture
def tabs(site: Site, contexts: list[BrowserContext]) -> dict[str, Tab]:
    """Two tabs of ada, one of grace, one of nobody; two of them look at a thing."""
    site.bodies["tell"] = BODY
    thing, _ = Thing.objects.get_or_create(pk=1, defaults={"name": "thing"})
    plan = [
        ("ada 1", contexts[0], "ada", f"&thing={thing.pk}"),
        ("ada 2", contexts[0], "ada", ""),
        ("grace", contexts[1], "grace", f"&thing={thing.pk}"),
        ("nobody", contexts[2], None, ""),
    ]
    for context, user in {(context, user) for _, context, user, _ in plan if user}:
        context.request.get(site.address(f"/login/{user}/"))
    tabs = {}
    for name, context, _, query in plan:
        page = context.new_page()
        sockets = Sockets(page)
        page.goto(site.address(f"/?body=tell{query}"))
        is_open(page)
        tabs[name] = Tab(name, page, sockets)
    return tabs


def _reconnect(tab: Tab) -> None:
    with tab.page.expect_event("websocket", timeout=20_000):
        tab.sockets.cut()
    is_open(tab.page)


REACHED = [
    ("ada 1", "window", {"ada 1"}),
    ("ada 2", "window", {"ada 2"}),
    ("nobody", "window", {"nobody"}),
    ("ada 1", "user", {"ada 1", "ada 2"}),
    ("grace", "user", {"grace"}),
    ("ada 2", "session", {"ada 1", "ada 2"}),
    ("nobody", "thing", {"ada 1", "grace"}),
    ("nobody", "everybody", {"ada 1", "ada 2", "grace", "nobody"}),
]


@pytest.mark.parametrize("cut", [False, True], ids=["at first", "after reconnecting"])
def test_a_push_reaches_exactly_its_windows(tabs: dict[str, Tab], cut: bool) -> None:
    if cut:
        for tab in tabs.values():
            _reconnect(tab)
    expected: dict[str, list[str]] = {name: [] for name in tabs}
    for sender, whom, reached in REACHED:
        tabs[sender].page.get_by_role("button", name=whom, exact=True).click()
        for name in reached:
            expected[name].append(f"{whom} of {sender}")
            expect(tabs[name].page.locator("#log li").last).to_have_text(f"{whom} of {sender}")
    # One last push for all comes behind whatever went astray: then the logs can be compared.
    trigger(None, "html.append", to=BROADCAST, selector="#log", content="<li>end</li>")
    for name, tab in tabs.items():
        expect(tab.page.locator("#log li").last).to_have_text("end")
        assert tab.log() == [*expected[name], "end"], name


def test_what_is_pushed_while_a_tab_is_away_is_told_in_order(tabs: dict[str, Tab]) -> None:
    away = tabs["grace"]
    away.page.context.set_offline(True)  # so that it can't come back yet
    away.sockets.cut()
    expect(away.page.locator("html")).to_have_attribute("data-df-connection", "retrying")
    thing = Thing.objects.get(pk=1)
    for number in range(5):
        trigger(None, "html.append", to=[thing], selector="#log", content=f"<li>{number}</li>")
    away.page.context.set_offline(False)
    is_open(away.page)
    expect(away.page.locator("#log li").last).to_have_text("4")
    assert away.log() == ["0", "1", "2", "3", "4"]


def test_the_last_keystroke_outlives_its_page(site: Site, page: Page) -> None:
    call = '{"name": "echo", "on": "input delay:30s", "value": "typed"}'
    site.bodies["typed"] = f"<p id=p></p><input id=i data-df-signal='{call}'>"
    page.goto(site.address("/?body=typed"))
    is_open(page)
    RAN.clear()
    page.locator("#i").press_sequentially("last")
    page.goto(site.address())
    is_open(page)
    for _ in range(100):  # what this page calls was taken later
        page.click("text=press")
        expect(page.locator("#p")).to_have_text("pressed")
        if ("echo", {"typed": "last"}) in RAN:
            break
    assert RAN.count(("echo", {"typed": "last"})) == 1


def test_a_page_brought_by_back_is_a_window_of_its_own(site: Site, page: Page) -> None:
    """The browser shows the same HTML again, and with it the same token."""
    site.bodies["tell"] = BODY
    token = "document.querySelector('meta[name=dfws]').content"
    page.goto(site.address("/?body=tell"))
    page.goto(site.address("/?body=tell&again"))  # with the cookies that Back will have, too
    is_open(page)
    before = page.evaluate(f"[{token}, DFSignals.window]")
    page.add_init_script(
        "addEventListener('df:resync', ({detail: {spread}}) => {"
        f" window.resync = [spread, {token}] }})"
    )
    page.goto("about:blank")
    page.go_back()
    is_open(page)
    # What it shows may be old, and somebody looks at it: it is fetched again at once.
    assert page.wait_for_function("window.resync").json_value() == [0, before[0]]
    assert page.evaluate("DFSignals.window") != before[1]
    page.get_by_role("button", name="window", exact=True).click()
    expect(page.locator("#log li")).to_have_text(["window of nobody"])


@pytest.fixture(scope="module")
def keeping(browser: Browser) -> Iterator[Browser]:
    """A Chromium with the back/forward cache, which Playwright switches off."""
    keeping = launch(browser.browser_type, ignore_default_args=["--disable-back-forward-cache"])
    yield keeping
    keeping.close()


def test_a_page_kept_by_the_browser_goes_on_as_the_same_window(
    site: Site, keeping: Browser
) -> None:
    """It was never unloaded: its window, its positions and what it shows are those it had."""
    site.bodies["tell"] = BODY
    context = keeping.new_context()
    page = context.new_page()
    thing, _ = Thing.objects.get_or_create(pk=1, defaults={"name": "thing"})
    page.goto(site.address(f"/?body=tell&thing={thing.pk}"))
    is_open(page)
    page.evaluate(
        "() => { window.resyncs = 0;"
        " addEventListener('df:resync', () => window.resyncs++);"
        " addEventListener('pageshow', event => { window.kept = event.persisted }) }"
    )
    window = page.evaluate("DFSignals.window")
    page.goto(site.address("/logout/"))  # a page of no window
    for number in range(3):
        trigger(None, "html.append", to=[thing], selector="#log", content=f"<li>{number}</li>")
    page.go_back(wait_until="commit")
    page.wait_for_function("window.kept !== undefined")
    assert page.evaluate("window.kept"), "the browser has loaded it anew"
    expect(page.locator("#log li")).to_have_text(["0", "1", "2"])
    is_open(page)
    page.get_by_role("button", name="window", exact=True).click()
    expect(page.locator("#log li").last).to_have_text("window of nobody")
    assert page.evaluate("[DFSignals.window, window.resyncs]") == [window, 0]
    context.close()


def test_what_a_view_pushes_to_its_own_page_arrives(site: Site, page: Page) -> None:
    page.goto(site.address("/pushing/"))
    expect(page.locator("#p")).to_have_text("pushed while it was rendered")


def test_a_logged_out_window_comes_back_as_nobody_s(tabs: dict[str, Tab], site: Site) -> None:
    tab = tabs["grace"]
    before = tab.page.evaluate("DFSignals.window")
    tab.page.context.request.get(site.address("/logout/"))
    tab.sockets.cut()
    tab.page.wait_for_function("before => DFSignals.window !== before", arg=before)
    is_open(tab.page)
    grace = get_user_model().objects.get(username="grace")
    window_info = WindowInfo()
    window_info.user = grace
    for to, text in ((USER, "grace's"), (BROADCAST, "everybody's")):
        trigger(window_info, "html.append", to=to, selector="#log", content=f"<li>{text}</li>")
    expect(tab.page.locator("#log li").last).to_have_text("everybody's")
    assert "grace's" not in tab.page.locator("#log li").all_inner_texts()


def test_a_network_that_goes_and_comes_brings_what_was_missed(
    site: Site, page: Page, context: BrowserContext
) -> None:
    site.bodies["tell"] = BODY
    sockets = Sockets(page)
    page.goto(site.address("/?topic=room&body=tell"))
    is_open(page)
    context.set_offline(True)
    sockets.cut()
    connection = page.locator("html")
    expect(connection).not_to_have_attribute("data-df-connection", "open")
    for n in range(3):
        trigger(None, "html.append", to="room", selector="#log", content=f"<li>{n}</li>")
    context.set_offline(False)  # the browser says so to the page, which does not wait any longer
    is_open(page)
    expect(page.locator("#log li")).to_have_text(["0", "1", "2"])


def test_a_frozen_page_has_missed_nothing_when_it_is_resumed(
    site: Site, page: Page, context: BrowserContext
) -> None:
    site.bodies["tell"] = BODY
    page.goto(site.address("/?topic=room&body=tell"))
    is_open(page)
    browser = context.new_cdp_session(page)
    browser.send("Page.setWebLifecycleState", {"state": "frozen"})
    for n in range(3):
        trigger(None, "html.append", to="room", selector="#log", content=f"<li>{n}</li>")
    browser.send("Page.setWebLifecycleState", {"state": "active"})
    expect(page.locator("#log li")).to_have_text(["0", "1", "2"])
    is_open(page)
