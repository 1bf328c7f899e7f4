"""What a browser may send for each annotation, and what is refused with a clear word."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, Flag, IntEnum
from typing import Annotated, Any, Dict, List, Literal, NewType, Optional, TypedDict, TypeVar, Union  # noqa: UP035
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from dfws_html.work.converters import RE, Choice, Converter, SerializedForm, converter_for

SECRET = "hunter2"


def convert(annotation, value, **options):
    return converter_for(annotation, **options).convert(value, None, {})


class Colour(Enum):
    RED = "r"
    BLUE = "b"


class Size(IntEnum):
    S = 1
    L = 2


class Right(Flag):
    READ = 1
    WRITE = 2


class Level(models.IntegerChoices):
    LOW = 1
    HIGH = 2


class Lenient(Enum):
    A = "a"

    @classmethod
    def _missing_(cls, value):
        return cls(value.lower()) if value != value.lower() else None


class Slug(str):
    __slots__ = ()


class Point:
    def __init__(self, value):
        self.x, self.y = value

    def __eq__(self, other):
        return (self.x, self.y) == (other.x, other.y)

    __hash__ = None


class Options(TypedDict):
    size: int


def even(value):
    if value % 2:
        raise ValidationError("must be %(what)s", params={"what": "even"})
    return value


UserId = NewType("UserId", int)
ID = UUID("12345678-1234-5678-1234-567812345678")

ACCEPTED = [
    (int, 5, 5),
    (int, "5", 5),
    (int, " -5 ", -5),
    (int, "+5", 5),
    (int, 5.0, 5),
    (int, 10**40, 10**40),
    (float, 1.5, 1.5),
    (float, 1, 1.0),
    (float, "1.5", 1.5),
    (float, ".5", 0.5),
    (float, "1e3", 1000.0),
    (bool, True, True),
    (bool, False, False),
    (bool, "true", True),
    (bool, "True", True),
    (bool, "1", True),
    (bool, "on", True),
    (bool, "false", False),
    (bool, "0", False),
    (bool, "off", False),
    (bool, "", False),
    (bool, 1, True),
    (bool, 0, False),
    (str, "x", "x"),
    (str, "", ""),
    (str, 42, "42"),
    (str, 1.5, "1.5"),
    (Decimal, "1.10", Decimal("1.10")),
    (Decimal, 1, Decimal(1)),
    (Decimal, 0.1, Decimal("0.1")),
    (date, "2042-12-31", date(2042, 12, 31)),
    (time, "23:59", time(23, 59)),
    (timedelta, 90, timedelta(seconds=90)),
    (timedelta, "P1DT12H", timedelta(days=1, hours=12)),
    (timedelta, "00:01:30", timedelta(seconds=90)),
    (UUID, str(ID), ID),
    (UUID, ID.hex, ID),
    (Colour, "r", Colour.RED),
    (Size, 1, Size.S),
    (Size, "2", Size.L),
    (Right, 3, Right.READ | Right.WRITE),
    (Level, "2", Level.HIGH),
    (Lenient, "A", Lenient.A),
    (Literal["a", 1], "a", "a"),
    (Literal["a", 1], 1, 1),
    (Literal["a", 1], "1", 1),
    (Literal[1, "1"], "1", "1"),
    (Literal[True, "x"], True, True),
    (Literal[Colour.RED], "r", Colour.RED),
    (list, [1, "a"], [1, "a"]),
    (list[int], ["1", 2], [1, 2]),
    (List[int], ["1"], [1]),  # noqa: UP006
    (Sequence[int], ["1"], [1]),
    (Iterable[int], ["1"], [1]),
    (set[int], ["1", 1, 2], {1, 2}),
    (AbstractSet[str], ["a"], {"a"}),
    (frozenset[int], ["1"], frozenset({1})),
    (tuple, [1, "a"], (1, "a")),
    (tuple[int, ...], ["1", "2"], (1, 2)),
    (tuple[int, str], ["1", "2"], (1, "2")),
    (dict, {"a": 1}, {"a": 1}),
    (dict[int, bool], {"1": "on"}, {1: True}),
    (Dict[str, int], {"a": "1"}, {"a": 1}),  # noqa: UP006
    (Mapping[str, list[int]], {"a": ["1"]}, {"a": [1]}),
    (Options, {"size": 1}, {"size": 1}),
    (int | None, None, None),
    (int | None, "", None),
    (int | None, "5", 5),
    (Optional[date], "", None),  # noqa: UP045
    (Union[int, None], "7", 7),  # noqa: UP007
    (str | None, "", ""),
    (str | None, None, None),
    (bool | None, "", None),
    (bool | None, "off", False),
    (list[int] | None, "", None),
    (int | str, "5", "5"),
    (int | str, 5, 5),
    (str | int, 5, 5),
    (int | bool, True, True),
    (int | list[int], ["1"], [1]),
    (int | date, "2042-12-31", date(2042, 12, 31)),
    (None, None, None),
    (Any, {"a": [1]}, {"a": [1]}),
    (object, "x", "x"),
    (UserId, "5", 5),
    (Slug, "abc", Slug("abc")),
    (Point, [1, 2], Point((1, 2))),
    (len, "four", 4),
    (even, 4, 4),
    (42, "anything", "anything"),
    (Annotated[str, RE("[a-z]+")], "abc", "abc"),
    (Annotated[int, "a remark"], "5", 5),
    (Annotated[str, RE("[a-z]+")] | None, None, None),
    (RE("[0-9]+", caster=int), "12", 12),
    (RE("[0-9]+"), 12, "12"),
    (RE(re.compile("[a-z]+", re.IGNORECASE)), "ABC", "ABC"),
    (RE("[a-z]+", flags=re.IGNORECASE), "ABC", "ABC"),
    (RE("true|false", caster=bool), "false", False),
    (Choice(["a", "b"]), "a", "a"),
    (Choice([1, 2], caster=int), "2", 2),
    (Choice([True, False], caster=bool), "false", False),
    (Choice(Colour, caster=Colour), "r", Colour.RED),
    (Choice(Colour), "r", Colour.RED),
    (Choice(x for x in "ab"), "b", "b"),
]


@pytest.mark.parametrize(("annotation", "value", "expected"), ACCEPTED)
def test_accepted(annotation, value, expected):
    result = convert(annotation, value)
    assert result == expected
    assert type(result) is type(expected)


REFUSED = [
    *((int, bad) for bad in (True, 1.5, "1.5", "", "x", "1_0", "٣", None, [], {}, "0x10", "1 2")),
    *((int, bad) for bad in (float("nan"), float("inf"), 1e300, "9" * 5000)),
    *((float, bad) for bad in (True, "", "nan", "inf", "1_0", None, [], float("nan"), "1e999")),
    *((float, bad) for bad in (10**400, float("-inf"), "1,5", "٣")),
    *((bool, bad) for bad in ("no", "yes", 2, -1, 1.0, None, [], {}, "maybe")),
    *((str, bad) for bad in (None, True, [], {}, ["x"], float("nan"))),
    *((Decimal, bad) for bad in ("", "NaN", "Infinity", True, None, "1e9999", [], "1_0")),
    *((Decimal, bad) for bad in (float("nan"), Decimal("sNaN"), "1" * 1000)),
    *((date, bad) for bad in ("", "31.12.2042", "2042-02-30", 20421231, None, [], True)),
    *((date, bad) for bad in ("2042-12-31T10:00", datetime(2042, 12, 31))),
    *((datetime, bad) for bad in ("", "now", "2042-13-01T00:00", 5, None, [])),
    *((time, bad) for bad in ("", "25:00", "noon", 5, None)),
    *((timedelta, bad) for bad in ("", "long", None, True, 1e300, float("nan"), [])),
    (timedelta, "9" * 12 + " 00:00:00"),
    *((UUID, bad) for bad in ("", "x", 5, None, [], "1234")),
    *((Colour, bad) for bad in ("RED", "", None, 1, [], {})),
    *((Size, bad) for bad in (True, 3, "S", None, [])),
    *((Right, bad) for bad in (True, 64, "x", None)),
    *((Lenient, bad) for bad in (5, "B", None, [])),
    *((Literal["a", 1], bad) for bad in ("b", True, 2, None, [])),
    (Literal[1], True),
    (Literal[True], 1),
    (Literal[True], "True"),
    *((list[int], bad) for bad in ("5", 5, {}, None, [1, "x"], [None])),
    *((set[int], bad) for bad in ("5", ["x"])),
    (set, [[1]]),
    *((tuple[int, str], bad) for bad in ([1], [1, "a", 2], "ab", ["x", "a"])),
    *((dict[str, int], bad) for bad in ([], "x", {"a": "x"}, None)),
    (dict[int, int], {"x": 1}),
    (Options, []),
    *((int | None, bad) for bad in ("x", " ", True, [])),
    *((int | date, bad) for bad in (None, "", "x")),
    (None, 0),
    (UserId, "x"),
    *((Slug, bad) for bad in ([], None)),
    *((Point, bad) for bad in (5, [1], None)),
    (len, 5),
    (even, 3),
    (RE("[a-z]+"), "abc1"),
    (RE("[a-z]+$"), "abc\n"),
    (RE("a|ab"), "abc"),
    (RE("^a"), "ab"),
    *((RE("[a-z]*"), bad) for bad in (None, [], {}, True)),
    (RE("[a-z]+", caster=int), "abc"),
    (Annotated[str, RE("[a-z]+")], "1"),
    *((Choice([1, 2]), bad) for bad in ("1", True, 3, None, [1])),
    (Choice([1, 2], caster=int), "x"),
    (Choice([0, 1]), False),
]


@pytest.mark.parametrize(("annotation", "value"), REFUSED)
def test_refused(annotation, value):
    with pytest.raises(ValueError) as caught:
        convert(annotation, value)
    assert str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "annotation",
    [
        *(int, float, bool, Decimal, date, datetime, time, timedelta, UUID, Colour, Literal["a"]),
        *(list[int], dict[str, int], int | date, RE("[a-z]+"), Choice([1], caster=int), Point, len),
        *(RE(".*", caster=int), SerializedForm(forms.Form)),
    ],
)
def test_no_text_of_an_error_repeats_the_value(annotation):
    for value in (SECRET, [SECRET], {"a": SECRET}, [{"name": SECRET}], {SECRET: SECRET}):
        try:
            convert(annotation, value)
        except ValueError as error:
            assert SECRET not in str(error)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (int, "x", "expected a whole number, got text"),
        (int, "", "expected a whole number, got empty text"),
        (int, True, "expected a whole number, got a boolean"),
        (str, {}, "expected text, got an object"),
        (list[int], [1, None], "item 2: expected a whole number, got null"),
        (dict[str, int], {"a": "x"}, "value 1: expected a whole number, got text"),
        (dict[int, int], {"x": 1}, "key 1: expected a whole number, got text"),
        (tuple[int, int], [1], "expected a list of 2, got one of 1"),
        (Colour, "x", "expected one of 'r', 'b'"),
        (Choice(range(20)), "x", "expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ..."),
        (RE("[a-z]+"), "1", "expected text that matches '[a-z]+'"),
        (int | date, [], "expected a whole number, got a list, or expected a date such as"),
        (even, 3, "must be even"),
        (len, 3, "len refused it (TypeError)"),
        (Point, 3, "Point refused it (TypeError)"),
    ],
)
def test_the_reason_says_what_was_expected(annotation, value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        convert(annotation, value)


class Odd(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyError, AttributeError, RecursionError, ObjectDoesNotExist])
def test_a_caster_may_raise_anything(error):
    def caster(value):
        raise error(SECRET)

    for annotation in (caster, RE(".*", caster=caster), Choice([1], caster=caster)):
        with pytest.raises(ValueError, match="refused it") as caught:
            convert(annotation, "x")
        assert SECRET not in str(caught.value)
        assert isinstance(caught.value.__cause__, error)


def test_what_ends_the_program_is_not_swallowed():
    def caster(value):
        raise Odd

    with pytest.raises(Odd):
        convert(caster, "x")


T = TypeVar("T")


async def coroutine(value): ...


class Maker(models.Model):
    class Meta:
        abstract = True


@pytest.mark.parametrize(
    "annotation",
    [
        *(RE, Choice, SerializedForm, ContentType, Maker, SafeString, bytes, bytearray, T),
        *(list["int"], List["int"], Optional, type[int], coroutine, Iterable[T], Converter),  # noqa: UP006
        *(Annotated[bytes, "x"], bytes | None, Literal),
    ],
)
def test_meaningless_annotations_stop_the_start(annotation):
    with pytest.raises(TypeError, match="nothing can be converted to the annotation"):
        converter_for(annotation)


@pytest.mark.parametrize("annotation", [int, Colour, Point, date, list[int], RE("[a-z]+")])
def test_nullable_takes_null_and_an_empty_field(annotation):
    assert convert(annotation, None, nullable=True) is None
    assert convert(annotation, "", nullable=True) is None


def test_nullable_keeps_what_takes_everything():
    assert convert(str, "", nullable=True) == ""
    assert convert(Any, "", nullable=True) == ""
    assert convert(int | date, None, nullable=True) is None
    with pytest.raises(ValueError):
        SerializedForm(forms.Form, allow_none=False).convert(None, None, {})
    with pytest.raises(ValueError):
        convert(SerializedForm(forms.Form, allow_none=False), None, nullable=True)


def test_python_s_own_values_stay_for_calls_inside_the_server():
    for value in (date(2042, 1, 1), time(1), timedelta(1), ID, Decimal(1), Colour.RED):
        assert convert(type(value), value) == value


def test_a_time_without_offset_is_the_visitor_s(settings):
    settings.USE_TZ = True
    settings.TIME_ZONE = "UTC"
    with timezone.override(ZoneInfo("Europe/Paris")):
        moment = convert(datetime, "2042-07-01T12:00")
        assert moment == datetime(2042, 7, 1, 10, tzinfo=UTC)
        given_ = convert(datetime, "2042-07-01T12:00:00Z")
        assert given_ == datetime(2042, 7, 1, 12, tzinfo=UTC)
        for twice_or_never in ("2024-10-27T02:30", "2024-03-31T02:30"):
            with pytest.raises(ValueError, match="exists once"):
                convert(datetime, twice_or_never)


def test_without_time_zones_a_time_is_naive(settings):
    settings.USE_TZ = False
    assert convert(datetime, "2042-07-01T12:00").tzinfo is None


@given(st.integers())
def test_integers_come_back(number):
    assert convert(int, number) == convert(int, str(number)) == number


@given(st.datetimes(timezones=st.just(UTC)))
def test_datetimes_come_back(moment):
    assert convert(datetime, moment.isoformat()) == moment


@given(st.timedeltas(timedelta(days=-900), timedelta(days=900)))
def test_durations_come_back(duration):
    assert convert(timedelta, str(duration)) == duration


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=3
    )
)
def test_decimals_come_back(number):
    assert convert(Decimal, str(number)) == number


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ANNOTATIONS = [annotation for annotation, _, _ in ACCEPTED] + [SerializedForm(forms.Form)]


@given(st.sampled_from(ANNOTATIONS), json_values)
@settings(max_examples=500, deadline=None)
def test_whatever_is_sent_is_converted_or_a_value_error(annotation, value):
    with contextlib.suppress(ValueError):
        convert(annotation, value)


# ------------------------------------------------------------------ forms


class SearchForm(forms.Form):
    title = forms.CharField()
    tags = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user


def fields(**named):
    return [
        {"name": name, "value": value}
        for name, values in named.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def test_a_form_is_bound_and_not_validated():
    form = convert(SearchForm, fields(title="x", tags=["a", "b"]))
    assert isinstance(form, SearchForm)
    assert form.is_bound
    assert form._errors is None
    assert isinstance(form.data, QueryDict)
    assert form.data.getlist("tags") == ["a", "b"]
    assert form.files == {}
    assert form.is_valid()
    assert form.cleaned_data == {"title": "x", "tags": ["a", "b"]}
    with pytest.raises(AttributeError, match="immutable"):
        form.data["title"] = "y"


def test_the_form_s_class_means_the_same():
    for annotation in (SearchForm, SearchForm | None, SerializedForm(SearchForm)):
        assert convert(annotation, fields(title="x"))["title"].value() == "x"
        assert convert(annotation, None) is None


def test_a_formset_is_a_form_too():
    cls = forms.formset_factory(SearchForm, extra=0)
    data = fields(**{"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-title": "x"})
    assert convert(cls, data).is_valid()


def test_an_empty_form_is_bound():
    form = convert(SearchForm, [])
    assert form.is_bound
    assert not form.is_valid()


def test_kwargs_get_the_window_and_the_other_arguments():
    asked = []

    def kwargs(window_info, opts):
        asked.append((window_info, opts))
        return {"user": "me", "prefix": "p"}

    converter = SerializedForm(SearchForm, kwargs=kwargs)
    form = converter.convert(fields(**{"p-title": "x"}), "window", {"id": 1})
    assert asked == [("window", {"id": 1})]
    assert (form.user, form.prefix, form.is_valid()) == ("me", "p", True)
    assert converter.needs_others
    assert converter_for(SearchForm | None).needs_others
    assert converter_for(dict[str, list[SearchForm]]).needs_others
    assert converter_for(tuple[int, SearchForm]).needs_others
    assert not converter_for(tuple[int, str]).needs_others


@pytest.mark.parametrize("error", [KeyError("id"), ContentType.DoesNotExist(), ValueError(SECRET)])
def test_kwargs_that_find_nothing_refuse_the_arguments(error):
    def kwargs(window_info, opts):
        raise error

    with pytest.raises(ValueError, match="can't be made with these arguments") as caught:
        SerializedForm(SearchForm, kwargs=kwargs).convert([], None, {})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("error", [PermissionDenied, OSError, AttributeError, RuntimeError])
def test_other_errors_of_kwargs_pass(error):
    def kwargs(window_info, opts):
        raise error

    with pytest.raises(error):
        SerializedForm(SearchForm, kwargs=kwargs).convert([], None, {})


def test_a_form_that_can_t_be_made_is_a_bug_and_not_the_visitor_s_fault():
    with pytest.raises(TypeError):
        SerializedForm(SearchForm, kwargs=lambda *_: {"nonsense": 1}).convert([], None, {})


@pytest.mark.parametrize(
    "value",
    ["", "title=x", 5, True, {}, {"title": "x"}, [1], ["title"], [["title", "x"]], [None]]
    + [[{}], [{"name": "title"}], [{"value": "x"}], [{"name": 5, "value": "x"}]]
    + [[{"name": "title", "value": value}] for value in (None, True, [], {}, ["x"], "\ud800")]
    + [[{"name": "\ud800", "value": "x"}]],
)
def test_what_is_no_list_of_fields_is_refused(value):
    with pytest.raises(ValueError):
        convert(SearchForm, value)


def test_the_number_of_fields_is_django_s(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    assert convert(SearchForm, fields(tags=["a"] * 10))
    with pytest.raises(ValueError, match="too many fields"):
        convert(SearchForm, fields(tags=["a"] * 11))


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), max_size=8))
def test_fields_arrive_as_they_were_typed(pairs):
    data = convert(forms.Form, [{"name": name, "value": value} for name, value in pairs]).data
    expected = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    assert dict(data.lists()) == expected


@pytest.mark.parametrize("cls", [None, "SearchForm", SearchForm(), dict])
def test_only_a_form_s_class_makes_a_form(cls):
    with pytest.raises(TypeError, match="SerializedForm needs a form's class"):
        SerializedForm(cls)


def test_importing_reads_no_settings():
    modules = (
        "dfws_html.decorators, dfws_html.utils, dfws_html.constants, dfws_html.page.attributes"
    )
    code = f"import {modules}; from django.conf import settings; assert not settings.configured"
    env = {"PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path))}
    subprocess.run([sys.executable, "-c", code], check=True, env=env)
