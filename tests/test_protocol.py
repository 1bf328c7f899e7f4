"""The wire: what both languages agree on lies in fixtures/frames; the rest is a ProtocolError."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dfws_html import protocol
from dfws_html.exceptions import ProtocolError
from dfws_html.protocol import CLOSE, Call, encode_arguments, parse, seal

FRAMES = Path(__file__).parent / "fixtures" / "frames"
SCRIPT = Path(protocol.__file__).parent / "static" / "dfws_html" / "protocol.js"


def golden(name):
    cases = json.loads((FRAMES / f"{name}.json").read_text())
    return [pytest.param(case, id=case["name"]) for case in cases]


def expand(text):
    """`$9*5000` in a fixture is 9 five thousand times: files stay short."""
    return re.sub(r"\$(.)\*(\d+)", lambda found: found[1] * int(found[2]), text)


def read(text, **changes):
    return parse(text, **{"max_bytes": 65536, "max_depth": 32, **changes})


@pytest.mark.parametrize("case", golden("from_browser"))
def test_what_a_browser_sends(case):
    frame = read(case["text"])
    assert type(frame).__name__ == case["kind"]
    fields = asdict(frame)
    if "positions" in fields:
        fields["positions"] = {str(index): at for index, at in fields["positions"].items()}
    assert fields == case["fields"]


@pytest.mark.parametrize("case", golden("refused"))
def test_what_is_refused(case):
    with pytest.raises(ProtocolError) as refused:
        read(expand(case["text"]))
    assert (refused.value.code, refused.value.n) == (case["code"], case["n"])


@pytest.mark.parametrize("case", golden("to_browser"))
def test_what_a_browser_gets(case):
    frame = getattr(protocol, case["kind"])(**case["fields"])
    if "sealed" in case:
        text = seal(frame.body(), case["sealed"]["indices"], case["sealed"]["number"])
    else:
        text = frame.encode()
    assert text == case["text"]
    json.loads(text)


def test_the_script_speaks_the_same_version_and_heartbeat():
    script = SCRIPT.read_text()
    assert f"VERSION = {protocol.VERSION};" in script
    assert f'HEARTBEAT = "{protocol.HEARTBEAT}";' in script


def test_every_close_code_means_one_thing():
    assert len(set(CLOSE.values())) == len(CLOSE)


def test_limits_are_exact():
    text = '{"signal":"a","opts":{"x":"é"},"n":1}'
    assert read(text, max_bytes=len(text.encode()))
    with pytest.raises(ProtocolError, match="limit is 37"):
        read(text, max_bytes=len(text))
    assert read(text, max_depth=2)
    with pytest.raises(ProtocolError, match="deeper than 1"):
        read(text, max_depth=1)


@pytest.mark.parametrize(
    "text",
    [
        '{"signal":"a","opts":"hunter2","n":1}',
        '{"signal":"a","eta":"hunter2","n":1}',
        '{"signal":"a","reply":"hunter2","n":1}',
        '{"df":"topics","token":["hunter2"]}',
        '{"df":"hello","v":1,"token":"T","c":"hunter2.","url":"/"}',
    ],
)
def test_a_refusal_does_not_repeat_what_was_typed(text):
    with pytest.raises(ProtocolError) as refused:
        read(text)
    assert "hunter2" not in str(refused.value)


def test_a_missing_key_and_a_wrong_one_are_told_apart():
    with pytest.raises(ProtocolError, match="'signal' is missing"):
        read('{"n":1}')
    with pytest.raises(ProtocolError, match="'signal' must be a name"):
        read('{"signal":1,"n":1}')


class _Decimals(json.JSONDecoder):
    def __init__(self, **options):
        super().__init__(**{"parse_float": Decimal, **options})


class _Brittle(json.JSONDecoder):
    def decode(self, *args, **options):
        raise LookupError("hunter2")


def test_the_projects_decoder_is_used_and_may_fail():
    call = read('{"signal":"a","opts":{"x":0.1},"n":1}', decoder=_Decimals)
    assert call.arguments == {"x": Decimal("0.1")}
    with pytest.raises(ProtocolError, match="LookupError$|LookupError ") as refused:
        read("{}", decoder=_Brittle)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        ({}, 0),
        ({"countdown": 5}, 5),
        ({"eta": 1060.0}, 60),
        ({"eta": 900.0}, 0),
        ({"countdown": 5, "eta": 1060.0}, 5),
    ],
)
def test_delay(options, delay):
    assert Call(signal="a", arguments={}, n=1, **options).delay(1000) == delay


def test_a_time_without_a_zone_is_the_servers():
    call = read('{"signal":"a","eta":"2030-01-01T00:00:00","n":1}')
    assert call.eta == datetime(2030, 1, 1, tzinfo=UTC).timestamp()  # TIME_ZONE of the tests


# ------------------------------------------------------------------ properties

ODD = [
    None,
    True,
    "",
    "x" * 300,
    [],
    {},
    {"0": 1},
    {"a": [float("inf")]},
    {"a": [{}]},
    2**53,
    -1,
    1e13,
    "2030-01-01",
    "a-b-c-d-e",
]
VALUE = st.sampled_from(ODD) | st.integers() | st.floats() | st.text(max_size=8)
KEYS = ["df", "signal", "opts", "n", "reply", "sup", "countdown", "eta", "expires"]
KEYS += ["v", "token", "c", "life", "pos", "url"]
GOOD = [case.values[0]["text"] for case in golden("from_browser")]
FRAME = st.lists(st.tuples(st.sampled_from(KEYS), VALUE), max_size=8).map(dict)
BASES = [{"df": "hello", "v": 1, "token": "T", "c": "abcdefgh"}, {"df": "topics"}]
BASES += [{"df": "cancel", "n": 1}]
BASE = st.sampled_from([*BASES, {"signal": "a", "n": 1}, {}])


@st.composite
def mutated(draw):
    text = list(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text) - 1))
        junk = draw(st.sampled_from([*'{}[]",:\\', "9", "-", "e", "null", "NaN", "\\ud800", "\0"]))
        text[at : at + draw(st.integers(0, 3))] = junk
    return "".join(text)


hostile = settings(
    max_examples=700, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def survives(text):
    try:
        frame = read(text)
    except ProtocolError as error:
        str(error).encode()
        assert error.code in {"invalid", "big", "version"}
        assert error.n is None or type(error.n) is int
        return
    if isinstance(frame, Call):
        # What was let in can be handed on: delays are finite, arguments are JSON again.
        assert 0 <= frame.delay(0) < float("inf")
        encode_arguments(frame.signal, frame.arguments, encoder=DjangoJSONEncoder)


@hostile
@given(st.text() | st.text(alphabet=st.characters(codec=None)))
def test_any_text(text):
    survives(text)


@hostile
@given(st.builds(lambda base, frame: json.dumps({**base, **frame}), BASE, FRAME))
def test_any_values_of_known_keys(text):
    survives(text)


@hostile
@given(mutated())
def test_any_mutation_of_a_good_frame(text):
    survives(text)


# ------------------------------------------------------------------ arguments


def test_arguments_are_json_in_the_projects_encoding():
    text = encode_arguments("a", {"when": datetime(2030, 1, 1), "é": 1}, encoder=DjangoJSONEncoder)
    assert text == '{"when": "2030-01-01T00:00:00", "é": 1}'
    lazy = encode_arguments("a", {"x": gettext_lazy("Yes")}, encoder=DjangoJSONEncoder)
    assert lazy == '{"x": "Yes"}'


def circular():
    value = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, float("nan"), float("inf"), "\ud800", {"x": [b""]}, circular()]
)
def test_an_argument_that_is_no_json_is_named(value):
    with pytest.raises(TypeError, match="signal 'a.b': the argument 'bad' .* can't be sent"):
        encode_arguments("a.b", {"good": 1, "bad": value}, encoder=DjangoJSONEncoder)
