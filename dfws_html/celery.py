"""A Celery app for projects without one: `CELERY_APP = "dfws_html"`, `celery -A dfws_html worker`.

It takes the project's `CELERY_...` settings, and reads them when they are used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from celery import Celery
from django.conf import settings

from dfws_html import conf

__all__ = ["app"]

# They begin like a setting of Celery's own, and are the seed's.
_NOT_CELERY_S = frozenset({"CELERY_APP", "CELERY_DEFAULT_QUEUE"})


class _Settings:
    """The project's settings for Celery; where it says nothing, ours."""

    def __getattr__(self, name: str) -> Any:
        if name in _NOT_CELERY_S or not name.startswith("CELERY_"):
            raise AttributeError(name)
        if hasattr(settings, name):
            return getattr(settings, name)
        try:
            return _defaults()[name]
        except KeyError:
            raise AttributeError(name) from None

    def __dir__(self) -> list[str]:
        names = ({*dir(settings)} | {*_defaults()}) - _NOT_CELERY_S
        return sorted(name for name in names if name.startswith("CELERY_"))


def _defaults() -> dict[str, Any]:
    url = _broker_url(conf.get("REDIS_CONNECTION"))
    return {
        **({"CELERY_BROKER_URL": url} if url else {}),
        "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_TASK_DEFAULT_QUEUE": conf.default_queue(),
        # A message that waits in a busy worker could run in an idle one.
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
    }


def _broker_url(where: Any) -> str | None:
    """Return `WEBSOCKET_REDIS_CONNECTION` as Celery writes it.

    >>> _broker_url({"host": "localhost", "port": 6379, "db": 3, "password": "a/b"})
    'redis://:a%2Fb@localhost:6379/3'
    >>> _broker_url("unix:///run/redis.sock?db=3")
    'redis+socket:///run/redis.sock?virtual_host=3'
    """
    if not where:
        return None
    if isinstance(where, Mapping):
        return _url_of(where)
    parts = urlsplit(where)
    if parts.scheme != "unix":
        return str(where)
    query = {
        "virtual_host" if name == "db" else name: value
        for name, _, value in (pair.partition("=") for pair in parts.query.split("&") if pair)
    }
    return _socket_url(parts.path, query, parts.netloc.rpartition("@")[0])


def _url_of(where: Mapping[str, Any]) -> str:
    user, password = where.get("username") or "", where.get("password") or ""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}" if user or password else ""
    path = where.get("unix_socket_path") or where.get("path")
    if path:
        query = {"virtual_host": where["db"]} if where.get("db") else {}
        return _socket_url(path, query, login)
    scheme = "rediss" if where.get("ssl") else "redis"
    place = f"{where.get('host') or 'localhost'}:{where.get('port') or 6379}"
    return f"{scheme}://{f'{login}@' if login else ''}{place}/{where.get('db') or 0}"


def _socket_url(path: str, query: Mapping[str, Any], login: str) -> str:
    words = urlencode(query)
    return f"redis+socket://{f'{login}@' if login else ''}{path}{f'?{words}' if words else ''}"


# Not current, so that a project's own app stays it.
app = Celery("dfws_html", set_as_current=False, include=["dfws_html.tasks"])
app.config_from_object(_Settings(), namespace="CELERY")
app.autodiscover_tasks()
