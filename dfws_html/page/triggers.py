"""`on` as a value: the triggers of a call, in the language of htmx 4's `hx-trigger`, no filters.

Triggers are separated by commas; each is an event and its modifiers, separated by white space.
Quotes and parentheses hold together what they enclose: `from:"closest form"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

__all__ = ["Trigger", "nearest", "parse_triggers", "shown", "to_selector"]


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One event that makes a call, and how it is heeded.

    Attributes:
        event: type of the event; `load`, `revealed`, `intersect` and `every` are ours.
        every: milliseconds from one call to the next, with the event `every`.
        once: only the first event counts.
        changed: only if the value differs from the one that was sent last.
        consume: elements around this one do not hear the event.
        capture, passive: how the listener is added.
        delay: milliseconds of silence before the call.
        throttle: least number of milliseconds between two calls.
        source: `from:`, where the event is heard: `window`, `document`, `self`, `outside` or a
            selector.
        target: selector of what the event has to come from.
        key: of the keyboard, with `ctrl+`, `shift+`, `alt+`, `meta+`, `mod+` before it.
        threshold: part of the element that has to be seen, 0 to 1.
        root_margin: as an `IntersectionObserver` has it, in `px` or `%`.

    >>> str(Trigger(event="input", changed=True, delay=300))
    'input changed delay:300ms'
    """

    event: str
    every: int | None = None
    once: bool = False
    changed: bool = False
    consume: bool = False
    capture: bool = False
    passive: bool = False
    delay: int | None = None
    throttle: int | None = None
    source: str | None = None
    target: str | None = None
    key: str | None = None
    threshold: float | None = None
    root_margin: str | None = None

    def __str__(self) -> str:
        found = [self.event] if self.every is None else [self.event, f"{self.every}ms"]
        for word, name in _FLAGS.items():
            if getattr(self, name):
                found.append(word)
        for word, (name, _, write) in _VALUED.items():
            value = getattr(self, name)
            if value is not None:
                found.append(f"{word}:{write(value)}")
        return " ".join(found)


def parse_triggers(text: str) -> tuple[Trigger, ...]:
    """Read `on`.

    Raises:
        ValueError: says which trigger can't be read, and why.

    >>> parse_triggers("keydown key:ctrl+s from:window, every 5s")[0].source
    'window'
    >>> parse_triggers("click, input dellay:1s")
    Traceback (most recent call last):
    ValueError: trigger 2: unknown modifier "dellay"; did you mean "delay"?
    """
    lists = [[word for word in found if word] for found in _split(text)]
    return tuple(_read(number, found) for number, found in enumerate(lists, 1))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown word.

    >>> nearest("morf", ["morph", "none"])
    '; did you mean "morph"?'
    """
    found = get_close_matches(word[:60], list(known), 1)
    return f'; did you mean "{found[0]}"?' if found else ""


def shown(text: str) -> str:
    """Return a text as an error's one line has it."""
    quoted = repr(text if len(text) <= 60 else f"{text[:60]}...")
    return f'"{quoted[1:-1]}"'


# ------------------------------------------------------------------ texts and words

_BLANKS = " \t\n\r\f"  # what HTML calls white space
_PIECE = r"""(?:[^ \t\n\r\f,"'()]|"[^"]*"|'[^']*'|\((?:[^()]|\([^()]*\))*\))+"""
_PIECES = re.compile(rf"[{_BLANKS}]*(?:({_PIECE})|(,)|$)")
_QUOTED = re.compile(r"""(?s:"([^"]*)"|'([^']*)'|\(((?:[^()]|\([^()]*\))*)\))""")


def _split(text: str) -> list[list[str]]:
    lists: list[list[str]] = [[]]
    place = 0
    while place < len(text):
        found = _PIECES.match(text, place)
        if found is None:
            raise ValueError(
                f"trigger {len(lists)}: a quote or bracket is not closed in {shown(text)}"
            )
        place = found.end()
        if found[2]:
            lists.append([])
        else:
            lists[-1].append(found[1] or "")
    return lists


def _unquoted(text: str) -> str:
    """Return a value without the quotes or parentheses around all of it."""
    found = _QUOTED.fullmatch(text)
    return text if found is None else found[1] or found[2] or found[3] or ""


def _quote(value: str) -> str:
    """Write a value so that it is read again; whatever was read can be."""
    for way in (value, f'"{value}"', f"'{value}'", f"({value})"):
        if re.fullmatch(_PIECE, way) and _unquoted(way) == value:
            return way
    raise ValueError(f"no quotes hold {shown(value)}")


# ------------------------------------------------------------------ values

_DURATION = re.compile(r"([0-9]{1,10}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})(ms|s|m|)")
_UNITS = {"": 1, "ms": 1, "s": 1000, "m": 60_000}
_LONGEST = 2**31 - 1  # beyond it a browser's timer fires at once
_SHORTEST = 250  # between two calls of `every`


