"""The process's publisher: one per settings, none across a fork, a clear no to Redis for now."""

import os
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import MemoryHistory
from dfws_html.delivery.publishing import Publisher, publisher


async def test_publish_appends_and_then_rings():
    history, carrier = MemoryHistory(), MemoryCarrier()
    heard = []
    # The truth first: whoever hears the bell must find the entry.
    carrier.subscribe(lambda entry: heard.append((entry, history.position()[1])) or True)
    entry = Publisher(history, carrier).publish(["a", "b"], "{", control=True)
    assert heard == [(entry, 1)]
    assert entry.control
    assert (await history.read({"a": 0})).topics["a"].entries == [entry]


def test_one_publisher_for_all_threads():
    start = threading.Barrier(8)
    found = []

    def look():
        start.wait()
        found.append(publisher())

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in found}) == 1


async def test_other_settings_are_another_history(settings):
    before = publisher()
    settings.WEBSOCKET_HISTORY = {"entries": 1}
    small = publisher()
    assert small is not before
    assert small is publisher()
    for _ in range(2):
        small.publish(["a"], "{")
    assert (await small.history.read({"a": 0})).topics["a"].entries is None
    del settings.WEBSOCKET_HISTORY
    assert publisher() is before


def test_redis_is_refused_as_long_as_there_is_none(settings):
    settings.WEBSOCKET_REDIS_CONNECTION = {"host": "localhost"}
    with pytest.raises(ImproperlyConfigured, match="WEBSOCKET_REDIS_CONNECTION"):
        publisher()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_counts_in_a_life_of_its_own():
    life = publisher().history.position()[0]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, publisher().history.position()[0].encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    assert theirs
    assert theirs != life
