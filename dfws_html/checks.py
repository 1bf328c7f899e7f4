"""System checks: what a project's settings lack, each with a number and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.utils.module_loading import import_string

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.middleware import WebsocketMiddleware
from dfws_html.work.executors import check_workers
from dfws_html.ws_middleware import WindowInfoMiddleware, WindowKeyMiddleware

__all__ = ["check_deployment"]

_MIDDLEWARE = "dfws_html.middleware.WebsocketMiddleware"
_ABOVE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",  # it sets the cookie of the meta's token
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
)
_APPLICATION = "dfws_html.routing.application"


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return what is missing or wrong."""
    return [message for check in _CHECKS for message in check()]


def _unknown_settings() -> Iterator[CheckMessage]:
    for name, nearest in conf.unknown_names().items():
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "Remove it."
        yield Warning(f"There is no setting {name}.", hint=hint, id="dfws_html.W001")


def _unknown_keys() -> Iterator[CheckMessage]:
    for name, known in (("LIMITS", conf.LIMITS), ("HISTORY", conf.HISTORY)):
        for key in conf.get(name).keys() - known.keys():
            yield Warning(
                f"WEBSOCKET_{name} has no {key!r}.",
                hint=f"It knows: {', '.join(known)}.",
                id="dfws_html.W003",
            )


def _middleware() -> Iterator[CheckMessage]:
    order = list(settings.MIDDLEWARE)
    at = next((place for place, path in enumerate(order) if _is_ours(path)), None)
    if at is None:
        yield Error(
            "Pages get no window.",
            hint=f"Add '{_MIDDLEWARE}' at the end of MIDDLEWARE.",
            id="dfws_html.E001",
        )
        return
    for name in _ABOVE:
        if name in order[at:]:
            yield Error(
                f"{name} stands below {order[at]}.",
                hint=f"Move '{order[at]}' below it in MIDDLEWARE.",
                id="dfws_html.E002",
            )


def _is_ours(path: str) -> bool:
    if path == _MIDDLEWARE:
        return True
    try:
        found = import_string(path)
    except ImportError:
        return False  # Django says so itself
    return isinstance(found, type) and issubclass(found, WebsocketMiddleware)


def _asgi() -> Iterator[CheckMessage]:
    path = getattr(settings, "ASGI_APPLICATION", None)
    hint = (
        f"Set ASGI_APPLICATION = '{_APPLICATION}', or wrap your own: "
        "with_websockets(get_asgi_application())."
    )
    if not path:
        yield Error("No ASGI_APPLICATION is set.", hint=hint, id="dfws_html.E003")
        return
    if path == _APPLICATION:
        return  # nothing to learn from setting it up
    try:
        application = import_string(path)
    except Exception as error:  # noqa: BLE001 - a project's module may raise anything; it is told
        yield Error(
            f"ASGI_APPLICATION = {path!r} can't be imported: {type(error).__name__}: {error}",
            hint=hint,
            id="dfws_html.E003",
        )
        return
    if isinstance(application, ASGIHandler):
        yield Error(
            f"ASGI_APPLICATION = {path!r} serves no websocket.", hint=hint, id="dfws_html.E004"
        )


def _runserver() -> Iterator[CheckMessage]:
    if settings.DEBUG and not apps.is_installed("daphne"):
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
        check_workers()
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="Set WEBSOCKET_WORKERS = 'thread'.", id="dfws_html.E006")
    sizes = conf.get("POOL_SIZES")
    for queue, size in sizes.items():
        if type(size) is not int or size < 1:
            yield Error(
                f"WEBSOCKET_POOL_SIZES[{queue!r}] = {size!r} is no number of threads.",
                hint="A queue has one thread or more; None names all queues without a size.",
                id="dfws_html.E007",
            )


def _history() -> Iterator[CheckMessage]:
    try:
        publisher()
    except ImproperlyConfigured as error:
        yield Error(str(error), hint="Correct or remove the setting.", id="dfws_html.E008")


def _window_info() -> Iterator[CheckMessage]:
    found = []
    for path in conf.window_info_middlewares():
        try:
            found.append(import_string(path))
        except ImportError as error:
            yield _not_loaded("WINDOW_INFO_MIDDLEWARES", path, error)
            continue
        if not (isinstance(found[-1], type) and issubclass(found[-1], WindowInfoMiddleware)):
            yield Error(
                f"WINDOW_INFO_MIDDLEWARES: {path} is no WindowInfoMiddleware.",
                hint="Inherit from dfws_html.ws_middleware.WindowInfoMiddleware.",
                id="dfws_html.E010",
            )
            return
    if not any(issubclass(one, WindowKeyMiddleware) for one in found):
        yield Error(
            "WINDOW_INFO_MIDDLEWARES gives windows no key, so no signal finds its window.",
            hint="Begin it with 'dfws_html.ws_middleware.WindowKeyMiddleware'.",
            id="dfws_html.E011",
        )


def _loadable() -> Iterator[CheckMessage]:
    for name in ("SIGNAL_DECODER", "SIGNAL_ENCODER", "TOPIC_SERIALIZER"):
        try:
            conf.load(name)
        except ImportError as error:
            yield _not_loaded(f"WEBSOCKET_{name}", conf.get(name), error)


def _not_loaded(setting: str, path: str, error: ImportError) -> CheckMessage:
    return Error(
        f"{setting}: {path!r} can't be imported: {error}",
        hint="It is a dotted path: module, dot, name.",
        id="dfws_html.E009",
    )


_CHECKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    _unknown_settings,
    _unknown_keys,
    _middleware,
    _asgi,
    _runserver,
    _url,
    _workers,
    _history,
    _window_info,
    _loadable,
)
