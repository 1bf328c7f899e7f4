"""The settings with their defaults, read each time they are used and never written."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

__all__ = [
    "DEFAULTS",
    "HISTORY",
    "LIMITS",
    "default_queue",
    "get",
    "limit",
    "load",
    "token_age",
    "unknown_names",
    "window_info_middlewares",
]

#: What each topic keeps for windows that were away: entries, bytes of text, seconds.
HISTORY: Mapping[str, int] = MappingProxyType({"entries": 256, "bytes": 1 << 20, "seconds": 300})

#: What a window or a server may ask for; each has an answer, none is silent.
LIMITS: Mapping[str, float] = MappingProxyType(
    {
        "frame_in": 64 * 1024,  # bytes of one frame from a browser
        "frame_out": 256 * 1024,  # bytes of one frame to a browser
        "depth": 32,  # nesting of a browser's JSON
        "rate": 20,  # frames a second from one window
        "burst": 100,  # frames a window may send at once
        "topics": 64,  # topics of one window
        "behind_frames": 256,  # frames a slow window may be behind
        "behind_bytes": 1 << 20,  # bytes a slow window may be behind
        "behind_seconds": 10,  # seconds a slow window may be behind
        "hello_seconds": 5,  # seconds until the first frame
        "silence_seconds": 120,  # seconds after which a quiet socket is closed
        "heartbeat": 25,  # seconds of quiet until a window asks for a sign of life
        "review": 240,  # seconds between two looks at who stands behind the windows
        "hellos": 50,  # handshakes at once in one process
        "delay": 900,  # seconds of delay a browser may ask for
        "waiting": 10_000,  # jobs that wait in the threads of one queue
    }
)

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "AUTODISCOVER": None,
        "CARRIER": None,
        "DEFAULT_QUEUE": None,
        "HISTORY": HISTORY,
        "LIMITS": LIMITS,
        "POOL_SIZES": MappingProxyType({None: 10}),
        "REDIS_CONNECTION": None,
        "REDIS_EXPIRE": 36000,
        "REDIS_PREFIX": "ws",
        "SIGNAL_DECODER": "json.JSONDecoder",
        "SIGNAL_ENCODER": "django.core.serializers.json.DjangoJSONEncoder",
        "TOKEN_AGE": None,
        "TOPIC_KEY": None,
        "TOPIC_SERIALIZER": "dfws_html.topics.serialize_topic",
        "URL": "/ws/",
        "WORKERS": None,
    }
)

_MERGED = frozenset({"HISTORY", "LIMITS", "POOL_SIZES"})
_CLOSED = ("HISTORY", "LIMITS")  # every key has a default

_WINDOW_INFO_MIDDLEWARES = (
    "dfws_html.ws_middleware.WindowKeyMiddleware",
    "dfws_html.ws_middleware.DjangoAuthMiddleware",
    "dfws_html.ws_middleware.Djangoi18nMiddleware",
    "dfws_html.ws_middleware.BrowserMiddleware",
)


def get(name: str) -> Any:
    """Return the setting ``WEBSOCKET_<name>``, or its default.

    Args:
        name: the name without its prefix, one of :data:`DEFAULTS`.

    Raises:
        KeyError: there is no such setting.
        ImproperlyConfigured: it has to be a dict, and is something else.

    >>> get("URL")
    '/ws/'
    """
    default = DEFAULTS[name]
    value = getattr(settings, f"WEBSOCKET_{name}", default)
    if name in _MERGED and value is not default:
        if not isinstance(value, Mapping | None):
            raise ImproperlyConfigured(f"WEBSOCKET_{name} has to be a dict, not {value!r}")
        return {**default, **(value or {})}
    return value


def limit(name: str) -> float:
    """Return one of :data:`LIMITS`, as ``WEBSOCKET_LIMITS`` may have changed it."""
    return cast(float, get("LIMITS")[name])


def load(name: str) -> Any:
    """Return the object whose dotted path is the setting ``WEBSOCKET_<name>``."""
    return import_string(get(name))


def default_queue() -> str:
    """Return the queue of a signal that names none."""
    return get("DEFAULT_QUEUE") or getattr(settings, "CELERY_DEFAULT_QUEUE", None) or "celery"


def token_age() -> int:
    """Return the seconds for which a page's token is good."""
    return int(get("TOKEN_AGE") or get("REDIS_EXPIRE"))


def window_info_middlewares() -> tuple[str, ...]:
    """Return the dotted paths of the middlewares that make a ``WindowInfo``."""
    return tuple(getattr(settings, "WINDOW_INFO_MIDDLEWARES", _WINDOW_INFO_MIDDLEWARES))


def unknown_names() -> dict[str, list[str]]:
    """Return the settings that look like ours and are not, each with the nearest that are.

    Keys of :data:`LIMITS` and :data:`HISTORY` count as settings, too.
    """
    known = [f"WEBSOCKET_{name}" for name in DEFAULTS]
    given = [name for name in dir(settings) if name.startswith("WEBSOCKET_")]
    for name in _CLOSED:
        known += [f"WEBSOCKET_{name}[{key!r}]" for key in DEFAULTS[name]]
        given += [f"WEBSOCKET_{name}[{key!r}]" for key in get(name)]
    return {name: get_close_matches(name, known) for name in given if name not in known}
