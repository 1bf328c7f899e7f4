"""The memory carrier: every hub hears every bell, until its loop is gone."""

import threading

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import Entry, Reading

ENTRY = Entry(number=1, life="l", previous={"a": 0}, body="{")
READING = Reading(life="l", position=1, topics={})


async def look(mark):
    assert mark is None  # the one process has nobody to tell
    return READING


class Ear:
    def __init__(self, alive=True):
        self.alive = alive
        self.heard = []

    def ring(self, entry):
        self.heard.append(entry)
        return self.alive

    def returned(self):
        raise AssertionError("nothing is ever lost here")


async def test_all_hear_whatever_they_asked_for():
    carrier = MemoryCarrier()
    ears = [Ear(), Ear()]
    for ear in ears:
        line = carrier.open(ear)
        assert await line.hear(["b"], look) == READING
        line.forget(["b"])
        line.renew()
    carrier.ring(ENTRY)
    assert [ear.heard for ear in ears] == [[ENTRY], [ENTRY]]


def test_one_whose_loop_is_gone_is_forgotten():
    carrier = MemoryCarrier()
    gone, other = Ear(alive=False), Ear()
    carrier.open(gone)
    carrier.open(other)
    carrier.ring(ENTRY)
    carrier.ring(ENTRY)
    assert (len(gone.heard), len(other.heard)) == (1, 2)


def test_threads_may_come_and_go_while_it_rings():
    carrier = MemoryCarrier()
    steady = Ear()
    carrier.open(steady)
    start = threading.Barrier(5)

    def come_and_go():
        start.wait()
        for _ in range(300):
            carrier.open(Ear(alive=False))
            carrier.ring(ENTRY)

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    start.wait()
    for thread in threads:
        thread.join()
    carrier.ring(ENTRY)
    assert len(steady.heard) == 1201
    assert carrier._ears == (steady,)
