"""The process's publisher: one per settings, none across a fork."""

import os
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured

from dfws_html.delivery.carriers import MemoryCarrier
from dfws_html.delivery.history import Frame, MemoryHistory
from dfws_html.delivery.publishing import Publisher, carrier_name, publisher


class Ear:
    def __init__(self, history):
        self.history = history
        self.heard = []

    def ring(self, entry):
        # The truth first: whoever hears the bell must find the entry.
        self.heard.append((entry, self.history.position()[1]))
        return True


async def test_publish_appends_and_then_rings():
    history, carrier = MemoryHistory(), MemoryCarrier()
    ear = Ear(history)
    carrier.open(ear)
    Publisher(history, carrier).publish(["a", "b"], "{", control=True)
    [entry] = (await history.read({"a": 0})).topics["a"].entries
    assert ear.heard == [(entry, 1)]
    assert entry.control


async def test_several_frames_keep_their_order():
    history, carrier = MemoryHistory(), MemoryCarrier()
    ear = Ear(history)
    carrier.open(ear)
    Publisher(history, carrier).publish_all([Frame(["a"], "1"), Frame(["b"], "2")])
    assert [entry.body for entry, _ in ear.heard] == ["1", "2"]


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


@pytest.mark.parametrize(
    ("carrier", "redis", "layer", "expected"),
    [
        (None, None, None, "memory"),
        (None, None, "channels_redis.pubsub.RedisPubSubChannelLayer", "memory"),
        (None, "unix:///r.sock", None, "redis"),
        (None, "unix:///r.sock", "channels.layers.InMemoryChannelLayer", "redis"),
        (None, "unix:///r.sock", "channels_redis.pubsub.RedisPubSubChannelLayer", "channels"),
        ("redis", "unix:///r.sock", "channels_redis.pubsub.RedisPubSubChannelLayer", "redis"),
        ("channels", {"host": "h"}, None, "channels"),
        ("memory", None, None, "memory"),
    ],
)
def test_the_carrier_follows_from_the_settings(settings, carrier, redis, layer, expected):
    settings.WEBSOCKET_CARRIER = carrier
    settings.WEBSOCKET_REDIS_CONNECTION = redis
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": layer}} if layer else {}
    assert carrier_name() == expected


@pytest.mark.parametrize(
    ("carrier", "redis", "words"),
    [
        ("pigeon", None, "no such carrier"),
        ("redis", None, "needs WEBSOCKET_REDIS_CONNECTION"),
        ("channels", None, "needs WEBSOCKET_REDIS_CONNECTION"),
        ("memory", "unix:///r.sock", "reaches one process only"),
    ],
)
def test_a_carrier_that_can_not_be_is_refused(settings, carrier, redis, words):
    settings.WEBSOCKET_CARRIER = carrier
    settings.WEBSOCKET_REDIS_CONNECTION = redis
    with pytest.raises(ImproperlyConfigured, match=words):
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_has_connections_of_its_own(redis):
    """As under preloading servers and prefork workers; a shared socket would mix answers up."""
    publisher().publish(["a"], "{")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        for _ in range(200):
            publisher().publish(["child"], "{")
        os.write(writer, publisher().history.position()[0].encode())
        os._exit(0)
    os.close(writer)
    for _ in range(200):
        publisher().publish(["parent"], "{")
    with os.fdopen(reader) as pipe:
        theirs = pipe.read()
    os.waitpid(child, 0)
    assert publisher().history.position() == (theirs, 401)
