"""What a cluster stands on: a Redis and a database of its own, and processes that know both."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from playwright_tests.processes import Process
from playwright_tests.servers import Server, ShapedServer, Worker
from tests.redis_server import RedisServer

SETTINGS = "playwright_tests.cluster.settings"

P = TypeVar("P", bound=Process)


def make_database(path: Path) -> None:
    """Make the site's tables, and the object that its pages hear."""
    command = [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
    variables = {"DJANGO_SETTINGS_MODULE": SETTINGS, "SEED_DATABASE": str(path)}
    subprocess.run(command, env={**os.environ, **variables}, check=True)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO seed_mymodel (id, name) VALUES (42, 'x')")
    database.close()


class Bed:
    """Makes the processes of one site.

    Args:
        folder: a private one with a short path.
        database: a file that :func:`make_database` has made.
        engine: ``thread`` or ``celery``; without one the site is one process without Redis.
        layer: the channel layer: ``pubsub``, ``core`` or none.
    """

    def __init__(
        self, folder: Path, database: Path, *, engine: str | None = "celery", layer: str = ""
    ) -> None:
        self.redis = RedisServer(folder)
        self._processes: list[Process] = []
        self._ends = ExitStack()
        self._ends.callback(self.redis.kill)
        self._environment = {"SEED_DATABASE": shutil.copy(database, folder / "db.sqlite3")}
        if engine:
            self._environment |= {
                "CLUSTER_REDIS": self.redis.url,
                "CLUSTER_WORKERS": engine,
                "CLUSTER_LAYER": layer,
            }

    def server(self) -> Server:
        """Return a server that does not run yet."""
        return self._ended_with_the_rest(Server(SETTINGS, migrate=False, **self._environment))

    def shaped_server(self, shape: str) -> ShapedServer:
        """Return a server of a shape, that does not run yet."""
        return self._ended_with_the_rest(ShapedServer(shape, SETTINGS, self._environment))

    def worker(self, queues: str, *, pool: str = "threads", concurrency: int = 4) -> Worker:
        """Return a worker that does not run yet."""
        worker = Worker(SETTINGS, queues, self._environment, pool=pool, concurrency=concurrency)
        return self._ended_with_the_rest(worker)

    def _ended_with_the_rest(self, process: P) -> P:
        self._processes.append(process)
        self._ends.callback(process.close)
        return process

    def output(self) -> str:
        """Return what all processes have printed."""
        return "\n".join(
            f"--- {type(process).__name__}\n{process.output()}" for process in self._processes
        )

    def close(self) -> None:
        """End every process, the Redis last."""
        self._ends.close()


@contextmanager
def bed(database: Path, *, engine: str | None = "celery", layer: str = "") -> Iterator[Bed]:
    """Give a bed in a folder of its own, whose Redis does not run yet."""
    with tempfile.TemporaryDirectory(prefix="dfws-") as folder:
        made = Bed(Path(folder), database, engine=engine, layer=layer)
        try:
            yield made
        except BaseException as error:
            error.add_note(made.output())
            raise
        finally:
            made.close()
