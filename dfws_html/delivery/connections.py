"""Connections to the Redis that the settings name: made when needed, never taken through a fork."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
from django.core.exceptions import ImproperlyConfigured
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from dfws_html import conf
from dfws_html.exceptions import Unreachable

__all__ = ["address", "async_client", "client", "ear_client", "is_configured", "reaching"]

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0

_clients: dict[tuple[int, str], redis.Redis] = {}
_async_clients: dict[
    tuple[int, str, asyncio.AbstractEventLoop], tuple[redis.asyncio.Redis, AsyncGenerator[None]]
] = {}
_lock = threading.Lock()


def is_configured() -> bool:
    """Return whether ``WEBSOCKET_REDIS_CONNECTION`` names a Redis."""
    return bool(conf.get("REDIS_CONNECTION"))


def client() -> redis.Redis:
    """Return this process's client, good for every thread.

    It does not try again by itself: who sends a command knows whether that is harmless.

    Raises:
        ImproperlyConfigured: the setting is no connection.
    """
    key = (os.getpid(), _key())
    with _lock:
        if key not in _clients:
            _clients[key] = _made(redis.Redis, retry=Retry(NoBackoff(), 0))
        return _clients[key]


async def async_client() -> redis.asyncio.Redis:
    """Return the running event loop's client; it is closed with the loop.

    Raises:
        ImproperlyConfigured: the setting is no connection.
    """
    loop = asyncio.get_running_loop()
    key = (os.getpid(), _key(), loop)
    with _lock:
        known = _async_clients.get(key)
        if known is not None:
            return known[0]
        for ended in [other for other in _async_clients if other[2].is_closed()]:
            del _async_clients[ended]
        made: redis.asyncio.Redis = _made(redis.asyncio.Redis, retry=AsyncRetry(NoBackoff(), 0))
        keeper = _kept_open(made)
        _async_clients[key] = (made, keeper)
    await anext(keeper)
    return made


async def _kept_open(made: redis.asyncio.Redis) -> AsyncGenerator[None]:
    # A loop that ends shuts its asynchronous generators down, so that this one can close what
    # belongs to it.
    try:
        yield
    finally:
        await made.aclose()


def ear_client() -> redis.asyncio.Redis:
    """Return a new client that may wait for ever for what is published."""
    made: redis.asyncio.Redis = _made(
        redis.asyncio.Redis, forced={"socket_timeout": None}, retry=AsyncRetry(NoBackoff(), 0)
    )
    return made


def address() -> str:
    """Return where the Redis is, without its password, for messages."""
    found = client().connection_pool.connection_kwargs
    place = found.get("path") or f"{found.get('host', 'localhost')}:{found.get('port', 6379)}"
    return f"{place}, db {found.get('db') or 0}"


@contextmanager
def reaching() -> Iterator[None]:
    """Turn what the Redis client raises into our own error, which names the setting.

    Raises:
        Unreachable: Redis did not answer, or not as it should.
    """
    try:
        yield
    except (RedisError, OSError, TimeoutError) as error:
        raise Unreachable(
            f"WEBSOCKET_REDIS_CONNECTION ({address()}): {type(error).__name__}: {error}"
        ) from error


def _key() -> str:
    return json.dumps(conf.get("REDIS_CONNECTION"), sort_keys=True, default=str)


def _made(kind: Any, *, forced: Mapping[str, Any] | None = None, **options: Any) -> Any:
    forced = {"decode_responses": True, **(forced or {})}
    options = {
        "socket_connect_timeout": _CONNECT_SECONDS,
        "socket_timeout": _ANSWER_SECONDS,
        **options,
    }
    where = conf.get("REDIS_CONNECTION")
    try:
        if isinstance(where, str):
            return kind.from_url(where, **{**options, **forced})
        if isinstance(where, Mapping):
            given = {name: value for name, value in where.items() if value not in (None, "")}
            return kind(**{**options, **given, **forced})
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"WEBSOCKET_REDIS_CONNECTION: {error}") from error
    raise ImproperlyConfigured(
        "WEBSOCKET_REDIS_CONNECTION is a dict like {'host': 'localhost', 'port': 6379, 'db': 3} "
        f"or an address like 'redis://localhost:6379/3', not {type(where).__name__}"
    )
