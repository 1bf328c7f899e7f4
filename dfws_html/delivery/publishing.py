"""What this process publishes through: the history and the carrier that the settings name."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from dfws_html import conf
from dfws_html.delivery.carriers import Carrier, MemoryCarrier
from dfws_html.delivery.history import Entry, History, MemoryHistory

__all__ = ["Publisher", "publisher"]


@dataclass(frozen=True)
class Publisher:
    """A history and the carrier that rings its bells."""

    history: History
    carrier: Carrier

    def publish(
        self, topics: Sequence[str], body: str, *, control: bool = False, keep: float | None = None
    ) -> Entry:
        """Append a frame to the history of these topic ids, and ring."""
        entry = self.history.append(topics, body, control=control, keep=keep)
        self.carrier.ring(entry)
        return entry


_publishers: dict[tuple[int, str], Publisher] = {}
_lock = threading.Lock()


def publisher() -> Publisher:
    """Return the process's publisher for the settings as they are now, made when first needed."""
    if conf.get("REDIS_CONNECTION") is not None:
        raise ImproperlyConfigured(
            "WEBSOCKET_REDIS_CONNECTION is set, but this release keeps its history in the memory "
            "of one process: remove the setting"
        )
    history = conf.get("HISTORY")
    # The copy that a fork brings is another history: it must not count on in the same life.
    key = (os.getpid(), json.dumps([dict(history), conf.token_age()], sort_keys=True))
    with _lock:
        if key not in _publishers:
            _publishers[key] = Publisher(
                history=MemoryHistory(
                    entries=history["entries"],
                    size=history["bytes"],
                    seconds=history["seconds"],
                    book_seconds=2 * conf.token_age(),
                ),
                carrier=MemoryCarrier(),
            )
        return _publishers[key]
