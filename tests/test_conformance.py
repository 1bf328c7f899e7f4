"""One table of what goes over the wire and what must come back, the same whatever stands behind it.

A row is a story of one window, a line a step:

`> TEXT`          the page sends a frame
`>> TEXT`         the same as a binary one
`< {...}`         the next frame has these values; null: it has no such key; "*": it has it
`closed CODE`     the server ends the socket
`hello {...}`     the page says hello, with these values instead of its own, and is welcomed
`cut`, `again`    the socket is gone and another is opened, by the same load or by another one
`push TOPICS N`   the server sends the signal "told" with `{"n": N}` to topics of commas
`wipe`            the history forgets everything
`jam`             the workers take nothing more
`answer TOPICS`   an HTTP request of the page chooses topics; `$answer` is the token of its response
`set NAME VALUE`  a setting; before the page is loaded, if it is the story's first step

`$c` is the load's id, `$token`, `$life` and `$w` what the page knows, `$o` the number of the last
signal, `$soon` a moment from now, `$foreign` another window's token, `$x*9` an x nine times.

The page hears topics by index: 0 its window, 1 all windows, 2 "room". Acks, nacks, welcomes and
heartbeats come in the order of what they answer; signals, outcomes and changes of topics in the
order of the history; nothing comes besides.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import tempfile
import time
from pathlib import Path

import pytest

from dfws_html.page.tokens import verify
from dfws_html.tasks import BROADCAST, WINDOW, atrigger
from dfws_html.window_info import WindowInfo
from dfws_html.work.registry import registry
from tests.crew import stories
from tests.redis_server import RedisServer
from tests.sockets import PATIENCE, new_page
from tests.workers import Crew

TABLE = Path(__file__).with_name("fixtures") / "stories.txt"
WORKER = ("celery", "-A", "tests.crew.celery", "worker", "-P", "threads", "-c", "4", "-Q", "celery")


def rows():
    """Return the stories of the table by name."""
    found = re.split(r"^# (.+)\n", TABLE.read_text(), flags=re.MULTILINE)[1:]
    return [
        pytest.param(story.strip().splitlines(), id=name.strip())
        for name, story in zip(found[::2], found[1::2], strict=True)
        if story.strip()
    ]


# ------------------------------------------------------------------ columns


@pytest.fixture(scope="module")
def table_redis():
    with tempfile.TemporaryDirectory(prefix="dfws-table-") as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        yield redis
        redis.kill()


@pytest.fixture(scope="module")
def workers(table_redis, tmp_path_factory, django_db_setup, django_db_blocker):
    crew = Crew(table_redis, tmp_path_factory.mktemp("table"), pool="threads")
    with django_db_blocker.unblock():
        crew.hire(*WORKER, app="tests.crew.celery")
    yield crew
    crew.dismiss()


class Column:
    """What stands behind the wire."""

    def __init__(self, name, server, settings, redis):
        self.name = name
        self.server = server
        self.settings = settings
        self._redis = redis

    def set(self, text):
        name, value = text.split(" ", 1)
        setattr(self.settings, name, json.loads(value))

    def wipe(self):
        if self._redis is None:
            # Another history from here on: what keeps one in memory has no other way to forget.
            self.settings.WEBSOCKET_HISTORY = {"seconds": time.time()}
        else:
            self._redis.flush()

    def jam(self):
        if self.name == "celery":
            self.settings.CELERY_APP = "tests.crew.deaf"
        else:
            self.settings.WEBSOCKET_LIMITS = {"waiting": 0}

    def code(self, number):
        """Daphne refuses to send these; then it is the same in the private range."""
        return number + 3000 if number < 3000 and self.server.name == "daphne" else number


@pytest.fixture(params=["memory", "redis", "celery"])
def column(request, server, settings):
    redis = None
    if request.param != "memory":
        redis = request.getfixturevalue("table_redis")
        settings.WEBSOCKET_REDIS_CONNECTION = redis.url
        settings.WEBSOCKET_WORKERS = "thread"
    if request.param == "celery":
        request.getfixturevalue("workers")
        settings.WEBSOCKET_WORKERS = "celery"
        settings.CELERY_APP = "tests.crew.sender:to_table"
    settings.WEBSOCKET_TOPIC_KEY = "topics of the crew"
    settings.LANGUAGE_CODE = "en"
    with registry.isolated():
        stories.register()
        yield Column(request.param, server, settings, redis)


# ------------------------------------------------------------------ a story


class Story:
    """One window's day, step by step."""

    def __init__(self, column, sockets, log):
        self.column = column
        self.sockets = sockets
        self.log = log
        self.page = new_page("room")
        self.known = {"life": self.page.life, "w": verify(self.page.token).window, "o": 0}
        self.wire = None
        self.told = 0  # how many frames of each stream have been looked at
        self.answered = 0

    async def open(self):
        await self.sockets.aclose()
        self.wire = await self.sockets.enter_async_context(self.column.server.wire())
        self.told = self.answered = 0

    def filled(self, text):
        known = {**self.known, "c": self.page.load, "token": self.page.token}
        known["soon"] = time.time() + 0.3
        known["foreign"] = new_page("elsewhere").token if "$foreign" in text else ""
        text = re.sub(r"\$(.)\*(\d+)", lambda found: found[1] * int(found[2]), text)
        return re.sub(r"\$([a-z]+)", lambda found: str(known[found[1]]), text)

    async def step(self, line):
        word, _, rest = line.partition(" ")
        rest = self.filled(rest)
        match word:
            case ">":
                await self.wire.say(rest)
            case ">>":
                await self.wire.say(rest.encode())
            case "<":
                await self.hears(json.loads(rest))
            case "closed":
                assert await self.wire.end() == self.column.code(int(rest))
            case "hello":
                await self.wire.send_hello(self.page, **json.loads(rest or "{}"))
                await self.hears({"df": "welcome", "v": 1})
            case "cut":
                await self.open()
            case "again":
                self.page = self.page.again()
                await self.open()
            case "push":
                await self.push(*rest.split())
            case "wipe" | "jam":
                getattr(self.column, word)()
            case "answer":
                living = verify(self.page.token)
                self.known["answer"] = new_page(*rest.split(","), living=living).token
            case "set":
                self.column.set(rest)
            case _:
                raise ValueError(line)

    async def push(self, topics, n):
        own = {"window": WINDOW, "all": BROADCAST}
        window_info = WindowInfo()
        window_info.window_key = self.known["w"]
        to = [own.get(topic, topic) for topic in topics.split(",")]
        await atrigger(window_info, "told", to=to, n=int(n))

    async def hears(self, wanted):
        is_answer = wanted.get("df") in ("welcome", "ack", "nack", "hb")
        frame = await self.next(is_answer)
        for key, value in wanted.items():
            found = frame.get(key)
            assert found is not None if value == "*" else found == value, (key, found, wanted)
        if frame.get("df") == "nack":
            assert f"refused ({frame['code']})" in self.log.text
            self.log.clear()
        if frame.get("df") in ("welcome", "topics") and "token" in frame:
            self.page.token = frame["token"]
        if frame.get("df") == "welcome":
            self.known |= {"w": frame["w"], "life": frame["life"]}
            self.page.life = frame["life"]
        if "signal" in frame:
            self.known["o"] = frame["o"]

    async def next(self, is_answer):
        """Return the next frame of a stream."""
        async with asyncio.timeout(PATIENCE):
            while len(self.stream(is_answer)) == (self.answered if is_answer else self.told):
                text = await self.wire.hear()
                assert text is not None, f"closed with {self.wire.code}"
                self.wire.frames.append(json.loads(text))
        if is_answer:
            self.answered += 1
            return self.stream(True)[self.answered - 1]
        self.told += 1
        return self.stream(False)[self.told - 1]

    def stream(self, is_answer):
        answers = ("welcome", "ack", "nack", "hb")
        return [one for one in self.wire.frames if (one.get("df") in answers) is is_answer]

    async def ends(self):
        """Nothing else was said."""
        if self.wire.code is None and self.answered:
            self.column.settings.WEBSOCKET_LIMITS = {}
            await self.wire.heartbeat()
            self.answered += 1
        assert self.stream(True)[self.answered :] == []
        assert self.stream(False)[self.told :] == []


@pytest.mark.parametrize("story", rows())
async def test_the_table(column, story, caplog):
    if story[0].startswith("set "):
        column.set(story[0].removeprefix("set "))
        story = story[1:]
    async with contextlib.AsyncExitStack() as sockets:
        told = Story(column, sockets, caplog)
        await told.open()
        for line in story:
            try:
                await told.step(line)
            except Exception as error:
                error.add_note(f"in the step {line!r}; frames: {told.wire.frames}")
                raise
        await told.ends()


async def test_each_column_has_its_engine(column, caplog):
    async with contextlib.AsyncExitStack() as sockets:
        told = Story(column, sockets, caplog)
        await told.open()
        await told.step("hello")
        await told.step('> {"signal":"t.engine","n":1,"reply":true}')
        here = os.getpid()
        frame = await told.next(is_answer=False)
        assert frame["result"]["celery"] is (column.name == "celery")
        assert (frame["result"]["process"] == here) is (column.name != "celery")
