"""Who may call a signal from a browser: predicates that combine with `&`, `|` and `~`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Permission",
    "Predicate",
    "everyone",
    "has_perm",
    "is_allowed",
    "is_anonymous",
    "is_authenticated",
    "is_staff",
    "is_superuser",
    "server_side",
]

#: A callable (connection, window_info, kwargs) -> bool; connection is the `Handler`.
Predicate = Callable[[Any, Any, Mapping[str, Any]], Any]

# How tightly the text of a permission binds, as Python's own operators do.
_OR, _AND, _ATOM = range(3)


@dataclass(frozen=True, repr=False)
class Permission:
    """A predicate that combines with others and says what it asks for.

    Args:
        test: a callable (connection, window_info, kwargs) -> bool.
        name: what its repr shows.
        local: it looks only at the window's own attributes, never at a database, so that it may
            be asked on the server's event loop.

    Raises:
        TypeError: on a call, when the predicate returned something that can't be an answer; when it
            is asked for its truth, as Python's own ``and``, ``or`` and ``not`` do.

    >>> is_staff & ~has_perm("shop.ban")
    is_staff & ~has_perm('shop.ban')
    >>> (is_staff | is_anonymous) & is_authenticated
    (is_staff | is_anonymous) & is_authenticated
    """

    test: Predicate
    name: str
    local: bool = False
    binding: int = _ATOM

    def __call__(self, connection: Any, window_info: Any, kwargs: Mapping[str, Any]) -> bool:
        return is_allowed(self.test, connection, window_info, kwargs)

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        # `is_authenticated and owns_it` would be `owns_it`, and let in whom it should not.
        raise TypeError(
            f"the permission {self} is neither true nor false: write &, | and ~ instead of "
            "'and', 'or' and 'not'"
        )

    def __and__(self, other: Predicate) -> Permission:
        return _both(self, other)

    def __rand__(self, other: Predicate) -> Permission:
        return _both(other, self)

    def __or__(self, other: Predicate) -> Permission:
        return _either(self, other)

    def __ror__(self, other: Predicate) -> Permission:
        return _either(other, self)

    def __invert__(self) -> Permission:
        return Permission(
            test=lambda connection, window_info, kwargs: not self(connection, window_info, kwargs),
            name=f"~{_text(self, _ATOM)}",
            local=self.local,
        )


def is_allowed(
    predicate: Predicate, connection: Any, window_info: Any, kwargs: Mapping[str, Any]
) -> bool:
    """Ask a predicate, and take nothing for a yes that was not meant as an answer.

    None is a no. A coroutine, or a predicate that was returned instead of being asked, is true
    in Python's eyes and would open the door to everybody.

    Raises:
        TypeError: the predicate returned a coroutine or a callable.
        Exception: what the predicate raised.

    >>> is_allowed(lambda connection, window_info, kwargs: kwargs["id"] > 3, None, None, {"id": 4})
    True
    """
    answer = predicate(connection, window_info, kwargs)
    if inspect.iscoroutine(answer):
        answer.close()  # never to be awaited: no warning about it
    if inspect.isawaitable(answer) or callable(answer):
        raise TypeError(
            f"the permission {_text(predicate)} must answer True or False, "
            f"it returned {type(answer).__name__}"
        )
    return bool(answer)


def has_perm(perm: str) -> Permission:
    """The window's user has a Django permission, as `user.has_perm` says.

    Args:
        perm: app label and codename.

    Raises:
        TypeError: `perm` is no text, as when the parentheses were forgotten.

    >>> has_perm("shop.change_item")
    has_perm('shop.change_item')
    """
    if perm == "" or not isinstance(perm, str):
        raise TypeError(f"has_perm needs a permission's name such as 'app.change_x', not {perm!r}")
    return Permission(
        test=lambda connection, window_info, kwargs: window_info.has_perm(perm),
        name=f"has_perm({perm!r})",
    )


def _both(left: Predicate, right: Predicate) -> Permission:
    _check_callable(left, right)
    return Permission(
        test=lambda *asked: is_allowed(left, *asked) and is_allowed(right, *asked),
        name=f"{_text(left, _AND)} & {_text(right, _AND)}",
        local=_is_local(left) and _is_local(right),
        binding=_AND,
    )


def _either(left: Predicate, right: Predicate) -> Permission:
    _check_callable(left, right)
    return Permission(
        test=lambda *asked: is_allowed(left, *asked) or is_allowed(right, *asked),
        name=f"{_text(left, _OR)} | {_text(right, _OR)}",
        local=_is_local(left) and _is_local(right),
        binding=_OR,
    )


def _check_callable(*predicates: Any) -> None:
    for predicate in predicates:
        if not callable(predicate):
            raise TypeError(
                "a permission combines with callables (connection, window_info, kwargs) -> bool, "
                f"not with {predicate!r}"
            )


def _is_local(predicate: Predicate) -> bool:
    return isinstance(predicate, Permission) and predicate.local


def _text(predicate: Predicate, binding: int = _OR) -> str:
    """What a predicate asks for, in parentheses where it binds less than its surroundings."""
    if isinstance(predicate, Permission):
        return f"({predicate.name})" if predicate.binding < binding else predicate.name
    return getattr(predicate, "__qualname__", None) or repr(predicate)


def _local(name: str, test: Callable[[Any], Any]) -> Permission:
    return Permission(
        test=lambda connection, window_info, kwargs: test(window_info), name=name, local=True
    )


server_side = _local("server_side", lambda window_info: False)
"""No browser may call it: what a signal is that says nothing."""
everyone = _local("everyone", lambda window_info: True)
"""Any window, an anonymous visitor's too."""
is_authenticated = _local("is_authenticated", lambda window_info: window_info.is_authenticated)
"""Any window whose user is logged in."""
is_anonymous = _local("is_anonymous", lambda window_info: window_info.is_anonymous)
"""Any window whose visitor is not logged in."""
is_staff = _local("is_staff", lambda window: window.is_active and window.is_staff)
"""The window's user is active and may enter the admin."""
is_superuser = _local("is_superuser", lambda window: window.is_active and window.is_superuser)
"""The window's user is active and has every permission."""
