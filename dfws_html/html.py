"""The verbs that change a page, as typed functions: the words of the wire and of the script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from typing import Any, Concatenate, ParamSpec, TypedDict, Unpack

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from dfws_html.page.fragments import as_nobody, fragment
from dfws_html.tasks import refuse_on_loop, trigger_signal
from dfws_html.topics import USER, WINDOW, each_destination
from dfws_html.window_info import WindowInfo

__all__ = [
    "add_attribute",
    "add_class",
    "after",
    "append",
    "asend",
    "before",
    "boolean_attribute",
    "content",
    "download_file",
    "empty",
    "focus",
    "forms_set",
    "prepend",
    "refresh",
    "remove",
    "remove_attr",
    "remove_class",
    "render",
    "replace_with",
    "text",
]

P = ParamSpec("P")
Source = WindowInfo | HttpRequest


class Options(TypedDict, total=False):
    """What the verbs that bring HTML take besides a content.

    Attributes:
        template: name of a template, instead of a content.
        context: what the template sees.
        to: one destination or several, ``WINDOW`` by default. What goes to other topics than
            ``WINDOW`` and ``USER`` is rendered for nobody: without the sender's user, permissions
            and request, in ``settings.LANGUAGE_CODE``.
        as_sender: render it as the sender's window sees it, whoever gets it.
    """

    template: str | None
    context: Mapping[str, Any] | None
    to: Any
    as_sender: bool


def render(window_info: Source, template: str, context: Mapping[str, Any] | None = None) -> str:
    """Return a template's HTML as the window sees it; a handler may return it as its answer.

    Args:
        window_info: a handler's window, or a view's request.
        template: name of the template.
        context: what it sees besides the window's ``user``, ``perms`` and so on.
    """
    refuse_on_loop("html.render()", "await sync_to_async(html.render)(...)")
    return fragment(WindowInfo.from_request(window_info), template=template, context=context)


# ------------------------------------------------------------------ verbs that bring HTML
#
# Each takes the window, a CSS selector, and either `content` (escaped unless it is marked safe)
# or a template: see `Options`.


def after(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML after each element that the selector finds."""
    _swap("html.after", window_info, selector, content, options)


