"""Who may go on: windows end with their session, and with what their user may no longer be."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client, RequestFactory
from django.utils import timezone

from dfws_html.consumers import DFConsumer
from dfws_html.delivery import connections
from dfws_html.delivery.history import Frame
from dfws_html.delivery.hub import hub
from dfws_html.delivery.publishing import publisher
from dfws_html.delivery.redis_history import RedisHistory
from dfws_html.page.revocation import SESSION_ENDED
from dfws_html.page.tokens import verify
from dfws_html.tasks import BROADCAST, atrigger
from dfws_html.topics import SESSION, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from tests.sockets import line, visit

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 15.0  # seconds: before the history is compared, and long before a review


def position():
    return publisher().history.position()[1]


def make(name):
    return get_user_model().objects.create_user(name, password="a")


async def logged_in(user, wires, server, client=None):
    """A window of a user: his browser, his page and his socket."""
    client = client or Client()
    if "sessionid" not in client.cookies:
        await sync_to_async(client.force_login)(user)
    page = await visit(client)
    wire = await wires.enter_async_context(server.wire(page))
    await wire.hello(page)
    return client, page, wire


async def ends(*wires):
    """The codes with which sockets end, soon."""
    async with asyncio.timeout(SOON):
        return {await wire.end() for wire in wires}


async def goes_on(wire):
    """Return whether a window is still told what goes to all."""
    await atrigger(None, "told", to=BROADCAST)
    await wire.frame("push", signal="told")
    return True


# ------------------------------------------------------------------ over sockets


@pytest.mark.usefixtures("each_history")
async def test_a_logout_ends_all_windows_of_its_session_and_no_other(server):
    ann = await sync_to_async(make)("ann")
    async with contextlib.AsyncExitStack() as wires:
        here, page, wire = await logged_in(ann, wires, server)
        _, _, beside = await logged_in(ann, wires, server, here)
        elsewhere, _, far = await logged_in(ann, wires, server)
        # Through the server itself, which serves it asynchronously.
        await asyncio.to_thread(server.get, "/leaving/", page.cookies)
        await atrigger(None, "secret", to=BROADCAST)
        assert await ends(wire, beside) == {4401}
        assert wire.pushes() == beside.pushes() == []
        assert await goes_on(far)
        await sync_to_async(elsewhere.get)("/leaving/")
        assert await ends(far) == {4401}


@pytest.mark.usefixtures("each_history")
async def test_a_window_that_says_it_has_heard_all_to_come_hears_its_end(server):
    ann = await sync_to_async(make)("ann")
    client = Client()
    await sync_to_async(client.force_login)(ann)
    page = await visit(client)
    async with server.wire(page) as wire:
        topics = range(len(verify(page.token).topics))
        await wire.hello(page, pos={str(index): 2**53 - 1 for index in topics})
        await sync_to_async(client.get)("/leaving/")
        assert await ends(wire) == {4401}


@pytest.mark.usefixtures("each_history")
async def test_a_logout_waits_for_no_reader_that_has_yet_to_get_what_it_missed(settings):
    settings.ROOT_URLCONF = "tests.sockets"
    settings.WEBSOCKET_LIMITS = {"behind_frames": 6}
    ann = await sync_to_async(make)("ann")
    client = Client()
    await sync_to_async(client.force_login)(ann)
    page = await visit(client)
    for number in range(30):
        await atrigger(None, "missed", to=BROADCAST, number=number)
    async with line(DFConsumer.as_asgi(), page) as stuck:
        stuck.slowly = True
        await stuck.hello(page)
        stuck.reading.clear()
        await sync_to_async(client.get)("/leaving/")
        async with asyncio.timeout(SOON):
            while len(hub(publisher())):
                await asyncio.sleep(0)
        stuck.reading.set()
        assert await ends(stuck) == {4401}
        assert len(stuck.pushes()) < 30


@pytest.mark.usefixtures("each_history")
async def test_a_logout_of_which_nobody_was_told_is_found_in_the_history(server, settings):
    settings.WEBSOCKET_LIMITS = {"heartbeat": 0.2}
    settings.WEBSOCKET_HISTORY = {"seconds": time.time()}  # so that this hub is a new one
    ann = await sync_to_async(make)("ann")
    async with contextlib.AsyncExitStack() as wires:
        _, page, wire = await logged_in(ann, wires, server)
        window_info = WindowInfo()
        window_info.session_id = verify(page.token).session
        ids = topic_ids(topic_names(window_info, [SESSION]))
        history = publisher().history
        if history.shared:
            history = RedisHistory(connections.configured(), rings=False)
        end = Frame(ids, SESSION_ENDED, control=True)
        history.append(end, Frame(ids, '{"signal":"secret","opts":{}'))
        assert await ends(wire) == {4401}
        assert wire.pushes() == []


def new_password(user):
    user.set_password("b")
    user.save()


def deactivated(user):
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.mark.usefixtures("each_history")
async def test_a_changed_user_s_windows_are_reviewed_soon(server):
    changes = [new_password, deactivated, lambda user: user.delete()]
    users = [await sync_to_async(make)(f"u{n}") for n in range(len(changes) + 1)]
    async with contextlib.AsyncExitStack() as wires:
        windows = [(await logged_in(user, wires, server))[2] for user in users]
        for change, user in zip(changes, users, strict=False):
            await sync_to_async(change)(user)
        await sync_to_async(users[-1].save)()
        assert await ends(*windows[:-1]) == {4401}
        assert await goes_on(windows[-1])


def session_of(client):
    return Session.objects.filter(session_key=client.cookies["sessionid"].value)


def password_in_silence(user, client):
    get_user_model().objects.filter(pk=user.pk).update(password="x")


def deactivated_in_silence(user, client):
    get_user_model().objects.filter(pk=user.pk).update(is_active=False)


def expired(user, client):
    past = timezone.now() - datetime.timedelta(seconds=1)
    session_of(client).update(expire_date=past)


def session_gone(user, client):
    session_of(client).delete()


def another_session(user, client):
    session = client.session
    session["_dfws"] = "another"
    session.save()


SILENT = [password_in_silence, deactivated_in_silence, expired, session_gone, another_session]


async def test_what_nobody_says_is_found_by_the_review_of_all(server, settings):
    settings.WEBSOCKET_LIMITS = {"review": 0.2}
    users = [await sync_to_async(make)(f"u{n}") for n in range(len(SILENT) + 1)]
    async with contextlib.AsyncExitStack() as wires:
        found = [await logged_in(user, wires, server) for user in users]
        anonymous = await visit(Client())
        nobody = await wires.enter_async_context(server.wire(anonymous))
        await nobody.hello(anonymous)
        for change, user, (client, _, _) in zip(SILENT, users, found, strict=False):
            await sync_to_async(change)(user, client)
        windows = [wire for _, _, wire in found]
        assert await ends(*windows[:-1]) == {4401}
        assert await goes_on(windows[-1])
        assert await goes_on(nobody)


# ------------------------------------------------------------------ when it is told


@pytest.fixture
def browser(settings):
    """Somebody who is logged in and has a page."""
    settings.ROOT_URLCONF = "tests.sockets"
    client = Client()
    client.force_login(make("ann"))
    client.get("/")
    return client


@pytest.mark.parametrize("address", ["/leaving/", "/undone/"])
def test_a_logout_is_told_once_the_session_is_gone(browser, address):
    before = position()
    assert browser.get(address).content == str(before).encode()
    assert position() == before + 1


def test_a_logout_that_the_middleware_does_not_see_is_told_after_the_commit(browser):
    before = position()
    with transaction.atomic():
        browser.logout()
        assert position() == before
    assert position() == before + 1


def test_a_session_without_a_page_has_nobody_to_tell(settings):
    settings.ROOT_URLCONF = "tests.sockets"
    before, client = position(), Client()
    client.force_login(make("ann"))
    client.get("/leaving/")
    user_logged_out.send(None, request=RequestFactory().get("/"), user=None)
    assert position() == before


def test_a_change_that_is_rolled_back_is_not_told():
    user, before = make("ann"), position()
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        new_password(user)
        raise ZeroDivisionError
    assert position() == before
    user.set_password("c")
    with transaction.atomic():
        user.save()
        assert position() == before
    assert position() == before + 1


def test_users_who_are_made_or_log_in_are_not_told_of():
    before = position()
    user = make("ann")
    Client().force_login(user)
    user.first_name = "Ann"
    user.save()
    assert position() == before


def test_a_logout_does_not_fail_with_the_history(browser, settings, caplog):
    settings.WEBSOCKET_REDIS_CONNECTION = "redis://127.0.0.1:1"
    browser.logout()
    assert "waits for the next review" in caplog.text
