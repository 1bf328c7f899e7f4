"""Redis away: pages answer, sockets are told to come later, and all goes on when it is back."""

import asyncio
import json

import pytest
from django.db import transaction

from dfws_html.delivery.hub import hub
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import SignalNotSent
from dfws_html.page.tokens import VOID, verify
from dfws_html.tasks import BROADCAST, atrigger, lost_after_commit, trigger, trigger_signal
from dfws_html.topics import topic_ids
from dfws_html.window_info import WindowInfo
from tests.sockets import visit

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


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


# ------------------------------------------------------------------ transactions


def test_a_transaction_s_frames_leave_in_one_step_and_in_order(redis):
    publisher().publish(["warm"], "{")  # the script is known from here on
    with redis.client() as client:
        client.config_resetstat()
        with transaction.atomic():
            for n in range(5):
                trigger(WindowInfo(), "step", to=["room", f"room {n}"], n=n)
            assert "cmdstat_evalsha" not in client.info("commandstats")
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == 1
    [room] = topic_ids(["-str.room"])
    reading = asyncio.run(publisher().history.read({room: 0}))
    sent = [json.loads(f"{entry.body}}}") for entry in reading.topics[room].entries]
    assert [frame["opts"] for frame in sent] == [{"n": n} for n in range(5)]


def test_a_redis_that_is_away_after_a_commit_is_told_and_no_error(redis, caplog):
    lost = []

    def receive(error, count, **rest):
        lost.append((error, count))

    lost_after_commit.connect(receive)
    try:
        with transaction.atomic():
            trigger(WindowInfo(), "one", to=["room"])
            trigger(WindowInfo(), "two", to=["room"])
            redis.kill()
    finally:
        lost_after_commit.disconnect(receive)
    [(error, count)] = lost
    assert count == 2
    assert "WEBSOCKET_REDIS_CONNECTION" in str(error.exceptions[0])
    assert "triggered signals were lost after a commit: 2" in caplog.text


def test_now_does_not_wait_for_the_commit(redis):
    before = publisher().history.position()[1]
    with transaction.atomic():
        trigger_signal(WindowInfo(), "at once", to=["room"], now=True)
        assert publisher().history.position()[1] == before + 1


def test_using_waits_for_the_other_database(redis):
    before = publisher().history.position()[1]
    with transaction.atomic(using="other"):
        with transaction.atomic():
            trigger_signal(WindowInfo(), "later", to=["room"], using="other")
        assert publisher().history.position()[1] == before
    assert publisher().history.position()[1] == before + 1
