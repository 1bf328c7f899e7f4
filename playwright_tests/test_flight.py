"""Calls of elements and a real server: late answers, double submits, resets, undone promises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playwright_tests.conftest import Site, is_open
from playwright_tests.site.signals import GATES, RAN


@pytest.fixture(autouse=True)
def ran() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    RAN.clear()
    yield RAN
    for gate in GATES.values():
        gate.set()
    GATES.clear()


def show(site: Site, page: Page, body: str) -> None:
    site.bodies["flight"] = body
    page.goto(site.address("/?body=flight"))
    is_open(page)


def signal(name: str, **call: Any) -> str:
    return f"data-df-signal='{json.dumps({'name': name, **call})}'"


def test_the_answers_of_a_search_box_come_out_of_order(site: Site, page: Page) -> None:
    GATES["a"] = Event()
    call = signal("find", on="input", value="q", target="#found")
    show(site, page, f"<input id=q {call}><ul id=found></ul>")
    page.evaluate(
        "window.ends = []; for (const name of ['done', 'superseded'])"
        " addEventListener('df:' + name, () => ends.push(name))"
    )
    page.type("#q", "a")
    page.type("#q", "b")
    expect(page.locator("#found")).to_have_text("ab")
    GATES["a"].set()
    # What this window hears, it hears in one order.
    page.evaluate("DFSignals.ask('echo')")
    expect(page.locator("#found")).to_have_text("ab")
    assert page.evaluate("ends") == ["superseded", "done", "done"]


def test_a_form_is_submitted_once_and_reset(site: Site, page: Page, ran: list[Any]) -> None:
    GATES["hello"] = Event()
    call = signal("find", opts={"q": "hello"}, target="#log", swap="beforeend", reset=True)
    show(site, page, f"<form {call}><input id=t><button>send</button></form><ul id=log></ul>")
    page.fill("#t", "hello")
    page.dblclick("button")
    page.press("#t", "Enter")
    expect(page.locator("button")).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#log")).to_have_attribute("aria-busy", "true")
    GATES["hello"].set()
    expect(page.locator("#log li")).to_have_text(["hello"])
    expect(page.locator("#t")).to_have_value("")
    expect(page.locator("button")).to_be_enabled()
    page.evaluate("DFSignals.ask('echo')")
    assert [name for name, _ in ran] == ["find", "echo"]


def test_what_was_shown_ahead_is_taken_back_when_the_call_fails(site: Site, page: Page) -> None:
    step = {"name": "html.append", "opts": {"selector": "#log", "template": "row"}}
    call = signal("boom", optimistic=[step])
    show(
        site,
        page,
        f"<button {call}>go</button><ul id=log><li>first</li></ul>"
        "<template id=row><li>second</li></template>",
    )
    page.evaluate(
        "document.querySelector('button').addEventListener('df:sent', () =>"
        " { window.ahead = document.querySelector('#log').innerText })"
    )
    page.click("button")
    expect(page.locator("[data-df-status]")).not_to_be_empty()
    assert page.evaluate("ahead") == "first\nsecond"
    assert page.inner_text("#log") == "first"


def test_questions_from_code(site: Site, page: Page) -> None:
    show(site, page, "<p id=p></p>")
    assert page.evaluate("DFSignals.ask('echo', {text: 'x'})") == {"text": "x"}
    outcome = "DFSignals.ask('boom').catch(error => [error instanceof Error, error.code])"
    assert page.evaluate(outcome) == [True, "error"]
