"""The ASGI application: websockets to the windows' consumer, all else to Django."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import get_script_prefix
from django.utils.module_loading import import_string

from dfws_html import conf

__all__ = ["application", "with_websockets"]  # noqa: F822  # see __getattr__

logger = logging.getLogger("dfws_html.sockets")

_NOT_FOUND = 4404  # before a handshake is answered, servers make it an HTTP 403

Application = Callable[[Any, Any, Any], Awaitable[None]]


def with_websockets(http: Application) -> ProtocolTypeRouter:
    """Return an ASGI application that serves windows beside ``http``.

    Args:
        http: the project's own application, as ``get_asgi_application()`` gives it.

    In a project's ``asgi.py``: ``application = with_websockets(get_asgi_application())``.
    """
    # By name and only now: a project's asgi.py imports this module before Django is set up, and
    # the consumer stands on models.
    socket = import_string("dfws_html.consumers.DFConsumer").as_asgi()
    return ProtocolTypeRouter({"http": http, "websocket": _by_path(socket), "lifespan": _lifespan})


def _by_path(socket: Application) -> Application:
    async def route(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        path = scope["path"]
        wanted = urlsplit(conf.get("URL")).path
        # Some servers and proxies leave the sub-path in the path, others take it away.
        if path in (wanted, get_script_prefix(scope).rstrip("/") + wanted):
            await socket(scope, receive, send)
            return
        logger.warning("a websocket for %.200r: WEBSOCKET_URL is %r", path, conf.get("URL"))
        await receive()
        await send({"type": "websocket.close", "code": _NOT_FOUND})

    return route


async def _lifespan(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await import_string("dfws_html.work.executors.stop")()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "lifespan.startup.complete"})


def __getattr__(name: str) -> Any:
    # Made when asked for: importing this module must not set Django up.
    if name == "application":
        globals()["application"] = with_websockets(get_asgi_application())
        return globals()["application"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
