"""Serve the demo as many processes: a Redis, two servers, a Celery worker for each queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Never

import django
from django.conf import settings

from dfws_html.conf import default_queue
from dfws_html.work.registry import registry

SCRIPTS = Path(__file__).parent
DEMO = SCRIPTS.parent / "demo"
SECONDS = 5  # that processes have to end by themselves

# A process of its own session, so that Ctrl+C reaches it only by us; if we are killed, so is it.
WITH_US = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Processes:
    """What has been started; the first one to start is the last to end."""

    def __init__(self) -> None:
        self._started: list[tuple[str, subprocess.Popen[str]]] = []

    def start(self, name: str, *command: str, stdout: int | None = None) -> subprocess.Popen[str]:
        """Start a process."""
        process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WITH_US, *command],
            start_new_session=True,
            text=True,
            stdout=stdout,
        )
        self._started.append((name, process))
        return process

    def wait(self) -> str:
        """Wait until one of them ends, and return its name."""
        number, _ = os.wait()
        return next((name for name, process in self._started if process.pid == number), "?")

    def stop(self) -> None:
        """End them, those that use others before those."""
        for group in (self._started[1:], self._started[:1]):
            for _, process in group:
                process.terminate()
            until = time.monotonic() + SECONDS
            for _, process in group:
                try:
                    process.wait(max(until - time.monotonic(), 0))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def start_redis(processes: Processes, folder: Path) -> None:
    """Start a Redis of the demo's own, and wait until it listens."""
    address = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(address), "--dir", str(folder), "--save", ""]
    program = os.environ.get("REDIS_SERVER", "redis-server")
    redis = processes.start("Redis", program, *options, stdout=subprocess.PIPE)
    said = []
    for line in redis.stdout or ():
        said.append(line)
        if "eady to accept connections" in line:
            os.environ["DEMO_REDIS_URL"] = f"unix://{address}"
            return
    sys.exit(f"Redis did not start:\n{''.join(said)}")


def queues() -> list[str]:
    """Return the queues that the demo's signals name."""
    django.setup()
    return sorted(registry.queues(default_queue()))


def main() -> None:
    """Serve until Ctrl+C."""
    port = sys.argv[1]
    if not port.isdecimal() or not 0 < int(port) < 65535:
        sys.exit(f"PORT={port} is no port with another behind it: a number from 1 to 65534 is.")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    with ExitStack() as ends:
        folder = ends.enter_context(tempfile.TemporaryDirectory(prefix="dfws-demo-"))
        processes = Processes()
        ends.callback(processes.stop)
        try:
            start_redis(processes, Path(folder))
            for each in (int(port), int(port) + 1):
                serve = str(SCRIPTS / "serve_demo.py")
                processes.start(f"the server on {each}", sys.executable, serve, str(each))
            for queue in queues():
                at_once = str(settings.WEBSOCKET_POOL_SIZES.get(queue, 4))
                options = ["-Q", queue, "-c", at_once, "-P", "threads", "--loglevel", "WARNING"]
                # It is the demo's: whoever starts it as root knows that, and need not be told.
                quiet = ["-W", "ignore:You're running the worker"]
                worker = [sys.executable, *quiet, str(DEMO / "manage.py"), "worker", *options]
                processes.start(f"the worker of {queue}", *worker, stdout=subprocess.DEVNULL)
            sys.exit(f"{processes.wait()} has ended, so the others end, too.")
        except KeyboardInterrupt:
            pass


def interrupt(number: int, frame: FrameType | None) -> Never:
    """Take any wish to end for Ctrl+C."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
