"""Which process may hold the windows when the history is in its memory: one, by a lock on a file."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.encoding import force_bytes

__all__ = ["hold_windows", "lock_path", "warn_if_elsewhere"]

logger = logging.getLogger("dfws_html.delivery")

try:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

except ImportError:  # Windows
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True


_held: dict[tuple[int, Path], IO[str]] = {}
_warned: set[tuple[int, str]] = set()
_lock = threading.Lock()


def lock_path() -> Path:
    """Return the file that stands for this site: its secret and its default database."""
    database = settings.DATABASES.get("default", {})
    site = [database.get(key) for key in ("ENGINE", "HOST", "PORT", "NAME")]
    digest = hashlib.blake2b(
        repr(site).encode(),
        key=hashlib.blake2b(force_bytes(settings.SECRET_KEY), digest_size=32).digest(),
        digest_size=9,
    )
    return Path(tempfile.gettempdir()) / f"dfws_html-{digest.hexdigest()}.lock"


def hold_windows() -> bool:
    """Make this process the one that holds the site's windows; False if another one is."""
    path = lock_path()
    key = (os.getpid(), path)
    with _lock:
        if key in _held:
            return True
        file = path.open("a")
        if not _try_lock(file):
            file.close()
            return False
        _held[key] = file
        return True


def warn_if_elsewhere(signal: str) -> None:
    """Say so, once a signal, if the windows that a push is meant for are in another process."""
    key = (os.getpid(), lock_path())
    if key in _held or (os.getpid(), signal) in _warned:
        return
    with key[1].open("a") as file:
        elsewhere = not _try_lock(file)
    if elsewhere:
        _warned.add((os.getpid(), signal))
        logger.error(
            "signal %r reaches no window: the site's windows are in another process, and without "
            "WEBSOCKET_REDIS_CONNECTION each process is alone",
            signal,
        )
