"""The Celery app of the process that only sends: this name, and no other test's, is its setting."""

from __future__ import annotations

from celery import Celery
from django.conf import settings

app = Celery("sender", set_as_current=False, fixups=[])
app.add_defaults(
    lambda: {
        "broker_url": settings.WEBSOCKET_REDIS_CONNECTION.replace("unix://", "redis+socket://")
    }
)
