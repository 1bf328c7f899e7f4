"""Window middlewares: each gives a ``WindowInfo`` its part, and carries it to the workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.contrib.auth import get_user_model
from django.contrib.auth.context_processors import PermWrapper
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, set_script_prefix
from django.utils import timezone, translation

if TYPE_CHECKING:
    from dfws_html.window_info import WindowInfo

__all__ = [
    "BrowserMiddleware",
    "DjangoAuthMiddleware",
    "Djangoi18nMiddleware",
    "WindowInfoMiddleware",
    "WindowKeyMiddleware",
]

SESSION_ID = "_dfws"


class EmptyToken(str):
    """A CSRF token that renders an empty field, which the page fills with its own."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return True


class WindowInfoMiddleware:
    """The base of all: override what you need. One instance serves every thread.

    >>> class TenantMiddleware(WindowInfoMiddleware):
    ...     def from_request(self, request, window_info):
    ...         window_info.tenant = request.get_host()
    ...     def to_dict(self, window_info):
    ...         return {"tenant": window_info.tenant}
    ...     def from_dict(self, window_info, values):
    ...         window_info.tenant = values.get("tenant")
    """

    def new_window_info(self, window_info: WindowInfo) -> None:
        """Give a ``WindowInfo`` that has no request its attributes."""

    def from_request(self, request: HttpRequest, window_info: WindowInfo) -> None:
        """Take what is needed from a request."""
        self.new_window_info(window_info)

    def to_dict(self, window_info: WindowInfo) -> dict[str, Any]:
        """Return what a worker needs, as values that JSON knows."""
        return {}

    def from_dict(self, window_info: WindowInfo, values: dict[str, Any]) -> None:
        """Take what :meth:`to_dict` returned, in a worker."""
        self.new_window_info(window_info)

    def get_context(self, window_info: WindowInfo) -> dict[str, Any]:
        """Return what templates see when they are rendered for the window."""
        return {}

    def before_process(self, window_info: WindowInfo) -> None:
        """Do something before a handler runs; :meth:`around` can also undo it."""

    @contextmanager
    def around(self, window_info: WindowInfo) -> Iterator[None]:
        """Surround a handler's run."""
        self.before_process(window_info)
        yield


class WindowKeyMiddleware(WindowInfoMiddleware):
    """The window's own id, and the id of its session."""

    def new_window_info(self, window_info: WindowInfo) -> None:
        window_info.window_key = None
        window_info.session_id = None

    def from_request(self, request: HttpRequest, window_info: WindowInfo) -> None:
        window_info.window_key = getattr(request, "window_key", None)
        session = getattr(request, "session", None)
        window_info.session_id = session.get(SESSION_ID) if session is not None else None

    def to_dict(self, window_info: WindowInfo) -> dict[str, Any]:
        return {"window_key": window_info.window_key, "session_id": window_info.session_id}

    def from_dict(self, window_info: WindowInfo, values: dict[str, Any]) -> None:
        window_info.window_key = values.get("window_key")
        window_info.session_id = values.get("session_id")


class DjangoAuthMiddleware(WindowInfoMiddleware):
    """The user. Only the primary key travels; a worker reads the rights again from the database."""

    def new_window_info(self, window_info: WindowInfo) -> None:
        window_info.user = None

    def from_request(self, request: HttpRequest, window_info: WindowInfo) -> None:
        window_info.user = getattr(request, "user", None)

    def to_dict(self, window_info: WindowInfo) -> dict[str, Any]:
        return {"user_pk": window_info.user_pk}

    def from_dict(self, window_info: WindowInfo, values: dict[str, Any]) -> None:
        pk = values.get("user_pk")
        users = get_user_model()._default_manager  # noqa: SLF001 - Django's own name for it
        user = users.filter(pk=pk).first() if pk is not None else None
        window_info.user = user if user is not None and user.is_active else None

    def get_context(self, window_info: WindowInfo) -> dict[str, Any]:
        user = window_info.user or AnonymousUser()
        return {"user": user, "perms": PermWrapper(user), "csrf_token": EmptyToken()}


