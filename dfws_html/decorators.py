"""`@signal`, and what its arguments and a handler's annotations are made of, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from dfws_html.work.converters import RE, Choice, SerializedForm
from dfws_html.work.handlers import DynamicQueueName, Handler, Queue, RandomDynamicQueueName
from dfws_html.work.permissions import (
    Predicate,
    everyone,
    has_perm,
    is_anonymous,
    is_authenticated,
    is_staff,
    is_superuser,
    server_side,
)
from dfws_html.work.registry import registry

__all__ = [
    "RE",
    "Choice",
    "DynamicQueueName",
    "RandomDynamicQueueName",
    "SerializedForm",
    "everyone",
    "has_perm",
    "is_anonymous",
    "is_authenticated",
    "is_staff",
    "is_superuser",
    "server_side",
    "signal",
]

F = TypeVar("F", bound=Callable[..., Any])


@overload
def signal(fn: F, /) -> F: ...


@overload
def signal(
    *,
    path: str | None = None,
    is_allowed_to: Predicate = server_side,
    queue: Queue = None,
    reliable: bool = False,
    reply: bool = True,
) -> Callable[[F], F]: ...


def signal(
    fn: Any = None,
    /,
    *,
    path: str | None = None,
    is_allowed_to: Predicate = server_side,
    queue: Queue = None,
    reliable: bool = False,
    reply: bool = True,
) -> Any:
    """Run a function on the server whenever a signal is triggered.

    The function comes back as it was and can still be called. Its first parameter is the
    window, the others are the arguments, converted as their annotations say.

    Args:
        fn: the function, where the decorator is written without parentheses.
        path: the signal's name; by default the function's module and qualified name.
        is_allowed_to: who may call it from a browser: a permission of this module, several of
            them with `&`, `|` and `~`, or a callable (connection, window_info, kwargs) -> bool.
            By default no browser may.
        queue: the queue's name, a callable (connection, window_info, kwargs) -> name, or None
            for the default one.
        reliable: run it at least once, instead of at most once: under Celery it runs again if its
            worker's process ends meanwhile. ``window_info.action_id`` is the same in each run.
        reply: whether a browser's call waits for its end and its result.

    Raises:
        TypeError: the function can't be a handler, or an annotation can't be understood.
        ValueError: the name belongs to the signals that every window knows.

    >>> @signal(path="shop.count", is_allowed_to=is_authenticated & ~is_staff)
    ... def count(window_info, number: int = 1):
    ...     return number + 1
    >>> count(None, number=2)
    3
    """

    def register(function: F) -> F:
        _register(
            function,
            path=path,
            is_allowed_to=is_allowed_to,
            queue=queue,
            reliable=reliable,
            reply=reply,
        )
        return function

    if fn is None:
        return register
    if isinstance(fn, str):
        raise TypeError(f"a signal's name is given by keyword: @signal(path={fn!r})")
    return register(fn)


def _register(function: Callable[..., Any], *, path: str | None, **options: Any) -> None:
    name = path
    if name is None:
        name = f"{function.__module__}.{getattr(function, '__qualname__', '')}"
    registry.add(Handler(signal=name, function=function, **options))
