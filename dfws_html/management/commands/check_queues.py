"""`manage.py check_queues`: whether a worker listens to every queue that the signals name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from kombu.exceptions import OperationalError

from dfws_html import conf
from dfws_html.management.celery_site import app_of_the_site
from dfws_html.work.handlers import DynamicQueueName
from dfws_html.work.registry import registry

__all__ = ["Command"]


class Command(BaseCommand):
    """Asks the workers what they listen to, and compares."""

    help = (
        "List the queues that signals name and the workers that listen to them. "
        "Fails if nobody listens to one."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """See Django."""
        parser.add_argument(
            "--timeout", type=float, default=1.0, help="seconds to wait for the workers' answers"
        )

    def handle(self, *args: Any, timeout: float, **options: Any) -> None:
        """Print the table."""
        app = app_of_the_site()
        try:
            answers = app.control.inspect(timeout=timeout).active_queues() or {}
        except (OperationalError, OSError) as error:
            place = app.connection_for_read().as_uri()
            raise CommandError(f"The broker ({place}) does not answer: {error}") from error
        signals = _signals_by_queue()
        listening = _workers_by_queue(answers)
        width = max(map(len, signals))
        for queue in sorted(signals):
            workers = ", ".join(sorted(listening.get(queue, ()))) or "NOBODY"
            self.stdout.write(f"{queue:<{width}}  {workers}")
        for name in _unknowable():
            self.stdout.write(
                f"The queue of {name} is chosen by a function of its own: not checked."
            )
        unheard = sorted(signals.keys() - listening.keys())
        if unheard:
            raise CommandError("\n".join(_told(queue, signals[queue]) for queue in unheard))


def _signals_by_queue() -> dict[str, set[str]]:
    """Return each queue with the names of the signals that may go to it."""
    default = conf.default_queue()
    found: dict[str, set[str]] = {default: set()}  # delayed frames to windows go there
    for name in registry.names():
        for handler in registry.handlers(name):
            queues: set[str] = set()
            if isinstance(handler.queue, DynamicQueueName):
                queues = handler.queue.get_available_queues()
            elif isinstance(handler.queue, str) or handler.queue is None:
                queues = {handler.queue or default}
            for queue in queues:
                found.setdefault(queue, set()).add(name)
    return found


def _unknowable() -> list[str]:
    return [
        name
        for name in registry.names()
        if any(
            callable(handler.queue) and not isinstance(handler.queue, DynamicQueueName)
            for handler in registry.handlers(name)
        )
    ]


def _workers_by_queue(answers: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for worker, queues in answers.items():
        for queue in queues:
            found.setdefault(queue["name"], set()).add(worker)
    return found


def _told(queue: str, signals: set[str]) -> str:
    names = ", ".join(sorted(signals)) or "delayed signals to windows"
    return f"No worker listens to the queue {queue!r}, so these never run: {names}."
