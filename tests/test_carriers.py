"""The memory carrier: every listener hears every bell, until it leaves or its loop is gone."""

import threading

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import Entry

ENTRY = Entry(number=1, life="l", previous={"a": 0}, body="{")


class Ear:
    def __init__(self, alive=True):
        self.alive = alive
        self.heard = []

    def __call__(self, entry):
        self.heard.append(entry)
        return self.alive


def test_all_listeners_hear():
    carrier = MemoryCarrier()
    ears = [Ear(), Ear()]
    for ear in ears:
        carrier.subscribe(ear)
    carrier.ring(ENTRY)
    assert [ear.heard for ear in ears] == [[ENTRY], [ENTRY]]


def test_one_that_leaves_hears_no_more():
    carrier = MemoryCarrier()
    one, other = Ear(), Ear()
    leave = carrier.subscribe(one)
    carrier.subscribe(other)
    leave()
    leave()  # twice is no error
    carrier.ring(ENTRY)
    assert (one.heard, other.heard) == ([], [ENTRY])


def test_one_whose_loop_is_gone_is_forgotten():
    carrier = MemoryCarrier()
    gone, other = Ear(alive=False), Ear()
    carrier.subscribe(gone)
    carrier.subscribe(other)
    carrier.ring(ENTRY)
    carrier.ring(ENTRY)
    assert (len(gone.heard), len(other.heard)) == (1, 2)


def test_threads_may_come_and_go_while_it_rings():
    carrier = MemoryCarrier()
    steady = Ear()
    carrier.subscribe(steady)
    start = threading.Barrier(5)

    def come_and_go():
        start.wait()
        for _ in range(300):
            carrier.subscribe(Ear())()

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    start.wait()
    for _ in range(300):
        carrier.ring(ENTRY)
    for thread in threads:
        thread.join()
    assert len(steady.heard) == 300
    assert carrier._listeners == (steady,)
