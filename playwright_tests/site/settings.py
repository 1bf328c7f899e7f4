"""Settings of the browser tests' site."""

from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE, TEMPLATES

DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "playwright_tests.site.urls"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_components",
    "dfws_html",
    "playwright_tests.site",
]
BASE_DIR = Path(__file__).parent
COMPONENTS = {"dirs": [], "app_dirs": [], "autodiscover": False}
TEMPLATES = [{**TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]
MIDDLEWARE = [*MIDDLEWARE]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
WEBSOCKET_LIMITS = {"heartbeat": 25}
