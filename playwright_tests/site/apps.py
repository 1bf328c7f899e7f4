"""The Django application of the browser tests' site."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Configuration."""

    name = "playwright_tests.site"
    label = "site"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the components."""
        from playwright_tests.site import components  # noqa: F401
