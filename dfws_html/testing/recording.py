"""A dispatcher that keeps what was triggered instead of carrying it out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from dfws_html import conf
from dfws_html.exceptions import UnknownSignal
from dfws_html.work import execution, transactions
from dfws_html.work.dispatch import Plan, by_queue, installed
from dfws_html.work.jobs import HandlerJob
from dfws_html.work.registry import registry

__all__ = ["SignalQueue"]


class SignalQueue:
    """Keeps the signals that are triggered inside its block.

    A trigger inside a test's own ``atomic()`` block is kept once the block has ended, and dropped
    if its savepoint was rolled back.

    Args:
        immediate_execution: run functions as soon as their signal is triggered.
        strict: a signal to the server for which no function is registered is an error.

    Attributes:
        ws_signals: what was pushed to windows: names of topics to lists of
            ``(signal name, arguments)``.
        python_signals: what was sent to workers: names of queues to lists of
            ``[signal name, window info as a dict, arguments, from a client, serialized topics,
            to the server, queue]``.

    >>> from dfws_html.tasks import SERVER, trigger
    >>> from dfws_html.window_info import WindowInfo
    >>> with SignalQueue() as queue:
    ...     trigger(WindowInfo(), "test.signal1", to=[SERVER, 1], value="value1")
    >>> queue.ws_signals
    {'-int.1': [('test.signal1', {'value': 'value1'})]}
    >>> queue.python_signals["celery"][0][0]
    'test.signal1'
    """

    def __init__(self, immediate_execution: bool = False, *, strict: bool = False) -> None:
        self._immediate = immediate_execution
        self._strict = strict
        self._ws: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self._python: dict[str, list[list[Any]]] = {}
        self._jobs: list[tuple[HandlerJob, list[Any]]] = []  # each with its row
        self._lost: list[Exception] = []
        self._installation = ExitStack()

    # -------------------------------------------------------------- looking

    @property
    def ws_signals(self) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        """What was pushed to windows, by topic."""
        self._look()
        return self._ws

    @property
    def python_signals(self) -> dict[str, list[list[Any]]]:
        """What was sent to workers, by queue."""
        self._look()
        return self._python

    def execute_delayed_signals(self, queues: Iterable[str] | None = None) -> None:
        """Run what was sent to workers, in order, and what that sends in turn.

        Args:
            queues: only these; None for all.

        Raises:
            Exception: what a function raised.
        """
        self._look()
        wanted = None if queues is None else set(queues)
        while due := [kept for kept in self._jobs if wanted is None or kept[0].queue in wanted]:
            job, row = due[0]
            self._jobs.remove(due[0])
            if all(other is not row for _, other in self._jobs):
                self._forget(job.queue, row)
            execution.run(job)
            self._look()

    # -------------------------------------------------------------- a block or a pair of calls

    def activate(self) -> None:
        """Begin to keep signals."""
        self._installation.enter_context(installed(self))
        transactions.lost_after_commit.connect(self._note_lost)
        self._installation.callback(transactions.lost_after_commit.disconnect, self._note_lost)

    def deactivate(self) -> None:
        """Let signals go their way again.

        Raises:
            Exception: what a function raised that ran after a commit, where Django keeps errors.
        """
        with self._installation.pop_all():
            self._look()

    def __enter__(self) -> SignalQueue:
        self.activate()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.deactivate()
        else:  # the block's own error is the one to be seen
            self._installation.close()

    # -------------------------------------------------------------- the dispatcher's part

    def check(self, plan: Plan) -> None:
        """See ``Dispatcher.check``."""
        if not plan.asks_server or plan.jobs or plan.at_once:
            return
        # What is sent to workers is kept, whoever it is for; `SYNC` alone would leave no trace.
        if self._strict or (plan.only_server and not plan.to_server):
            raise UnknownSignal(plan.signal, registry.nearest(plan.signal))

    def send(self, plans: Sequence[Plan]) -> None:
        """See ``Dispatcher.send``."""
        for plan in plans:
            self._keep(plan)

    def _keep(self, plan: Plan) -> None:
        for topic in plan.topics:
            self._ws.setdefault(topic, []).append((plan.signal, self._arguments(plan)))
        if self._immediate:
            for job in plan.jobs:
                execution.run(job)
            return
        for queue, jobs in by_queue(plan):
            values = dict(plan.window_info)
            row = [plan.signal, values, self._arguments(plan), False, None, True, None]
            self._python.setdefault(queue, []).append(row)
            self._jobs.extend((job, row) for job in jobs)

    def _arguments(self, plan: Plan) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(plan.arguments, cls=conf.load("SIGNAL_DECODER"))
        return found

    def _forget(self, queue: str, row: list[Any]) -> None:
        rows = self._python.get(queue, [])
        rows[:] = [kept for kept in rows if kept is not row]
        if not rows:
            self._python.pop(queue, None)

    def _look(self) -> None:
        transactions.flush()
        if self._lost:
            raise self._lost.pop(0)

    def _note_lost(self, error: Exception, **_: Any) -> None:
        self._lost.append(error)
