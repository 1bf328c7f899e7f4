"""What htmx calls a thing, and what it is called here: for errors, which are read by its users."""

from __future__ import annotations

from collections.abc import Iterable

from dfws_html.page.triggers import nearest

__all__ = ["KEYS", "OPTIONS", "STYLES", "meant"]

#: Attributes, without their `hx-`.
KEYS = {
    "disabled_elt": 'it is the key "disable"',
    "indicator": 'it is the key "busy"',
    "push_url": "the function calls html.push_url",
    "replace_url": "the function calls html.replace_url",
    "select": "the function returns html.render(..., select=)",
    "select_oob": "the function calls verbs of dfws_html.html",
    "swap_oob": "the function calls verbs of dfws_html.html",
    "trigger": 'it is the key "on"',
    "vals": 'it is the key "opts"',
}

#: How something is swapped.
STYLES = {
    "after": 'it is "afterend"',
    "append": 'it is "beforeend"',
    "before": 'it is "beforebegin"',
    "innerMorph": 'it is "morph"',
    "outerMorph": 'it is "morph:outer"',
    "prepend": 'it is "afterbegin"',
}

#: What follows it.
OPTIONS = {
    "settle": 'CSS begins at the class "df-added"',
    "show": "the function calls html.scroll",
    "swap": 'there is no pause, but "transition"',
}


def meant(word: str, habits: dict[str, str], known: Iterable[str]) -> str:
    """Return the end of a sentence about an unknown word.

    >>> meant("innerMorph", STYLES, ["innerHTML", "morph"])
    '; that is htmx, here it is "morph"'
    >>> meant("morf", STYLES, ["innerHTML", "morph"])
    '; did you mean "morph"?'
    """
    habit = habits.get(word.replace("-", "_").removeprefix("hx_"))
    return f"; that is htmx, here {habit}" if habit else nearest(word, known)
