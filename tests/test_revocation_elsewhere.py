"""Who has gone is gone at every server: two processes, and each carrier between them."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from dfws_html.delivery import connections
from dfws_html.delivery.history import Frame
from dfws_html.delivery.redis_history import RedisHistory
from dfws_html.page.revocation import SESSION_ENDED
from dfws_html.page.tokens import verify
from dfws_html.tasks import BROADCAST, atrigger
from dfws_html.topics import SESSION, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from tests.sockets import process, visit

pytestmark = pytest.mark.django_db(transaction=True)

# Seconds. A logout is promised to take one, and what is found by comparing 25 or whatever the
# setting says; the rest is for a machine that is busy.
AT_ONCE, COMPARED, SOON = 5.0, 10.0, 10.0
HEARTBEAT = 0.5


@contextlib.contextmanager
def two_servers(tmp_path, settings):
    """A uvicorn and a daphne of this test's site, each in a process of its own."""
    settings.ROOT_URLCONF = "tests.sockets"
    same = {
        "DATABASE": str(connection.settings_dict["NAME"]),
        "WEBSOCKET_REDIS_CONNECTION": settings.WEBSOCKET_REDIS_CONNECTION,
        "CHANNEL_LAYERS": settings.CHANNEL_LAYERS,
        "WEBSOCKET_WORKERS": "thread",
        "WEBSOCKET_LIMITS": settings.WEBSOCKET_LIMITS,
    }
    with process("uvicorn", tmp_path, **same) as one, process("daphne", tmp_path, **same) as two:
        yield one, two


@pytest.fixture
def servers(tmp_path, settings, carrier):
    """Both, which compare with the history as seldom as every site's do."""
    settings.WEBSOCKET_LIMITS = {}
    with two_servers(tmp_path, settings) as both:
        yield both


@pytest.fixture
def comparing(tmp_path, settings, carrier):
    """Both, which compare with the history soon."""
    settings.WEBSOCKET_LIMITS = {"heartbeat": HEARTBEAT}
    with two_servers(tmp_path, settings) as both:
        yield both


async def member(name):
    user = await sync_to_async(get_user_model().objects.create_user)(name, password="a")
    client = Client()
    await sync_to_async(client.force_login)(user)
    return user, client


async def windows_of(client, servers, wires):
    """A window of one session at each server, and the page of the last."""
    opened = []
    for server in servers:
        page = await visit(client)
        opened.append(await wires.enter_async_context(server.wire(page)))
        await opened[-1].hello(page)
    return opened, page


async def ended(wires, begin, seconds, what):
    """Wait until all have been told to end, and say how long it took."""
    async with asyncio.timeout(seconds):
        codes = {await wire.end() for wire in wires}
    sys.stdout.write(f"{what}: {time.monotonic() - begin:.2f} s\n")
    assert codes == {4401}
    assert all(wire.pushes() == [] for wire in wires)


async def test_who_has_gone_is_gone_at_both(servers, carrier):
    changes = {"a new password": new_password, "deactivated": deactivated, "deleted": deleted}
    async with contextlib.AsyncExitStack() as wires:
        _, stays = await member("stays")
        kept, _ = await windows_of(stays, servers, wires)
        for server in servers:
            _, client = await member(f"leaves by {server.name}")
            windows, page = await windows_of(client, servers, wires)
            begin = time.monotonic()
            await asyncio.to_thread(server.get, "/leaving/", page.cookies)
            await ended(windows, begin, AT_ONCE, f"{carrier}: a logout by {server.name}")
        for what, change in changes.items():
            user, client = await member(what)
            windows, _ = await windows_of(client, servers, wires)
            begin = time.monotonic()
            await sync_to_async(change)(user)
            await ended(windows, begin, SOON, f"{carrier}: {what}")
        await atrigger(None, "told", to=BROADCAST)
        for wire in kept:
            await wire.frame("push", signal="told")


def new_password(user):
    user.set_password("b")
    user.save()


def deactivated(user):
    user.is_active = False
    user.save()


def deleted(user):
    user.delete()


# Whichever carrier it is: nothing rings.
@pytest.mark.parametrize("carrier", ["pubsub"], indirect=True)
async def test_a_notice_that_nobody_hears_is_found_by_comparing(comparing, carrier):
    async with contextlib.AsyncExitStack() as wires:
        _, client = await member("ann")
        windows, page = await windows_of(client, comparing, wires)
        window_info = WindowInfo()
        window_info.session_id = verify(page.token).session
        ids = topic_ids(topic_names(window_info, [SESSION]))
        silent = RedisHistory(connections.configured(), rings=False)
        begin = time.monotonic()
        secret = Frame(ids, '{"signal":"secret","opts":{}')
        await asyncio.to_thread(silent.append, Frame(ids, SESSION_ENDED, control=True), secret)
        await ended(windows, begin, COMPARED, f"{carrier}: not heard, compared every {HEARTBEAT} s")
