"""What each key of a call may hold, as one table of checks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from dfws_html.page.habits import OPTIONS, STYLES, meant
from dfws_html.page.triggers import nearest, parse_triggers, shown, to_selector

__all__ = ["KEYS", "checked", "kind"]


def checked(key: str, value: Any) -> Any:
    """Return the value of a key.

    Raises:
        ValueError: names the key and says what is wrong with its value.

    >>> checked("swap", "morp")
    Traceback (most recent call last):
    ValueError: "swap": unknown style "morp"; did you mean "morph"?
    """
    try:
        return KEYS[key](value)
    except _Unfit as error:
        raise ValueError(f'"{key}" {error}') from None
    except ValueError as error:
        raise ValueError(f'"{key}": {error}') from None


def kind(value: Any) -> str:
    """Return what JSON calls a value.

    >>> kind(True)
    'a boolean'
    """
    if isinstance(value, str):  # a template's texts are of a kind of their own
        return "text"
    return _KINDS.get(type(value), type(value).__name__)


_KINDS = {
    type(None): "null",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


class _Unfit(ValueError):
    """What is wrong with a value as a whole; the key is the sentence's subject."""


def _wrong_kind(what: str, value: Any) -> _Unfit:
    return _Unfit(f"must be {what}, not {kind(value)}")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_kind("text", value)
    if not value:
        raise _Unfit("is empty")
    return value


def _name(value: Any) -> str:
    text = _text(value)
    if not text.strip():
        raise _Unfit("is empty")
    return text  # itself: a kind of its own brings arguments


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong_kind("true or false", value)
    return value


def _object(value: Any) -> dict[str, Any]:
    if not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise _wrong_kind("an object with names as keys", value)
    return dict(value)


_LONGEST = 2**31 - 1  # milliseconds; beyond it a browser's timer fires at once


def _milliseconds(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong_kind("a whole number of milliseconds", value)
    if not 0 < value <= _LONGEST:
        raise _Unfit(f"must be 1 to {_LONGEST} ms, not {value}")
    return value


def _read_by(read: Callable[[str], object]) -> Callable[[Any], str]:
    """Let a text be read, and keep it as it was written."""

    def check(value: Any) -> str:
        text = _text(value)
        read(text)
        return text

    return check


# ------------------------------------------------------------------ swap

_STYLES = (
    "innerHTML",
    "outerHTML",
    "beforebegin",
    "afterbegin",
    "beforeend",
    "afterend",
    "delete",
    "none",
    "textContent",
    "morph",
    "morph:outer",
)
_OPTIONS = ("transition", "scroll", "focus")
_EDGES = ("top", "bottom")


def _swap(text: str) -> None:
    style, *options = text.split() or [""]
    if style not in _STYLES:
        raise ValueError(f"unknown style {shown(style)}{meant(style, STYLES, _STYLES)}")
    for option in options:
        word, _, value = option.partition(":")
        if word not in _OPTIONS:
            raise ValueError(f"unknown option {shown(word)}{meant(word, OPTIONS, _OPTIONS)}")
        if word == "transition" and value:
            raise ValueError('"transition" takes no value')
        if word == "scroll" and value not in _EDGES:
            raise ValueError(f'"scroll:" goes to top or bottom, not {shown(value)}')
        if word == "focus":
            to_selector(value)


# ------------------------------------------------------------------ sync

_WAYS = ("drop", "replace", "queue")
_QUEUES = ("first", "last", "all")
_SYNC = re.compile(r"(?s:(?:drop|replace|queue (?:first|last|all))(?:\s+(.+))?)")


def _sync(text: str) -> None:
    found = _SYNC.fullmatch(text)
    if found is None:
        way, _, rest = text.partition(" ")
        if way == "queue":
            which = f"{shown(rest)}{nearest(rest, _QUEUES)}"
            raise ValueError(f'"queue" is followed by first, last or all, not {which}')
        scope, colon, last = text.rpartition(":")
        if colon and last.partition(" ")[0] in _WAYS:  # as htmx has it
            wanted = last if scope == "this" else f"{last} {scope}"
            raise ValueError(f"the way stands before its scope: {shown(wanted)}")
        way = last if colon else way
        raise ValueError(f"unknown way {shown(way)}{nearest(way, _WAYS)}")
    if found[1]:
        to_selector(found[1])


# ------------------------------------------------------------------ optimistic


# What can be taken back; an appended piece comes out of a `<template>` of the page.
_REVERSIBLE = (
    "html.add_class",
    "html.remove_class",
    "html.toggle_class",
    "html.add_attribute",
    "html.remove_attr",
    "html.boolean_attribute",
    "html.text",
    "html.append",
)
_STEP = ("name", "opts")


def _optimistic(value: Any) -> list[dict[str, Any]]:
    steps = value if isinstance(value, (list, tuple)) else [value]
    return [_step(number, step) for number, step in enumerate(steps, 1)]


def _step(number: int, step: Any) -> dict[str, Any]:
    where = f"step {number}"
    if not isinstance(step, Mapping):
        raise _Unfit(f'has a {where} that is no object with "name" and "opts", but {kind(step)}')
    for key in step:
        if key not in _STEP:
            raise ValueError(f"{where}: unknown key {shown(str(key))}{nearest(str(key), _STEP)}")
    name, opts = step.get("name"), step.get("opts", {})
    if name not in _REVERSIBLE:
        raise ValueError(
            f"{where}: {shown(str(name))} can't be taken back{nearest(str(name), _REVERSIBLE)}"
        )
    if not isinstance(opts, Mapping):
        raise _Unfit(f'has a {where} whose "opts" must be an object, not {kind(opts)}')
    if name == "html.append" and not isinstance(opts.get("template"), str):
        raise ValueError(f'{where}: "html.append" needs "template", the id of one in the page')
    return {"name": name, "opts": dict(opts)}


_selector = _read_by(to_selector)

#: Checks by key, in the order in which they are written.
KEYS: Mapping[str, Callable[[Any], Any]] = {
    "name": _name,
    "on": _read_by(parse_triggers),
    "form": _text,
    "value": _text,
    "prevent": _flag,
    "target": _selector,
    "swap": _read_by(_swap),
    "sync": _read_by(_sync),
    "busy": _selector,
    "disable": _selector,
    "confirm": _text,
    "optimistic": _optimistic,
    "reset": _flag,
    "timeout": _milliseconds,
    "include": _selector,
    "task": _selector,
    "opts": _object,
}
