"""Settings of the documented project in each shape of deployment; the environment chooses."""

import os
from pathlib import Path

from playwright_tests.seed.settings import *  # noqa: F403
from playwright_tests.seed.settings import DATABASES, INSTALLED_APPS, TEMPLATES

ROOT_URLCONF = "playwright_tests.cluster.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "playwright_tests.cluster"]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [*TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]}]
DATABASES = {
    "default": {
        **DATABASES["default"],
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        },
    }
}
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]

#: A ``unix://`` address; without it the site is one process.
REDIS = os.environ.get("CLUSTER_REDIS")

if REDIS:
    WEBSOCKET_REDIS_CONNECTION = REDIS
    WEBSOCKET_WORKERS = os.environ["CLUSTER_WORKERS"]  # thread or celery

_LAYERS = {
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "core": "channels_redis.core.RedisChannelLayer",
}
if layer := os.environ.get("CLUSTER_LAYER"):
    CHANNEL_LAYERS = {"default": {"BACKEND": _LAYERS[layer], "CONFIG": {"hosts": [REDIS]}}}
