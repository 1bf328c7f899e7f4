"""The demo, served as a visitor gets it: its own settings, its own process, its own database."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from playwright_tests.conftest import library

ROOT = Path(__file__).parents[1]
RECIPES = [f"/recipes/{name}/" for name in ("search", "edit", "endless", "kanban", "chat")]
PATHS = ["/", "/signals/", "/board/garden/", "/booking/", "/trouble/", "/recipes/", *RECIPES]
TIMEOUT = 20_000


# ------------------------------------------------------------------ the server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(1800):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
            break
    pytest.fail(f"the demo did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo says where it was started."""
    return tmp_path_factory.mktemp("demo") / "terminal"


@pytest.fixture(scope="module")
def demo(terminal: Path) -> Iterator[str]:
    """The address of a demo that runs."""
    folder = terminal.parent
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DEMO_DATABASE": str(folder / "db.sqlite3"),
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    migrate = [sys.executable, "demo/manage.py", "migrate", "--no-input", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    port = free_port()
    serve = [sys.executable, "scripts/serve_demo.py", str(port)]
    with terminal.open("wb") as output:
        process = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            wait_until_it_listens(process, port, terminal)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


# ------------------------------------------------------------------ visitors


@pytest.fixture
def complaints() -> list[str]:
    """What the visitors' consoles said is wrong."""
    return []


@pytest.fixture
def visit(browser: Browser, demo: str, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Open a page as a visitor of one's own, and wait until it is live."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, user: str = "", width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        page = context.new_page()
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(demo + path)
        if user:
            page.get_by_role("button", name=user, exact=True).click()
            see(page.get_by_text(f"You are {user}."))
        is_live(page)
        return page

    yield open_page
    for context in contexts:
        context.close()


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


# ------------------------------------------------------------------ every page


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
    visit: Callable[..., Page], demo: str, terminal: Path
) -> None:
    visit("/")  # with its style sheet and script
    assert terminal.read_text().split() == [
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


# ------------------------------------------------------------------ the house


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


# ------------------------------------------------------------------ the recipes


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


# ------------------------------------------------------------------ the seventeen signals


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


# ------------------------------------------------------------------ the board


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


# ------------------------------------------------------------------ the form


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


# ------------------------------------------------------------------ trouble


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
