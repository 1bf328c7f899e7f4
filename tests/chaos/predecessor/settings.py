"""Settings of a site of the predecessor's, as its documentation has them; Celery runs signals."""

import os

SECRET_KEY = "for tests only"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.chaos.predecessor.urls"
ASGI_APPLICATION = "df_websockets.routing.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "channels",
    "df_websockets",
    "tests.chaos.predecessor",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "df_websockets.middleware.WebsocketMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["CHAOS_DATABASE"],
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True

_REDIS = os.environ["CHAOS_REDIS"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _REDIS}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # Without it, an idle consumer ends after 5 s with redis-py 8.
        "CONFIG": {"hosts": [{"address": _REDIS, "socket_timeout": None}]},
    }
}
WEBSOCKET_WORKERS = "celery"
CELERY_APP = "df_websockets"
BROKER_URL = "redis+socket://" + _REDIS.removeprefix("unix://")
BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12}
BROKER_CONNECTION_MAX_RETRIES = None
CELERY_IGNORE_RESULT = True
CELERYD_PREFETCH_MULTIPLIER = 1
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"celery.apps.worker": {"level": "INFO"}},
}
