"""The Celery apps of the process that only sends: one for each module of tests, with its Redis."""

from __future__ import annotations

from celery import Celery
from django.conf import settings


def _sender(name: str) -> Celery:
    """Return an app whose broker is the Redis that the settings name when it is first used."""
    made = Celery(name, set_as_current=False, fixups=[])
    made.add_defaults(
        lambda: {
            "broker_url": settings.WEBSOCKET_REDIS_CONNECTION.replace("unix://", "redis+socket://")
        }
    )
    return made


to_crew = _sender("to_crew")
to_table = _sender("to_table")
