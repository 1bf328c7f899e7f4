"""The Django application: finds every app's signals, and registers the checks."""

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.utils.module_loading import import_string

__all__ = ["DfwsHtmlConfig"]

# How Celery's `-A` may name it.
_OURS = ("dfws_html", "dfws_html.celery", "dfws_html.celery:app", "dfws_html.celery.app")


class DfwsHtmlConfig(AppConfig):
    """Configuration of ``dfws_html``."""

    name = "dfws_html"
    verbose_name = "Live pages"

    def ready(self) -> None:
        """Import each app's ``signals.py``; an error in one stops the start."""
        # Only now: they stand on models, which are not there when this module is imported.
        from dfws_html.checks import check_deployment, check_redis
        from dfws_html.page import revocation
        from dfws_html.work.registry import autodiscover

        checks.register(check_deployment, "dfws_html")
        checks.register(check_redis, "dfws_html", deploy=True)
        revocation.connect()
        autodiscover()
        if getattr(settings, "CELERY_APP", None) in _OURS:
            # The project's own tasks go through the app that it has chosen, too.
            import_string("dfws_html.celery.app").set_default()
