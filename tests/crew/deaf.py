"""A Celery app whose broker does not answer: its calls are refused as busy."""

from __future__ import annotations

from celery import Celery

app = Celery("deaf", set_as_current=False, fixups=[])
app.conf.broker_url = "redis+socket:///nowhere/redis.sock"
