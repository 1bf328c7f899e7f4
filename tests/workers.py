"""Celery workers in processes of their own, and what their handlers tell the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from django.db import connection

from tests import children
from tests.redis_server import RedisServer
from tests.working import answers

SECONDS = 20  # until a wait for something that has to happen is a failure


class Crew:
    """A Redis, a database, and the workers that stand on them."""

    def __init__(self, redis: RedisServer, folder: Path, *, pool: str) -> None:
        self.redis = redis
        self.pool = pool
        self._folder = folder
        self._client = redis.client()
        self._workers = []

    def hire(self, *command: str, app: str = "dfws_html", ready: bool = True):
        """Start `python -m` with these words, a worker, and wait until it listens."""
        quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self._folder / f"worker{len(self._workers)}.log").open("w") as log:
            worker = children.start(
                [sys.executable, "-W", "ignore", "-m", *command, *quick],
                env=self._environment(app),
                stdout=log,
                stderr=log,
            )
        self._workers.append(worker)
        if ready:
            assert self.hear("ready") == {}, self.log()
        return worker

    def ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m` with these words to its end, on the same site."""
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", *command],
            env=self._environment("dfws_html"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _environment(self, app: str) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.crew.settings",
            "TEST_CELERY_APP": app,
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
            "TEST_REDIS": self.redis.url,
            "TEST_WORKER": "1",
        }

    def hear(self, what: str):
        """Return the next thing of its kind that a worker says."""
        found = self._client.blpop([f"said:{what}"], timeout=SECONDS)
        assert found is not None, f"no worker said {what!r}\n{self.log()}"
        return json.loads(found[1])

    def heard(self, what: str):
        """Return what else of its kind was said so far."""
        return [json.loads(text) for text in self._client.lrange(f"said:{what}", 0, -1)]

    def forget(self) -> None:
        """Forget what was said."""
        for key in self._client.scan_iter("said:*"):
            self._client.delete(key)

    def answer_to(self, window_info, send):
        """Return what a window is told after something was sent."""
        with self._client.pubsub() as bells:
            bells.psubscribe("ws:bell:*")
            bells.get_message(timeout=SECONDS)
            send()
            while not (found := answers(window_info)):
                assert bells.get_message(timeout=SECONDS), f"no bell\n{self.log()}"
            return found

    def log(self) -> str:
        """Return what the workers wrote."""
        return "\n".join(path.read_text() for path in sorted(self._folder.glob("*.log")))

    def dismiss(self) -> None:
        """Kill all."""
        for worker in self._workers:
            worker.kill()
            worker.wait(timeout=10)
        self._workers.clear()
        self._client.close()