def _to_milliseconds(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a time such as 300ms, 2s or 1m, got {shown(text)}")
    milliseconds = round(float(found[1]) * _UNITS[found[2]])
    if milliseconds > _LONGEST:
        raise ValueError(f"{text} is longer than a browser's timer, which ends after 24 days")
    return milliseconds


_WAYS = ("closest", "find")  # these seek, so they need something to be sought


def to_selector(text: str) -> str:
    """Return an extended selector as it is written; CSS itself is the browser's to read.

    Raises:
        ValueError: it is blank, or a way without a selector.

    >>> to_selector("closest")
    Traceback (most recent call last):
    ValueError: "closest" needs a selector after it
    """
    text = text.strip()
    if not text:
        raise ValueError("a selector is empty")
    if text in _WAYS:
        raise ValueError(f'"{text}" needs a selector after it')
    return text


_KEYS_HELD = ("alt", "ctrl", "meta", "mod", "shift")


_KEY = re.compile(r"(?s:((?:[^+]+\+)*)(?:.|\w+))")  # the last one may be the plus key itself


def _to_key(text: str) -> str:
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a key such as ctrl+s, got {shown(text)}")
    for held in found[1].split("+")[:-1]:
        if held not in _KEYS_HELD:
            raise ValueError(f"unknown key to hold: {shown(held)}{nearest(held, _KEYS_HELD)}")
    return text


_FRACTION = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?|\.[0-9]{1,6}")
_MARGIN = re.compile(r"-?[0-9]{1,6}(\.[0-9]{1,3})?(px|%)( +-?[0-9]{1,6}(\.[0-9]{1,3})?(px|%)){0,3}")


def _to_threshold(text: str) -> float:
    if not _FRACTION.fullmatch(text) or not 0 <= float(text) <= 1:
        raise ValueError(f"expected a number from 0 to 1, got {shown(text)}")
    return float(text)


def _to_margin(text: str) -> str:
    if not _MARGIN.fullmatch(text):
        raise ValueError(f"expected one to four lengths in px or %, got {shown(text)}")
    return text


_Modifier = tuple[str, Callable[[str], Any], Callable[[Any], str]]

#: Words without a value, and the attributes that they set.
_FLAGS = {word: word for word in ("once", "changed", "consume", "capture", "passive")}
#: Words with one: the attribute, how the value is read, how it is written.
_VALUED: dict[str, _Modifier] = {
    "delay": ("delay", _to_milliseconds, "{}ms".format),
    "throttle": ("throttle", _to_milliseconds, "{}ms".format),
    "from": ("source", to_selector, _quote),
    "target": ("target", to_selector, _quote),
    "key": ("key", _to_key, _quote),
    "threshold": ("threshold", _to_threshold, "{:.6f}".format),
    "rootMargin": ("root_margin", _to_margin, _quote),
}
_EVENT = re.compile(r"[^\"'()\[\]]+")


def _read(number: int, found: list[str]) -> Trigger:
    try:
        if not found:
            raise ValueError("it is empty")
        event, *modifiers = found
        if not _EVENT.fullmatch(event):
            what = "a filter; there are none, for they need eval" if "[" in event else "no event"
            raise ValueError(f"{shown(event)} is {what}")
        if event.partition(":")[0] in _VALUED:
            raise ValueError(f"{shown(event)} is a modifier; an event comes before it")
        values: dict[str, Any] = {"event": event}
        if event == "every":
            values["every"] = _to_interval(modifiers.pop(0) if modifiers else "")
        for modifier in modifiers:
            name, value = _modifier(modifier)
            if name in values:
                raise ValueError(f"{shown(modifier)} is there twice")
            values[name] = value
        return Trigger(**values)
    except ValueError as error:
        raise ValueError(f"trigger {number}: {error}") from None


def _to_interval(text: str) -> int:
    milliseconds = _to_milliseconds(text)
    if milliseconds < _SHORTEST:
        raise ValueError(f'"every" is at least {_SHORTEST}ms, not {shown(text)}')
    return milliseconds


def _modifier(text: str) -> tuple[str, Any]:
    word, colon, value = text.partition(":")
    if word in _FLAGS:
        if colon:
            raise ValueError(f'"{word}" takes no value')
        return _FLAGS[word], True
    if word == "queue":
        raise ValueError('"queue:" is no modifier; that is the key "sync"')
    if word not in _VALUED:
        raise ValueError(f"unknown modifier {shown(word)}{nearest(word, [*_FLAGS, *_VALUED])}")
    name, read, _ = _VALUED[word]
    value = _unquoted(value)
    if not value:
        raise ValueError(f'"{word}:" needs a value')
    if value in _WAYS:  # the rest of it, without quotes, is another word
        rest = f'"{value}" needs a selector after it, both in quotes: {word}:"{value} x"'
        raise ValueError(f'"{word}:": {rest}')
    try:
        return name, read(value)
    except ValueError as error:
        raise ValueError(f'"{word}:": {error}') from None
