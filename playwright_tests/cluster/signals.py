"""Functions that say where and when they run."""

from __future__ import annotations

import threading
import time

from django.utils.html import format_html

from dfws_html import html
from dfws_html.decorators import everyone, signal
from dfws_html.tasks import BROADCAST, SERVER, USER, WINDOW, trigger_signal
from dfws_html.window_info import WindowInfo
from playwright_tests.seed.models import MyModel


@signal(path="cluster.press", is_allowed_to=everyone, queue="celery")
def press(window_info: WindowInfo, text: str) -> None:
    """Show in the window what came, and what kind of worker runs this."""
    request = getattr(window_info, "celery_request", None)
    html.text(window_info, "#p", f"{text} by {'a thread' if request is None else 'Celery'}")


@signal(path="cluster.tell", is_allowed_to=everyone, queue="celery")
def tell(window_info: WindowInfo, whom: str, text: str) -> None:
    """Add a line to the log of the windows that are named."""
    to = {
        "window": WINDOW,
        "user": USER,
        "object": MyModel.objects.filter(id=42),
        "everybody": BROADCAST,
    }[whom]
    html.append(window_info, "#log", format_html("<li>{}</li>", text), to=to)


@signal(path="cluster.wait", is_allowed_to=everyone, queue="slow")
def wait(window_info: WindowInfo) -> None:
    """Run until the worker ends."""
    print("in the middle", flush=True)  # noqa: T201
    threading.Event().wait()


@signal(path="cluster.later", is_allowed_to=everyone, queue="celery")
def later(window_info: WindowInfo, seconds: float) -> None:
    """Trigger, in a while, a signal on the server, in this window and in an object's."""
    to = [SERVER, WINDOW, MyModel.objects.get(id=42)]
    sent = {"triggered": time.time()}
    trigger_signal(window_info, "cluster.said", to=to, kwargs=sent, countdown=seconds)


@signal(path="cluster.said", queue="slow")
def said(window_info: WindowInfo, triggered: float) -> None:
    """Show in the window when this ran."""
    took = time.time() - triggered
    html.text(window_info, "#ran", f"{took:.3f}")
