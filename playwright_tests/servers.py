"""Servers in processes of their own, which a test can end and start again on the same port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading

_SERVE = """
import socket, sys, uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from dfws_html.routing import with_websockets
http = ASGIStaticFilesHandler(get_asgi_application())
call_command("migrate", run_syncdb=True, verbosity=0)
config = uvicorn.Config(with_websockets(http), log_level="warning", ws="websockets-sansio",
                        ws_per_message_deflate=False, timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


class Server:
    """A uvicorn of its own.

    The listening socket is the test's: while no process serves, connections wait instead of being
    refused, so a test never has to ask whether the server is ready.

    Args:
        settings: name of the settings' module.
        environment: additional variables.
    """

    def __init__(self, settings: str, **environment: str) -> None:
        self._lines: list[str] = []
        self._printed = threading.Condition()
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": settings,
            "PYTHONUNBUFFERED": "1",
            **environment,
        }
        self.environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        self._process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Start a process."""
        descriptor = self._socket.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(descriptor)],
            env=self.environment,
            pass_fds=[descriptor],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=[self._process], daemon=True).start()

    def printed(self, line: str, times: int = 1, seconds: float = 20) -> None:
        """Wait until the processes have printed a line so many times; fail if they don't."""
        with self._printed:
            done = self._printed.wait_for(lambda: self.count(line) >= times, seconds)
        assert done, f"{line!r} is not among what was printed:\n" + "\n".join(self._lines)

    def count(self, line: str) -> int:
        """Return how often a line has been printed."""
        return self._lines.count(line)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as printed:
            for line in printed:
                with self._printed:
                    self._lines.append(line.rstrip("\n"))
                    self._printed.notify_all()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the process and wait for it."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def close(self) -> None:
        """End everything."""
        self.stop(signal.SIGKILL)
        self._socket.close()
