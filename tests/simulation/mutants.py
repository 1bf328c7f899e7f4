"""Worlds in which one guard is off; each must break a promise, or the simulation sees nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dfws_html.delivery.history import MemoryHistory
from dfws_html.delivery.hub import Hub
from dfws_html.protocol import Ack, Call
from dfws_html.sockets.window import parsed
from dfws_html.work.ledger import Beginning, MemoryLedger
from tests.simulation.deployment import Bells
from tests.simulation.page import Outbox, Page, Positions
from tests.simulation.server import Socket
from tests.simulation.walks import REAL
from tests.simulation.world import Parts


class OneLifeHistory(MemoryHistory):
    """No life check: it does not notice that it has lost its memory."""

    def __init__(self, **options):
        super().__init__(**options)
        self._life = "the-only-one"


class UncutHistory(MemoryHistory):
    """No bounds check: it tells what is left of a list as if it were all."""

    async def read(self, positions, **options):
        reading = await super().read(positions, **options)
        topics = {
            topic: replace(found, entries=()) if is_cut else found
            for topic, found in reading.topics.items()
            for is_cut in [found.entries is None and positions[topic] >= 0]
        }
        return replace(reading, topics=topics)


class FirstBells(Bells):
    """No gap check: each bell claims that nothing came before."""

    def ring(self, entry):
        super().ring(replace(entry, previous=dict.fromkeys(entry.previous, 0)))


class UncheckedHub(Hub):
    """No position check."""

    async def check(self):
        pass


class ReadingFirstHub(Hub):
    """It reads, and only then it hears."""

    async def read(self, subscriber):
        reading = await self._history.read(dict(subscriber.positions))

        async def known(mark):
            return reading

        return await self._line.hear(subscriber.positions, known)


class ReadingFirstUncheckedHub(ReadingFirstHub, UncheckedHub):
    """Both: what rings in between is lost, and nothing heals it."""


class OpenLedger(MemoryLedger):
    """No dedupe: whatever comes, begins."""

    def begin(self, task_id, **options):
        super().begin(task_id, **options)
        return Beginning.FIRST


class LifelessLedger(MemoryLedger):
    """No life of calls: one that was sent in another life runs."""

    def begin(self, task_id, *, life, **options):
        return super().begin(task_id, **options)


class EndlessLedger(MemoryLedger):
    """No end of claims: whoever asks first after they were lost has the window id."""

    def claim(self, window, load, **options):
        return super().claim(window, load)


class OnceLedger(MemoryLedger):
    """Nothing is reliable: what has begun has had its run."""

    def begin(self, task_id, *, again, **options):
        return super().begin(task_id, **options)


class InsistingLedger(MemoryLedger):
    """No withdrawal: what was sent runs, wanted or not."""

    def withdraw(self, call, how, **options):
        pass


class HalfDeafLedger(MemoryLedger):
    """It hears of a withdrawal, and lets what may run again do so all the same."""

    def begin(self, task_id, *, call, **options):
        beginning = super().begin(task_id, **options)
        if beginning is Beginning.FIRST and self.is_withdrawn(call):
            return Beginning.SUPERSEDED
        return beginning


class GenerousLedger(MemoryLedger):
    """No claim: a window id is everybody's."""

    def claim(self, window, load, **options):
        return True


class HastySocket(Socket):
    """It acknowledges before the jobs are the workers'."""

    async def take(self, text):
        frame = parsed(text) if text.startswith("{") else None
        if isinstance(frame, Call):
            self._outlet.send(Ack(n=frame.n).encode())
        await super().take(text)


class SameTopicsSocket(Socket):
    """It goes on hearing the topic of an id that is another load's."""

    def _admit(self, guest):
        super()._admit(replace(guest, token=replace(guest.token, topics=self._token.topics)))


class OnceOutbox(Outbox):
    """It lets calls grow old, and sends none again."""

    def sweep(self, *, sending=False):
        super().sweep()


class ForgetfulPage(Page):
    """No outbox: what was sent once is not sent again."""

    def __init__(self, *given):
        super().__init__(*given)
        self.outbox = OnceOutbox(self)


class OneNamePage(Page):
    """No ``c``: all loads name their calls alike, and so say who they are alike."""

    def __init__(self, *given):
        super().__init__(*given)
        self.name = "load-every"


class ManyTimesPage(Page):
    """It applies a frame for each of its topics that lacks it, whatever it has applied."""

    def __init__(self, load, meta, *given):
        super().__init__(load, meta, *given)
        self.positions = ManyTimesPositions(meta.life, meta.position)


class ManyTimesPositions(Positions):
    """No memory of the numbers that were applied."""

    def take(self, frame):
        self.applied = []
        return super().take(frame)


@dataclass(frozen=True)
class Mutant:
    """A world without a guard, and what it must be seen to break."""

    way: str
    parts: Parts
    breaks: str


MUTANTS = {
    "gap": Mutant("down", replace(REAL, bells=FirstBells), "gap"),
    "position check": Mutant("down", replace(REAL, hub=UncheckedHub), "gap"),
    "life": Mutant("down", replace(REAL, history=OneLifeHistory), "gap"),
    "trim": Mutant("down", replace(REAL, history=UncutHistory), "gap"),
    "subscribe first": Mutant("down", replace(REAL, hub=ReadingFirstUncheckedHub), "gap"),
    "told once": Mutant("down", replace(REAL, page=ManyTimesPage), "twice"),
    "dedupe": Mutant("up", replace(REAL, ledger=OpenLedger), "acknowledged"),
    "life of calls": Mutant("up", replace(REAL, ledger=LifelessLedger), "acknowledged"),
    "reliable": Mutant("up", replace(REAL, ledger=OnceLedger), "acknowledged"),
    "withdrawal": Mutant("up", replace(REAL, ledger=InsistingLedger), "withdrawn"),
    "withdrawn for good": Mutant("up", replace(REAL, ledger=HalfDeafLedger), "withdrawn"),
    "ack order": Mutant("up", replace(REAL, socket=HastySocket), "acknowledged"),
    "outbox": Mutant("up", replace(REAL, page=ForgetfulPage), "silence"),
    "claim": Mutant("up", replace(REAL, ledger=GenerousLedger), "isolation"),
    "own topic": Mutant("up", replace(REAL, socket=SameTopicsSocket), "isolation"),
    "claims end": Mutant("up", replace(REAL, ledger=EndlessLedger), "isolation"),
    "name": Mutant("up", replace(REAL, page=OneNamePage), "acknowledged"),
}

#: What breaks only as half of a pair: the other half heals it.
HEALED = {
    "subscribe first": Mutant("down", replace(REAL, hub=ReadingFirstHub), "gap"),
}
