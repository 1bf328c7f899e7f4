"""Where a verb's signal goes: to windows at once, or into a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any, Concatenate, ParamSpec, TypedDict

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from dfws_html import conf
from dfws_html.page.fragments import as_nobody, fragment
from dfws_html.protocol import encode_arguments
from dfws_html.tasks import refuse_on_loop, trigger_signal
from dfws_html.topics import USER, WINDOW, each_destination
from dfws_html.window_info import WindowInfo

__all__ = [
    "Gathering",
    "Options",
    "Source",
    "as_text",
    "asend",
    "bring",
    "for_whom",
    "is_shared",
    "send",
    "send_batch",
]


class Gathering:
    """A frame in the making: a verb that gets it instead of a window goes into it.

    Args:
        window_info: the window behind it: a handler's first argument, or a view's request.
        to: as for the verbs.
    """

    def __init__(self, window_info: WindowInfo | HttpRequest, to: Any) -> None:
        if isinstance(window_info, Gathering):
            raise TypeError("a batch can't go into a batch")
        self._source = window_info
        self.destinations = each_destination(WINDOW if to is None else to)
        self.ops: list[tuple[str, Mapping[str, Any]]] = []
        self.is_open = False

    @cached_property
    def window_info(self) -> WindowInfo:
        """The window behind it. Made when needed: a session that is read then may block."""
        return WindowInfo.from_request(self._source)

    def add(self, name: str, arguments: Mapping[str, Any]) -> None:
        """Take a verb's signal in.

        Raises:
            RuntimeError: its block has not begun, or has ended.
            TypeError: an argument has no JSON form.
        """
        if not self.is_open:
            raise RuntimeError(f"{name}: a batch takes verbs inside its with block only")
        encode_arguments(name, arguments, encoder=conf.load("SIGNAL_ENCODER"))
        self.ops.append((name, arguments))


P = ParamSpec("P")
Source = WindowInfo | HttpRequest | Gathering


class Options(TypedDict, total=False):
    """What the verbs that bring HTML take besides a content.

    Attributes:
        template: name of a template, instead of a content; ``"cart.html#line"`` is a partial.
        context: what the template sees.
        component: a component of django-components, instead of a content: the class, or its name.
        kwargs: the component's arguments.
        select: the first element that this selector finds in what was rendered, instead of all.
        to: one destination or several, ``WINDOW`` by default. What goes to other topics than
            ``WINDOW`` and ``USER`` is rendered for nobody: without the sender's user, permissions
            and request, in ``settings.LANGUAGE_CODE``. In a batch, the batch says it.
        as_sender: render it as the sender's window sees it, whoever gets it.
        transition: let the browser blend the old view into the new one; in a batch, the batch
            says it.
    """

    template: str | None
    context: Mapping[str, Any] | None
    component: Any
    kwargs: Mapping[str, Any] | None
    select: str | None
    to: Any
    as_sender: bool
    transition: bool


def send(name: str, window_info: Source, to: Any, /, **arguments: Any) -> None:
    """Send a window's signal; arguments that are None are left out."""
    _refuse_on_loop(name)
    given = {key: value for key, value in arguments.items() if value is not None}
    if isinstance(window_info, Gathering):
        for_whom(name, window_info, to)
        window_info.add(name, given)
    else:
        _leave(name, window_info, for_whom(name, window_info, to), given)


def bring(
    name: str,
    window_info: Source,
    selector: str,
    content: Any,
    options: Options,
    /,
    **arguments: Any,
) -> None:
    """Send a signal that brings HTML."""
    _refuse_on_loop(name)
    for unknown in options.keys() - Options.__annotations__.keys():
        raise TypeError(f"{name}() got an unexpected keyword argument {unknown!r}")
    destinations = for_whom(name, window_info, options.get("to"))
    html = fragment(
        _window(window_info),
        content,
        template=options.get("template"),
        context=options.get("context"),
        component=options.get("component"),
        kwargs=options.get("kwargs"),
        select=options.get("select"),
        shared=is_shared(destinations) and not options.get("as_sender", False),
    )
    given = {"selector": selector, "content": html, **arguments}
    if isinstance(window_info, Gathering):
        if options.get("transition"):
            raise TypeError(f"{name}: in a batch it is the batch that has a transition")
        send(name, window_info, None, **given)
    elif options.get("transition"):
        found = {key: value for key, value in given.items() if value is not None}
        send_batch(window_info, destinations, [(name, found)], transition=True)
    else:
        send(name, window_info, destinations, **given)


def send_batch(
    window_info: WindowInfo | HttpRequest,
    to: Sequence[Any],
    ops: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    transition: bool,
) -> None:
    """Send several verbs' signals as one, which has the transition."""
    arguments: dict[str, Any] = {"ops": [list(op) for op in ops]}
    if transition:
        arguments["transition"] = True
    _leave("html.batch", window_info, to, arguments)


def _leave(
    name: str, source: WindowInfo | HttpRequest, to: Sequence[Any], arguments: dict[str, Any]
) -> None:
    window_info = WindowInfo.from_request(source)
    # Lazy translations become texts here; what goes to everybody has the site's language.
    with as_nobody() if is_shared(to) else nullcontext():
        trigger_signal(window_info, name, to=to, kwargs=arguments)


async def asend(
    verb: Callable[Concatenate[Source, P], None],
    window_info: Source,
    *args: P.args,
    **options: P.kwargs,
) -> None:
    """Use a verb from asynchronous code: ``await html.asend(html.append, request, "#log", x)``.

    In ``async with html.batch(...) as page``, ``page`` takes the window's place.
    """
    await sync_to_async(verb)(window_info, *args, **options)


def as_text(content: Any, destinations: Iterable[Any]) -> str:
    """Return a text, a lazy translation in the language of whoever gets it."""
    with as_nobody() if is_shared(destinations) else nullcontext():
        return str(content)


def for_whom(name: str, window_info: Source, to: Any) -> list[Any]:
    """Return the destinations of a verb.

    Raises:
        TypeError: it is in a batch and names its own.
    """
    if not isinstance(window_info, Gathering):
        return each_destination(WINDOW if to is None else to)
    if to is not None:
        raise TypeError(f"{name}: in a batch it is the batch that says to whom")
    return window_info.destinations


def _window(window_info: Source) -> WindowInfo:
    if isinstance(window_info, Gathering):
        return window_info.window_info
    return WindowInfo.from_request(window_info)


def is_shared(destinations: Iterable[Any]) -> bool:
    return any(one is not WINDOW and one is not USER for one in destinations)


def _refuse_on_loop(name: str) -> None:
    verb = f"html.{_PYTHON.get(name, name.removeprefix('html.'))}"
    refuse_on_loop(f"{verb}()", f"await html.asend({verb}, ...)")


#: Functions that are not called as their signals are.
_PYTHON = {"html.forms.set": "forms_set", "forms.errors": "form_errors"}
