"""The site's processes: a Redis, two servers, two workers, one that publishes, and the proxies."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright_tests.processes import Process
from playwright_tests.servers import Server, Worker
from tests.chaos.plan import Plan
from tests.chaos.proxy import Proxy
from tests.chaos.records import Record, Sample, now
from tests.redis_server import RedisServer

CHILDREN = 2  # of each worker


@dataclass(frozen=True, kw_only=True)
class Programs:
    """What the processes run.

    Attributes:
        python: of the environment that has the package.
        package: whose `tasks` has `trigger`.
        settings: of the site.
        serve: a program that serves on the socket whose descriptor is its argument; None for ours.
    """

    python: str = sys.executable
    package: str = "dfws_html"
    settings: str = "tests.chaos.settings"
    serve: str | None = None


class Bed:
    """All of the site.

    The second server and the second worker reach Redis through a proxy.

    Args:
        folder: a private one with a short path.
        plan: of the run.
        programs: what the processes run.
    """

    def __init__(self, folder: Path, plan: Plan, programs: Programs) -> None:
        settings = programs.settings
        self._programs = programs
        self.folder = folder
        self.records = folder / "records"
        self.records.mkdir()
        self.redis = RedisServer(folder)
        self.to_redis = Proxy(path=folder / "redis.sock")
        self._environment = {
            "CHAOS_PACKAGE": programs.package,
            "CHAOS_DATABASE": str(folder / "db.sqlite3"),
            "CHAOS_RECORDS": str(self.records),
            "CHAOS_REDIS": self.redis.url,
            "TEST_FOLDER": str(folder),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        far = {**self._environment, "CHAOS_REDIS": f"unix://{folder}/far.sock"}
        self.servers = [
            Server(settings, migrate=False, **where) for where in (self._environment, far)
        ]
        self.workers = [
            Worker(settings, "celery", where, pool="prefork", concurrency=CHILDREN)
            for where in (self._environment, far)
        ]
        self.publisher = Process(
            [
                *[programs.python, "-m", "tests.chaos.publisher"],
                *[str(plan.messages - plan.calls), str(plan.seed)],
            ],
            {"DJANGO_SETTINGS_MODULE": settings, **self._environment},
        )
        for server in self.servers if programs.serve else ():
            server._command = [programs.python, "-c", str(programs.serve), server._command[-1]]
        for worker in self.workers:
            worker._command = [programs.python, *worker._command[1:]]
        self.proxies = [Proxy(port=server.port) for server in self.servers]

    @property
    def ports(self) -> list[int]:
        """Of the servers."""
        return [server.port for server in self.servers]

    @property
    def far_ports(self) -> list[int]:
        """Of the servers, by way of the proxies."""
        return [proxy.port for proxy in self.proxies]

    async def start(self) -> None:
        """Start everything but the publisher, and wait until the workers take tasks."""
        self.redis.start()
        await self.to_redis.start(self.folder / "far.sock")
        for proxy in self.proxies:
            await proxy.start()
        await asyncio.to_thread(self._make_database)
        for process in (*self.servers, *self.workers):
            process.start()
        for worker in self.workers:
            await asyncio.to_thread(worker.is_ready)

    def _make_database(self) -> None:
        words = ["-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"]
        command = [self._programs.python, *words]
        variables = {"DJANGO_SETTINGS_MODULE": self._programs.settings, **self._environment}
        subprocess.run(command, env={**os.environ, **variables}, check=True, timeout=60)

    async def start_again(self, process: Process, how: signal.Signals) -> None:
        """End a process, and start it."""
        await asyncio.to_thread(process.stop, how)
        process.start()

    def children(self, worker: Process) -> list[int]:
        """Return the processes in which a worker runs tasks."""
        path = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
        return [int(pid) for pid in path.read_text().split()] if worker.pid else []

    def samples(self) -> list[Record]:
        """Measure every process; blocks."""
        found: list[Record] = []
        for name, group in (("server", self.servers), ("worker", self.workers)):
            for number, process in enumerate(group):
                if (pid := process.pid) is not None:
                    size, files = _used(pid)
                    found.append(
                        Sample(at=now(), process=f"{name} {number}", size=size, things=files)
                    )
        return found

    def redis_sample(self) -> Record:
        """Measure Redis; blocks, and needs it to answer."""
        with self.redis.client() as client:
            size = int(client.info("memory")["used_memory"])
            return Sample(at=now(), process="redis", size=size, things=int(client.dbsize()))

    def output(self) -> str:
        """Return what all processes have printed."""
        named = {"server": self.servers, "worker": self.workers, "publisher": [self.publisher]}
        return "\n".join(
            f"--- {name}\n{process.output()}" for name, group in named.items() for process in group
        )

    async def close(self) -> None:
        """End everything."""
        for proxy in (*self.proxies, self.to_redis):
            await proxy.close()
        for process in (self.publisher, *self.servers, *self.workers):
            await asyncio.to_thread(process.close)
        self.redis.kill()


def _used(pid: int) -> tuple[int, int]:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has just ended
        return 0, 0
