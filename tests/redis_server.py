"""A real Redis of the tests' own, on a Unix socket in a private folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
import redis

from tests import children


class RedisServer:
    """A Redis that keeps nothing on disk.

    Args:
        folder: a private one with a short path (a socket's address has 107 bytes at most).
    """

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The address, as `WEBSOCKET_REDIS_CONNECTION` takes it."""
        return f"unix://{self._socket}"

    def start(self, *options: str) -> None:
        """Start it, if it does not run, and wait until it listens.

        Args:
            options: more of redis-server's, as in ``"--maxmemory", "1mb"``.
        """
        if self._process is not None and self._process.poll() is None:
            return
        program = shutil.which(os.environ.get("REDIS_SERVER") or "redis-server")
        if program is None:
            pytest.fail("these tests need redis-server: apt-get install redis-server")
        nothing_kept = ["--port", "0", "--save", "", "--appendonly", "no", "--dir", self._folder]
        command = [program, *nothing_kept, "--unixsocket", self._socket, *options]
        self._process = children.start([str(word) for word in command], stdout=subprocess.PIPE)
        told = []
        for line in self._process.stdout or ():
            told.append(line)
            if "ready to accept connections" in line.lower():
                return
        pytest.fail(f"redis-server did not start:\n{''.join(told)}")

    def kill(self) -> None:
        """Kill it as `kill -9` does: what it held is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    def stop_answering(self) -> None:
        """Keep its connections open, and answer nothing."""
        self._signal(signal.SIGSTOP)

    def answer_again(self) -> None:
        """Answer, also what was asked meanwhile."""
        self._signal(signal.SIGCONT)

    def flush(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    def client(self) -> redis.Redis:
        """Return a client of the caller's own, to be closed by it."""
        return redis.Redis.from_url(self.url, decode_responses=True, socket_timeout=None)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            raise RuntimeError("this Redis does not run")
        self._process.send_signal(number)
