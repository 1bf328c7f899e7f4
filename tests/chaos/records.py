"""What happened: a frozen record for each thing that a process did, JSON lines between them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Rooms = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Something that happened at a moment, in Unix seconds."""

    at: float


# ------------------------------------------------------------------ windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded(Record):
    """A page was loaded; `at` is when its answer was there, `pos` is where its token stands."""

    window: str
    rooms: Rooms
    life: str
    pos: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left(Record):
    """The page was left."""

    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(Record):
    """The window's user has logged out, and knows it."""

    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting(Record):
    """A socket was begun."""

    window: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost(Record):
    """A socket was lost."""

    window: str
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied(Record):
    """A numbered frame was applied.

    `rooms` are those that the frame names, `meant` those that its sender wrote into it, `canary`
    the window that it was meant for, if for one.
    """

    window: str
    life: str
    number: int
    rooms: Rooms
    message: str
    meant: Rooms = ()
    canary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resynced(Record):
    """The window was told that it has missed what stands up to `pos`."""

    window: str
    life: str
    pos: int
    rooms: Rooms


@dataclass(frozen=True, slots=True, kw_only=True)
class Called(Record):
    """A user did something: `call` is `load.n`."""

    window: str
    call: str
    signal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acked(Record):
    """The server took a call."""

    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Record):
    """What the user was told: `done`, `error`, `undelivered` or `unknown`."""

    call: str
    kind: str
    code: str = ""
    sent: int = 1


# ------------------------------------------------------------------ those who publish, and workers


@dataclass(frozen=True, slots=True, kw_only=True)
class Published(Record):
    """A message was sent; `at` is when that began. Without `sure` it may or may not have left."""

    message: str
    rooms: Rooms
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Record):
    """A worker's main process got a job."""

    job: str
    worker: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran(Record):
    """A function began to run."""

    job: str
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Record):
    """A function came to its end."""

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Record):
    """A job ended with an error, whether its function ran or not."""

    job: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked(Record):
    """A function that a commit had triggered looked for the row."""

    row: int
    seen: bool


# ------------------------------------------------------------------ the run


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Record):
    """What was done to the site, up to `until`; `pid` is the worker's that was hit."""

    kind: str
    until: float
    pid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Record):
    """What a process uses: bytes and open files; of Redis, bytes and keys."""

    process: str
    size: int
    things: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing(Record):
    """The load is over; these last messages have to reach every window."""

    messages: tuple[str, ...]


# ------------------------------------------------------------------ as JSON lines

_KINDS = {kind.__name__: kind for kind in (Published, Received, Ran, Ended, Failed, Looked, Sample)}
_open: dict[int, Any] = {}


def write(record: Record) -> None:
    """Write a record into this process's file, at once: the process may be killed after it."""
    pid = os.getpid()
    if pid not in _open:  # a child does not write where its parent does
        path = Path(os.environ["CHAOS_RECORDS"]) / f"{pid}.jsonl"
        _open[pid] = path.open("a", buffering=1, encoding="utf-8")
    _open[pid].write(json.dumps({"is": type(record).__name__, **asdict(record)}) + "\n")


def read(folder: Path) -> Iterator[Record]:
    """Return what all processes have written."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines(keepends=True):
            if not line.endswith("\n"):
                continue  # the process was killed while it wrote
            values = json.loads(line)
            kind = _KINDS[values.pop("is")]
            if "rooms" in values:
                values["rooms"] = tuple(values["rooms"])
            yield kind(**values)


def now() -> float:
    """The moment, as all processes of one machine count it."""
    return time.time()
