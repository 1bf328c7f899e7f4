"""Programs that tests start: each ends with all its children, and with the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence

# It leads a group of its own, and leaves a guard there, nobody's child, that ends the group when
# the tests have gone in whatever way: what it reads from is a pipe that only they hold.
_WITH_GUARD = """
import os, signal, sys
os.setsid()
if not (between := os.fork()):
    if os.fork():
        os._exit(0)
    os.closerange(1, 1024)
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)
os.waitpid(between, 0)
# What runs in the background inherits that this is ignored.
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


class Process:
    """A program that can be ended and started again, with what it has printed.

    Args:
        command: the program with its arguments.
        environment: additional variables.
        descriptors: open files that it gets.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        descriptors: Sequence[int] = (),
    ) -> None:
        self._command = command
        self._descriptors = descriptors
        self._lines: list[str] = []
        self._printed = threading.Condition()
        self._over = False  # nothing more will be printed
        self._process: subprocess.Popen[str] | None = None
        self.starts = 0
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)

    @property
    def pid(self) -> int | None:
        """The number of the process that runs, None if there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it."""
        self.starts += 1
        self._over = False
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WITH_GUARD, *self._command],
            env=self.environment,
            pass_fds=self._descriptors,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=[self._process], daemon=True).start()

    def ended(self, seconds: float) -> bool:
        """Wait for its end, and return whether that has come."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self.pid is None

    def printed(self, text: str, times: int = 1, seconds: float = 30) -> None:
        """Wait until a text has been printed so many times; fail if that does not come."""
        with self._printed:
            self._printed.wait_for(lambda: self._over or self.count(text) >= times, seconds)
        assert self.count(text) >= times, (
            f"{text!r} is not among what was printed:\n{self.output()}"
        )

    def count(self, text: str) -> int:
        """Return how many lines are this text, or end with it behind a logger's prefix."""
        return sum(line == text or line.endswith(f" {text}") for line in self._lines)

    def output(self) -> str:
        """Return all that was printed."""
        return "\n".join(self._lines)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                with self._printed:
                    self._lines.append(line.rstrip("\n"))
                    self._printed.notify_all()
        with self._printed:
            if process is self._process:
                self._over = True
                self._printed.notify_all()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the program, wait for it, and end what it has left behind."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(30)
        finally:
            # The guard is still of the group, so its number can't be another's.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._process = None

    def close(self) -> None:
        """End everything."""
        self.stop(signal.SIGKILL)
