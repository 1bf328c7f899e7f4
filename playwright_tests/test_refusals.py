"""What a developer and a visitor see when something is wrong; the page and its socket go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.signing import TimestampSigner, b62_encode
from playwright.sync_api import Page, expect

from playwright_tests.conftest import Site, is_open
from playwright_tests.site.signals import RAN

BODY = """{% load dfws_html %}
<p id=p>hello</p>
<button id=good {% js_call "echo" text="still alive" %}>good</button>
<button id=unknown {% js_call "ecoh" %}>unknown</button>
<button id=server {% js_call "server.only" %}>server</button>
<button id=members {% js_call "members.only" %}>members</button>
<button id=missing {% js_call "needs.int" %}>missing</button>
<button id=surplus {% js_call "needs.int" number=1 nubmer=2 %}>surplus</button>
<button id=wrong {% js_call "needs.int" number="seven" %}>wrong</button>
<button id=boom {% js_call "boom" %}>boom</button>
<button id=unreadable data-df-signal='[{"name": }]'>unreadable</button>
<button id=strange data-df-signal='[{"name": "echo", "onn": "click"}]'>strange</button>
"""

REFUSED = [
    # button, code, words in the console's line and in the server's log
    ("unknown", "unknown", "ecoh", 'did you mean "echo"'),
    ("server", "forbidden", "server.only", "not allowed"),
    ("members", "forbidden", "members.only", "not allowed"),
    ("missing", "invalid", "needs.int", "missing"),
    ("surplus", "invalid", "needs.int", "nubmer"),
    ("wrong", "invalid", "needs.int", "number"),
    ("boom", "error", "boom", "this is the handler's own error"),
]


@pytest.fixture
def opened(site: Site, page: Page) -> Page:
    site.bodies["refusals"] = BODY
    page.add_init_script(
        "window.problems = [];"
        "document.addEventListener('df:error', e =>"
        " window.problems.push([e.detail.code, e.detail.signal, e.target.id || '']))"
    )
    page.goto(site.address("/?body=refusals"))
    is_open(page)
    RAN.clear()
    return page


def _problems(page: Page) -> list[list[str]]:
    """Return what was reported besides the two attributes that can't be read."""
    return [found for found in page.evaluate("window.problems") if found[0] != "attribute"]


def _still_alive(page: Page) -> None:
    page.locator("#good").click()
    expect(page.locator("#p")).to_have_text("still alive")


@pytest.mark.parametrize(("button", "code", "name", "word"), REFUSED)
def test_a_refused_call_is_told_everywhere(
    opened: Page, caplog: pytest.LogCaptureFixture, button: str, code: str, name: str, word: str
) -> None:
    caplog.set_level(logging.INFO, logger="dfws_html")
    with opened.expect_console_message(lambda message: name in message.text) as told:
        opened.locator(f"#{button}").click()
    assert word in told.value.text or code in told.value.text
    assert _problems(opened) == [[code, name, button]]
    expect(opened.locator("[data-df-status]")).not_to_be_empty()
    logged = caplog.text
    assert name in logged
    assert word in logged
    assert not [ran for ran in RAN if ran[0] == name]
    _still_alive(opened)


def test_an_attribute_that_cannot_be_read_harms_no_other(opened: Page) -> None:
    for button in ("unreadable", "strange"):
        opened.locator(f"#{button}").click()
    expect_problems = [["attribute", "unreadable"], ["attribute", "strange"]]
    found = opened.evaluate("window.problems.map(([code, , id]) => [code, id])")
    assert sorted(found) == sorted(expect_problems)
    _still_alive(opened)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("no json", "invalid"),
        ("[1, 2]", "invalid"),
        ('"text"', "invalid"),
        ('{"signal": 3, "n": 1000}', "invalid"),
        ('{"signal": "echo", "opts": [], "n": 1001}', "invalid"),
        ('{"signal": "echo", "opts": {"x": NaN}, "n": 1002}', "invalid"),
        ('{"df": "what", "n": 1003}', "invalid"),
        ('{"signal": "echo", "opts": {"x": ' + "[" * 40 + "]" * 40 + '}, "n": 1004}', "invalid"),
        ('{"signal": "echo", "opts": {"x": "' + "x" * 70_000 + '"}, "n": 1005}', "big"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_frame_is_answered_and_nothing_runs(
    site: Site, page: Page, frame: str, code: str
) -> None:
    send: list[Callable[[Any], None]] = []
    answers: list[str] = []

    def pass_on(route: Any) -> None:
        server = route.connect_to_server()
        route.on_message(server.send)
        server.on_message(lambda text: (answers.append(str(text)), route.send(text)))
        send.append(server.send)

    page.route_web_socket("**/ws/", pass_on)
    site.bodies["refusals"] = BODY
    page.goto(site.address("/?body=refusals"))
    is_open(page)
    RAN.clear()
    send[0](frame)
    _still_alive(page)  # its answer comes behind the other one
    assert any('"df":"nack"' in text and f'"code":"{code}"' in text for text in answers)
    assert RAN == [("echo", {"text": "still alive"})]


def test_a_selector_that_cannot_be_parsed_harms_nothing_else(opened: Page) -> None:
    from dfws_html import html
    from dfws_html.tasks import BROADCAST
    from dfws_html.window_info import WindowInfo

    with opened.expect_console_message(lambda message: "selector" in message.text):
        html.text(WindowInfo(), "p[", "x", to=BROADCAST)
    assert _problems(opened) == [["selector", "html.text", ""]]
    _still_alive(opened)


def test_a_foreign_page_gets_no_socket(site: Site, page: Page) -> None:
    page.goto(site.address("/"))
    is_open(page)
    address = site.url.replace("127.0.0.1", "localhost")
    page.goto(f"{address}/logout/")  # another origin, whose pages may run scripts
    closed = page.evaluate(
        "address => new Promise(resolve => {"
        " const ws = new WebSocket(address); ws.onopen = () => resolve('open');"
        " ws.onclose = event => resolve(event.code) })",
        site.url.replace("http", "ws") + "/ws/",
    )
    assert closed == 1006


class _OldSigner(TimestampSigner):
    """Signs as this site signed a long time ago."""

    def timestamp(self) -> str:
        return b62_encode(int(time.time()) - 1_000_000)


def _expired() -> str:
    return _OldSigner(salt="dfws_html.page").sign_object(
        {"v": 1, "w": "w", "u": "", "s": "", "t": [], "p": 0, "l": "", "k": ""}, compress=True
    )


@pytest.mark.parametrize("token", ["forged", "expired"])
def test_a_token_that_is_not_good_gets_no_socket_and_the_page_a_new_one(
    site: Site, page: Page, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    new = "meta.content.slice(0, -3) + 'abc'" if token == "forged" else f"'{_expired()}'"
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => {"
        " const meta = document.querySelector('meta[name=dfws]');"
        f" meta.content = {new};"
        "}, {once: true})"
    )
    page.goto(site.address("/"))
    is_open(page)
    assert page.evaluate(
        "DFSignals.headers()['DFWS-Window'] == document.querySelector('meta[name=dfws]').content"
    )
    assert {"forged": "not ours", "expired": "older than"}[token] in caplog.text
