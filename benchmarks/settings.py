"""Settings of the benchmarked site: the embedded mode, or what the environment names."""

import os

SECRET_KEY = "for benchmarks only"  # noqa: S105
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.site"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "dfws_html",
    "benchmarks",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dfws_html.middleware.WebsocketMiddleware",
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("BENCHMARK_DATABASE", ":memory:"),
    }
}
STATIC_URL = "/static/"
ASGI_APPLICATION = "dfws_html.routing.application"
# The client sends as fast as it can.
WEBSOCKET_LIMITS = {"rate": 1_000_000, "burst": 1_000_000}

if REDIS := os.environ.get("BENCHMARK_REDIS"):
    WEBSOCKET_REDIS_CONNECTION = REDIS
    WEBSOCKET_WORKERS = os.environ["BENCHMARK_WORKERS"]
    CELERY_APP = "dfws_html"
