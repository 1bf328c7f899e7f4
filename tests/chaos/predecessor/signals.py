"""The site's functions, as in `tests.chaos.signals`."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from df_websockets.decorators import everyone, signal
from df_websockets.tasks import WINDOW, trigger
from django.db import transaction

from tests.chaos.predecessor.models import Row
from tests.chaos.records import Ended, Published, Ran, now, write


class _Undone(Exception):
    """Rolls a transaction back."""


def _runs(message: str) -> str:
    job = f"w.{message}.h"  # the message is the call's name
    write(Ran(at=now(), job=job, pid=os.getpid()))
    return job


@signal(path="chaos.add", is_allowed_to=everyone, queue="celery")
def add(window_info, room, message, canary):
    job = _runs(message)
    at, sure = now(), True
    try:
        with transaction.atomic():
            Row.objects.create(name=message)
            with suppress(_Undone), transaction.atomic():
                trigger(None, "chaos.told", to=[room], message=f"ghost {message}", rooms=[room])
                raise _Undone
            trigger(None, "chaos.told", to=[room], message=message, rooms=[room])
            trigger(
                window_info, "chaos.mine", to=[WINDOW], message=f"mine {message}", canary=canary
            )
    except OSError:
        sure = False
        raise
    finally:
        write(Published(at=at, message=message, rooms=(room,), sure=sure))
        write(Published(at=at, message=f"mine {message}", rooms=(f"window {canary}",), sure=sure))
    write(Ended(at=now(), job=job))


@signal(path="chaos.slow", is_allowed_to=everyone, queue="celery")
def slow(window_info, room, message, canary):
    job = _runs(message)
    time.sleep(0.5)
    write(Ended(at=now(), job=job))
