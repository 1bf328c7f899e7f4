"""No text is lost to a timeout, and whoever waits can be told to stop."""

import asyncio

import pytest

from dfws_html.sockets.endings import Closed
from dfws_html.sockets.inbox import Inbox


class Careless:
    """A receive that loses what it holds when it is cancelled, as ASGI allows."""

    def __init__(self, *texts):
        self.arriving = asyncio.Queue()
        self.may_deliver = asyncio.Event()
        for text in texts:
            self.arriving.put_nowait({"type": "websocket.receive", "text": text})

    async def __call__(self):
        message = await self.arriving.get()
        await self.may_deliver.wait()
        return message


async def test_a_timeout_loses_nothing():
    receive = Careless("first", "second")
    inbox = Inbox(receive)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            await inbox.text(0.01)
    receive.may_deliver.set()
    assert [await inbox.text(10), await inbox.text(10)] == ["first", "second"]
    inbox.close()


async def test_the_end_stays_the_end():
    receive = Careless()
    receive.may_deliver.set()
    receive.arriving.put_nowait({"type": "websocket.disconnect", "code": 1001})
    inbox = Inbox(receive)
    assert [await inbox.text(10), await inbox.text(10)] == [None, None]


async def test_whoever_waits_is_told_to_stop():
    inbox = Inbox(Careless())
    waiting = asyncio.create_task(inbox.text(10))
    await asyncio.sleep(0)
    inbox.stop(Closed("slow", "it reads too slowly"))
    inbox.stop(Closed("later", "the first reason counts"))
    with pytest.raises(Closed, match="too slowly"):
        await waiting
    with pytest.raises(Closed, match="too slowly"):
        await inbox.text(10)
    inbox.close()


async def test_what_is_no_text_ends_it():
    receive = Careless()
    receive.may_deliver.set()
    receive.arriving.put_nowait({"type": "websocket.receive", "text": None, "bytes": b"x"})
    with pytest.raises(Closed, match="binary") as closed:
        await Inbox(receive).text(10)
    assert closed.value.code == 4400


async def test_an_error_of_the_server_comes_through():
    async def receive():
        raise LookupError("gone")

    inbox = Inbox(receive)
    with pytest.raises(LookupError):
        await inbox.text(10)
    inbox.close()
