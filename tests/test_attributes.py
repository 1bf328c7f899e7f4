"""The attribute as a value: what is read is what was written, and nothing else is read."""

import html
import json
import pickle
from dataclasses import FrozenInstanceError
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils.translation import gettext_lazy
from hypothesis import given, settings
from hypothesis import strategies as st

from dfws_html.page.attributes import NAME, Call, attribute, call_of, parse, to_json

SHARED = json.loads((Path(__file__).parent / "fixtures" / "attributes.json").read_text())

names = st.text(min_size=1).filter(str.strip)
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    plain | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
selectors = st.sampled_from(["this", "closest tr", "next", "#a > .b", "it's"])
steps = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["html.text", "html.toggle_class"]),
        "opts": st.dictionaries(st.text(), values, max_size=2),
    }
)
keys = {
    "on": st.sampled_from(["click", "input changed delay:300ms, every 5s", "blur from:'find b'"]),
    "form": names,
    "value": names,
    "prevent": st.booleans(),
    "target": selectors,
    "swap": st.sampled_from(["morph", "morph:outer transition", "outerHTML scroll:top focus:#a>b"]),
    "sync": st.sampled_from(["drop", "queue all", "replace closest form"]),
    "busy": selectors,
    "disable": selectors,
    "confirm": names,
    "optimistic": st.lists(steps, max_size=2),
    "reset": st.booleans(),
    "timeout": st.integers(1, 2**31 - 1),
    "include": selectors,
    "task": selectors,
    "opts": st.dictionaries(st.text(), values, max_size=2),
}
calls = st.fixed_dictionaries({"name": names}, optional=keys).map(lambda given: Call(**given))


