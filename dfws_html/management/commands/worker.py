"""`manage.py worker`: a Celery worker for every queue that the signals name."""

from __future__ import annotations

from argparse import SUPPRESS
from typing import Any

from click import ClickException
from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser

from dfws_html import conf
from dfws_html.management.celery_site import app_of_the_site
from dfws_html.work.registry import registry

__all__ = ["Command"]


class Command(BaseCommand):
    """Starts the worker; all options are Celery's."""

    help = (
        "Run signals in a Celery worker. Takes what 'celery worker' takes; without -Q it serves "
        "every queue that a registered signal names."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """See Django: options of Celery come behind `--`."""
        parser.add_argument("celery_options", nargs="*", help=SUPPRESS)

    def run_from_argv(self, argv: list[str]) -> None:
        """See Django: here all options but those that Django has read already are Celery's."""
        read = CommandParser(add_help=False, allow_abbrev=False)
        read.add_argument("--settings")
        read.add_argument("--pythonpath")
        _, rest = read.parse_known_args(argv[2:])
        super().run_from_argv([*argv[:2], "--", *rest])

    def handle(self, *args: Any, celery_options: list[str], **options: Any) -> None:
        """Run until it is stopped."""
        app = app_of_the_site()
        if any(word in ("-D", "--detach") for word in celery_options):
            raise CommandError(
                "To detach it, use 'celery -A ... worker --detach', or a supervisor."
            )
        if not any(_names_queues(word) for word in celery_options):
            queues = ",".join(sorted(registry.queues(conf.default_queue())))
            celery_options = ["-Q", queues, *celery_options]
        try:
            app.worker_main(["worker", *celery_options])
        except ClickException as error:
            raise CommandError(error.format_message(), returncode=error.exit_code) from error


def _names_queues(word: str) -> bool:
    return word == "--queues" or word.startswith(("-Q", "--queues="))
