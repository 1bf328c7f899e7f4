"""The ASGI application: websockets to the windows' consumer, all else to Django."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.utils.module_loading import import_string

from dfws_html import conf

__all__ = ["application", "with_websockets"]

logger = logging.getLogger("dfws_html.sockets")

Application = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


def with_websockets(http: Application) -> ProtocolTypeRouter:
    """Return an ASGI application that serves windows beside ``http``.

    Args:
        http: the project's own application, as ``get_asgi_application()`` gives it.

    In a project's ``asgi.py``: ``application = with_websockets(get_asgi_application())``.
    """
    # By name and only now: a project's asgi.py imports this module before Django is set up, and
    # the consumer stands on models.
    socket = import_string("dfws_html.consumers.DFConsumer").as_asgi()
    return ProtocolTypeRouter(
        {"http": http, "websocket": _by_path(socket), "lifespan": _lifespan}
    )


def _by_path(socket: Application) -> Application:
    async def route(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        # Some servers leave the sub-path in the path, others take it away.
        path = scope["path"]
        root = scope.get("root_path", "").rstrip("/")
        if path == conf.get("URL") or path == root + conf.get("URL"):
            await socket(scope, receive, send)
            return
        logger.warning("a websocket for %.200s: WEBSOCKET_URL is %s", path, conf.get("URL"))
        await receive()
        await send({"type": "websocket.close", "code": 4404})

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
