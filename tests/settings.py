"""Settings of the unit tests: a file database, so that threads and sockets see the same rows."""

import os
import tempfile
from pathlib import Path

# A server that a test starts again has to find its database again.
_FOLDER = Path(
    os.environ.get("TEST_FOLDER") or f"{tempfile.gettempdir()}/dfws_html-tests-{os.getpid()}"
)
_FOLDER.mkdir(exist_ok=True)

SECRET_KEY = "for tests only, and long enough to be accepted by every check"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost"]
ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "dfws_html",
    "tests",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dfws_html.middleware.WebsocketMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _FOLDER / "db.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        },
        "TEST": {"NAME": _FOLDER / "test.sqlite3"},
    },
    # A second one, for transactions that are not the default's.
    "other": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _FOLDER / "other.sqlite3",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        "TEST": {"NAME": _FOLDER / "other-test.sqlite3"},
    },
}
ASGI_APPLICATION = "dfws_html.routing.application"
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "French"), ("de", "German")]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
