"""The verbs that change elements without bringing HTML."""

from __future__ import annotations

from typing import Any, Literal

from dfws_html.verbs.refusals import one_of
from dfws_html.verbs.sending import Source, as_text, for_whom, send

__all__ = [
    "add_attribute",
    "add_class",
    "boolean_attribute",
    "dialog",
    "dispatch",
    "empty",
    "focus",
    "remove",
    "remove_attr",
    "remove_class",
    "scroll",
    "text",
    "toggle_class",
]


def text(window_info: Source, selector: str, content: Any, *, to: Any = None) -> None:
    """Replace what is in each element by text; markup in it is shown, not read."""
    shown = as_text(content, for_whom("html.text", window_info, to))
    send("html.text", window_info, to, selector=selector, content=shown)


def empty(window_info: Source, selector: str, *, to: Any = None) -> None:
    """Remove what is in each element that the selector finds."""
    send("html.empty", window_info, to, selector=selector)


def remove(window_info: Source, selector: str, *, to: Any = None) -> None:
    """Remove each element that the selector finds."""
    send("html.remove", window_info, to, selector=selector)


def add_class(window_info: Source, selector: str, class_name: str, *, to: Any = None) -> None:
    """Add a class, or several with spaces between."""
    send("html.add_class", window_info, to, selector=selector, class_name=class_name)


def remove_class(window_info: Source, selector: str, class_name: str, *, to: Any = None) -> None:
    """Remove a class, or several with spaces between."""
    send("html.remove_class", window_info, to, selector=selector, class_name=class_name)


def toggle_class(window_info: Source, selector: str, class_name: str, *, to: Any = None) -> None:
    """Add a class to the elements that lack it, and remove it from those that have it."""
    send("html.toggle_class", window_info, to, selector=selector, class_name=class_name)


def add_attribute(
    window_info: Source, selector: str, attr_name: str, attr_value: str, *, to: Any = None
) -> None:
    """Give an attribute a value. Windows refuse ``on*``, ``srcdoc`` and script addresses."""
    value = as_text(attr_value, for_whom("html.add_attribute", window_info, to))
    values = {"attr_name": attr_name, "attr_value": value}
    send("html.add_attribute", window_info, to, selector=selector, **values)


def remove_attr(window_info: Source, selector: str, attr_name: str, *, to: Any = None) -> None:
    """Remove an attribute."""
    send("html.remove_attr", window_info, to, selector=selector, attr_name=attr_name)


def boolean_attribute(
    window_info: Source, selector: str, name: str, value: bool, *, to: Any = None
) -> None:
    """Set or remove an attribute such as ``disabled`` or ``checked``."""
    send("html.boolean_attribute", window_info, to, selector=selector, name=name, value=bool(value))


def focus(window_info: Source, selector: str, *, to: Any = None) -> None:
    """Give the focus to the first element that the selector finds."""
    send("html.focus", window_info, to, selector=selector)


def dialog(
    window_info: Source,
    selector: str,
    action: Literal["modal", "show", "close"] = "modal",
    *,
    to: Any = None,
) -> None:
    """Open or close a ``<dialog>`` or a popover.

    Args:
        window_info: the window.
        selector: of the dialog.
        action: ``modal`` opens it above the page, ``show`` beside the rest, ``close`` closes it.
        to: one destination or several, ``WINDOW`` by default.

    Raises:
        ValueError: there is no such action.
    """
    one_of("html.dialog", "action", action, ("modal", "show", "close"))
    send("html.dialog", window_info, to, selector=selector, action=action)


def dispatch(
    window_info: Source,
    event: str,
    detail: Any = None,
    *,
    selector: str | None = None,
    to: Any = None,
) -> None:
    """Dispatch a DOM event, for the page's own JavaScript.

    Args:
        window_info: the window.
        event: type of the event.
        detail: of the event; it has a JSON form.
        selector: of the elements on which it is dispatched, the document by default.
        to: one destination or several, ``WINDOW`` by default.
    """
    send("html.dispatch", window_info, to, selector=selector, event=event, detail=detail)


def scroll(
    window_info: Source,
    selector: str,
    block: Literal["start", "center", "end", "nearest"] = "start",
    *,
    to: Any = None,
) -> None:
    """Scroll until the first element that the selector finds is seen.

    Args:
        window_info: the window.
        selector: of the element.
        block: where in the view it is then; ``nearest`` scrolls no more than needed.
        to: one destination or several, ``WINDOW`` by default.

    Raises:
        ValueError: there is no such place.
    """
    one_of("html.scroll", "block", block, ("start", "center", "end", "nearest"))
    send("html.scroll", window_info, to, selector=selector, block=block)
