"""Handlers of the conformance table; they run in this process's threads, and in workers."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter

from django.core.exceptions import PermissionDenied
from django.utils.safestring import mark_safe

from dfws_html.decorators import everyone, is_authenticated, signal
from dfws_html.page.subscriptions import (
    add_websocket_topics,
    remove_websocket_topics,
    set_websocket_topics,
)
from dfws_html.tasks import WINDOW, trigger, trigger_signal

_notes: Counter[str] = Counter()
_lock = threading.Lock()


def echo(window_info, **values):
    return values


async def echo_async(window_info, **values):
    return values


def increase(window_info, count: int):
    return count + 1


def note(window_info):
    """How often this has run for this window."""
    with _lock:
        _notes[window_info.window_key] += 1
        return _notes[window_info.window_key]


def nothing(window_info):
    pass


def text(window_info):
    return "<b>"


def html(window_info):
    return mark_safe("<b>")


def broken(window_info):
    raise ZeroDivisionError("geheim")


def refuse(window_info):
    raise PermissionDenied("geheim")


def odd(window_info):
    return object()


def big(window_info):
    return "x" * 300_000


def who(window_info):
    return {"call": window_info.call, "page": window_info.page_url}


def engine(window_info):
    return {"celery": window_info.celery_request is not None, "process": os.getpid()}


def tell(window_info, **values):
    trigger(window_info, "told", to=WINDOW, **values)


def patient(window_info):
    """Goes on until nobody wants it any more."""
    trigger(window_info, "told", to=WINDOW)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if window_info.superseded:
            return "stopped"
        time.sleep(0.02)
    return "never told"


def tell_later(window_info, **values):
    trigger_signal(window_info, "told", to=WINDOW, kwargs=values, countdown=0.2)


def hear(window_info, how, *, topics: list):
    change = {
        "add": add_websocket_topics,
        "set": set_websocket_topics,
        "remove": remove_websocket_topics,
    }[how]
    change(window_info, topics)


_OPEN = {
    "t.echo": [echo],
    "t.echo_async": [echo_async],
    "t.increase": [increase],
    "t.note": [note],
    "t.nothing": [nothing],
    "t.text": [text],
    "t.html": [html],
    "t.two": [nothing, echo],
    "t.both": [echo, who],
    "t.half": [nothing, broken],
    "t.broken": [broken],
    "t.refuse": [refuse],
    "t.odd": [odd],
    "t.big": [big],
    "t.who": [who],
    "t.engine": [engine],
    "t.tell": [tell],
    "t.tell_later": [tell_later],
    "t.hear": [hear],
    "t.patient": [patient],
}


def register():
    """Register all; a test does it for its own process."""
    for name, functions in _OPEN.items():
        for function in functions:
            signal(path=name, is_allowed_to=everyone)(function)
    signal(path="t.members", is_allowed_to=is_authenticated)(nothing)
    signal(path="t.inside")(nothing)
