"""Every registered signal times every role, over real sockets: who may not, reaches no queue."""

from __future__ import annotations

import contextlib

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.test import Client

from dfws_html.decorators import (
    everyone,
    has_perm,
    is_anonymous,
    is_authenticated,
    is_staff,
    is_superuser,
    server_side,
    signal,
)
from dfws_html.exceptions import SignalNotAllowed
from dfws_html.work import execution
from dfws_html.work.registry import registry
from tests.sockets import visit

pytestmark = pytest.mark.django_db(transaction=True)

PERM = "auth.view_user"
CHANGE = "auth.change_group"


def owner(connection, window_info, kwargs):
    return kwargs["owner"] == window_info.username


class Namesakes(BaseBackend):
    """A backend that knows objects: whoever is called as a group may change it."""

    def has_perm(self, user, perm, obj=None):
        same = isinstance(obj, Group) and obj.name == user.get_username()
        return user.is_active and perm == CHANGE and same


def may_change(connection, window_info, kwargs):
    return window_info.has_perm(CHANGE, Group.objects.get(name=kwargs["owner"]))


def changes(user):
    return user.has_perm(CHANGE, Group(name="user"))


def broken(connection, window_info, kwargs):
    raise ZeroDivisionError


#: What a signal asks for, and the same as its manual has it, in terms of Django's own user.
KINDS = {
    "server_side": (server_side, lambda user: False),
    "everyone": (everyone, lambda user: True),
    "is_authenticated": (is_authenticated, lambda user: user.is_authenticated),
    "is_anonymous": (is_anonymous, lambda user: user.is_anonymous),
    "is_staff": (is_staff, lambda user: user.is_active and user.is_staff),
    "is_superuser": (is_superuser, lambda user: user.is_active and user.is_superuser),
    "has_perm": (has_perm(PERM), lambda user: user.has_perm(PERM)),
    "both": (is_staff & has_perm(PERM), lambda user: user.is_staff and user.has_perm(PERM)),
    "either": (is_staff | has_perm(PERM), lambda user: user.is_staff or user.has_perm(PERM)),
    "no_staff": (
        ~is_staff & is_authenticated,
        lambda user: user.is_authenticated and not user.is_staff,
    ),
    "owner": (owner, lambda user: user.get_username() == "user"),
    "owner_with_perm": (
        owner & has_perm(PERM),
        lambda user: user.get_username() == "user" and user.has_perm(PERM),
    ),
    "object": (may_change, changes),
    "object_for_staff": (is_staff & may_change, lambda user: user.is_staff and changes(user)),
    "object_or_perm": (
        may_change | has_perm(PERM),
        lambda user: changes(user) or user.has_perm(PERM),
    ),
    "broken": (broken, lambda user: False),
}

ROLES = {
    "anonymous": None,
    "user": {},
    "staff": {"is_staff": True},
    "superuser": {"is_superuser": True},
    "inactive": {"is_staff": True, "is_superuser": True, "is_active": False},
    "with_perm": {},
    "staff_with_perm": {"is_staff": True},
}

queue = []
ran = []


class Queue:
    """An engine that keeps what it is given."""

    blocking = False

    def submit(self, *jobs):
        queue.extend(jobs)

    def stop(self, seconds):
        pass


@pytest.fixture
def signals(settings, handlers):
    settings.WEBSOCKET_WORKERS = "tests.test_roles.Queue"
    settings.AUTHENTICATION_BACKENDS = [
        "django.contrib.auth.backends.ModelBackend",
        "tests.test_roles.Namesakes",
    ]
    Group.objects.create(name="user")
    queue.clear()
    ran.clear()
    for name, (permission, _) in KINDS.items():

        @signal(path=f"roles.{name}", is_allowed_to=permission)
        def handler(window_info, owner: str = "", name=name):
            ran.append((name, window_info.username))

    return [name for name in registry.names() if name.startswith("roles.")]


def member(role):
    """A user of a role, as he is before anything is taken from him."""
    user = get_user_model().objects.create_user(role, **{**ROLES[role], "is_active": True})
    if "with_perm" in role:
        user.user_permissions.add(Permission.objects.get(codename="view_user"))
    return user


async def browser_of(role):
    client = Client()
    if role != "anonymous":
        await sync_to_async(client.force_login)(await sync_to_async(member)(role))
    if role == "inactive":
        users = get_user_model().objects.filter(username=role)
        await sync_to_async(users.update)(is_active=False)
    return client


def fresh(name):
    """The user as Django has him now; a browser of one who is inactive is nobody's."""
    user = get_user_model().objects.filter(username=name, is_active=True).first()
    return user or AnonymousUser()


@pytest.mark.usefixtures("each_history")
async def test_who_may_not_reaches_no_queue(server, signals):
    for role in ROLES:
        await every_signal(server, signals, role)
    assert len(signals) == len(KINDS)


async def every_signal(server, signals, role):
    client = await browser_of(role)
    user = await sync_to_async(fresh)(role)
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        for n, name in enumerate(signals, 1):
            before = len(queue)
            answer = await wire.call(name, n, owner="user")
            expected = await sync_to_async(KINDS[name.removeprefix("roles.")][1])(user)
            allowed = answer["df"] == "ack"
            assert (role, name, allowed) == (role, name, bool(expected))
            assert len(queue) - before == allowed
            assert allowed or answer["code"] == "forbidden"


def withdraw(user):
    users = get_user_model().objects.filter(pk=user.pk)
    users.update(is_staff=False, is_superuser=False)
    user.user_permissions.clear()


def deactivate(user):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("take", [withdraw, deactivate])
@pytest.mark.parametrize("role", ["user", "superuser", "staff_with_perm"])
@pytest.mark.parametrize("server", ["uvicorn"], indirect=True)
async def test_a_right_that_is_withdrawn_meanwhile_counts_in_the_worker(
    server, signals, role, take
):
    client = await browser_of(role)
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        for n, name in enumerate(signals, 1):
            await wire.call(name, n, owner="user")
        admitted = list(queue)
        await sync_to_async(lambda: take(fresh(role)))()
        user = await sync_to_async(fresh)(role)
        for job in admitted:
            ran.clear()
            with contextlib.suppress(SignalNotAllowed):
                await sync_to_async(execution.run)(job)
            test = KINDS[job.signal.removeprefix("roles.")][1]
            assert (job.signal, bool(ran)) == (job.signal, bool(await sync_to_async(test)(user)))
    assert {"roles.everyone", "roles.is_authenticated"} <= {job.signal for job in admitted}
