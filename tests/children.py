"""Processes that tests start: each dies with the test run, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

# Its own small program: `preexec_fn` is not safe in a process that has threads.
_WITH_PARENT = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def start(command: Sequence[str], **options: Any) -> subprocess.Popen[str]:
    """Start a command that is killed when the thread that called this ends."""
    wrapper = [sys.executable, "-I", "-S", "-c", _WITH_PARENT, str(os.getpid())]
    return subprocess.Popen([*wrapper, *command], text=True, **options)
