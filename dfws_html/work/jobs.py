"""What an engine is given: one handler's run, or one delayed push, as frozen values that travel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

__all__ = ["CallName", "HandlerJob", "Job", "PushJob", "from_dict", "to_dict"]


@dataclass(frozen=True, kw_only=True)
class CallName:
    """Which call of which window a job answers.

    Attributes:
        window: the window's id.
        load: the id that the page made for itself when it was loaded.
        n: the call's number in that load.
        handlers: how many of its jobs have to end before it has ended.
        reply: whether the page waits for the outcome.
    """

    window: str
    load: str
    n: int
    handlers: int
    reply: bool

    def __str__(self) -> str:
        return f"{self.load}.{self.n}"

    @property
    def key(self) -> str:
        """Its name among the calls of all windows."""
        return f"{self.window}.{self}"


@dataclass(frozen=True, kw_only=True)
class Job:
    """What every job has.

    Attributes:
        task_id: the same when the job is sent again.
        signal: the signal's name, for people.
        queue: the name of the queue.
        eta: Unix seconds before which it must not run, 0 for at once.
        expires: Unix seconds after which it must not run, None for never.
        sending: which of its sendings this is, where an engine has to tell them apart.
        life: of the history in which it was sent, empty where that says nothing.
    """

    task_id: str
    signal: str
    queue: str
    eta: float = 0.0
    expires: float | None = None
    sending: str = ""
    life: str = ""


@dataclass(frozen=True, kw_only=True)
class HandlerJob(Job):
    """One handler, to be run.

    Attributes:
        handler: the key of the handler.
        window_info: ``WindowInfo.to_dict()`` as JSON.
        arguments: as JSON.
        from_client: whether a browser sent it, so that rights are checked again.
        reliable: whether it runs at least once, instead of at most once.
        reply: whether the end of its call waits for it.
        call: the browser's call that it answers.
    """

    handler: str
    window_info: str
    arguments: str
    from_client: bool = False
    reliable: bool = False
    reply: bool = True
    call: CallName | None = None


@dataclass(frozen=True, kw_only=True)
class PushJob(Job):
    """A frame to windows that has to wait.

    Attributes:
        topics: ids.
        body: of the frame.
    """

    topics: tuple[str, ...]
    body: str


# ------------------------------------------------------------------ as JSON

_KINDS: dict[str, type[Job]] = {"handler": HandlerJob, "push": PushJob}


def to_dict(job: Job) -> dict[str, Any]:
    """Return a job as values that JSON knows.

    >>> job = PushJob(task_id="1", signal="s", queue="q", topics=("t",), body="{}")
    >>> from_dict(to_dict(job)) == job
    True
    """
    kind = next(name for name, one in _KINDS.items() if one is type(job))
    return {"kind": kind, **asdict(job)}


def from_dict(values: Mapping[str, Any]) -> Job:
    """Return the job that :func:`to_dict` described.

    What a later release may have added is left out, so that its jobs run while a site is updated.

    Raises:
        ValueError: it is no job.
    """
    try:
        kind = _KINDS[values["kind"]]
        given = {one.name: values[one.name] for one in fields(kind) if one.name in values}
        if given.get("call") is not None:
            names = {one.name for one in fields(CallName)}
            given["call"] = CallName(**{k: v for k, v in given["call"].items() if k in names})
        if "topics" in given:
            given["topics"] = tuple(given["topics"])
        return kind(**given)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no job: {type(error).__name__}: {error}") from error
