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

__all__ = ["RedisAt", "client", "configured", "is_configured", "reaching"]

_CONNECT_SECONDS = 2.0
_ANSWER_SECONDS = 5.0


class RedisAt:
    """One Redis, and this process's connections to it.

    No client tries again by itself: who sends a command knows whether that is harmless.

    Args:
        where: what ``WEBSOCKET_REDIS_CONNECTION`` holds, a dict or an address.

    Raises:
        ImproperlyConfigured: it is no connection.

    >>> RedisAt({"host": "localhost", "port": 6379, "db": 3, "password": "secret"}).address
    'localhost:6379, db 3'
    """

    def __init__(self, where: Any) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._async: dict[
            asyncio.AbstractEventLoop, tuple[redis.asyncio.Redis, AsyncGenerator[None]]
        ] = {}
        #: Good for every thread.
        self.client: redis.Redis = self._made(redis.Redis, retry=Retry(NoBackoff(), 0))

    @property
    def address(self) -> str:
        """Where it is, without its password."""
        found = self.client.connection_pool.connection_kwargs
        place = found.get("path") or f"{found.get('host', 'localhost')}:{found.get('port', 6379)}"
        return f"{place}, db {found.get('db') or 0}"

    async def async_client(self) -> redis.asyncio.Redis:
        """Return the running event loop's client; it is closed with the loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            known = self._async.get(loop)
            if known is not None:
                return known[0]
            for ended in [other for other in self._async if other.is_closed()]:
                del self._async[ended]
            made: redis.asyncio.Redis = self._made(
                redis.asyncio.Redis, retry=AsyncRetry(NoBackoff(), 0)
            )
            keeper = _kept_open(made)
            self._async[loop] = (made, keeper)
        await anext(keeper)
        return made

    def ear_client(self) -> redis.asyncio.Redis:
        """Return a new client that may wait for ever for what is published."""
        made: redis.asyncio.Redis = self._made(
            redis.asyncio.Redis, forced={"socket_timeout": None}, retry=AsyncRetry(NoBackoff(), 0)
        )
        return made

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Turn what its clients raise into our own error.

        Raises:
            Unreachable: it did not answer, or not as it should.
        """
        try:
            yield
        except (RedisError, OSError, TimeoutError) as error:
            raise self.unreachable(error) from error

    def unreachable(self, error: BaseException) -> Unreachable:
        """Return our own error, which names the setting and the place."""
        return Unreachable(
            f"WEBSOCKET_REDIS_CONNECTION ({self.address}): {type(error).__name__}: {error}"
        )

    def _made(self, kind: Any, *, forced: Mapping[str, Any] | None = None, **options: Any) -> Any:
        forced = {"decode_responses": True, **(forced or {})}
        options = {
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_timeout": _ANSWER_SECONDS,
            **options,
        }
        where = self._where
        try:
            if isinstance(where, str):
                return kind.from_url(where, **{**options, **forced})
            if isinstance(where, Mapping):
                given = {name: value for name, value in where.items() if value not in (None, "")}
                return kind(**{**options, **given, **forced})
        except (TypeError, ValueError) as error:
            raise ImproperlyConfigured(f"WEBSOCKET_REDIS_CONNECTION: {error}") from error
        raise ImproperlyConfigured(
            "WEBSOCKET_REDIS_CONNECTION is a dict like {'host': 'localhost', 'port': 6379, 'db': 3}"
            f" or an address like 'redis://localhost:6379/3', not {type(where).__name__}"
        )


async def _kept_open(made: redis.asyncio.Redis) -> AsyncGenerator[None]:
    # A loop that ends shuts its asynchronous generators down, so that this one can close what
    # belongs to it.
    try:
        yield
    finally:
        await made.aclose()


# ------------------------------------------------------------------ the settings' own

_known: dict[tuple[int, str], RedisAt] = {}
_lock = threading.Lock()


def is_configured() -> bool:
    """Return whether ``WEBSOCKET_REDIS_CONNECTION`` names a Redis."""
    return bool(conf.get("REDIS_CONNECTION"))


def configured() -> RedisAt:
    """Return the Redis that the settings name now, with this process's connections.

    Raises:
        ImproperlyConfigured: the setting is no connection.
    """
    where = conf.get("REDIS_CONNECTION")
    key = (os.getpid(), json.dumps(where, sort_keys=True, default=str))
    with _lock:
        if key not in _known:
            _known[key] = RedisAt(where)
        return _known[key]


def client() -> redis.Redis:
    """Return the client of :func:`configured`."""
    return configured().client


def reaching() -> Any:
    """Return the context of :func:`configured` that turns errors into ``Unreachable``."""
    return configured().reaching()
