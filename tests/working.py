"""What the tests of the workers share: calls of a browser, and what its windows are told."""

from __future__ import annotations

import itertools
import json
import time

from asgiref.sync import async_to_sync

from dfws_html.delivery.publishing import publisher
from dfws_html.protocol import Call, seal
from dfws_html.topics import WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.dispatch import admit

SECONDS = 10  # until a wait for something that has to happen is a failure
LOAD = "load-0001"

_numbers = itertools.count()


def window(user=None, **attributes):
    """Return a window of its own that no other test hears."""
    window_info = WindowInfo()
    window_info.window_key = f"window-{next(_numbers)}"
    window_info.user = user
    for name, value in attributes.items():
        setattr(window_info, name, value)
    return window_info


def topic_key():
    """Return a key under which no other test's topics have the same ids."""
    return f"topics of test {next(_numbers)}"


def admitted(signal, arguments=None, *, of=None, n=1, reply=True, life="", **options):
    """Return the jobs of a browser's call."""
    call = Call(signal=signal, arguments=arguments or {}, n=n, reply=reply, **options)
    return admit(call, LOAD, of or window(), now=time.time(), life=life)


def told(topic, window_info=None):
    """Return every frame that went to a topic, in order."""
    [wanted] = topic_ids(topic_names(window_info, [topic]))
    reading = async_to_sync(publisher().history.read)({wanted: 0})
    entries = reading.topics[wanted].entries
    return [json.loads(seal(entry.body, [0], entry.number)) for entry in entries]


def answers(window_info):
    """Return what a window was told in its own topic, without the frames' ends."""
    return [
        {key: value for key, value in frame.items() if key not in ("t", "o")}
        for frame in told(WINDOW, window_info)
    ]
