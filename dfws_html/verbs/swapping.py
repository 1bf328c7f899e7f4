"""The verbs that bring HTML, and the HTML alone.

Each takes the window, a CSS selector, and either `content` (escaped unless it is marked safe), or a
template, or a component: see `Options`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from django.http import HttpRequest

from dfws_html.page.fragments import fragment
from dfws_html.tasks import refuse_on_loop
from dfws_html.verbs.sending import Options, Source, bring
from dfws_html.window_info import WindowInfo

__all__ = [
    "after",
    "append",
    "before",
    "content",
    "morph",
    "prepend",
    "render",
    "replace_with",
    "upsert",
]


def after(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML after each element that the selector finds."""
    bring("html.after", window_info, selector, content, options)


def append(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML at the end of each element that the selector finds.

    >>> from dfws_html.testing import SignalQueue
    >>> from dfws_html.window_info import WindowInfo
    >>> with SignalQueue() as queue:
    ...     append(WindowInfo(), "#log", "2 < 3", to=["room"])
    >>> queue.ws_signals["-str.room"]
    [('html.append', {'selector': '#log', 'content': '2 &lt; 3'})]
    """
    bring("html.append", window_info, selector, content, options)


def before(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML before each element that the selector finds."""
    bring("html.before", window_info, selector, content, options)


def content(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Replace what is in each element that the selector finds."""
    bring("html.content", window_info, selector, content, options)


def morph(
    window_info: Source,
    selector: str,
    content: Any = None,
    *,
    outer: bool = False,
    **options: Unpack[Options],
) -> None:
    """Change what is in each element into the HTML; nodes that are in both stay the same ones.

    Focus, what is typed, media, open details and scroll positions stay with them.

    Args:
        window_info: the window.
        selector: of the elements.
        content: of which they become.
        outer: the HTML is the element itself, not what is in it.
        options: see `Options`.
    """
    bring("html.morph", window_info, selector, content, options, outer=outer or None)


def prepend(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML at the beginning of each element that the selector finds."""
    bring("html.prepend", window_info, selector, content, options)


def replace_with(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Replace each element that the selector finds."""
    bring("html.replace_with", window_info, selector, content, options)


def upsert(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Append HTML to what the selector finds, or replace the element that has its id already."""
    bring("html.upsert", window_info, selector, content, options)


def render(
    window_info: WindowInfo | HttpRequest,
    template: str | None = None,
    context: Mapping[str, Any] | None = None,
    *,
    component: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    select: str | None = None,
) -> str:
    """Return HTML as the window sees it; a handler may return it as its answer.

    Args:
        window_info: a handler's window, or a view's request.
        template: name of a template; ``"cart.html#line"`` is a partial of one.
        context: what it sees besides the window's ``user``, ``perms`` and so on.
        component: a component of django-components, instead: the class, or its name.
        kwargs: the component's arguments.
        select: the first element that this selector finds in what was rendered, instead of all.

    Raises:
        TypeError: neither a template nor a component, or both.
        NoSuchPiece: ``select`` finds nothing.
    """
    refuse_on_loop("html.render()", "await sync_to_async(html.render)(...)")
    if template is None and component is None:
        raise TypeError("html.render() needs a template or a component")
    return fragment(
        WindowInfo.from_request(window_info),
        template=template,
        context=context,
        component=component,
        kwargs=kwargs,
        select=select,
    )
