"""`manage.py worker` and `manage.py check_queues`."""

import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from dfws_html.management.commands.worker import Command
from dfws_html.work.registry import registry
from tests.crew.signals import register
from tests.redis_server import RedisServer
from tests.workers import Crew


@pytest.mark.parametrize("command", ["worker", "check_queues"])
def test_under_threads_there_are_no_workers(command):
    with pytest.raises(CommandError, match="the engine 'thread'.*set WEBSOCKET_WORKERS = 'celery'"):
        call_command(command)


class App:
    """Remembers what a worker would have been started with."""

    def worker_main(self, argv):
        self.argv = argv


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ([], ["-Q", "celery,many0,many1,many2,many3,slow"]),
        (["-c", "2"], ["-Q", "celery,many0,many1,many2,many3,slow", "-c", "2"]),
        (["-Q", "celery,slow"], ["-Q", "celery,slow"]),
        (["-Qslow"], ["-Qslow"]),
        (["--queues=slow", "-P", "solo"], ["--queues=slow", "-P", "solo"]),
        (["--settings=tests.settings", "-Q", "a", "-l", "INFO"], ["-Q", "a", "-l", "INFO"]),
    ],
)
def test_the_words_are_celery_s(settings, given, passed):
    settings.WEBSOCKET_REDIS_CONNECTION = "redis://localhost/1"
    settings.CELERY_APP = App()
    settings.WEBSOCKET_WORKERS = "celery"
    with registry.isolated():
        register()
        command = Command()
        command.requires_system_checks = []
        command.run_from_argv(["manage.py", "worker", *given])
    assert settings.CELERY_APP.argv == ["worker", *passed]


def test_what_celery_does_not_know_is_an_error(settings):
    settings.WEBSOCKET_REDIS_CONNECTION = "redis://localhost/1"
    settings.CELERY_APP = "dfws_html"
    with pytest.raises(CommandError, match="--no-such-thing"):
        call_command("worker", "--", "--no-such-thing")
    with pytest.raises(CommandError, match="supervisor"):
        call_command("worker", "--", "--detach")


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_nobody_listens_to(tmp_path):
    with tempfile.TemporaryDirectory(prefix="dfws-queues-") as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        crew = Crew(redis, tmp_path, pool="solo")
        try:
            crew.hire("django", "worker", "-P", "solo", "-Q", "celery,many0,many1,many2,many3")
            asked = crew.ask("django", "check_queues")
            assert asked.returncode == 1
            assert "slow    NOBODY" in asked.stdout
            assert "many3   celery@" in asked.stdout
            assert "'slow', so these never run: crew.broken, crew.seen." in asked.stderr
            crew.hire("django", "worker", "-P", "solo", "-Q", "slow", "-n", "two@%h")
            asked = crew.ask("django", "check_queues")
            assert (asked.returncode, asked.stderr) == (0, "")
            assert "slow    two@" in asked.stdout
            redis.kill()
            asked = crew.ask("django", "check_queues")
            assert asked.returncode == 1
            assert "does not answer" in asked.stderr
            assert "Traceback" not in asked.stderr
        finally:
            crew.dismiss()
            redis.kill()
