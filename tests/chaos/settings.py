"""Settings of the site that is put under faults; the environment says where its things are."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.chaos.urls"
INSTALLED_APPS = [*INSTALLED_APPS, "tests.chaos"]
DATABASES = {"default": {**DATABASES["default"], "NAME": os.environ["CHAOS_DATABASE"]}}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

WEBSOCKET_REDIS_CONNECTION = os.environ["CHAOS_REDIS"]
WEBSOCKET_TOPIC_KEY = "topics of the site under faults"
WEBSOCKET_WORKERS = "celery"
CELERY_APP = "dfws_html"
# A message that a killed worker held comes again within the run, not in an hour.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 12}
# A logout that nobody could be told of is found within the run.
WEBSOCKET_LIMITS = {"review": 15}
SILENCED_SYSTEM_CHECKS = ["dfws_html.W006"]  # nobody here asks for a delay
