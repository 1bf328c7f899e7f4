"""The attribute `data-df-signal` as a value: built, read, checked.

The script reads the same grammar: white space around the text does not count; a text that
begins with `[`, `{` or `"` is JSON (a call or a list of calls, a call being an object or a
name), any other is a bare name; a key whose value is null is absent; one call that can't be read
spoils the attribute.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.safestring import SafeString

__all__ = ["NAME", "Attribute", "Call", "attribute", "parse", "to_json"]

NAME = "data-df-signal"

_SPACE = " \t\n\r\f"  # what HTML calls white space


@dataclass(frozen=True)
class Call:
    """Which signal an event of an element calls, and with what.

    Args:
        name: the signal's name.
        on: the event, in the language of `hx-trigger`; None: the element's default event.
        form: the argument that gets the form's fields.
        value: the argument that gets the control's value.
        prevent: whether the event's default action is prevented; None: the usual thing.
        opts: further arguments.

    Raises:
        ValueError: a key is empty or of the wrong type.

    >>> Call("cart.add", on="change", opts={"id": 42})
    Call(name='cart.add', on='change', form=None, value=None, prevent=None, opts={'id': 42})
    """

    name: str
    on: str | None = None
    form: str | None = None
    value: str | None = None
    prevent: bool | None = None
    opts: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for key in ("name", "on", "form", "value"):
            _check_text(key, getattr(self, key), required=key == "name")
        _check_prevent(self.prevent)
        object.__setattr__(self, "opts", _checked_opts(self.opts))


class Attribute(SafeString):
    """The attribute's text, ready for a template, which still knows its calls."""

    calls: tuple[Call, ...]


def attribute(calls: Iterable[Call]) -> Attribute:
    """Return the attribute of an element, escaped.

    Args:
        calls: what its events call, in this order.

    Raises:
        TypeError: an argument in `opts` has no JSON.
        ValueError: a number in `opts` is infinite or none.

    >>> print(attribute([Call("say", opts={"text": "it's <b>"})]))
    data-df-signal='[{"name": "say", "opts": {"text": "it&#x27;s &lt;b&gt;"}}]'
    """
    calls = tuple(calls)
    escaped = to_json(calls).translate(_ESCAPES)
    result = Attribute(f"{NAME}='{escaped}'")
    result.calls = calls
    return result


# The text stands in single quotes, so that JSON's own quotes stay readable.
_ESCAPES = str.maketrans({"&": "&amp;", "'": "&#x27;", "<": "&lt;", ">": "&gt;"})


def to_json(calls: Iterable[Call]) -> str:
    """Return the JSON of some calls: ASCII, always the same bytes, absent keys left out.

    Raises:
        TypeError: an argument in `opts` has no JSON.
        ValueError: a number in `opts` is infinite or none.

    >>> to_json([Call("save", form="data", prevent=False)])
    '[{"name": "save", "form": "data", "prevent": false}]'
    """
    return f"[{', '.join(map(_call_json, calls))}]"


def parse(text: str) -> tuple[Call, ...]:
    """Read an attribute's text.

    Raises:
        ValueError: says which call can't be read, and why.

    >>> parse('{"name": "save", "on": "input changed"}')[0].on
    'input changed'
    >>> parse("save") == parse('"save"') == parse('[{"name": "save"}]')
    True
    >>> parse('[{"name": "save"}, {"name": "send", "opt": {}}]')
    Traceback (most recent call last):
    ValueError: call 2: unknown key "opt"; did you mean "opts"?
    """
    text = text.strip(_SPACE)
    if not text:
        raise ValueError("it is empty")
    data = _load(text) if text[0] in '[{"' else text
    entries = data if isinstance(data, list) else [data]
    return tuple(_read(number, entry) for number, entry in enumerate(entries, 1))


_KEYS = tuple(key.name for key in fields(Call))


def _read(number: int, entry: Any) -> Call:
    where = f"call {number}"
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, dict):
        what = f"{where}: expected an object, got {_kind(entry)}"
        raise ValueError(what)  # noqa: TRY004 - a fault of the text
    for key in entry:
        if key not in _KEYS:
            nearest = get_close_matches(key, _KEYS, 1)
            hint = f'; did you mean "{nearest[0]}"?' if nearest else ""
            raise ValueError(f'{where}: unknown key "{key:.60}"{hint}')
    given = {key: value for key, value in entry.items() if value is not None}
    if "name" not in given:
        raise ValueError(f'{where}: "name" is missing')
    try:
        return Call(**given)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _load(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is no JSON: {error.msg}, {where}") from None
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"it is no JSON: {constant} is JavaScript")


def _call_json(call: Call) -> str:
    data: dict[str, Any] = {"name": call.name}
    data |= {key: value for key in _KEYS[1:-1] if (value := getattr(call, key)) is not None}
    if call.opts:
        data["opts"] = call.opts
    try:
        # ASCII, so that the page's encoding does not matter.
        return json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f'the call of "{call.name}": {error}') from error


def _check_text(key: str, value: Any, *, required: bool) -> None:
    if value is None and not required:
        return
    if not isinstance(value, str):
        what = f'"{key}" must be text, not {_kind(value)}'
        raise ValueError(what)  # noqa: TRY004 - a fault of the text
    if not value:
        raise ValueError(f'"{key}" is empty')


def _check_prevent(value: Any) -> None:
    if not (value is None or isinstance(value, bool)):
        raise ValueError(f'"prevent" must be true or false, not {_kind(value)}')


def _checked_opts(value: Any) -> dict[str, Any]:
    if not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise ValueError(f'"opts" must be an object with names as keys, not {_kind(value)}')
    return dict(value)


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), type(value).__name__)


_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}
