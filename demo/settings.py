"""Settings of the demo: one process and one SQLite file, no Redis and no broker.

With ``DEMO_REDIS_URL`` it is many processes over a Redis, and nothing else changes.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent

SECRET_KEY = "of a demo that only listens on this machine, so it may be read by everybody"
DEBUG = True
ROOT_URLCONF = "demo.urls"
STATIC_URL = "/static/"
STATICFILES_DIRS = [FOLDER / "static"]
USE_I18N = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "daphne",  # only for `manage.py runserver`
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "dfws_html",
    "demo.people",
    "demo.house",
    "demo.tour",
    "demo.board",
    "demo.booking",
    "demo.recipes",
    "demo.trouble",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "demo.csp.content_security_policy",
    "dfws_html.middleware.WebsocketMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [FOLDER / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DEMO_DATABASE", FOLDER / "db.sqlite3"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL",
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
        },
    }
}

ASGI_APPLICATION = "dfws_html.routing.application"
# Signals of this queue run one after the other, so that their answers come in order.
WEBSOCKET_POOL_SIZES = {"in-order": 1}

if REDIS_URL := os.environ.get("DEMO_REDIS_URL"):
    WEBSOCKET_REDIS_CONNECTION = REDIS_URL  # the broker, too
    WEBSOCKET_WORKERS = "celery"
    CELERY_APP = "dfws_html"
