"""A page as the browser's script keeps it: positions.js, session.js, receiver.js and outbox.js."""

from __future__ import annotations

import json
from dataclasses import dataclass

from dfws_html.protocol import HEARTBEAT, VERSION
from tests.simulation.record import CallLog, PageLog

REMEMBERED = 4096
VOID = -1
WAITING = 100
AGE = 60.0
TIMEOUT = 30.0


class Positions:
    """Which numbered frames a window still lacks: a position per index; see positions.js."""

    def __init__(self, life, base):
        self.life = life
        self.base = base
        self.by_index = {}
        self.applied = []

    def adopt(self, life):
        if life == self.life:
            return False
        self.life, self.base, self.applied = life, None, []
        self.by_index = dict.fromkeys(self.by_index)
        return True

    def set_topics(self, topics, named):
        before, self.by_index = self.by_index, {}
        for index, topic in enumerate(topics):
            if topic:
                had = before.get(index)
                stands = named.get(str(index), self.base if had is None else had)
                self.by_index[index] = stands

    def at(self, index):
        position = self.by_index.get(index)
        return VOID if position is None else position

    def raise_to(self, number, indices=None):
        for index in list(self.by_index) if indices is None else indices:
            self.by_index[index] = max(self.at(index), number)

    def take(self, frame):
        number, indices = frame["o"], frame["t"]
        if number in self.applied or all(self.at(index) >= number for index in indices):
            return False
        self.applied.append(number)
        del self.applied[:-REMEMBERED]
        self.raise_to(number, indices)
        return True


@dataclass
class Sending:
    """A call in the outbox; ``text`` is empty once it is acknowledged."""

    n: int
    text: str
    reply: bool
    log: CallLog
    since: float
    sup: int | None = None
    sent: int = 0
    life: str | None = None


class Outbox:
    """Calls from their event to their one outcome; see outbox.js."""

    def __init__(self, page):
        self.page = page
        self.entries: dict[int, Sending] = {}

    def post(self, n, text, reply, log, sup):
        entry = Sending(n, text, reply, log, self.page.now(), sup)
        self.entries[n] = entry
        if sum(bool(one.text) for one in self.entries.values()) > WAITING:
            self.drop(n)
        else:
            self.advance(entry, sending=True)

    def sweep(self, *, sending=False):
        for entry in list(self.entries.values()):
            self.advance(entry, sending=sending)

    def advance(self, entry, *, sending):
        if self.page.now() - entry.since > (AGE if entry.text else TIMEOUT):
            if not entry.text and not entry.reply:
                del self.entries[entry.n]
                entry.log.outcomes.append("done")
            else:
                self.drop(entry.n)
        elif entry.text and sending:
            if (entry.life or self.page.positions.life) != self.page.positions.life:
                self.drop(entry.n)
            elif self.page.send(
                json.dumps(json.loads(entry.text) | {"life": self.page.positions.life})
            ):
                entry.life = self.page.positions.life
                entry.sent += 1

    def drop(self, n):
        self.settle(n, "undelivered", doubt=1)

    def acknowledge(self, n):
        entry = self.entries.get(n)
        if entry is not None and entry.text:
            entry.text, entry.since = "", self.page.now()
            entry.log.acked = True

    def abandon(self, n, outcome):
        """End a call that nobody wants any more; return which one the server is to hear of."""
        entry = self.entries[n]
        self.settle(n, outcome if entry.sent else "unsent")
        return n if entry.sent else entry.sup

    def settle(self, n, outcome, doubt=float("inf")):
        entry = self.entries.pop(n, None)
        if entry is not None:
            entry.log.outcomes.append("unknown" if entry.sent >= doubt else outcome)


@dataclass
class Meta:
    """What the server wrote into the page."""

    token: str
    life: str
    position: int


