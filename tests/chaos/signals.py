"""The site's functions; each writes down that it ran, and what it has sent."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

import celery.signals
from django.db import transaction

from dfws_html.decorators import everyone, is_staff, signal
from dfws_html.tasks import SERVER, WINDOW, lost_after_commit, trigger
from dfws_html.window_info import WindowInfo
from tests.chaos.models import Row
from tests.chaos.records import Ended, Failed, Looked, Published, Ran, Received, now, write

_lost: list[int] = []  # a mark for each commit whose triggers were lost


class _Undone(Exception):
    """Rolls a transaction back."""


@lost_after_commit.connect
def _on_lost(**_: Any) -> None:
    _lost.append(1)


def _runs(window_info: WindowInfo) -> str:
    job = str(window_info.action_id)
    write(Ran(at=now(), job=job, pid=os.getpid()))
    return job


@signal(path="chaos.add", is_allowed_to=everyone)
def add(window_info: WindowInfo, room: str, message: str, canary: str) -> str:
    """Write a row, and tell the room, the window and another function; undo another half."""
    job = _runs(window_info)
    at, lost = now(), len(_lost)
    with transaction.atomic():
        row = Row.objects.create(name=message)
        with suppress(_Undone), transaction.atomic():
            trigger(None, "chaos.told", to=[room], message=f"ghost {message}", rooms=[room])
            raise _Undone
        trigger(None, "chaos.told", to=[room], message=message, rooms=[room])
        trigger(window_info, "chaos.mine", to=WINDOW, message=f"mine {message}", canary=canary)
        trigger(window_info, "chaos.look", to=SERVER, row=row.pk)
    sure = len(_lost) == lost
    write(Published(at=at, message=message, rooms=(room,), sure=sure))
    write(Published(at=at, message=f"mine {message}", rooms=(f"window {canary}",), sure=sure))
    write(Ended(at=now(), job=job))
    return canary


@signal(path="chaos.look")
def look(window_info: WindowInfo, row: int) -> None:
    """Look for the row that the caller has committed."""
    _runs(window_info)
    write(Looked(at=now(), row=row, seen=Row.objects.filter(pk=row).exists()))


@signal(path="chaos.fail", is_allowed_to=everyone)
def fail(window_info: WindowInfo, room: str, message: str, canary: str) -> None:
    """Take everything back."""
    _runs(window_info)
    with transaction.atomic():
        Row.objects.create(name=message)
        trigger(None, "chaos.told", to=[room], message=f"ghost {message}", rooms=[room])
        raise _Undone


@signal(path="chaos.slow", is_allowed_to=everyone)
def slow(window_info: WindowInfo, room: str, message: str, canary: str) -> str:
    """Take a while, so that something can happen meanwhile."""
    job = _runs(window_info)
    time.sleep(0.5)
    write(Ended(at=now(), job=job))
    return canary


@signal(path="chaos.forbidden", is_allowed_to=is_staff)
def forbidden(window_info: WindowInfo, room: str, message: str, canary: str) -> None:
    """Never run."""
    _runs(window_info)


@celery.signals.task_received.connect
def _received(request: Any, **_: Any) -> None:
    write(Received(at=now(), job=request.id, worker=os.getpid()))


@celery.signals.task_failure.connect
def _failed(task_id: str, exception: BaseException, **_: Any) -> None:
    write(Failed(at=now(), job=task_id, error=type(exception).__name__))
