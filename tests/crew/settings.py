"""Settings of the workers that tests start: the tests' own, with the test's Redis and database."""

import os

from tests.crew.errors import Flaky
from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.crew"]
DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
WEBSOCKET_REDIS_CONNECTION = os.environ["TEST_REDIS"]
WEBSOCKET_TOPIC_KEY = "topics of the crew"
CELERY_APP = os.environ.get("TEST_CELERY_APP", "dfws_html")
CELERY_DEFAULT_QUEUE = "celery"
CELERY_TASK_ANNOTATIONS = {
    name: {"autoretry_for": (Flaky,), "max_retries": 2, "default_retry_delay": 0}
    for name in ("dfws_html.run", "dfws_html.run_reliable")
}
if CELERY_APP != "dfws_html":  # ours finds its broker itself
    CELERY_BROKER_URL = os.environ["TEST_REDIS"].replace("unix://", "redis+socket://")