def append(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML at the end of each element that the selector finds.

    >>> from dfws_html.testing import SignalQueue
    >>> with SignalQueue() as queue:
    ...     append(WindowInfo(), "#log", "2 < 3", to=["room"])
    >>> queue.ws_signals["-str.room"]
    [('html.append', {'selector': '#log', 'content': '2 &lt; 3'})]
    """
    _swap("html.append", window_info, selector, content, options)


def before(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML before each element that the selector finds."""
    _swap("html.before", window_info, selector, content, options)


def content(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Replace what is in each element that the selector finds."""
    _swap("html.content", window_info, selector, content, options)


def prepend(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Insert HTML at the beginning of each element that the selector finds."""
    _swap("html.prepend", window_info, selector, content, options)


def replace_with(
    window_info: Source, selector: str, content: Any = None, **options: Unpack[Options]
) -> None:
    """Replace each element that the selector finds."""
    _swap("html.replace_with", window_info, selector, content, options)


# ------------------------------------------------------------------ verbs that bring none


def text(window_info: Source, selector: str, content: Any, *, to: Any = WINDOW) -> None:
    """Replace what is in each element by text; markup in it is shown, not read."""
    destinations = each_destination(to)
    with as_nobody() if _is_shared(destinations) else nullcontext():
        shown = str(content)  # a lazy translation, in the language of whoever gets it
    _send("html.text", window_info, destinations, selector=selector, content=shown)


def empty(window_info: Source, selector: str, *, to: Any = WINDOW) -> None:
    """Remove what is in each element that the selector finds."""
    _send("html.empty", window_info, to, selector=selector)


def remove(window_info: Source, selector: str, *, to: Any = WINDOW) -> None:
    """Remove each element that the selector finds."""
    _send("html.remove", window_info, to, selector=selector)


def add_class(window_info: Source, selector: str, class_name: str, *, to: Any = WINDOW) -> None:
    """Add a class, or several with spaces between."""
    _send("html.add_class", window_info, to, selector=selector, class_name=class_name)


def remove_class(window_info: Source, selector: str, class_name: str, *, to: Any = WINDOW) -> None:
    """Remove a class, or several with spaces between."""
    _send("html.remove_class", window_info, to, selector=selector, class_name=class_name)


def add_attribute(
    window_info: Source, selector: str, attr_name: str, attr_value: str, *, to: Any = WINDOW
) -> None:
    """Give an attribute a value. Windows refuse ``on*``, ``srcdoc`` and script addresses."""
    values = {"attr_name": attr_name, "attr_value": str(attr_value)}
    _send("html.add_attribute", window_info, to, selector=selector, **values)


def remove_attr(window_info: Source, selector: str, attr_name: str, *, to: Any = WINDOW) -> None:
    """Remove an attribute."""
    _send("html.remove_attr", window_info, to, selector=selector, attr_name=attr_name)


def boolean_attribute(
    window_info: Source, selector: str, name: str, value: bool, *, to: Any = WINDOW
) -> None:
    """Set or remove an attribute such as ``disabled`` or ``checked``."""
    _send("html.boolean_attribute", window_info, to, selector=selector, name=name, value=value)


def focus(window_info: Source, selector: str, *, to: Any = WINDOW) -> None:
    """Give the focus to the first element that the selector finds."""
    _send("html.focus", window_info, to, selector=selector)


def download_file(window_info: Source, url: str, filename: str = "", *, to: Any = WINDOW) -> None:
    """Let the browser download a file; addresses other than http(s) are refused."""
    _send("html.download_file", window_info, to, url=url, filename=filename)


def refresh(window_info: Source, *, to: Any = WINDOW) -> None:
    """Let the page fetch itself again: title and body become what its view makes of them now.

    What is typed, the focus, the window and its socket stay; what is pushed meanwhile follows.

    >>> from dfws_html.testing import SignalQueue
    >>> with SignalQueue() as queue:
    ...     refresh(WindowInfo(), to=["room"])
    >>> queue.ws_signals
    {'-str.room': [('html.refresh', {})]}
    """
    _send("html.refresh", window_info, to)


def forms_set(
    window_info: Source,
    selector: str,
    values: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    to: Any = WINDOW,
) -> None:
    """Set fields of a form: names to values (text, a list, or a boolean for one checkbox)."""
    pairs = (
        [{"name": name, "value": value} for name, value in values.items()]
        if isinstance(values, Mapping)
        else list(values)
    )
    _send("html.forms.set", window_info, to, selector=selector, values=pairs)


async def asend(
    verb: Callable[Concatenate[Source, P], None],
    window_info: Source,
    *args: P.args,
    **options: P.kwargs,
) -> None:
    """Use a verb from asynchronous code: ``await html.asend(html.append, request, "#log", x)``."""
    await sync_to_async(verb)(window_info, *args, **options)


# ------------------------------------------------------------------


def _swap(name: str, window_info: Source, selector: str, content: Any, options: Options) -> None:
    _refuse_on_loop(name)
    for unknown in options.keys() - Options.__annotations__.keys():
        raise TypeError(f"{name}() got an unexpected keyword argument {unknown!r}")
    destinations = each_destination(options.get("to", WINDOW))
    window = WindowInfo.from_request(window_info)
    html = fragment(
        window,
        content,
        template=options.get("template"),
        context=options.get("context"),
        shared=_is_shared(destinations) and not options.get("as_sender", False),
    )
    _send(name, window, destinations, selector=selector, content=html)


def _is_shared(destinations: Iterable[Any]) -> bool:
    return any(one is not WINDOW and one is not USER for one in destinations)


def _send(name: str, window_info: Source, to: Any, /, **arguments: Any) -> None:
    _refuse_on_loop(name)
    trigger_signal(window_info, name, to=to, kwargs=arguments)


def _refuse_on_loop(name: str) -> None:
    verb = f"html.{name.removeprefix('html.').replace('.', '_')}"
    refuse_on_loop(f"{verb}()", f"await html.asend({verb}, ...)")
