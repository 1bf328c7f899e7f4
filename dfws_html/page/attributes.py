"""The attribute `data-df-signal` as a value: built, read, checked.

The script reads the same grammar: white space around the text does not count; a text that
begins with `[`, `{` or `"` is JSON (a call or a list of calls, a call being an object or a
name), any other is a bare name; a key whose value is null is absent; one call that can't be read
spoils the attribute.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.safestring import SafeString

from dfws_html.page import habits
from dfws_html.page.keys import KEYS, checked, kind
from dfws_html.page.triggers import shown

__all__ = ["NAME", "Attribute", "Call", "SignalName", "attribute", "call_of", "parse", "to_json"]

NAME = "data-df-signal"

_SPACE = " \t\n\r\f"  # what HTML calls white space


class SignalName(str):
    """A signal's name that brings arguments of its own, as a component's method does."""

    __slots__ = ("__dict__",)

    @property
    def opts(self) -> Mapping[str, Any]:
        """The arguments; nobody who writes the call replaces them."""
        return {}


@dataclass(frozen=True)
class Call:
    """Which signal an event of an element calls, and with what.

    Args:
        name: the signal's name.
        on: the events, in the language of `hx-trigger`; None: the element's default event.
        form: the argument that gets the form's fields.
        value: the argument that gets the control's value.
        prevent: whether the event's default action is prevented; None: the usual thing.
        target: selector of the element where the answer's HTML goes.
        swap: how it goes there, `innerHTML` if None, and options: `morph transition focus:#q`.
        sync: what becomes of a call while an earlier one is in flight: `drop`, `replace`,
            `queue first`, `queue last`, `queue all`, with a selector if others count, too.
        busy: selector of what is marked while the call is in flight.
        disable: selector of what is disabled meanwhile.
        confirm: a question to be asked first.
        optimistic: verbs that show at once what the answer will probably show.
        reset: whether the form is reset when the call has succeeded.
        timeout: milliseconds until the call's outcome counts as unknown.
        include: selector of further fields that are sent.
        task: selector of the element that shows the running task.
        opts: further arguments.

    Raises:
        ValueError: names the key whose value can't be, and says why.

    >>> Call("cart.add", on="change", opts={"id": 42}).opts
    {'id': 42}
    >>> Call("search", on="input changed delay:300ms", target="#found", swap="morh")
    Traceback (most recent call last):
    ValueError: "swap": unknown style "morh"; did you mean "morph"?
    """

    name: str
    _: KW_ONLY
    on: str | None = None
    form: str | None = None
    value: str | None = None
    prevent: bool | None = None
    target: str | None = None
    swap: str | None = None
    sync: str | None = None
    busy: str | None = None
    disable: str | None = None
    confirm: str | None = None
    optimistic: Sequence[Any] | None = field(default=None, hash=False)
    reset: bool | None = None
    timeout: int | None = None
    include: str | None = None
    task: str | None = None
    opts: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for key in KEYS:
            value = getattr(self, key)
            if value is not None or key in _NEVER_ABSENT:
                object.__setattr__(self, key, checked(key, value))
        if isinstance(self.name, SignalName):
            object.__setattr__(self, "opts", {**self.opts, **self.name.opts})
            object.__setattr__(self, "name", str(self.name))


_NEVER_ABSENT = ("name", "opts")


def call_of(name: str, given: Mapping[str, Any], arguments: Collection[str] = ()) -> Call:
    """Return the call that a tag's keywords describe.

    Args:
        name: the signal's name.
        given: the grammar's keys, empty ones being absent; the rest are arguments, as are those in
            `opts`.
        arguments: the names of the arguments that the signal's functions take.

    Raises:
        ValueError: names the keyword that can't be, and says why.

    >>> call_of("cart.add", {"target": "#lines", "id": 42, "opts": {"name": "x"}}).opts
    {'name': 'x', 'id': 42}
    """
    keys = {key: value for key, value in given.items() if key in KEYS and key != "opts"}
    bare = {key: value for key, value in given.items() if key not in KEYS}
    opts = checked("opts", given.get("opts") or {})
    for key, value in keys.items():
        if _is_argument(key, value, arguments) and key not in opts:
            raise ValueError(
                f'"{key}" is a key of the tag; an argument of this name is given by opts=, '
                f'as a dict with "{key}" in it'
            )
    present = {key: value for key, value in keys.items() if value is not None and value != ""}
    present.pop("name", None)
    return Call(name, **present, opts={**opts, **bare})


def _is_argument(key: str, value: Any, arguments: Collection[str]) -> bool:
    """Whether a keyword looks like an argument of the function, not like the tag's key."""
    if key in ("form", "value"):  # they name an argument, which may have the same name
        return key in arguments and value not in arguments
    return key == "name" or key in arguments


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


def _read(number: int, entry: Any) -> Call:
    where = f"call {number}"
    if isinstance(entry, str):
        entry = {"name": entry}
    if not isinstance(entry, dict):
        what = f"{where}: expected an object, got {kind(entry)}"
        raise ValueError(what)  # noqa: TRY004 - a fault of the text
    for key in entry:
        if key not in KEYS:
            hint = habits.meant(key, habits.KEYS, KEYS)
            raise ValueError(f"{where}: unknown key {shown(key)}{hint}")
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
    data = {key: value for key in KEYS if (value := getattr(call, key)) is not None}
    if not call.opts:
        del data["opts"]
    try:
        # ASCII, so that the page's encoding does not matter.
        return json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise type(error)(f'the call of "{call.name}": {error}') from error
