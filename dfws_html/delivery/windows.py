"""Which process may hold the windows when the history is in memory: one, by a lock on a file."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
from pathlib import Path

from django.conf import settings
from django.utils.encoding import force_bytes

__all__ = ["hold_windows", "lock_path", "warn_if_elsewhere"]

logger = logging.getLogger("dfws_html.delivery")

# Locks that belong to the process: a fork does not inherit them, the kernel drops them with it.
try:
    import fcntl

    def _lock_file(fd: int, *, shared: bool = False) -> None:
        fcntl.lockf(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

except ImportError:  # Windows
    import msvcrt

    def _lock_file(fd: int, *, shared: bool = False) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]


_TRIES = 5  # another process may be looking at the very moment
_held: dict[tuple[int, Path], int] = {}
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
    """Make this process the one that holds the site's windows; False if another one is.

    Blocks for some milliseconds at most. Where no file can be had (no folder that can be written
    to, or somebody else's file), it says so in the log and answers True: it can't be known.
    """
    path = lock_path()
    key = (os.getpid(), path)
    with _lock:
        if key in _held:
            _stay_young(_held[key])
            return True
        try:
            fd = _open(path, os.O_CREAT)
        except OSError as error:
            _held[key] = -1
            logger.warning(
                "%s can't be used (%s), so nobody sees whether a second process serves this site's "
                "windows; without WEBSOCKET_REDIS_CONNECTION run only one",
                path,
                error,
            )
            return True
        if not _locked(fd):
            os.close(fd)
            return False
        _held[key] = fd
        return True


def warn_if_elsewhere(signal: str) -> None:
    """Say so, once a signal, if the windows that a push is meant for are in another process."""
    path = lock_path()
    pid = os.getpid()
    if (pid, path) in _held or (pid, signal) in _warned:
        return
    with _lock:  # closing the file would drop the lock that another thread has just taken
        elsewhere = (pid, path) not in _held and _is_elsewhere(path)
    if elsewhere:
        _warned.add((pid, signal))
        logger.error(
            "signal %r reaches no window: the site's windows are in another process, and without "
            "WEBSOCKET_REDIS_CONNECTION each process is alone",
            signal,
        )


def _is_elsewhere(path: Path) -> bool:
    try:
        fd = _open(path, 0)
    except OSError:  # no server has made it, or it is not ours to look at
        return False
    try:
        _lock_file(fd, shared=True)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def _open(path: Path, create: int) -> int:
    """Open the lock's file, which has to be ours: the folder is everybody's."""
    no_link = getattr(os, "O_NOFOLLOW", 0)
    fd = os.open(path, os.O_RDWR | create | no_link, 0o600)
    owner = os.fstat(fd).st_uid
    if hasattr(os, "geteuid") and owner not in {os.geteuid(), 0}:
        os.close(fd)
        raise PermissionError(f"it belongs to the user {owner}")
    return fd


def _locked(fd: int) -> bool:
    for left in reversed(range(_TRIES)):
        try:
            _lock_file(fd)
        except OSError:
            if left:
                time.sleep(0.005)
        else:
            return True
    return False


def _stay_young(fd: int) -> None:
    # Somebody clears old files out of temporary folders.
    if fd >= 0 and os.utime in os.supports_fd:
        os.utime(fd)