class Djangoi18nMiddleware(WindowInfoMiddleware):
    """Language and time zone, active while a handler runs."""

    def new_window_info(self, window_info: WindowInfo) -> None:
        window_info.language_code = settings.LANGUAGE_CODE
        window_info.time_zone = settings.TIME_ZONE or ""

    def from_request(self, request: HttpRequest, window_info: WindowInfo) -> None:
        window_info.language_code = getattr(request, "LANGUAGE_CODE", None) or _language(request)
        # Django asks for the site's own even where another one is active.
        window_info.time_zone = timezone.get_current_timezone_name() if settings.TIME_ZONE else ""

    def to_dict(self, window_info: WindowInfo) -> dict[str, Any]:
        return {"language_code": window_info.language_code, "time_zone": window_info.time_zone}

    def from_dict(self, window_info: WindowInfo, values: dict[str, Any]) -> None:
        window_info.language_code = values.get("language_code") or settings.LANGUAGE_CODE
        window_info.time_zone = values.get("time_zone") or settings.TIME_ZONE or ""

    def get_context(self, window_info: WindowInfo) -> dict[str, Any]:
        code = window_info.language_code
        return {
            "LANGUAGES": settings.LANGUAGES,
            "LANGUAGE_CODE": code,
            "LANGUAGE_BIDI": code.split("-")[0] in settings.LANGUAGES_BIDI,
            "TIME_ZONE": window_info.time_zone,
        }

    @contextmanager
    def around(self, window_info: WindowInfo) -> Iterator[None]:
        with (
            translation.override(window_info.language_code),
            timezone.override(_zone(window_info.time_zone)),
        ):
            yield


class BrowserMiddleware(WindowInfoMiddleware):
    """The browser's name for itself and the address of its page, neither to be trusted.

    The sub-path under which the site is served is the server's own word; ``reverse()`` in a
    handler begins with it.
    """

    def new_window_info(self, window_info: WindowInfo) -> None:
        window_info.user_agent = ""
        window_info.page_url = ""
        window_info.script_prefix = get_script_prefix()

    def from_request(self, request: HttpRequest, window_info: WindowInfo) -> None:
        window_info.user_agent = request.META.get("HTTP_USER_AGENT", "")
        window_info.page_url = _page_url(request)
        # Not `get_script_prefix()`: nobody sets that for a socket.
        window_info.script_prefix = request.META.get("SCRIPT_NAME", "").rstrip("/") + "/"

    def to_dict(self, window_info: WindowInfo) -> dict[str, Any]:
        names = ("user_agent", "page_url", "script_prefix")
        return {name: getattr(window_info, name) for name in names}

    def from_dict(self, window_info: WindowInfo, values: dict[str, Any]) -> None:
        window_info.user_agent = values.get("user_agent", "")
        window_info.page_url = values.get("page_url", "")
        window_info.script_prefix = values.get("script_prefix", "/")

    @contextmanager
    def around(self, window_info: WindowInfo) -> Iterator[None]:
        before = get_script_prefix()
        set_script_prefix(window_info.script_prefix)
        try:
            yield
        finally:
            set_script_prefix(before)


def _page_url(request: HttpRequest) -> str:
    try:
        return request.build_absolute_uri()
    except DisallowedHost:
        return ""


def _language(request: HttpRequest) -> str:
    """Return the language that the request's page has, where no middleware has said it."""
    if not any(name.endswith("LocaleMiddleware") for name in settings.MIDDLEWARE):
        return translation.get_language() or settings.LANGUAGE_CODE
    urlconf = get_urlconf() or settings.ROOT_URLCONF
    prefixed, default_too = is_language_prefix_patterns_used(urlconf)
    if prefixed:
        found = translation.get_language_from_path(request.path_info)
        if found or not default_too:
            return found or settings.LANGUAGE_CODE
    return translation.get_language_from_request(request)


def _zone(name: str) -> tzinfo | str | None:
    """Return the time zone of this name; one with a fixed offset calls itself ``+0200``."""
    try:
        return ZoneInfo(name)
    except (ValueError, LookupError, TypeError):
        pass
    try:
        return datetime.strptime(name.removeprefix("UTC"), "%z").tzinfo
    except (ValueError, AttributeError):
        return None  # the site's own
