"""A project's own Celery app, as Celery's manual has it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.crew.settings")
app = Celery("crew")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
