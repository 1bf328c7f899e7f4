"""The engine that hands jobs to Celery's workers, and which Celery app that is."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar

import redis
from celery import _state
from celery.app.utils import find_app
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import LimitExceeded, OperationalError

from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InDoubt, Unreachable
from dfws_html.work import attempts, jobs
from dfws_html.work.celery_task import NAME, RELIABLE, redelivery
from dfws_html.work.jobs import HandlerJob, Job

__all__ = ["CeleryExecutor", "celery_app", "project_app"]

logger = logging.getLogger("dfws_html.signals")

# ------------------------------------------------------------------ the app

_OURS = "dfws_html"


def celery_app() -> Any:
    """Return the Celery app that jobs are sent by: the project's, else ours.

    Raises:
        ImproperlyConfigured: `CELERY_APP` names none.
    """
    return project_app() or _found(_OURS)


def project_app() -> Any:
    """Return the Celery app that the project has chosen, None if there is none.

    That is `settings.CELERY_APP`, as Celery's `-A` has it, else the app that is current.

    Raises:
        ImproperlyConfigured: `CELERY_APP` names none.
    """
    name = getattr(settings, "CELERY_APP", None)
    return _found(name) if name else _current()


@cache
def _found(name: Any) -> Any:
    if not isinstance(name, str):
        return name
    try:
        return find_app(name)
    except Exception as error:
        raise ImproperlyConfigured(
            f"CELERY_APP = {name!r} names no Celery app: {type(error).__name__}: {error}"
        ) from error


def _current() -> Any:
    # An app is current in the thread that made it; all threads have to come to one answer. Ours is
    # nobody's choice, and neither is the one that Celery makes where there is none.
    made = [app for app in _state._get_active_apps() if app.main not in (_OURS, "default")]  # noqa: SLF001
    if _state.default_app in made:
        return _state.default_app
    return made[0] if len(made) == 1 else None


# ------------------------------------------------------------------ the engine

_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
_CONNECTIONS = 10  # where the app's `broker_pool_limit` names no number


@dataclass
class _Batch:
    """Jobs on their way to the broker.

    Attributes:
        given: all of them.
        sent: how many the broker has taken.
        tried: how many it may have taken.
    """

    given: tuple[Job, ...]
    sent: int = 0
    tried: int = 0


class CeleryExecutor:
    """Sends each job to the worker of its queue, as one message.

    Args:
        app: the Celery app.
    """

    blocking: ClassVar[bool] = True

    def __init__(self, app: Any) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._pool: Any = None

    def submit(self, *given: Job) -> None:
        """Send jobs, all or none: when the broker fails midway, those that are sent don't run.

        Raises:
            Unreachable: the broker does not answer, or what keeps the history.
            InDoubt: the broker failed, and some of the jobs run, or may.
        """
        if self._app.conf.task_always_eager:
            self._run_here(given)
            return
        # A page sends a call again that it has heard nothing of, even of its refusal.
        life = _life_for(given)
        given = tuple(
            replace(job, sending=secrets.token_hex(4), life=job.life or life) for job in given
        )
        batch = _Batch(given)
        try:
            self._send(batch)
        except LimitExceeded as error:
            raise Unreachable(f"{self._where()}: all connections are busy: {error}") from error
        except self._errors() as error:
            reason = f"{self._where()}: {type(error).__name__}: {error}"
            begun = self._void(given[: batch.tried], reason)
            if begun == len(given):
                return  # the workers have them all
            if begun:
                raise InDoubt(f"{reason}; {begun} of {len(given)} jobs run") from error
            raise Unreachable(reason) from error

    def withdraw(self, call: str) -> None:
        """See ``Executor.withdraw``. A worker hears of it when the job has its turn."""

    def stop(self, seconds: float) -> None:
        """Close the connections: what was sent is the workers'."""
        with self._lock:
            if self._pool is not None:
                self._pool.force_close_all()
                self._pool = None

    # -------------------------------------------------------------- sending

    def _send(self, batch: _Batch) -> None:
        connection = self._connections().acquire(block=True, timeout=_CONNECT_SECONDS)
        # One that was used before may have died since: then it is tried once more with another.
        tries = 2 if connection.connected else 1
        while True:
            tries -= 1
            try:
                with connection:  # an error closes it, and the pool makes another
                    self._publish(batch, connection)
                return
            except self._errors() as error:
                silent = isinstance(error.__cause__ or error, (TimeoutError, redis.TimeoutError))
                if silent or not tries:
                    raise
            connection = self._connections().acquire(block=True, timeout=_CONNECT_SECONDS)

    def _publish(self, batch: _Batch, connection: Any) -> None:
        connection.default_channel  # noqa: B018 - it connects: what fails here has sent nothing
        producer = self._app.amqp.Producer(connection, auto_declare=False)
        for job in batch.given[batch.sent :]:
            batch.tried = batch.sent + 1
            self._task_of(job).apply_async(
                (jobs.to_dict(job),),
                task_id=job.task_id,
                queue=job.queue,
                eta=datetime.fromtimestamp(job.eta, UTC) if job.eta else None,
                shadow=job.signal,  # what monitors show
                argsrepr=f"({job.signal!r}, ...)",  # what a visitor typed must not end in a log
                producer=producer,
                retry=False,
                add_to_parent=False,
                ignore_result=True,
                serializer="json",
            )
            batch.sent += 1

    def _task_of(self, job: Job) -> Any:
        return self._app.tasks[RELIABLE if isinstance(job, HandlerJob) and job.reliable else NAME]

    def _void(self, sent: Sequence[Job], reason: str) -> int:
        """Let jobs not run that may be the broker's; return how many have begun already.

        Raises:
            InDoubt: nobody can say.
        """
        names = ", ".join(job.task_id for job in sent)
        try:
            spared = [attempts.void(job, redelivery=redelivery(self._app)) for job in sent]
        except Unreachable as error:
            logger.exception("the broker failed; if it has got these jobs, they run: %s", names)
            raise InDoubt(f"{reason}; the jobs may run") from error
        gone = [job.task_id for job, is_spared in zip(sent, spared, strict=True) if is_spared]
        if gone:
            logger.error("the broker failed; these jobs won't run: %s", ", ".join(gone))
        return len(sent) - len(gone)

    def _connections(self) -> Any:
        with self._lock:
            if self._pool is None:
                limit = self._app.conf.broker_pool_limit or _CONNECTIONS
                self._pool = self._connection().Pool(limit=limit)
            return self._pool

    def _connection(self) -> Any:
        connection = self._app.connection_for_write()
        others = len(getattr(connection, "alt", ()))
        options: dict[str, Any] = {
            "max_retries": max(others - 1, 0),
            "interval_start": 0,
            "interval_step": 0,
        }
        if connection.transport.driver_type == "redis":
            options |= {
                "socket_connect_timeout": _CONNECT_SECONDS,
                "socket_timeout": _ANSWER_SECONDS,
            }
        options |= self._app.conf.broker_transport_options or {}
        return self._app.connection_for_write(
            transport_options=options, connect_timeout=_CONNECT_SECONDS
        )

    def _errors(self) -> tuple[type[BaseException], ...]:
        broker = self._app.connection_for_write()
        return (OperationalError, OSError, *broker.connection_errors, *broker.channel_errors)

    def _where(self) -> str:
        ours = self._app.main == _OURS and not getattr(settings, "CELERY_BROKER_URL", None)
        setting = "WEBSOCKET_REDIS_CONNECTION" if ours else "CELERY_BROKER_URL"
        return f"{setting} (the broker, {self._app.connection_for_write().as_uri()})"

    # -------------------------------------------------------------- task_always_eager

    def _run_here(self, given: Sequence[Job]) -> None:
        raised = None
        for job in given:
            values = json.loads(json.dumps(jobs.to_dict(job)))
            try:
                self._task_of(job).apply((values,), task_id=job.task_id)
            except Exception as error:  # noqa: BLE001 - `task_eager_propagates`; the others have their turn
                raised = raised or error
        if raised is not None:
            raise raised


def _life_for(given: Sequence[Job]) -> str:
    """Return the life of the history for the server's own jobs; a browser's call has its window's.

    Raises:
        Unreachable: what keeps the history does not answer.
    """
    if all(isinstance(job, HandlerJob) and (job.reliable or job.call) for job in given):
        return ""
    history = publisher().history
    return history.position()[0] if history.shared else ""
