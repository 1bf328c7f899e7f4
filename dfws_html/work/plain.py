"""Plain types out of JSON's values or a form's text; no error's text contains the value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.forms.utils import from_current_timezone
from django.utils.dateparse import parse_date, parse_datetime, parse_duration, parse_time

__all__ = ["PLAIN", "expected", "to_text"]


def expected(what: str, value: Any) -> ValueError:
    got = "empty text" if value == "" else _KINDS.get(type(value), type(value).__name__)
    return ValueError(f"expected {what}, got {got}")


_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def _is_number(value: Any) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def to_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if _is_number(value):
        return str(value)
    raise expected("text", value)


# `int()` and `float()` alone would take "1_000", "nan" and the digits of every script.
_INTEGER = re.compile(r"[+-]?[0-9]{1,1000}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_EXACT = 2**53  # up to here a JavaScript number is exactly the integer that it shows
_MAGNITUDE = 400  # 1E+999999 has nine characters, and a million digits once it is formatted


def to_int(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if _is_number(value) and (isinstance(value, int) or abs(value) <= _EXACT):
        number = int(value)
        if number == value:
            return number
    raise expected("a whole number", value)


def to_float(value: Any) -> float:
    if (isinstance(value, str) and _NUMBER.fullmatch(value.strip())) or _is_number(value):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
    raise expected("a number", value)


def to_decimal(value: Any) -> Decimal:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = Decimal(value.strip())
    elif _is_number(value):
        number = Decimal(str(value))  # of 0.1 that is 0.1, not its binary neighbour
    elif isinstance(value, Decimal) and value.is_finite():
        number = value
    else:
        raise expected("a decimal number", value)
    if abs(number.adjusted()) > _MAGNITUDE:
        raise ValueError("expected a decimal number of ordinary size")
    return number


_BOOLEANS = {
    **dict.fromkeys(("true", "1", "on"), True),
    **dict.fromkeys(("false", "0", "off", ""), False),
}


def to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return value == 1
    if isinstance(value, str) and value.strip().lower() in _BOOLEANS:
        return _BOOLEANS[value.strip().lower()]
    raise expected("true or false", value)


def _read(parse: Callable[[str], Any], what: str, value: Any) -> Any:
    """What a parser makes of a text; the parsers say no by None or by several errors."""
    result = None
    if isinstance(value, str) and value.strip():  # empty text is no duration of nothing
        try:
            result = parse(value.strip())
        except (ValueError, OverflowError):
            result = None
    if result is None:
        raise expected(what, value)
    return result


def to_date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    result: date = _read(parse_date, "a date such as 2042-12-31", value)
    return result


def to_datetime(value: Any) -> datetime:
    """Like Django's form fields: without an offset it is the visitor's local time."""
    what = "a date and time such as 2042-12-31T23:59"
    result = value if isinstance(value, datetime) else _read(parse_datetime, what, value)
    try:
        moment: datetime = from_current_timezone(result)
    except ValidationError as error:
        raise ValueError("expected a time that exists once in this time zone") from error
    return moment


def to_time(value: Any) -> time:
    if isinstance(value, time):
        return value
    result: time = _read(parse_time, "a time such as 23:59", value)
    return result


def to_timedelta(value: Any) -> timedelta:
    what = "a duration: seconds, '1 12:00:00' or 'P1DT12H'"
    if isinstance(value, timedelta):
        return value
    if _is_number(value):
        try:
            return timedelta(seconds=value)
        except OverflowError:
            raise expected(what, value) from None
    result: timedelta = _read(parse_duration, what, value)
    return result


def to_uuid(value: Any) -> UUID:
    if isinstance(value, UUID):
        return value
    result: UUID = _read(UUID, "a UUID", value)
    return result


def to_none(value: Any) -> None:
    if value is not None:
        raise expected("null", value)


PLAIN: Mapping[Any, Callable[[Any], Any]] = {
    int: to_int,
    float: to_float,
    bool: to_bool,
    str: to_text,
    Decimal: to_decimal,
    date: to_date,
    datetime: to_datetime,
    time: to_time,
    timedelta: to_timedelta,
    UUID: to_uuid,
    None: to_none,
    type(None): to_none,
}
