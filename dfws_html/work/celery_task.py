"""The Celery tasks: run a job, and tell its outcome when Celery will not try it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from celery import Task, shared_task
from celery.exceptions import Reject, Retry, WorkerLostError
from celery.worker.request import Request

from dfws_html.exceptions import InvalidArguments, SignalNotAllowed, UnknownSignal, Unreachable
from dfws_html.work import execution, jobs, outcomes
from dfws_html.work.attempts import LATEST, Attempt

__all__ = ["NAME", "RELIABLE", "redelivery", "run", "run_reliable"]

#: The tasks' names, for `task_annotations`, `task_routes` and monitors. Celery knows no
#: acknowledgement by message, so what is reliable has a task of its own.
NAME = "dfws_html.run"
RELIABLE = "dfws_html.run_reliable"

_VISIBILITY_TIMEOUT = 3600.0  # Celery's default with Redis


def redelivery(app: Any) -> float:
    """Return for how long an app's broker may bring a message again that was taken before."""
    options = app.conf.broker_transport_options or {}
    return LATEST + float(options.get("visibility_timeout") or _VISIBILITY_TIMEOUT)


class _Request(Request):
    """A message in the worker's main process, which sees its children die."""

    def on_timeout(self, soft: bool, timeout: float) -> None:
        """Celery's hook: a time limit has passed."""
        super().on_timeout(soft, timeout)
        if not soft:
            self._lose(f"it ran longer than {timeout} seconds, and was ended")

    def on_failure(self, exc_info: Any, *args: Any, **options: Any) -> Any:
        """Celery's hook: the task raised, or its process is gone."""
        result = super().on_failure(exc_info, *args, **options)
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        again = self.task.retry_on_worker_lost or _is_kept(self.task)
        if isinstance(error, WorkerLostError) and not again:
            self._lose("the worker's process ended while it ran")
        return result

    def _lose(self, reason: str) -> None:
        # The job is marked: a message that comes again runs nothing.
        job = jobs.from_dict(self.args[0])
        outcomes.lose(job, reason, redelivery=redelivery(self.task.app))


def _is_kept(task: Task) -> bool:
    """Return whether a task's message, given back to its queue, runs once more."""
    return bool(task.name == RELIABLE and task.acks_late and task.reject_on_worker_lost)


class _JobTask(Task):
    """Stands around the tasks and Celery's retries, so it sees which failure is the last."""

    Request = _Request

    # Refusals, which have been logged: Celery marks the task as failed without a traceback.
    throws = (InvalidArguments, SignalNotAllowed, UnknownSignal)

    def __call__(self, values: Mapping[str, Any]) -> None:
        job = jobs.from_dict(values)
        attempt = Attempt(
            number=self.request.retries,
            redelivery=redelivery(self.app),
            request=self.request,
        )
        self.request.dfws_attempt = attempt
        try:
            self.run(values)
        except Retry:
            raise  # it goes on
        except Unreachable as error:
            if _is_kept(self) and not attempt.called and not self.request.is_eager:
                # Nobody can say whether it has ended before: it waits in its queue until one can.
                raise Reject(str(error), requeue=True) from error
            outcomes.fail(job, error, attempt)
            raise
        except BaseException as error:
            outcomes.fail(job, error, attempt)
            raise


# Celery is not told when a job expires: it would drop the message without a word, and the window
# waits for one. The worker's body looks itself, and answers.
@shared_task(name=NAME, base=_JobTask, bind=True, ignore_result=True)
def run(self: Any, values: Mapping[str, Any]) -> None:
    """Run a job at most once, given as :func:`jobs.to_dict` writes it."""
    _run(self, values)


@shared_task(
    name=RELIABLE,
    base=_JobTask,
    bind=True,
    ignore_result=True,
    acks_late=True,
    reject_on_worker_lost=True,
)
def run_reliable(self: Any, values: Mapping[str, Any]) -> None:
    """Run a job at least once: its message is the broker's until it has ended."""
    _run(self, values)


def _run(self: Any, values: Mapping[str, Any]) -> None:
    # In eager mode the connections are the caller's: they are left as they are.
    do = execution.run_apart if self.request.is_eager else execution.perform
    do(jobs.from_dict(values), self.request.dfws_attempt)
