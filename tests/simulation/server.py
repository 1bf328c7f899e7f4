"""One server process: its hub, its sockets, and what is on its way between them and the pages."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from django.contrib.auth.models import AnonymousUser

from dfws_html.delivery.hub import Subscriber
from dfws_html.delivery.outlet import Bounds, Outlet
from dfws_html.delivery.publishing import Publisher
from dfws_html.exceptions import ProtocolError, UnknownSignal, Unreachable
from dfws_html.page.tokens import TokenRefused
from dfws_html.page.visitors import Visitor
from dfws_html.sockets.guests import Guest, standing, was_welcomed
from dfws_html.sockets.pace import Pace
from dfws_html.sockets.reviews import Reviews
from dfws_html.sockets.window import Window, parsed
from dfws_html.window_info import WindowInfo
from dfws_html.work.dispatch import admit
from dfws_html.work.jobs import CallName
from dfws_html.work.ledger import Beginning
from tests.simulation.deployment import TOKEN_AGE, History, own

WITHDRAWN_SECONDS = 2100
BOUNDS = Bounds(frames=6, size=1 << 20, seconds=10)


class Server:
    """A process; when it is killed, nothing of it goes on."""

    def __init__(self, world, wire):
        self.wire = wire
        self.hub = world.parts.hub(Publisher(History(world.store, wire), world.bells), world.loop)
        self.connections = []

    def kill(self):
        self.wire.kill()
        for connection in self.connections:
            connection.is_cut = True
            if connection.window is not None:
                connection.window.leave()
            if connection.gate is not None:
                connection.stall()


class Desk:
    """Takes the calls of one window, as `sockets/calls.py` does, with the world's clock."""

    def __init__(self, world, server, load, window_info):
        self.world, self.server = world, server
        self.load, self.window_info = load, window_info

    async def take(self, call, *, life):
        world = self.world
        if call.life != life:
            raise ProtocolError("life", call.n, "it was sent in another life")
        try:
            jobs = admit(call, self.load, self.window_info, now=world.loop.now, life=life)
        except UnknownSignal as error:
            raise ProtocolError("unknown", call.n, str(error)) from error
        await self.server.wire.trip()
        if world.queue.is_full:
            raise ProtocolError("busy", call.n, "the queue is full")
        world.queue.waiting.extend(jobs)
        await self.server.wire.trip()
        if call.supersedes is not None:
            await self._withdraw(call.supersedes, Beginning.SUPERSEDED)

    async def cancel(self, n):
        await self._withdraw(n, Beginning.CANCELLED)

    async def _withdraw(self, n, how):
        world, window = self.world, self.window_info.window_key
        name = CallName(window=window, load=self.load, n=n, handlers=0, reply=False)
        await self.server.wire.trip()
        if not world.store.is_away:
            world.ledger.withdraw(name.key, how, seconds=WITHDRAWN_SECONDS)
            mark = world.marks[self.load, n]
            world.record.withdrawn.setdefault(mark, set(world.record.began))
        await self.server.wire.trip()


class Socket(Window):
    """The server's end of a socket: the real one, given its hub and its desk."""

    def __init__(self, world, server, hello, outlet):
        self._world, self._server = world, server
        self._hub = server.hub
        self._hello = hello
        self._request = None
        self._outlet = outlet
        self._token, issued = world.token_of(hello.token)
        if world.loop.now - issued > TOKEN_AGE:
            raise TokenRefused("identity", "it is too old")
        self._left = False
        self._reviews = Reviews(world.loop)
        self._pace = Pace(rate=20, burst=100)
        stands = standing(self._token, hello)
        self._subscriber = Subscriber(
            outlet.send,
            self._on_control,
            topics=self._token.topics,
            positions=stands.positions,
            life=stands.life,
        )

    async def _recognised(self):
        """As `sockets/guests.py` does, with the world's ledger, over its wire."""
        world, token, hello = self._world, self._token, self._hello
        await self._server.wire.trip()
        if world.store.is_away:
            raise Unreachable("the ledger does not answer")
        made_in = None if was_welcomed(token, hello) else token.life
        fresh = not world.ledger.claim(token.window, hello.load, life=made_in)
        if fresh:
            token = replace(token, window=world.new_id("w"))
            world.ledger.claim(token.window, hello.load)
        await self._server.wire.trip()
        token = replace(token, topics=(own(token.window), *token.topics[1:]))
        window_info = WindowInfo()
        window_info.window_key = token.window
        return Guest(token=token, fresh=fresh, who=NOBODY, window_info=window_info)

    def _admit(self, guest):
        super()._admit(guest)
        world, server = self._world, self._server
        self._calls = world.parts.desk(world, server, self._hello.load, guest.window_info)


class Connection:
    """One websocket: ordered both ways, until it is cut with what is on its way."""

    def __init__(self, world, server):
        self.world, self.server = world, server
        self.to_page = deque()
        self.to_server = deque()
        self.is_cut = False
        self.refused = False
        self.window = None
        self.task = None
        self.gate = None
        self.outlet = Outlet(self._send, BOUNDS, lambda reason: self.cut())
        server.connections.append(self)

    async def _send(self, message):
        while self.gate is not None:
            await self.gate
        if self.is_cut:
            raise OSError("the browser has left")
        self.to_page.append(message["text"])

    def stall(self):
        """Let the page stop to read, or go on."""
        if self.gate is None:
            self.gate = self.world.loop.create_future()
        else:
            gate, self.gate = self.gate, None
            gate.set_result(None)
            self.world.loop.run()

    def cut(self):
        """End the server's side."""
        if self.is_cut:
            return
        self.is_cut = True
        self.server.connections.remove(self)
        if self.window is not None:
            self.window.leave()
        if self.gate is not None:
            self.stall()

    def take(self, count):
        """Let the server read what has arrived, one frame after the other."""
        while count and self.to_server and not self.is_cut:
            if self.task is not None and not self.task.done():
                return
            text = self.to_server.popleft()
            self.task = self.world.loop.create_task(self._take(text))
            self.world.loop.run()
            count -= 1

    async def _take(self, text):
        if self.window is not None:
            await self.window.take(text)
            return
        try:
            await self._greet(parsed(text))
        except TokenRefused:
            self.refused = True
            self.cut()
        except Unreachable:
            self.cut()

    async def _greet(self, hello):
        self.window = self.world.parts.socket(self.world, self.server, hello, self.outlet)
        await self.window.arrive()


NOBODY = Visitor(session={}, user=AnonymousUser())
