"""Redis away: pages answer, sockets are told to come later, and all goes on when it is back."""

import asyncio

import pytest

from dfws_html.delivery.hub import hub
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import SignalNotSent
from dfws_html.page.tokens import VOID, verify
from dfws_html.tasks import BROADCAST, atrigger
from dfws_html.window_info import WindowInfo
from tests.sockets import visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(settings, redis):
    settings.WEBSOCKET_LIMITS = {"heartbeat": 0.2}
    settings.WEBSOCKET_WORKERS = "thread"


async def test_a_page_answers_and_is_resynced_once_its_socket_is_there(
    server, client, redis, caplog
):
    redis.kill()
    page = await visit(client)
    assert (page.life, page.position) == ("", VOID)
    assert verify(page.token).position == VOID
    assert "WEBSOCKET_REDIS_CONNECTION" in caplog.text
    redis.start()
    async with server.wire(page) as wire:
        welcome = await wire.hello(page)
        resync = await wire.frame("resync")
        assert resync["life"] == welcome["life"]
        assert resync["t"] == list(range(len(welcome["t"])))


async def test_sockets_are_told_to_come_later(server, client, redis, caplog):
    page = await visit(client)
    redis.kill()
    async with server.wire(page) as wire:
        await wire.send_hello(page)
        assert await wire.end() in {1013, 4013}
    assert "WEBSOCKET_REDIS_CONNECTION" in caplog.text
    redis.start()
    async with server.wire(page) as wire:
        await wire.hello(page)


async def test_who_is_there_stays_and_hears_what_comes_then(server, client, redis):
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        redis.kill()
        with pytest.raises(SignalNotSent, match="WEBSOCKET_REDIS_CONNECTION"):
            await atrigger(WindowInfo(), "lost", to=BROADCAST)
        redis.start()
        await wire.frame("resync")
        await atrigger(WindowInfo(), "found", to=BROADCAST)
        assert (await wire.frame("push"))["signal"] == "found"


async def test_a_silent_redis_is_waited_for_not_for_ever(client, redis, settings):
    """What hangs is given up after some seconds, so that a page is late, but there."""
    settings.ROOT_URLCONF = "tests.sockets"
    redis.stop_answering()
    try:
        async with asyncio.timeout(15):
            page = await visit(client)
    finally:
        redis.answer_again()
    assert page.position == VOID


async def test_two_processes_are_two_hubs(client, redis, server):
    """What one process publishes, the windows of another one hear: here, of another loop."""
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        assert len(hub(publisher())) == 0
        await atrigger(WindowInfo(), "hello", to=BROADCAST)
        await wire.frame("push", signal="hello")
