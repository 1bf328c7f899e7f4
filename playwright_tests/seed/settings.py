"""Settings of the documented project: the values that its documentation gives."""

import os
from pathlib import Path

SECRET_KEY = "for tests only, and long enough to be accepted by every check"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "playwright_tests.seed.urls"
INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "dfws_html",
    "playwright_tests.seed",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dfws_html.middleware.WebsocketMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
    }
]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SEED_DATABASE"]}
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"

ASGI_APPLICATION = "dfws_html.routing.application"
CELERY_APP = "dfws_html"
CELERY_DEFAULT_QUEUE = "celery"
WEBSOCKET_REDIS_EXPIRE = 36000
WEBSOCKET_REDIS_PREFIX = "ws"
WEBSOCKET_SIGNAL_DECODER = "json.JSONDecoder"
WEBSOCKET_SIGNAL_ENCODER = "django.core.serializers.json.DjangoJSONEncoder"
WEBSOCKET_TOPIC_SERIALIZER = "dfws_html.topics.serialize_topic"
WINDOW_INFO_MIDDLEWARES = [
    "dfws_html.ws_middleware.WindowKeyMiddleware",
    "dfws_html.ws_middleware.DjangoAuthMiddleware",
    "dfws_html.ws_middleware.Djangoi18nMiddleware",
    "dfws_html.ws_middleware.BrowserMiddleware",
]
WEBSOCKET_URL = "/ws/"