class Page:
    """One load of a page."""

    def __init__(self, load, meta, now, log: PageLog):
        self.load = self.name = load
        self.now = now
        self.log = log
        self.token = meta.token
        self.positions = Positions(meta.life, meta.position)
        self.topics = []
        self.outbox = Outbox(self)
        self.connection = None
        self.is_open = False
        self.wanted: str | None = None
        self.last = 0

    # -------------------------------------------------------------- its socket

    def hello(self):
        places = {i: at for i, at in self.positions.by_index.items() if at is not None}
        return json.dumps(
            {
                "df": "hello",
                "v": VERSION,
                "token": self.token,
                "c": self.name,
                "life": self.positions.life,
                "pos": places,
            }
        )

    def connect(self, connection):
        self.connection = connection
        connection.to_server.append(self.hello())

    def lose(self):
        self.connection, self.is_open = None, False

    def send(self, text):
        if self.is_open and self.connection is not None:
            self.connection.to_server.append(text)
            return True
        return False

    def heartbeat(self):
        self.send(HEARTBEAT)

    def read(self, count):
        texts = self.connection.to_page if self.connection is not None else ()
        for _ in range(min(count, len(texts))):
            self.receive(texts.popleft())

    # -------------------------------------------------------------- what it does

    def call(self, signal, reply, mark, *, instead_of=None):
        self.last += 1
        n = self.last
        call = {"signal": signal, "opts": {"mark": mark}, "n": n, "reply": reply}
        sup = None if instead_of is None else self.outbox.abandon(instead_of, "superseded")
        if sup is not None:
            call["sup"] = sup
        log = CallLog(mark=mark, load=self.load, reply=reply)
        self.log.calls.append(log)
        self.outbox.post(n, json.dumps(call), reply, log, sup)

    def cancel(self, n):
        if n := self.outbox.abandon(n, "cancelled"):
            self.send(json.dumps({"df": "cancel", "n": n}))

    def take_topics(self, answer):
        """Take over the token that the answer to a request of this page has brought."""
        self.log.asked.add((answer.life, answer.position))
        self.wanted = answer.token
        self.ask_topics()

    def ask_topics(self):
        if self.wanted is not None:
            self.send(json.dumps({"df": "topics", "token": self.wanted}))

    # -------------------------------------------------------------- what it is told

    def receive(self, text):
        frame = json.loads(text)
        kind = frame.get("df")
        if kind is not None:
            getattr(self, f"on_{kind}")(frame)
        elif self.positions.take(frame):
            self.told(frame, frame["opts"]["mark"])

    def told(self, frame, mark):
        topics = [self.topics[index] for index in frame["t"]]
        self.log.told(self.positions.life, frame["o"], topics, mark)

    def on_welcome(self, frame):
        if self.positions.adopt(frame["life"]):
            self.log.void(frame["life"])
        self.subscribe(frame, since=self.positions.base)
        self.is_open = True
        self.ask_topics()
        self.outbox.sweep(sending=True)

    def on_topics(self, frame):
        self.wanted = None
        number = frame.get("o")
        self.subscribe(frame, since=number)
        if number:
            self.positions.raise_to(number, [0])
            self.log.told(self.positions.life, number, [self.topics[0]], None)

    def subscribe(self, frame, since):
        named = frame.get("pos") or {}
        self.token = frame.get("token", self.token)
        before, self.topics = self.topics, frame["t"]
        self.positions.set_topics(self.topics, named)
        starts = {
            topic: named.get(str(index), since) if since is None else since
            for index, topic in enumerate(self.topics)
            if topic and topic not in before
        }
        requested = frame["df"] == "topics" and since is None
        self.log.topics(self.positions.life, starts, [t for t in self.topics if t], requested)

    def on_hb(self, frame):
        self.positions.raise_to(frame["pos"])
        self.log.checked(self.positions.life, frame["pos"])

    def on_resync(self, frame):
        if self.positions.adopt(frame["life"]):
            self.log.void(frame["life"])
        self.positions.raise_to(frame["pos"], frame["t"])
        topics = [self.topics[index] for index in frame["t"]]
        self.log.resynced(frame["life"], frame["pos"], topics)

    def on_ack(self, frame):
        self.outbox.acknowledge(frame["n"])

    def on_nack(self, frame):
        self.outbox.settle(frame["n"], "refused", doubt=2)

    def on_done(self, frame):
        self.answer(frame, "done")

    def on_fail(self, frame):
        self.answer(frame, "unknown" if frame["code"] == "unknown" else "failed")

    def answer(self, frame, outcome):
        if not self.positions.take(frame):
            return
        self.told(frame, None)
        load, n = frame["call"].split(".")
        if load == self.name:
            self.outbox.settle(int(n), outcome)
