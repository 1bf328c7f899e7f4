"""The trigger language: what is read out of `on`, what is refused, which keys count as pressed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .conftest import ORIGIN, Bed, Stage, signal

FIXTURES = Path(__file__).parents[2] / "tests" / "fixtures"
SHARED = json.loads((FIXTURES / "triggers.json").read_text())

READ = """texts => texts.map(text => {
  try { return parseTriggers(text) } catch (error) { return `${error.message}` }
})"""


@pytest.fixture(scope="module")
def module(shared_stage: Stage) -> Iterator[Page]:
    """A page with the module as it stands in the sources."""
    bed = shared_stage.bed = Bed(shared_stage.page)
    page = bed.open(head="", wait=False)
    page.evaluate(
        "path => import(path).then(all => Object.assign(window, all))",
        ORIGIN + "/static/dfws_html/triggers.js",
    )
    yield page
    page.goto("about:blank")


def read(page: Page, *texts: str) -> list[Any]:
    """What is read, without the texts; of what is refused, the message."""
    return [
        one if isinstance(one, str) else [{k: v for k, v in t.items() if k != "text"} for t in one]
        for one in page.evaluate(READ, list(texts))
    ]


def test_what_both_parsers_read_and_refuse(module: Page) -> None:
    results = read(module, *[case["text"] for case in SHARED])
    wrong = [
        (case["text"], result)
        for case, result in zip(SHARED, results, strict=True)
        if isinstance(result, list) != case["ok"]
    ]
    assert wrong == []


VALUES: list[tuple[str, list[dict[str, Any]]]] = [
    ("click", [{"type": "click"}]),
    ("a, b", [{"type": "a"}, {"type": "b"}]),
    ("a once , b changed", [{"type": "a", "once": True}, {"type": "b", "changed": True}]),
    ("a delay:500ms", [{"type": "a", "delay": 500}]),
    ("a delay:1.5s", [{"type": "a", "delay": 1500}]),
    ("a delay:2m", [{"type": "a", "delay": 120_000}]),
    ("a delay:300", [{"type": "a", "delay": 300}]),
    ("a throttle:0.01s", [{"type": "a", "throttle": 10}]),
    (
        "a consume capture passive",
        [{"type": "a", "consume": True, "capture": True, "passive": True}],
    ),
    ("a from:body target:.b", [{"type": "a", "from": "body", "target": ".b"}]),
    ('a from:"closest form"', [{"type": "a", "from": "closest form"}]),
    ("a from:'.a, .b', c", [{"type": "a", "from": ".a, .b"}, {"type": "c"}]),
    ("a from:(form input)", [{"type": "a", "from": "form input"}]),
    ("a from::is(.a, .b)", [{"type": "a", "from": ":is(.a, .b)"}]),
    ('a from:[name="b c"]', [{"type": "a", "from": '[name="b c"]'}]),
    ("a from:b:hover", [{"type": "a", "from": "b:hover"}]),
    ("a key:Ctrl+S", [{"type": "a", "key": "ctrl+s"}]),
    ("every 5s", [{"type": "every", "delay": 5000}]),
    ("every 300 once", [{"type": "every", "delay": 300, "once": True}]),
    ("load", [{"type": "load", "throttle": 100}]),
    (
        "intersect threshold:0 rootMargin:10px",
        [{"type": "intersect", "threshold": "0", "rootMargin": "10px"}],
    ),
]


def test_values(module: Page) -> None:
    assert read(module, *[text for text, _ in VALUES]) == [value for _, value in VALUES]


def test_a_trigger_s_text_is_its_own_whatever_white_space_there_is(module: Page) -> None:
    (triggers,) = module.evaluate(READ, [" a  once,b\n from:'c d' "])
    assert [trigger["text"] for trigger in triggers] == ["a once", "b from:'c d'"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("click bubble", "bubble"),
        ("click, input delay:soon", "delay:soon"),
        ("click[ctrlKey]", "click[ctrlKey]"),
        ("click queue:all", "queue:all"),
        ("every 100ms", "every 100ms"),
        ("click from:a>>b", "a>>b"),
        ("click target:..b", "..b"),
    ],
)
def test_an_error_names_the_word(module: Page, text: str, named: str) -> None:
    (message,) = read(module, text)
    assert named in message


def test_whatever_is_written_is_read_again(module: Page) -> None:
    """2,000 lists of triggers, written in the ways there are: each is read as what it was."""
    luck = random.Random(7)
    written, meant = zip(*[_triggers(luck) for _ in range(2000)], strict=True)
    assert read(module, *written) == list(meant)


def test_whatever_is_there_is_read_or_refused(module: Page) -> None:
    """2,000 heaps of pieces: an error with a text, or triggers that say no more than was there."""
    luck = random.Random(8)
    pieces = ["click", "every", "delay:", "1s", "from:", "(", ")", '"', "'", ",", " ", "  ", "[x]"]
    pieces += ["once", "key:", "ctrl+", ".a", ":is(", "__proto__", "constructor:", "\n", "é"]
    texts = ["".join(luck.choices(pieces, k=luck.randint(1, 8))) for _ in range(2000)]
    results = read(module, *texts)
    for text, result in zip(texts, results, strict=True):
        if isinstance(result, list):
            assert all(trigger["type"] in text for trigger in result), text
        else:
            assert result or "," in text or not text.strip(), text
    assert {type(result) for result in results} == {list, str}


def _triggers(luck: random.Random) -> tuple[str, list[dict[str, Any]]]:
    texts, values = [], []
    for _ in range(luck.randint(1, 3)):
        name = luck.choice(["click", "input", "htmx:load", "shown.bs.modal", "x-y"])
        words, value = [name], {"type": name}
        for modifier in luck.sample(sorted(_MODIFIERS), luck.randint(0, 4)):
            word, value[modifier] = luck.choice(_MODIFIERS[modifier])
            words.append(word)
        texts.append(luck.choice([" ", "  ", "\n"]).join(words))
        values.append(value)
    return luck.choice([",", ", ", " ,\n"]).join(texts), values


_MODIFIERS: dict[str, list[tuple[str, Any]]] = {
    **{name: [(name, True)] for name in ("once", "changed", "consume", "capture", "passive")},
    "delay": [("delay:300ms", 300), ("delay:2s", 2000), ("delay:7", 7)],
    "throttle": [("throttle:1m", 60_000), ("throttle:.5s", 500)],
    "from": [
        ("from:window", "window"),
        ('from:"find a, b"', "find a, b"),
        ("from:(a b)", "a b"),
        ("from::is(a, b) ", ":is(a, b)"),
    ],
    "target": [("target:'a > b'", "a > b"), ('target:[b="c, d"]', '[b="c, d"]')],
    "key": [("key:MOD+Enter", "mod+enter"), ('key:","', ",")],
}


@pytest.mark.parametrize(
    ("chord", "event", "pressed"),
    [
        ("s", {"key": "s"}, True),
        ("s", {"key": "S"}, True),  # caps lock
        ("s", {"key": "S", "shiftKey": True}, False),
        ("s", {"key": "s", "ctrlKey": True}, False),
        ("ctrl+s", {"key": "s", "ctrlKey": True}, True),
        ("ctrl+s", {"key": "s", "ctrlKey": True, "altKey": True}, False),
        ("ctrl+shift+s", {"key": "S", "ctrlKey": True, "shiftKey": True}, True),
        ("ctrl+s", {"key": "s", "metaKey": True}, False),
        ("mod+s", {"key": "s", "ctrlKey": True}, True),
        ("mod+s", {"key": "s", "metaKey": True}, False),
        ("mod+s", {"key": "s", "metaKey": True, "apple": True}, True),
        ("mod+s", {"key": "s", "ctrlKey": True, "apple": True}, False),
        ("?", {"key": "?", "shiftKey": True}, True),
        ("?", {"key": "?"}, True),
        ("shift+?", {"key": "?"}, False),
        ("?", {"key": "?", "altKey": True}, False),
        ("enter", {"key": "Enter"}, True),
        ("enter", {"key": "Enter", "shiftKey": True}, False),
        ("escape", {"key": "Escape"}, True),
        ("space", {"key": " "}, True),
        ("ctrl++", {"key": "+", "ctrlKey": True}, True),
        ("enter", {"key": "Enter", "isComposing": True}, False),
        ("enter", {"key": "Enter", "keyCode": 229}, False),
        ("enter", {}, False),  # filled in by the browser
    ],
)
def test_keys(module: Page, chord: str, event: dict[str, Any], pressed: bool) -> None:
    held = dict.fromkeys(["ctrlKey", "altKey", "metaKey", "shiftKey", "isComposing"], False)
    result = module.evaluate(
        """([chord, event]) => {
          const value = event.apple ? "MacIntel" : "Linux x86_64";
          Object.defineProperty(navigator, "platform", { value, configurable: true });
          return isPressed(chord, event);
        }""",
        [chord, {**held, **event}],
    )
    assert result is pressed


def test_a_list_that_can_not_be_read_harms_only_its_element(bed: Bed) -> None:
    text = signal(name="bad", on="click, input dellay:1s")
    page = bed.open(f"<p id=bad {text}>x</p><p id=good {signal(name='good')}>x</p>")
    page.click("#bad")
    page.click("#good")
    assert bed.names() == ["good"]
    assert [(e["code"], e["at"]) for e in bed.events("error")] == [("attribute", "bad")]
    (line,) = [line for line in bed.console if "attribute" in line]
    assert "dellay:1s" in line
