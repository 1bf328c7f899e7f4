"""A window that arrives: who it is and what it missed are asked at once; nobody hears early."""

import asyncio
import contextlib

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from dfws_html.consumers import DFConsumer
from dfws_html.delivery.hub import hub
from dfws_html.delivery.publishing import publisher
from dfws_html.page.tokens import verify
from tests.sockets import Page, line, new_page, visit

PATIENCE = 15.0


async def until(condition):
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_its_id_is_claimed_while_its_topics_are_asked_for(relay, redis):
    first = await asyncio.to_thread(new_page)
    async with line(DFConsumer.as_asgi(), first) as wire:
        await wire.hello(first)  # a line is open from here on
        page = await asyncio.to_thread(new_page, "a")
        relay.passes.clear()
        async with line(DFConsumer.as_asgi(), page) as other:
            await other.send_hello(page)
            await relay.held.wait()
            with redis.client() as client:
                await until(lambda: client.exists(f"ws:w:{verify(page.token).window}"))
            assert not other.frames
            relay.passes.set()
            await other.frame("welcome")


async def test_what_rings_while_it_is_asked_for_is_told_once(relay):
    first = await asyncio.to_thread(new_page)
    async with line(DFConsumer.as_asgi(), first) as wire:
        await wire.hello(first)
        page = await asyncio.to_thread(new_page, "a")
        topic = verify(page.token).topics[-1]
        relay.passes.clear()
        async with line(DFConsumer.as_asgi(), page) as other:
            await other.send_hello(page)
            await relay.held.wait()
            await asyncio.to_thread(publisher().publish, [topic], '{"signal":"s","opts":{}')
            relay.passes.set()
            await asyncio.to_thread(publisher().publish, [topic], '{"signal":"s","opts":{}')
            await other.frame("welcome")
            assert [(await other.frame("push"))["o"] for _ in range(2)] == [1, 2]
            await other.heartbeat()
            assert len(other.pushes()) == 2


@pytest.mark.django_db(transaction=True)
async def test_who_is_refused_was_told_nothing_and_leaves_nothing(redis, settings):
    settings.ROOT_URLCONF = "tests.sockets"
    owner = await get_user_model().objects.acreate_user("ann")
    ann = Client()
    await asyncio.to_thread(ann.force_login, owner)
    page = await visit(ann, "/?topic=a")
    stranger = Page(**{**page.__dict__, "cookies": ""})
    first, last = await asyncio.to_thread(new_page, "b"), await asyncio.to_thread(new_page, "c")
    async with contextlib.AsyncExitStack() as lines:
        opened = await lines.enter_async_context(line(DFConsumer.as_asgi(), first))
        await opened.hello(first)  # the line to Redis is open from here on
        async with line(DFConsumer.as_asgi(), stranger) as wire:
            await wire.send_hello(stranger)
            assert (await wire.end(), wire.frames) == (4401, [])
        assert len(hub(publisher())) == 1
        opened = await lines.enter_async_context(line(DFConsumer.as_asgi(), last))
        await opened.hello(last)  # what was asked for before has been answered
        left = verify(page.token).topics[0]
        client = lines.enter_context(redis.client())
        await until(lambda: not any(name.endswith(left) for name in client.pubsub_channels()))
        assert not client.keys(f"ws:w:{verify(page.token).window}*")
