"""The names of the worker engines in `WEBSOCKET_WORKERS`, as the predecessor's 1.x has them."""

__all__ = ["WORKER_CELERY", "WORKER_CHANNEL", "WORKER_PROCESS", "WORKER_THREAD"]

WORKER_CELERY = "celery"
WORKER_CHANNEL = "channels"
WORKER_PROCESS = "process"
WORKER_THREAD = "thread"
