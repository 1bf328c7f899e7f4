"""`on` as a value: htmx's trigger language without its filters."""

import json
import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfws_html.page.triggers import Trigger, nearest, parse_triggers, to_selector

FIXTURE = json.loads((Path(__file__).parent / "fixtures" / "triggers.json").read_text())


@pytest.mark.parametrize("case", FIXTURE, ids=lambda case: case["text"] or "nothing")
def test_the_fixture_shared_with_the_script(case):
    if case["ok"]:
        assert parse_triggers(case["text"])
    else:
        with pytest.raises(ValueError, match=r"^trigger [123]: "):
            parse_triggers(case["text"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("click", {"event": "click"}),
        ("df:done from:document", {"event": "df:done", "source": "document"}),
        (
            "click once changed consume capture passive",
            dict.fromkeys(("once", "changed", "consume", "capture", "passive"), True)
            | {"event": "click"},
        ),
        ("input delay:300ms throttle:1.5s", {"event": "input", "delay": 300, "throttle": 1500}),
        ("input delay:.5s throttle:1m", {"event": "input", "delay": 500, "throttle": 60_000}),
        ("every 5s", {"event": "every", "every": 5000}),
        ('change from:"closest form"', {"event": "change", "source": "closest form"}),
        ("change from:(closest form)", {"event": "change", "source": "closest form"}),
        ("click target:input:not(.a, .b)", {"event": "click", "target": "input:not(.a, .b)"}),
        ('click from:[name="a b"]', {"event": "click", "source": '[name="a b"]'}),
        ("keydown key:ctrl++", {"event": "keydown", "key": "ctrl++"}),
        ("keydown key:','", {"event": "keydown", "key": ","}),
        (
            "intersect threshold:.5 rootMargin:'0px -10%'",
            {"event": "intersect", "threshold": 0.5, "root_margin": "0px -10%"},
        ),
    ],
)
def test_what_is_read(text, expected):
    [trigger] = parse_triggers(text)
    assert trigger == Trigger(**expected)


@pytest.mark.parametrize(
    "value", ['"a"', "'a'", "(a)", "a b", 'a"b', "a'b c", "a(b", "a,b", "[x='1']"]
)
def test_any_value_is_written_so_that_it_is_read_again(value):
    trigger = Trigger(event="click", source=value)
    assert parse_triggers(str(trigger)) == (trigger,)


def test_a_value_that_can_t_be_written():
    with pytest.raises(ValueError, match="no quotes hold"):
        str(Trigger(event="click", source="a \" ' ("))


def test_several():
    assert [one.event for one in parse_triggers('a from:"x, y", b once ,c')] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("click, input dellay:1s", 'trigger 2: unknown modifier "dellay"; did you mean "delay"?'),
        ("click onse", 'trigger 1: unknown modifier "onse"; did you mean "once"?'),
        ("click,", "trigger 2: it is empty"),
        ("click[ctrlKey]", 'trigger 1: "click[ctrlKey]" is a filter; there are none, for they'),
        ("'click'", "is no event"),
        ("delay:1s click", '"delay:1s" is a modifier; an event comes before it'),
        ("input delay:1s delay:2s", '"delay:2s" is there twice'),
        ("input delay:1h", '"delay:": expected a time such as 300ms, 2s or 1m, got "1h"'),
        ("input delay:99999999s", "99999999s is longer than a browser's timer"),
        ("every", 'expected a time such as 300ms, 2s or 1m, got ""'),
        ("every 249ms", '"every" is at least 250ms, not "249ms"'),
        ("click once:1", '"once" takes no value'),
        ("click from:''", '"from:" needs a value'),
        ("click from:' '", '"from:": a selector is empty'),
        ("click from:closest", '"from:": "closest" needs a selector after it'),
        ('a, b from:"x', 'trigger 2: a quote or bracket is not closed in "a, b from:"x"'),
        ("keydown key:ctl+s", '"key:": unknown key to hold: "ctl"; did you mean "ctrl"?'),
        ("keydown key:ctrl+", '"key:": expected a key such as ctrl+s, got "ctrl+"'),
        ("intersect threshold:1.1", '"threshold:": expected a number from 0 to 1, got "1.1"'),
        ("intersect rootMargin:10", "expected one to four lengths in px or %"),
        ("a " + "x" * 500, 'unknown modifier "' + "x" * 60 + '..."'),
    ],
)
def test_a_refusal_says_what_and_where(text, message):
    with pytest.raises(ValueError) as refused:
        parse_triggers(text)
    assert message in str(refused.value)


PIECES = [
    *(
        "click",
        "df:done",
        "every 5s",
        "load",
        "once",
        "changed",
        "capture",
        "x",
        "[",
        " ",
        "  ",
        "\n",
    ),
    *(
        "delay:",
        "throttle:",
        "from:",
        "target:",
        "key:",
        "threshold:",
        "rootMargin:",
        ",",
        ", ",
        '"',
    ),
    *(
        "300ms",
        "1.25s",
        "7",
        "ctrl+s",
        "+",
        ".5",
        "10px",
        "window",
        "closest form",
        "#a",
        "'",
        "(",
        ")",
    ),
    *('"closest form"', "'a,b'", "(a (b) c)", "'\"'", '"(\'"', " consume", " passive", " delay:2m"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=9))
@settings(max_examples=2000, deadline=None)
def test_any_text_is_read_or_refused_and_what_is_read_can_be_written(text):
    try:
        found = parse_triggers(text)
    except ValueError as error:
        assert str(error).startswith("trigger ")
        assert "\n" not in str(error)
        return
    assert parse_triggers(", ".join(map(str, found))) == found


def test_long_texts_take_no_time():
    # Each would take years if the pattern went through every way of parting it.
    for text in (
        "a" * 50_000 + '"',
        "(" * 50_000,
        "a from:" + "(a" * 20_000,
        "k key:" + "a+" * 20_000,
    ):
        with pytest.raises(ValueError):
            parse_triggers(text)


def test_a_trigger_is_a_value():
    trigger = Trigger(event="click", once=True)
    assert pickle.loads(pickle.dumps(trigger)) == trigger
    assert hash(trigger) == hash(Trigger(event="click", once=True))
    with pytest.raises(TypeError):
        Trigger("click")


@pytest.mark.parametrize("text", ["this", "next", "previous", "closest tr", "find .x", "#a > b"])
def test_selectors(text):
    assert to_selector(f" {text} ") == text


@pytest.mark.parametrize("text", ["", "  ", "closest", " find "])
def test_selectors_that_seek_nothing(text):
    with pytest.raises(ValueError, match="empty|needs a selector"):
        to_selector(text)


def test_nothing_is_near_what_resembles_nothing():
    assert nearest("zzz", ["morph"]) == ""
