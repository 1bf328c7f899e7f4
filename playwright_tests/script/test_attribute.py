"""The attribute's forms, and what is said about one that can't be read."""

from __future__ import annotations

import pytest

from .conftest import Bed, signal


@pytest.mark.parametrize(
    "text",
    ['[{"name": "s"}]', '{"name": "s"}', '"s"', "s", ' [ {"name": "s"} ] ', '["s"]', " s\n"],
)
def test_forms_of_the_attribute(bed: Bed, text: str) -> None:
    page = bed.open(f"<p data-df-signal='{text}'>x</p>")
    page.click("p")
    assert bed.called() == [("s", {})]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"name": "s", "colour": 1}', "colour"),
        ('{"name": "s"', "SyntaxError"),
        ('{"on": "click"}', "name"),
        ('{"name": ""}', "name"),
        ('{"name": 3}', "name"),
        ('[{"name": "s"}, 3]', "name"),
        ("[null]", "null"),
        ("", ""),
        ('{"name": "s", "on": "click bubble"}', "bubble"),
        ('{"name": "s", "on": "click delay:soon"}', "soon"),
        ('{"name": "s", "on": "click,"}', ""),
        ('{"name": "s", "on": ""}', "on"),
        ('{"name": "s", "on": 3}', "on"),
        ('{"name": "s", "opts": 3}', "opts"),
        ('{"name": "s", "__proto__": {}}', "__proto__"),
        ('{"name": "s", "constructor": 1}', "constructor"),
    ],
)
def test_what_can_not_be_read_is_said_once_and_harms_nobody_else(
    bed: Bed, text: str, word: str
) -> None:
    page = bed.open(
        f"<p id=bad data-df-signal='{text}'>x</p><p id=good {signal(name='good')}>x</p>"
    )
    page.click("#bad")
    page.click("#good")
    assert bed.names() == ["good"]
    assert [(e["code"], e["at"]) for e in bed.events("error")] == [("attribute", "bad")]
    (line,) = [line for line in bed.console if "attribute" in line]
    assert word in line.partition("attribute")[2]  # in the console the element stands behind it


@pytest.mark.usefixtures("own_stage")
def test_a_text_is_read_once(bed: Bed) -> None:
    bed.page.add_init_script(
        "const parse = JSON.parse; window.parsed = [];"
        "JSON.parse = text => { parsed.push(text); return parse(text) }"
    )
    text = '{"name": "once"}'
    page = bed.open(f"<p data-df-signal='{text}'>x</p>")
    page.click("p")
    page.click("p")
    assert page.evaluate("text => parsed.filter(one => one === text).length", text) == 1
    page.evaluate("document.querySelector('p').setAttribute('data-df-signal', '\"other\"')")
    page.click("p")
    assert bed.names() == ["once", "once", "other"]


def test_mended_attribute_works(bed: Bed) -> None:
    page = bed.open("<p id=p data-df-signal='{'>x</p>")
    page.evaluate("p.setAttribute('data-df-signal', '{\"name\": \"s\"}')")
    page.click("p")
    assert bed.names() == ["s"]


def test_event_names_with_colons_and_dots(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s', on='htmx:afterSwap, shown.bs.modal')}>x</p>")
    page.dispatch_event("#p", "htmx:afterSwap")
    page.dispatch_event("#p", "shown.bs.modal")
    assert bed.names() == ["s", "s"]
