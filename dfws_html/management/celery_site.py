"""What commands about Celery's workers share."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError

from dfws_html.constants import WORKER_CELERY
from dfws_html.work.celery_executor import celery_app
from dfws_html.work.executors import check_workers

__all__ = ["app_of_the_site"]


def app_of_the_site() -> Any:
    """Return the Celery app whose workers run the signals.

    Raises:
        CommandError: none does.
    """
    try:
        engine = check_workers()
        if engine == WORKER_CELERY:
            return celery_app()
    except ImproperlyConfigured as error:
        raise CommandError(str(error)) from error
    raise CommandError(
        f"Signals are run by the engine {engine!r}, in the server's own process: there are no "
        "workers. To have them, set WEBSOCKET_WORKERS = 'celery' (and WEBSOCKET_REDIS_CONNECTION)."
    )
