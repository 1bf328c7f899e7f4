"""What is known of the window behind a signal: its key, user, language and browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.template import loader
from django.utils.module_loading import import_string

from dfws_html import conf
from dfws_html.ws_middleware import WindowInfoMiddleware

__all__ = ["WindowInfo", "get_window_context", "render_to_string"]


class WindowInfo:
    """The first argument of every handler.

    ``WindowInfo()`` is nobody's window: a management command's, a test's. The project's
    ``WINDOW_INFO_MIDDLEWARES`` may add attributes.

    Attributes:
        window_key: the window's id, None where there is no window.
        session_id: a random id of the session, None where there is none.
        user: the user, None if anonymous.
        language_code, time_zone: active while a handler runs.
        user_agent, page_url: what the browser says; not to be trusted.
        script_prefix: the sub-path under which the site is served, for ``reverse()``.
        call: the name of the browser's call that is being answered, if any.
        action_id: the id of the job that runs, the same when it is run again.
        celery_request: the request of the Celery task that runs the handler (``retries``,
            ``delivery_info``, ...); None in every other engine, and outside of handlers.

    >>> WindowInfo().is_authenticated
    False
    """

    # A project's own WINDOW_INFO_MIDDLEWARES may leave some of them unset.
    window_key: str | None = None
    session_id: str | None = None
    language_code: str = ""
    time_zone: str = ""
    user_agent: str = ""
    page_url: str = ""
    script_prefix: str = "/"

    call: str | None = None
    action_id: str | None = None
    celery_request: Any = None
    _user: Any = None
    _is_withdrawn: Callable[[], bool] | None = None

    def __init__(self) -> None:
        for middleware in _middlewares():
            middleware.new_window_info(self)

    def __repr__(self) -> str:
        # It stands in logs and tracebacks, so it tells no more than what finds a row there.
        who = "anonymous" if self.user is None else f"user {self.user_pk}"
        return f"<WindowInfo {self.window_key or 'of no window'}, {who}>"

    @classmethod
    def from_request(cls, request: HttpRequest | WindowInfo | None) -> WindowInfo:
        """Return what a request tells of its window.

        A ``WindowInfo`` comes back as it is; None is nobody's window.
        """
        if isinstance(request, WindowInfo):
            return request
        if request is None:
            return cls()
        window_info = cls.__new__(cls)
        for middleware in _middlewares():
            middleware.from_request(request, window_info)
        return window_info

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> WindowInfo:
        """Return what :meth:`to_dict` described; reads the user from the database."""
        window_info = cls.__new__(cls)
        for middleware in _middlewares():
            middleware.from_dict(window_info, values)
        window_info.call = values.get("call")
        return window_info

    def to_dict(self) -> dict[str, Any]:
        """Return what a worker needs to make this object again."""
        values: dict[str, Any] = {"call": self.call} if self.call else {}
        for middleware in _middlewares():
            values.update(middleware.to_dict(self))
        return values

    @contextmanager
    def around(self) -> Iterator[None]:
        """Surround a handler's run with every middleware, the first outermost."""
        with ExitStack() as stack:
            for middleware in _middlewares():
                stack.enter_context(middleware.around(self))
            yield

    @property
    def superseded(self) -> bool:
        """Whether nobody wants the outcome of the browser's call that is being answered any more.

        A later call of the page has taken its place, or its user has cancelled it. A handler that
        takes long may look as often as it likes, and end; it hears of it within half a second.
        """
        return self._is_withdrawn is not None and self._is_withdrawn()

    def watch(self, is_withdrawn: Callable[[], bool]) -> None:
        """Let :attr:`superseded` ask this, while a call is being answered."""
        self._is_withdrawn = is_withdrawn

    # -------------------------------------------------------------- the user

    @property
    def user(self) -> AbstractBaseUser | None:
        """The user, None if anonymous."""
        return self._user if self._user is not None and self._user.is_authenticated else None

    @user.setter
    def user(self, user: AbstractBaseUser | AnonymousUser | None) -> None:
        self._user = user

    @property
    def user_pk(self) -> Any:
        """The user's primary key, None if anonymous."""
        return self.user.pk if self.user is not None else None

    @property
    def username(self) -> str | None:
        """The user's name, None if anonymous."""
        return self.user.get_username() if self.user is not None else None

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is logged in."""
        return self.user is not None

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is logged in."""
        return self.user is None

    @property
    def is_active(self) -> bool:
        """Whether the user may log in."""
        return bool(getattr(self.user, "is_active", False))

    @property
    def is_staff(self) -> bool:
        """Whether the user may enter the admin site."""
        return bool(getattr(self.user, "is_staff", False))

    @property
    def is_superuser(self) -> bool:
        """Whether the user has every permission."""
        return bool(getattr(self.user, "is_superuser", False))

    @property
    def perms(self) -> set[str]:
        """Every permission of the user, through Django's backends."""
        return (self.user or AnonymousUser()).get_all_permissions()  # type: ignore[union-attr]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the user has a permission, on an object if one is given."""
        return (self.user or AnonymousUser()).has_perm(perm, obj)  # type: ignore[union-attr]


@lru_cache(maxsize=8)
def _instances(paths: tuple[str, ...]) -> tuple[WindowInfoMiddleware, ...]:
    # Shared by all threads, as Django's middlewares are.
    return tuple(import_string(path)() for path in paths)


def _middlewares() -> tuple[WindowInfoMiddleware, ...]:
    return _instances(conf.window_info_middlewares())


def get_window_context(window_info: WindowInfo | None) -> dict[str, Any]:
    """Return what templates see when they are rendered for a window."""
    context: dict[str, Any] = {}
    if window_info is None:
        return context
    for middleware in _middlewares():
        context.update(middleware.get_context(window_info))
    return context


def render_to_string(
    template_name: str | list[str],
    context: dict[str, Any] | None = None,
    window_info: WindowInfo | None = None,
    using: str | None = None,
) -> str:
    """Render a template as its window would see it.

    Args:
        template_name: as for Django's function of this name.
        context: what the template sees besides what the window gives (``user``, ``perms``, ...).
        window_info: the window; None renders for nobody.
        using: name of the template engine.
    """
    values = {**get_window_context(window_info), **(context or {})}
    return loader.render_to_string(template_name, values, using=using)
