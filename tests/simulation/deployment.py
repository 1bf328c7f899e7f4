"""What the servers share, and may lose: the history, the ledger, the queue and the bells."""

from __future__ import annotations

import copy
import json
from dataclasses import replace

from dfws_html.delivery.history import Frame
from dfws_html.exceptions import Unreachable
from dfws_html.protocol import Done, Fail, Push
from dfws_html.work.ledger import Beginning
from tests.simulation.record import Published

ENTRIES = 3
SECONDS = 5
BOOK_SECONDS = 2000
TOKEN_AGE = 1000
REDELIVERY = 3600


class Wire:
    """One process's way to others: whoever waits there goes on when the world says so."""

    def __init__(self, world):
        self._world = world
        self._waiting = []

    async def trip(self):
        if self._world.is_calm or self._world.random.random() < 0.7:
            return
        future = self._world.loop.create_future()
        self._waiting.append(future)
        await future

    def arrive(self):
        if self._waiting:
            at = self._world.random.randrange(len(self._waiting))
            future = self._waiting.pop(at)
            if not future.cancelled():  # who asked may have given up
                future.set_result(None)
            self._world.loop.run()

    def is_waited_for(self):
        return bool(self._waiting)

    def arrive_all(self):
        while self._waiting:
            self.arrive()

    def kill(self):
        self._waiting.clear()


class Store:
    """The history that all servers share; it may be away, or wiped, and then it is another one."""

    def __init__(self, world):
        self._world = world
        self.is_away = False
        self.wipe()

    def wipe(self):
        loop = self._world.loop
        self.kept = self._world.parts.history(
            entries=ENTRIES, seconds=SECONDS, book_seconds=BOOK_SECONDS, clock=loop.time
        )

    def append(self, *frames, load=None):
        entries = self.kept.append(*frames)
        life = self._world.life()
        for entry, frame in zip(entries, frames, strict=True):
            mark = None if frame.control else frame.body
            self._world.record.published[life, entry.number] = Published(
                tuple(frame.topics), mark, load
            )
        return entries

    def publish(self, topics, body, *, control=False, load=None):
        [entry] = self.append(Frame(topics, body, control), load=load)
        self._world.bells.ring(entry)
        return entry.number


class History:
    """The store as one server reaches it."""

    shared = True

    def __init__(self, store, wire):
        self._store, self._wire = store, wire

    def append(self, *frames):
        return self._store.append(*frames)

    def position(self):
        return self._store.kept.position()

    async def read(self, positions, *, mark=None):
        await self._trip()
        reading = await self._store.kept.read(positions)
        await self._trip()
        return reading

    async def lasts(self, topics):
        topics = list(topics)
        await self._trip()
        found = await self._store.kept.lasts(topics)
        await self._trip()
        return found

    async def _trip(self):
        await self._wire.trip()
        if self._store.is_away:
            raise Unreachable("the history does not answer")


class Bells:
    """A carrier that loses bells, doubles them, swaps them, and goes deaf."""

    def __init__(self, world):
        self._world = world
        self.lines = []
        self.held = []

    def open(self, ear):
        line = Line(ear, self._world.wire_of_new_server)
        self.lines.append(line)
        return line

    def ring(self, entry):
        chance = self._world.random.random
        if chance() < 0.1:
            entry = replace(entry, body="", whole=False)
        for line in self.lines:
            luck = 1.0 if self._world.is_calm else chance()
            if luck > 0.4:
                line.ring(entry)
            elif luck > 0.25:
                self.held.append((line, entry))
            elif luck > 0.15:
                line.ring(entry)
                self.held.append((line, entry))
        self._world.loop.run()

    def ring_late(self):
        if self.held:
            line, entry = self.held.pop(self._world.random.randrange(len(self.held)))
            line.ring(entry)
            self._world.loop.run()