class Reader(HTMLParser):
    """What a browser would find in the attributes."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def in_a_page(text):
    reader = Reader()
    reader.feed(f"<p {text}>")
    reader.close()
    return reader.tags


@given(st.lists(calls, max_size=2))
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_again_from_a_page_too(written):
    text = to_json(written)
    assert parse(text) == tuple(written)
    assert in_a_page(attribute(written)) == [("p", {NAME: text})]


@given(st.text() | st.text(alphabet='[]{}":,ne \n'))
@settings(max_examples=700, deadline=None)
def test_any_text_is_read_or_refused_with_a_reason(text):
    reason = ""
    try:
        parse(text)
    except ValueError as error:
        reason = str(error)
        assert reason
    assert "\n" not in reason


@pytest.mark.parametrize(("text", "expected"), SHARED["readable"])
def test_the_fixture_shared_with_the_script_is_read(text, expected):
    assert parse(text) == tuple(Call(**call) for call in expected)


@pytest.mark.parametrize("text", SHARED["unreadable"])
def test_the_fixture_shared_with_the_script_is_refused(text):
    with pytest.raises(ValueError):
        parse(text)


def test_the_seed_s_attribute_letter_for_letter_but_for_one_space():
    call = Call("signal.name", on="change", form="form_data", opts={"id": 42})
    assert attribute([call]) == (
        'data-df-signal=\'[{"name": "signal.name", "on": "change", "form": "form_data", '
        '"opts": {"id": 42}}]\''
    )


def test_dangerous_characters_survive_the_page():
    text = 'it\'s "<b>" & &amp; &#x27; > \u2028 é \U0001f600 \x00'
    written = attribute([Call("say", opts={"text": text})])
    body = written.removeprefix(f"{NAME}='").removesuffix("'")
    assert "'" not in body
    assert "<" not in body
    assert ">" not in body
    assert written.isascii()
    assert json.loads(html.unescape(body))[0]["opts"] == {"text": text}


def test_the_bytes_are_stable():
    call = Call("a", opts={"z": 1, "a": 2})
    again = Call("a", opts={"z": 1, "a": 2})
    assert attribute([call]) == attribute([again])
    assert to_json([call]) == '[{"name": "a", "opts": {"z": 1, "a": 2}}]'


def test_absent_keys_are_left_out_and_false_is_not_absent():
    assert to_json([Call("a")]) == '[{"name": "a"}]'
    assert to_json([Call("a", prevent=False)]) == '[{"name": "a", "prevent": false}]'
    assert to_json([]) == "[]"


def test_django_s_values_are_written():
    call = Call("a", opts={"d": date(2042, 1, 2), "n": Decimal("1.10"), "t": gettext_lazy("Yes")})
    assert json.loads(to_json([call]))[0]["opts"] == {"d": "2042-01-02", "n": "1.10", "t": "Yes"}


@pytest.mark.parametrize(
    ("opts", "error"),
    [({"x": object()}, TypeError), ({"x": float("nan")}, ValueError), ({"x": 1e999}, ValueError)],
)
def test_what_has_no_json_is_refused_with_the_signal_s_name(opts, error):
    with pytest.raises(error, match=r'the call of "cart\.add"'):
        to_json([Call("cart.add", opts=opts)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[{"name": "a"}, {"name": "b", "valeu": "x"}]',
            'call 2: unknown key "valeu"; did you mean "value"',
        ),
        ('[{"on": "click"}]', 'call 1: "name" is missing'),
        ('{"name": "a", "prevent": "no"}', 'call 1: "prevent" must be true or false, not text'),
        ('{"name": "a", "opts": [1]}', 'call 1: "opts" must be an object with names as keys'),
        ('{"name": "a", "form": ""}', 'call 1: "form" is empty'),
        ('{"name": "a"\n,}', "it is no JSON: .*, line [12], column"),
        ("[" * 100_000, "nested too deeply"),
        ("  ", "it is empty"),
        ('{"name": "a", "on": "click, inptu onse"}', 'call 1: "on": trigger 2: unknown modifier'),
        ('{"name": "a", "swap": "morp"}', '"swap": unknown style "morp"; did you mean "morph"'),
        ('{"name": "a", "swap": "transition"}', '"swap": unknown style "transition"'),
        ('{"name": "a", "swap": "none scrol:top"}', 'option "scrol"; did you mean "scroll"'),
        ('{"name": "a", "swap": "none scroll:up"}', '"scroll:" goes to top or bottom, not "up"'),
        ('{"name": "a", "swap": "none transition:1"}', '"transition" takes no value'),
        ('{"name": "a", "swap": "none focus:"}', '"swap": a selector is empty'),
        ('{"name": "a", "swap": "none focus:#a b"}', 'unknown option "b"'),
        ('{"name": "a", "sync": " drop"}', '"sync": unknown way ""'),
        ('{"name": "a", "swap": " "}', '"swap": unknown style ""'),
        ('{"name": "a", "sync": "dorp"}', '"sync": unknown way "dorp"; did you mean "drop"'),
        ('{"name": "a", "sync": "queue"}', '"queue" is followed by first, last or all, not ""'),
        ('{"name": "a", "sync": "queue lst"}', 'not "lst"; did you mean "last"'),
        ('{"name": "a", "sync": "drop closest"}', '"sync": "closest" needs a selector'),
        ('{"name": "a", "target": "find"}', '"target": "find" needs a selector'),
        ('{"name": "a", "busy": true}', '"busy" must be text, not a boolean'),
        ('{"name": "a", "reset": 1}', '"reset" must be true or false, not a number'),
        ('{"name": "a", "timeout": true}', '"timeout" must be a whole number of milliseconds'),
        ('{"name": "a", "timeout": 0}', '"timeout" must be 1 to 2147483647 ms, not 0'),
        ('{"name": "a", "timeout": 2147483648}', '"timeout" must be 1 to 2147483647 ms'),
        ('{"name": "a", "optimistic": [3]}', '"optimistic" has a step 1 that is no object'),
        (
            '{"name": "a", "optimistic": [{"name": "html.text", "opt": {}}]}',
            'step 1: unknown key "opt"; did you mean "opts"',
        ),
        (
            '{"name": "a", "optimistic": {"name": "html.tex"}}',
            """step 1: "html.tex" can't be taken back; did you mean "html.text\"""",
        ),
        (
            '{"name": "a", "optimistic": {"name": "html.text", "opts": 3}}',
            'step 1 whose "opts" must be an object, not a number',
        ),
        (
            '{"name": "a", "optimistic": [{"name": "html.append", "opts": {"content": "x"}}]}',
            'step 1: "html.append" needs "template"',
        ),
    ],
)
def test_a_refusal_says_what_and_where(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)


