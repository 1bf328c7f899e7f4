"""What this process publishes through: the history and the carrier that the settings name."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dfws_html import conf
from dfws_html.delivery import connections
from dfws_html.delivery.carriers import Carrier, MemoryCarrier
from dfws_html.delivery.history import Frame, History, MemoryHistory
from dfws_html.delivery.layer_carrier import LayerCarrier
from dfws_html.delivery.redis_carrier import RedisCarrier
from dfws_html.delivery.redis_history import RedisHistory

__all__ = ["Publisher", "carrier_name", "publisher"]


@dataclass(frozen=True)
class Publisher:
    """A history and the carrier that rings its bells."""

    history: History
    carrier: Carrier

    def publish(
        self, topics: Sequence[str], body: str, *, control: bool = False, keep: float | None = None
    ) -> None:
        """Append one frame; see :meth:`publish_all`."""
        self.publish_all([Frame(topics, body, control, keep)])

    def publish_all(self, frames: Sequence[Frame]) -> None:
        """Append frames to the histories of their topics, in order, and ring; all or none.

        Raises:
            Unreachable: what keeps the history does not answer.
        """
        for entry in self.history.append(*frames):
            self.carrier.ring(entry)


_CARRIERS = ("memory", "redis", "channels")
_publishers: dict[tuple[int, str], Publisher] = {}
_lock = threading.Lock()


def publisher() -> Publisher:
    """Return the process's publisher for the settings as they are now, made when first needed.

    Nothing made before a fork is used after it: the copy of a history in memory must not count on
    in the same life, and a connection can't serve two processes.

    Raises:
        ImproperlyConfigured: the settings name no history, or no carrier that goes with it.
    """
    carrier = carrier_name()
    names = ("HISTORY", "REDIS_CONNECTION", "REDIS_PREFIX")
    values = [dict(conf.get(name)) if name == "HISTORY" else conf.get(name) for name in names]
    key = (os.getpid(), json.dumps([carrier, conf.token_age(), *values], default=str))
    with _lock:
        if key not in _publishers:
            _publishers[key] = _made(carrier)
        return _publishers[key]


def carrier_name() -> str:
    """Return which carrier the settings want: ``memory``, ``redis`` or ``channels``.

    Raises:
        ImproperlyConfigured: they want one that can't be.
    """
    redis = connections.is_configured()
    wanted = conf.get("CARRIER")
    if wanted is None:
        if not redis:
            return "memory"
        return "channels" if _has_shared_layer() else "redis"
    if wanted not in _CARRIERS:
        raise ImproperlyConfigured(
            f"WEBSOCKET_CARRIER = {wanted!r}: there is no such carrier; use one of "
            f"{', '.join(map(repr, _CARRIERS))}"
        )
    if redis is (wanted == "memory"):
        lacking = "needs WEBSOCKET_REDIS_CONNECTION" if not redis else "reaches one process only"
        raise ImproperlyConfigured(f"WEBSOCKET_CARRIER = {wanted!r}: it {lacking}")
    return str(wanted)


def _has_shared_layer() -> bool:
    layers: Mapping[str, Any] = getattr(settings, "CHANNEL_LAYERS", None) or {}
    backend = layers.get("default", {}).get("BACKEND", "")
    return bool(backend) and not backend.endswith(".InMemoryChannelLayer")


def _made(carrier: str) -> Publisher:
    wanted = conf.get("HISTORY")
    bounds = {
        "entries": wanted["entries"],
        "size": wanted["bytes"],
        "seconds": wanted["seconds"],
        "book_seconds": 2 * conf.token_age(),
    }
    if carrier == "memory":
        return Publisher(MemoryHistory(**bounds), MemoryCarrier())
    prefix = conf.get("REDIS_PREFIX")
    at = connections.configured()
    history = RedisHistory(at, prefix=prefix, rings=carrier == "redis", **bounds)
    return Publisher(history, RedisCarrier(at, prefix) if carrier == "redis" else LayerCarrier())