class Line:
    """One server's ear at the carrier; it hears what it has asked for, unless it went deaf."""

    def __init__(self, ear, wire):
        self._ear, self._wire = ear, wire
        self._wanted = set()
        self._heard = set()

    def ring(self, entry):
        if not self._heard.isdisjoint(entry.previous):
            self._ear.ring(entry)

    async def hear(self, topics, look):
        await self._wire.trip()
        self._wanted.update(topics)
        self._heard.update(topics)
        await self._wire.trip()
        return await look(None)

    def forget(self, topics):
        self._wanted.difference_update(topics)
        self._heard.difference_update(topics)

    def renew(self):
        self._heard.update(self._wanted)

    def go_deaf(self):
        self._heard.clear()


_CODES = {
    Beginning.OVER: "unknown",
    Beginning.SUPERSEDED: "superseded",
    Beginning.CANCELLED: "cancelled",
}


class Queue:
    """The jobs, and the workers that run them: started, gone on with and killed step by step."""

    def __init__(self, world):
        self._world = world
        self.waiting = []
        self.taken = []  # the broker may bring them again
        self.running = {}
        self.is_full = False

    def start(self):
        if self.waiting and not self._world.store.is_away:
            job = self.waiting.pop(self._world.random.randrange(len(self.waiting)))
            self.taken.append((job, self._world.loop.now))
            self.running[self._run(job)] = job

    def go_on(self):
        if self.running and not self._world.store.is_away:
            steps = self._world.random.choice(list(self.running))
            if next(steps, self) is self:
                del self.running[steps]
            self._world.loop.run()

    def kill(self):
        """A worker dies; the broker sees it and brings the job again."""
        if self.running:
            steps = self._world.random.choice(list(self.running))
            job = self.running.pop(steps)
            if not job.reliable:
                self._world.record.excused.add(job_name(job))
            self.waiting.append(job)

    def redeliver(self):
        if self.taken:
            job, at = self._world.random.choice(self.taken)
            if self._world.loop.now - at < REDELIVERY:
                self.waiting.append(job)

    def finish(self):
        """Run everything, and once more what the broker may bring again."""
        for _ in self.taken:
            self.redeliver()
        while self.waiting or self.running:
            self.start()
            self.go_on()

    def _run(self, job):
        """A worker's body in the order of `work/execution.py`, so that it can die in between."""
        world, call = self._world, job.call
        yield
        beginning = world.ledger.begin(
            job.task_id,
            seconds=self._mark_seconds(job),
            life=job.life,
            again=job.reliable,
            call=call.key,
        )
        if beginning:
            world.record.began.add(job_name(job))
        yield
        if beginning is Beginning.HAD:
            return
        too_late = beginning is Beginning.FIRST and world.loop.now > job.expires
        if too_late or not beginning:
            world.record.excused.add(job_name(job))
            yield from self._end(job, None, "expired" if too_late else _CODES[beginning])
            return
        world.record.runs[job_name(job)] += 1
        yield
        mark = f'{{"mark":{world.mark()}}}'
        push = Push(signal="s", arguments=mark, signal_id="i", call=str(call))
        world.store.publish([own(call.window)], push.body(), load=world.callers[job_name(job)[0]])
        yield
        yield from self._end(job, None if world.random.random() < 0.1 else "1", "error")

    def _end(self, job, answer, code):
        world, call = self._world, job.call
        if job.reliable and not world.ledger.finish(job.task_id, seconds=self._mark_seconds(job)):
            return  # another run ended before
        yield
        answers = world.ledger.end(call, job.handler, answer)
        yield
        if answer is None:
            told = Fail(call=str(call), code=code, error="it did not end well").body()
        elif answers is not None and call.reply:
            told = Done(call=str(call), result="1").body()
        else:
            return
        world.store.publish([own(call.window)], told)

    def _mark_seconds(self, job):
        return max(job.expires - self._world.loop.now, 0) + REDELIVERY + 300


def job_name(job):
    """Return by what the record knows a job."""
    return json.loads(job.arguments)["mark"], job.handler


def own(window):
    """Return the topic of one window."""
    return f"own-{window}"


class Snapshot:
    """What a Redis that falls back to an older state knows of claims and marks."""

    def __init__(self, ledger):
        tables = {name: kept for name, kept in vars(ledger).items() if isinstance(kept, dict)}
        self._tables = copy.deepcopy(tables)

    def restore(self, ledger):
        vars(ledger).update(copy.deepcopy(self._tables))
