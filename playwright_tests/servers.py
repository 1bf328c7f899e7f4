"""Servers and workers in processes of their own, which a test can end and start again."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright_tests.processes import Process

_SERVE = """
import socket, sys, uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from dfws_html.routing import with_websockets
http = ASGIStaticFilesHandler(get_asgi_application())
if sys.argv[2:] == ["migrate"]:
    call_command("migrate", run_syncdb=True, verbosity=0)
config = uvicorn.Config(with_websockets(http), log_level="warning", ws="websockets-sansio",
                        ws_per_message_deflate=False, timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""

_APPLICATION = "dfws_html.routing:application"
_HOST = "127.0.0.1"
_BETWEEN = 0.05  # seconds between two tries to connect

_GUNICORN = [
    *["gunicorn", "--worker-class", "uvicorn.workers.UvicornWorker", "--workers", "2"],
    *["--bind", "{host}:{port}", _APPLICATION],
]

#: The ways to serve a site as their users start them, on a host and a port.
SHAPES: Mapping[str, Sequence[str]] = {
    "uvicorn": ["uvicorn", _APPLICATION, "--host", "{host}", "--port", "{port}"],
    "uvicorn, 2 workers": [
        *["uvicorn", _APPLICATION, "--host", "{host}", "--port", "{port}", "--workers", "2"]
    ],
    "daphne": ["daphne", "-b", "{host}", "-p", "{port}", _APPLICATION],
    "runserver": ["django", "runserver", "--noreload", "{host}:{port}"],
    "gunicorn": _GUNICORN,
    "gunicorn, preloaded": [*_GUNICORN, "--preload"],
}


class Server(Process):
    """A uvicorn of its own.

    The listening socket is the test's: while no process serves, connections wait instead of being
    refused, so a test never has to ask whether the server is ready.

    Args:
        settings: name of the settings' module.
        migrate: whether it makes its tables, each time that it starts.
        environment: additional variables.
    """

    def __init__(self, settings: str, *, migrate: bool = True, **environment: str) -> None:
        self._socket = socket.socket()
        self._socket.bind((_HOST, 0))
        self._socket.listen(128)
        self.port: int = self._socket.getsockname()[1]
        descriptor = self._socket.fileno()
        super().__init__(
            [sys.executable, "-c", _SERVE, str(descriptor), *(["migrate"] if migrate else [])],
            {"DJANGO_SETTINGS_MODULE": settings, **environment},
            [descriptor],
        )

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{_HOST}:{self.port}"

    def close(self) -> None:
        """End everything."""
        super().close()
        self._socket.close()


class ShapedServer(Process):
    """A server of one of the :data:`SHAPES`.

    Args:
        shape: its name.
        settings: name of the settings' module.
        environment: additional variables.
    """

    def __init__(self, shape: str, settings: str, environment: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind((_HOST, 0))
            self.port: int = probe.getsockname()[1]
        words = [word.format(host=_HOST, port=self.port) for word in SHAPES[shape]]
        super().__init__(
            [sys.executable, "-m", *words], {"DJANGO_SETTINGS_MODULE": settings, **environment}
        )

    def listens(self, seconds: float = 30) -> None:
        """Wait until it takes connections, with all its processes; fail if it does not."""
        if "--workers" in self._command:
            self.printed("Application startup complete.", 2 * self.starts, seconds)
        tries = int(seconds / _BETWEEN)
        for _ in range(tries):
            with socket.socket() as probe:
                if probe.connect_ex((_HOST, self.port)) == 0:
                    return
            assert not self.ended(_BETWEEN), f"it has ended:\n{self.output()}"
        raise AssertionError(f"nobody listens on port {self.port}:\n{self.output()}")

    def processes(self) -> list[int]:
        """Return the numbers of the processes that share its port, if it has several."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        # A Python that starts others has one more, which looks after what they share.
        return [
            int(child)
            for child in children
            if b"resource_tracker" not in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    @contextmanager
    def answering_by(self, number: int) -> Iterator[None]:
        """Let only one of the processes that share its port answer, if it has several."""
        others = self.processes()
        del others[number : number + 1]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)


class Worker(Process):
    """A Celery worker, started by ``manage.py worker``.

    Args:
        settings: name of the settings' module.
        queues: what it listens to.
        environment: additional variables.
        pool: ``prefork``, ``threads`` or ``solo``.
        concurrency: how many tasks run at once.
    """

    def __init__(
        self,
        settings: str,
        queues: str,
        environment: Mapping[str, str],
        *,
        pool: str = "threads",
        concurrency: int = 4,
    ) -> None:
        options = ["-Q", queues, "-P", pool, "-c", str(concurrency), "--loglevel", "INFO"]
        options.append("--without-mingle")  # a second that each start would wait for neighbours
        super().__init__(
            [sys.executable, "-m", "django", "worker", *options],
            {"DJANGO_SETTINGS_MODULE": settings, **environment},
        )

    def is_ready(self) -> None:
        """Wait until it takes tasks."""
        self.printed("ready.", self.starts)  # Celery's own words, behind the worker's name