@pytest.mark.parametrize(
    "given_",
    [{"name": ""}, {"name": 5}, {"name": "a", "on": ""}, {"name": "a", "opts": {1: 2}}],
)
def test_a_wrong_call_can_t_be_made(given_):
    with pytest.raises(ValueError):
        Call(**given_)


def test_a_call_is_a_value():
    opts = {"id": 1}
    call = Call("a", opts=opts)
    opts["id"] = 2
    assert call.opts == {"id": 1}
    assert call == Call("a", opts={"id": 1})
    assert hash(call) == hash(Call("a", opts={"id": 1}))
    assert pickle.loads(pickle.dumps(call)) == call
    with pytest.raises(FrozenInstanceError):
        call.name = "b"


def test_the_keys_stand_in_the_order_of_the_grammar():
    call = Call("a", opts={"x": 1}, task="#t", swap="none", target="this", on="load", timeout=9)
    assert to_json([call]) == (
        '[{"name": "a", "on": "load", "target": "this", "swap": "none", "timeout": 9, '
        '"task": "#t", "opts": {"x": 1}}]'
    )


def test_one_step_is_a_list_of_one():
    step = {"name": "html.text", "opts": {"content": "..."}}
    assert Call("a", optimistic=step) == Call("a", optimistic=[step])
    assert hash(Call("a", optimistic=step)) == hash(Call("a", optimistic=[step]))


def test_the_call_that_a_tag_s_keywords_describe():
    given_ = {"on": "", "target": "#a", "id": 42, "opts": {"target": "b", "id": 1}, "reset": None}
    assert call_of("s", given_, {"id", "target"}) == Call(
        "s", target="#a", opts={"target": "b", "id": 42}
    )
    assert call_of("s", {"opts": ""}) == Call("s")
    # Both name an argument, and it may be called like the key.
    assert call_of("s", {"form": "form", "value": "x"}, {"form", "value", "x"}).form == "form"


@pytest.mark.parametrize(
    ("given_", "arguments"),
    [
        ({"target": "x"}, {"target"}),
        ({"timeout": 5}, {"timeout", "id"}),
        ({"value": 3}, {"value"}),
        ({"form": "data"}, {"form"}),
        ({"name": "Ada"}, ()),
        ({"target": ""}, {"target"}),
    ],
)
def test_an_argument_that_is_called_like_a_key(given_, arguments):
    [key] = given_
    with pytest.raises(ValueError, match=f'^"{key}" is a key of the tag; .* opts=') as refused:
        call_of("s", given_, arguments)
    assert "dict" in str(refused.value)


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"swap": "outerHTML swap:1s"}, 'unknown option "swap"; that is htmx, .* "transition"'),
        ({"swap": "innerMorph"}, 'unknown style "innerMorph"; that is htmx, here it is "morph"'),
        ({"swap": "before"}, 'here it is "beforebegin"'),
        ({"sync": "this:replace"}, 'the way stands before its scope: "replace"'),
        ({"sync": "closest form:queue last"}, 'its scope: "queue last closest form"'),
        ({"sync": "closest form:abort"}, 'unknown way "abort"'),
        ({"on": "click from:closest form"}, '"closest" needs .* in quotes: from:"closest x"'),
        ({"on": "click queue:last"}, '"queue:" is no modifier; that is the key "sync"'),
    ],
)
def test_a_word_of_htmx(given_, said):
    with pytest.raises(ValueError, match=said):
        Call("s", **given_)


def test_a_key_of_htmx():
    with pytest.raises(ValueError, match='unknown key "hx-trigger"; .* the key "on"'):
        parse('{"name": "s", "hx-trigger": "load"}')


def test_the_attribute_knows_its_calls():
    made = [Call("a"), Call("b")]
    assert attribute(iter(made)).calls == tuple(made)
