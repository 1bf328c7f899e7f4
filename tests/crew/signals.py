"""Handlers for workers; each says in Redis that it ran, and Celery's own signals do, too."""

from __future__ import annotations

import json
import os
import signal as os_signal

import celery
from celery import signals as celery_signals
from django.contrib.auth.models import Group
from django.utils import timezone, translation

from dfws_html.decorators import everyone, is_staff, signal
from dfws_html.delivery import connections
from dfws_html.tasks import SERVER, WINDOW, trigger
from dfws_html.work.handlers import RandomDynamicQueueName
from tests.crew import stories
from tests.crew.errors import Flaky


def say(what, **values):
    """Tell the test."""
    connections.client().rpush(f"said:{what}", json.dumps(values))


def echo(window_info, **values):
    say("echo", **values)
    return values


def broken(window_info):
    say("broken")
    raise ZeroDivisionError("between 1 and 0")


def unbroken(window_info):
    say("unbroken")


def seen(window_info):
    """What a handler finds, and leaves behind."""
    found = {
        "language": translation.get_language(),
        "zone": timezone.get_current_timezone_name(),
        "user": window_info.username,
        "groups": Group.objects.count(),
        "task": celery.current_task.name,
        "id": window_info.celery_request.id,
        "queue": window_info.celery_request.delivery_info["routing_key"],
        "shadow": window_info.celery_request.shadow,
    }
    translation.activate("de")
    timezone.activate("Asia/Tokyo")
    return found


async def seen_async(window_info, name):
    await Group.objects.acreate(name=name)
    return {"groups": await Group.objects.acount(), "retries": window_info.celery_request.retries}


def staff_only(window_info):
    say("staff")


def by_hand(window_info, failures):
    retries = window_info.celery_request.retries
    say("by hand", retries=retries)
    if retries < failures:
        raise celery.current_task.retry(countdown=0, max_retries=2)
    return retries


def flaky(window_info, failures):
    retries = window_info.celery_request.retries
    say("flaky", retries=retries)
    if retries < failures:
        raise Flaky(f"attempt {retries}")
    return retries


def dies(window_info):
    os.kill(os.getpid(), os_signal.SIGKILL)


def dies_once(window_info, name):
    say("dies once", id=window_info.action_id, process=os.getpid())
    if connections.client().incr(f"lives:{name}") == 1:
        dies(window_info)
    return window_info.action_id


def reliable_flaky(window_info, failures):
    return flaky(window_info, failures)


def answers(window_info, text):
    trigger(window_info, "crew.told", to=[SERVER, WINDOW], text=text)


def told(window_info, text):
    say("told", text=text)


def one_of_four(window_info, n):
    say("one of four", n=n)


def register():
    """Register all; a test does it for its own process."""
    signal(path="crew.echo", is_allowed_to=everyone)(echo)
    signal(path="crew.broken", is_allowed_to=everyone)(broken)
    signal(path="crew.broken", is_allowed_to=everyone, queue="slow")(unbroken)
    signal(path="crew.seen", is_allowed_to=everyone, queue="slow")(seen)
    signal(path="crew.seen_async", is_allowed_to=everyone)(seen_async)
    signal(path="crew.staff_only", is_allowed_to=is_staff)(staff_only)
    signal(path="crew.by_hand", is_allowed_to=everyone)(by_hand)
    signal(path="crew.flaky", is_allowed_to=everyone)(flaky)
    signal(path="crew.dies", is_allowed_to=everyone)(dies)
    signal(path="crew.dies_once", is_allowed_to=everyone, reliable=True)(dies_once)
    signal(path="crew.reliable_flaky", is_allowed_to=everyone, reliable=True)(reliable_flaky)
    signal(path="crew.answers", is_allowed_to=everyone)(answers)
    signal(path="crew.told")(told)
    many = RandomDynamicQueueName("many", 4)
    signal(path="crew.one_of_four", is_allowed_to=everyone, queue=many)(one_of_four)


if os.environ.get("TEST_WORKER"):
    register()
    stories.register()

    @celery_signals.worker_ready.connect
    def _ready(**kwargs):
        say("ready")

    @celery_signals.task_failure.connect
    def _failed(sender, task_id, exception, **kwargs):
        say("failure", id=task_id, error=type(exception).__name__)

    @celery_signals.task_retry.connect
    def _retried(sender, request, **kwargs):
        say("retry", id=request.id)

    @celery_signals.task_success.connect
    def _succeeded(sender, **kwargs):
        say("success", id=sender.request.id)
