"""System checks: what a project's settings lack, each with a number and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.handlers.asgi import ASGIHandler
from django.utils.module_loading import import_string

from dfws_html import conf
from dfws_html.work.executors import executor

__all__ = ["check_deployment"]

_MIDDLEWARE = "dfws_html.middleware.WebsocketMiddleware"
_ABOVE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
)


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return what is missing or wrong."""
    return [message for check in _CHECKS for message in check()]


def _unknown_settings() -> Iterator[CheckMessage]:
    for name, nearest in conf.unknown_names().items():
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "Remove it."
        yield Warning(f"There is no setting {name}.", hint=hint, id="dfws_html.W001")


def _middleware() -> Iterator[CheckMessage]:
    order = list(settings.MIDDLEWARE)
    if _MIDDLEWARE not in order:
        yield Error(
            "Pages get no window.",
            hint=f"Add '{_MIDDLEWARE}' at the end of MIDDLEWARE.",
            id="dfws_html.E001",
        )
        return
    at = order.index(_MIDDLEWARE)
    for name in _ABOVE:
        if name in order and order.index(name) > at:
            yield Error(
                f"{name} stands below {_MIDDLEWARE}.",
                hint=f"Move '{_MIDDLEWARE}' below it in MIDDLEWARE.",
                id="dfws_html.E002",
            )


def _asgi() -> Iterator[CheckMessage]:
    path = getattr(settings, "ASGI_APPLICATION", None)
    hint = (
        "Set ASGI_APPLICATION = 'dfws_html.routing.application', or wrap your own: "
        "with_websockets(get_asgi_application())."
    )
    if not path:
        yield Error("No ASGI_APPLICATION is set.", hint=hint, id="dfws_html.E003")
        return
    try:
        application = import_string(path)
    except ImportError as error:
        yield Error(
            f"ASGI_APPLICATION = {path!r} can't be imported: {error}", hint=hint, id="dfws_html.E003"
        )
        return
    if isinstance(application, ASGIHandler):
        yield Error(
            f"ASGI_APPLICATION = {path!r} serves no websocket.", hint=hint, id="dfws_html.E004"
        )


def _runserver() -> Iterator[CheckMessage]:
    if settings.DEBUG and not {"daphne", "channels"} & set(settings.INSTALLED_APPS):
        yield Warning(
            "runserver serves no websocket.",
            hint="Put 'daphne' first in INSTALLED_APPS.",
            id="dfws_html.W002",
        )


def _url() -> Iterator[CheckMessage]:
    url = conf.get("URL")
    if not (isinstance(url, str) and (url.startswith("/") or "://" in url)):
        yield Error(
            f"WEBSOCKET_URL = {url!r} is no path.",
            hint="It begins with a slash, as in '/ws/'.",
            id="dfws_html.E005",
        )


def _workers() -> Iterator[CheckMessage]:
    try:
        executor()
    except Exception as error:
        yield Error(str(error), hint="Set WEBSOCKET_WORKERS = 'thread'.", id="dfws_html.E006")


_CHECKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _unknown_settings,
    _middleware,
    _asgi,
    _runserver,
    _url,
    _workers,
)
