"""The world of one seed: pages, servers, workers, what may happen to them, and the calm after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

from dfws_html.delivery.history import MemoryHistory
from dfws_html.delivery.hub import Hub
from dfws_html.page.living import topics_order
from dfws_html.page.tokens import VOID, PageToken, sign, verify
from dfws_html.work.ledger import MemoryLedger
from dfws_html.work.registry import registry
from tests.simulation.deployment import Bells, Queue, Snapshot, Store, Wire, job_name, own
from tests.simulation.loop import Loop
from tests.simulation.page import AGE, TIMEOUT, Meta, Page
from tests.simulation.record import PageLog, Record
from tests.simulation.server import Connection, Desk, Server, Socket

TOPICS = ["a", "b", "c"]
SIGNAL = "simulation.work"
HEARTBEAT = 26.0  # seconds: more than the hub's
ROUNDS = 100  # of settling, far more than are needed


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What a world is made of; a mutant replaces one or two."""

    history: Callable[..., Any] = MemoryHistory
    ledger: Callable[..., Any] = MemoryLedger
    hub: Callable[..., Any] = Hub
    bells: Callable[..., Any] = Bells
    socket: Callable[..., Any] = Socket
    desk: Callable[..., Any] = Desk
    page: Callable[..., Any] = Page


class World:
    """Everything that one seed decides."""

    def __init__(self, seed, parts):
        self.random = Random(seed)
        self.parts = parts
        self.loop = Loop()
        self.record = Record(handlers={h.key: h.reliable for h in registry.handlers(SIGNAL)})
        self.is_calm = False
        self._ids = 0
        self._issued = {}
        self.callers = {}
        self.marks = {}
        self.store = Store(self)
        self.new_ledger()
        self.bells = parts.bells(self)
        self.queue = Queue(self)
        self.servers = [self.new_server(), self.new_server()]
        self.stale = []
        self.metas = []
        self.pages = [self.new_page(), self.new_page()]

    # -------------------------------------------------------------- what it makes

    def new_id(self, kind):
        self._ids += 1
        return f"{kind}{self._ids:07}"

    def mark(self):
        """Return a canary: arguments that no other call or frame has."""
        self._ids += 1
        return self._ids

    def life(self):
        return self.store.kept.position()[0]

    def new_ledger(self):
        self.ledger = self.parts.ledger(claim_seconds=2000, clock=self.loop.time, life=self.life)
        self.snapshot = Snapshot(self.ledger)

    def new_server(self):
        self.wire_of_new_server = Wire(self)
        return Server(self, self.wire_of_new_server)

    def new_page(self, meta=None):
        if meta is None:
            topics = (own(self.new_id("w")), *self.random.sample(TOPICS, 2))
            meta = self.rendered(PageToken(window=topics[0][4:], topics=topics))
            self.metas.append(meta)
        load = self.new_id("load-")
        log = PageLog(load, meta.life, meta.position)
        self.record.pages.append(log)
        return self.parts.page(load, meta, self.loop.time, log)

    def rendered(self, token):
        life, position = ("", VOID) if self.store.is_away else self.store.kept.position()
        text = self.signed(replace(token, life=life, position=position))
        return Meta(text, life, position)

    def signed(self, token):
        text = sign(token)
        self._issued[text] = (token, self.loop.now)
        return text

    def token_of(self, text):
        if text not in self._issued:
            self._issued[text] = (verify(text), self.loop.now)
        return self._issued[text]

    # -------------------------------------------------------------- what can happen

    def a_page(self):
        return self.random.choice(self.pages)

    def publish(self):
        if self.store.is_away:
            return
        random = self.random
        owns = [page.topics[0] for page in self.pages if page.topics]
        topics = random.sample([*TOPICS, *owns], random.choice([1, 1, 2, 3]))
        self.store.publish(topics, f'{{"signal":"s","opts":{{"mark":{self.mark()}}}')

    def order(self):
        page = self.a_page()
        if page.topics and not self.store.is_away:
            change = self.random.choice(["set", "add", "remove"])
            ids = self.random.sample(TOPICS, self.random.choice([1, 2]))
            body = topics_order(change, ids, page.topics[:1])
            self.store.publish(page.topics[:1], body, control=True)

    def ask(self):
        """A request of the living page changes its topics; something may happen meanwhile."""
        page = self.a_page()
        if page.topics:
            topics = [page.topics[0], *self.random.sample(TOPICS, 2)]
            token = self.token_of(page.token)[0].with_topics(topics)
            meta = self.rendered(token)
            if self.random.random() < 0.5:
                self.publish()
            page.take_topics(meta)

    def late_bell(self):
        self.bells.ring_late()

    def deafness(self):
        self.random.choice(self.bells.lines).go_deaf()

    def trip(self):
        waiting = [server.wire for server in self.servers if server.wire.is_waited_for()]
        if waiting:
            self.random.choice(waiting).arrive()

    def time(self):
        self.loop.advance(self.random.choice([0.5, 0.5, 6, 30]))
        self.sweep()

    def sleep(self):
        """Much time passes: no server waits so long for an answer."""
        for server in self.servers:
            server.wire.arrive_all()
        self.loop.advance(self.random.choice([70, 1100]))
        self.sweep()

    def sweep(self):
        for page in self.pages:
            page.outbox.sweep()

    def connect(self):
        page = self.a_page()
        if page.connection is None:
            self.reach(page)
        elif page.connection.is_cut and self.random.random() < 0.5:
            self.lose(page)

    def reach(self, page):
        """Connect; mostly at once, else something may happen before the page is welcomed."""
        server = self.random.choice(self.servers)
        page.connect(Connection(self, server))
        if self.random.random() < 0.6:
            page.connection.take(1)
            server.wire.arrive_all()
            page.read(self.random.choice([0, 1, 9]))

    def lose(self, page):
        refused = page.connection.refused
        page.lose()
        if refused:
            self.leave(page)

    def cut(self):
        """The network fails: both sides see it, or one of them does, and the other one later."""
        page = self.a_page()
        if page.connection is not None:
            sides = self.random.choice(["both", "server", "page"])
            if sides == "page":
                self.stale.append(page.connection)
            else:
                page.connection.cut()
            if sides != "server":
                self.lose(page)

    def late_frames(self):
        """What was on its way when the page gave up still reaches the server."""
        if self.stale:
            connection = self.stale[0]
            connection.take(2)
            if not connection.to_server or connection.is_cut:
                self.stale.pop(0).cut()

    def stall(self):
        connection = self.a_page().connection
        if connection is not None and not connection.is_cut:
            connection.stall()

    def download(self):
        there = [page for page in self.pages if page.connection and page.connection.to_page]
        if there:
            self.random.choice(there).read(self.random.choice([1, 2, 5]))

    def upload(self):
        there = [page for page in self.pages if page.connection and page.connection.to_server]
        if there:
            self.random.choice(there).connection.take(self.random.choice([1, 3]))

    def heartbeat(self):
        self.a_page().heartbeat()

    def second_load(self):
        """The back button or a duplicated tab: the same page once more."""
        if len(self.pages) < 3:
            self.pages.append(self.new_page(self.random.choice(self.metas)))

    def leave(self, page=None):
        """The page is closed, and another one opened."""
        page = page or self.a_page()
        page.log.left = True
        if page.connection is not None:
            page.connection.cut()
        self.pages[self.pages.index(page)] = self.new_page()

    def kill_server(self):
        at = self.random.randrange(len(self.servers))
        self.servers[at].kill()
        self.servers[at] = self.new_server()

    def outage(self):
        """Redis does not answer for a while; or it answers again, and the servers look at once."""
        self.store.is_away = not self.store.is_away
        if not self.store.is_away:
            for server in self.servers:
                server.hub.returned()
            self.loop.run()

    def wipe(self):
        """Redis forgets everything: history and ledger, and the queue if that is in it."""
        self.store.wipe()
        self.new_ledger()
        self.record.withdrawn.clear()
        if self.random.random() < 0.5:
            for job in [*self.queue.waiting, *self.queue.running.values()]:
                self.record.excused.add(job_name(job))
            self.queue = Queue(self)

    def roll_back(self):
        """Redis comes back with what it knew some time ago, and so in a new life."""
        snapshot = self.snapshot
        self.wipe()
        snapshot.restore(self.ledger)

    def save(self):
        self.snapshot = Snapshot(self.ledger)

    def call(self):
        name = SIGNAL if self.random.random() < 0.9 else "simulation.none"
        there = [page for page in self.pages if page.is_open]
        page, mark = self.random.choice(there or self.pages), self.mark()
        self.make(page, name, mark)

    def make(self, page, name, mark, **options):
        self.callers[mark] = page.load
        self.marks[page.name, page.last + 1] = mark
        page.call(name, self.random.random() < 0.7, mark, **options)

    def withdraw(self):
        """A call is not wanted any more, or another one instead of it."""
        page = self.a_page()
        if page.outbox.entries:
            n = self.random.choice(list(page.outbox.entries))
            if self.random.random() < 0.5:
                page.cancel(n)
            else:
                self.make(page, SIGNAL, self.mark(), instead_of=n)

    def start_job(self):
        self.queue.start()
        self.queue.go_on()

    def work(self):
        for _ in range(self.random.choice([1, 2, 6])):
            self.queue.go_on()

    def kill_worker(self):
        self.queue.kill()

    def redeliver(self):
        self.queue.redeliver()

    def fill(self):
        self.queue.is_full = not self.queue.is_full

    # -------------------------------------------------------------- a seed's story

    def walk(self, acts, steps):
        for page in self.pages:
            if self.random.random() < 0.7:
                self.reach(page)
        names, weights = _table(acts)
        for name in self.random.choices(names, cum_weights=weights, k=steps):
            self.step(name)

    def step(self, name):
        """Let one thing happen."""
        getattr(self, name)()

    def calm(self):
        """The faults end: every page comes back, everything arrives, and time passes."""
        self.is_calm = True
        if self.store.is_away:
            self.outage()
        self.queue.is_full = False
        for connection in self.stale:
            connection.take(100)
            connection.cut()
        self.settle()
        self.record.waiting = {
            entry.log.mark
            for page in self.pages
            for entry in page.outbox.entries.values()
            if entry.text
        }
        self.queue.finish()
        for _ in range(2):
            self.settle()
            self.loop.advance(HEARTBEAT)
        for page in self.pages:
            page.heartbeat()
        self.settle()
        if any(page.outbox.entries for page in self.pages):
            self.loop.advance(AGE + TIMEOUT)
            self.sweep()
        self.record.life = self.life()

    def settle(self):
        """Let everything arrive."""
        for _ in range(ROUNDS):
            for server in self.servers:
                server.wire.arrive_all()
            connections = [self.brought_back(at) for at in range(len(self.pages))]
            if not any(one.gate or one.to_server or one.to_page for one in connections):
                return
            for page, connection in zip(self.pages, connections, strict=True):
                if connection.gate is not None:
                    connection.stall()
                connection.take(100)
                page.read(10**6)
        raise AssertionError("it never ends")

    def brought_back(self, at):
        """Return a living connection of a page, or of the one that has taken its place."""
        while (page := self.pages[at]).connection is None or page.connection.is_cut:
            if page.connection is not None:
                self.lose(page)
            else:
                page.connect(Connection(self, self.servers[0]))
        return self.pages[at].connection


@cache
def _table(acts):
    names, weights = zip(*acts, strict=True)
    return names, tuple(accumulate(weights))
