"""A real uvicorn in a process of its own, on a free port of the loopback interface.

``python -m benchmarks.server FD`` is that process. (uvicorn's own ``--fd`` takes the socket for a
Unix one, so that each small frame waits 40 ms for Nagle's algorithm.)
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn


@dataclass(frozen=True)
class Served:
    """A server that runs.

    Attributes:
        address: its ``host:port``.
        pid: the process's number.
    """

    address: str
    pid: int

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used, to a hundredth."""
        # Behind the command's name, which may hold anything: state is the third field of `proc(5)`.
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve the benchmarked site.

    Args:
        environment: variables for its settings.
    """
    with tempfile.TemporaryDirectory() as folder, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # From here on connections wait, so nobody has to ask whether the server is ready.
        listening.listen(2048)
        listening.set_inheritable(True)
        command = [sys.executable, "-m", "benchmarks.server", str(listening.fileno())]
        variables = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "BENCHMARK_DATABASE": str(Path(folder) / "db.sqlite3"),
            **(environment or {}),
        }
        process = subprocess.Popen(command, env=variables, pass_fds=[listening.fileno()])
        try:
            yield Served(f"127.0.0.1:{listening.getsockname()[1]}", process.pid)
        finally:
            process.terminate()
            process.wait(30)


def main(descriptor: int) -> None:
    """Serve on a listening socket that the parent process has opened."""
    config = uvicorn.Config(
        "dfws_html.routing:application",
        log_level="warning",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=descriptor)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
