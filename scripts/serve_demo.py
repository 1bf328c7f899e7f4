"""Serve the demo with uvicorn on the loopback port given, and say where it is."""

from __future__ import annotations

import contextlib
import socket
import sys
import warnings

import uvicorn

HOST = "127.0.0.1"


def bind(port: int) -> socket.socket:
    """Take the port at once, so that a taken one is said in a sentence and not in a traceback."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        sys.exit(f"Port {port}: {error.strerror}.\nAnother one: make demo PORT={port + 1}")
    return listener


def main() -> None:
    """Serve until Ctrl+C."""
    port = sys.argv[1]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        sys.exit(f"PORT={port} is no port: a number from 1 to 65535 is.")
    listener = bind(int(port))
    # Of Django's own static files, which a visitor of the demo can't help.
    warnings.filterwarnings("ignore", "StreamingHttpResponse must consume synchronous", Warning)
    config = uvicorn.Config(
        "demo.asgi:application",
        ws="websockets-sansio",
        ws_per_message_deflate=False,  # costs more CPU and memory than it saves on small frames
        timeout_graceful_shutdown=2,
        log_level="warning",
    )
    print(f"\n  dfws_html demo: http://{HOST}:{port}/   (Ctrl+C stops it)\n", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
