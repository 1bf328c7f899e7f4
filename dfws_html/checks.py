"""System checks: what a project's settings lack, each with a number and a hint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import redis
from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIHandler
from django.utils.module_loading import import_string

from dfws_html import conf
from dfws_html.constants import WORKER_CELERY
from dfws_html.delivery import connections
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import Unreachable
from dfws_html.middleware import WebsocketMiddleware
from dfws_html.work.celery_executor import celery_app
from dfws_html.work.executors import check_workers
from dfws_html.ws_middleware import WindowInfoMiddleware, WindowKeyMiddleware

__all__ = ["check_deployment", "check_redis"]

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


def check_redis(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with the Redis that the settings name; for `check --deploy`, it asks."""
    return list(_redis()) if connections.is_configured() else []


def _unknown_settings() -> Iterator[CheckMessage]:
    for name, nearest in conf.unknown_names().items():
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "Remove it."
        yield Warning(f"There is no setting {name}.", hint=hint, id="dfws_html.W001")


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
        engine = check_workers()
        if engine == WORKER_CELERY:
            yield from _celery(celery_app())
    except ImproperlyConfigured as error:
        yield Error(
            str(error),
            hint="Set WEBSOCKET_WORKERS = 'thread', or 'celery' and a CELERY_APP.",
            id="dfws_html.E006",
        )
    sizes = conf.get("POOL_SIZES")
    for queue, size in sizes.items():
        if type(size) is not int or size < 1:
            yield Error(
                f"WEBSOCKET_POOL_SIZES[{queue!r}] = {size!r} is no number of threads.",
                hint="A queue has one thread or more; None names all queues without a size.",
                id="dfws_html.E007",
            )


def _celery(app: Any) -> Iterator[CheckMessage]:
    if not connections.is_configured():
        yield Error(
            "Signals run in Celery's workers, which can't reach windows through a history in the "
            "server's memory.",
            hint="Set WEBSOCKET_REDIS_CONNECTION, or WEBSOCKET_WORKERS = 'thread'.",
            id="dfws_html.E012",
        )
    if app.conf.task_always_eager:
        return
    broker = app.connection_for_write().transport.driver_type
    if broker == "memory":
        yield Error(
            "Celery's broker is the memory of one process: no worker gets a signal.",
            hint="Set CELERY_BROKER_URL to a Redis.",
            id="dfws_html.E013",
        )
    timeout = (app.conf.broker_transport_options or {}).get("visibility_timeout", 3600)
    longest = conf.limit("delay") + 900
    if broker == "redis" and timeout < longest:
        yield Warning(
            f"Celery's visibility_timeout is {timeout} seconds, and a signal may wait for "
            f"{longest:.0f}: it would be handed over again and again meanwhile.",
            hint="Raise CELERY_BROKER_TRANSPORT_OPTIONS['visibility_timeout'], or lower "
            "WEBSOCKET_LIMITS['delay'].",
            id="dfws_html.W006",
        )
    if _layer().get("BACKEND", "").endswith(".InMemoryChannelLayer"):
        yield Warning(
            "CHANNEL_LAYERS names a layer of one process: Celery's workers can't send to it.",
            hint="Name a shared one, like channels_redis.pubsub.RedisPubSubChannelLayer, or none.",
            id="dfws_html.W004",
        )


def _layers() -> Iterator[CheckMessage]:
    if _layer().get("BACKEND") != "channels_redis.core.RedisChannelLayer":
        return
    hosts = _layer().get("CONFIG", {}).get("hosts") or [""]
    waits = [isinstance(host, Mapping) and host.get("socket_timeout", 0) is None for host in hosts]
    if int(redis.__version__.partition(".")[0]) >= 8 and not all(waits):
        yield Warning(
            f"channels_redis.core with redis-py {redis.__version__} ends after 5 quiet seconds.",
            hint="Give each of CHANNEL_LAYERS' hosts as {'address': ..., 'socket_timeout': None}, "
            "or use channels_redis.pubsub.RedisPubSubChannelLayer.",
            id="dfws_html.W005",
        )


def _layer() -> Mapping[str, Any]:
    layers: Mapping[str, Any] = getattr(settings, "CHANNEL_LAYERS", None) or {}
    return layers.get("default") or {}


def _sqlite() -> Iterator[CheckMessage]:
    for alias, database in settings.DATABASES.items():
        options: Any = database.get("OPTIONS", {})
        if database.get("ENGINE") == "django.db.backends.sqlite3" and str(
            options.get("transaction_mode")
        ).upper() not in ("IMMEDIATE", "EXCLUSIVE"):
            yield Warning(
                f"DATABASES[{alias!r}]: SQLite refuses transactions that begin by reading when "
                "another thread writes.",
                hint="Set its OPTIONS['transaction_mode'] = 'IMMEDIATE'.",
                id="dfws_html.W007",
            )


def _redis() -> Iterator[CheckMessage]:
    try:
        with connections.reaching():
            client = connections.client()
            found = {**client.info("memory"), **client.info("persistence")}
            try:
                snapshots = client.config_get("save").get("save", "")
            except redis.ResponseError:
                snapshots = "unknown"  # managed ones keep their configuration to themselves
    except ImproperlyConfigured:
        return  # E008 says so
    except Unreachable as error:
        yield Error(
            f"Redis does not answer: {error}",
            hint="Start it, or correct WEBSOCKET_REDIS_CONNECTION.",
            id="dfws_html.E014",
        )
        return
    policy = found.get("maxmemory_policy", "noeviction")
    if found.get("maxmemory") and policy != "noeviction":
        yield Warning(
            f"When it is full, Redis throws away what windows and signals need ({policy}).",
            hint="Set its maxmemory-policy to noeviction; keep caches in another Redis.",
            id="dfws_html.W008",
        )
    if not found.get("aof_enabled") and not snapshots:
        yield Warning(
            "Redis keeps nothing on disk: when it is started again, signals that waited are lost.",
            hint="Set appendonly to yes in its configuration, or a schedule of snapshots (save).",
            id="dfws_html.W009",
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
    _middleware,
    _asgi,
    _runserver,
    _url,
    _workers,
    _layers,
    _sqlite,
    _history,
    _window_info,
    _loadable,
)
