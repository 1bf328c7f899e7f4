"""Real workers: what a handler finds in them, and what becomes of what it does."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User

from dfws_html.tasks import SERVER, trigger, trigger_signal
from dfws_html.topics import WINDOW
from dfws_html.work.celery_executor import CeleryExecutor
from dfws_html.work.dispatch import plan
from dfws_html.work.executors import executor
from dfws_html.work.registry import registry
from tests.crew.signals import register
from tests.redis_server import RedisServer
from tests.workers import Crew
from tests.working import admitted, answers, told, window

pytestmark = pytest.mark.django_db(transaction=True)

QUEUES = "celery,slow,many0,many1,many2,many3"
ALL_IS_LOGGED = ("-l", "DEBUG")
COMMANDS = {
    # Each way to start a worker, and each pool, once.
    "prefork": ("celery", "-A", "dfws_html", "worker", "-P", "prefork", "-c", "2", "-Q", QUEUES),
    "threads": ("django", "worker", "-P", "threads", "-c", "4"),
    "solo": ("celery", "-A", "tests.crew.celery", "worker", "-P", "solo", "-Q", QUEUES),
}


@pytest.fixture(scope="module")
def crew_redis():
    """A Redis that no other test kills; the sender's app knows but one."""
    with tempfile.TemporaryDirectory(prefix="dfws-crew-") as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        yield redis
        redis.kill()


@pytest.fixture(scope="module", params=COMMANDS)
def crew(request, crew_redis, tmp_path_factory, django_db_setup, django_db_blocker):
    made = Crew(crew_redis, tmp_path_factory.mktemp("crew"), pool=request.param)
    app = "tests.crew.celery" if request.param == "solo" else "dfws_html"
    with django_db_blocker.unblock():
        made.hire(*COMMANDS[request.param], *ALL_IS_LOGGED, app=app)
    yield made
    made.dismiss()


@pytest.fixture(autouse=True)
def sender(crew, settings):
    """The process that sends: this one."""
    settings.WEBSOCKET_REDIS_CONNECTION = crew.redis.url
    settings.WEBSOCKET_TOPIC_KEY = "topics of the crew"
    settings.CELERY_APP = "tests.crew.sender:to_crew"
    crew.forget()
    with registry.isolated():
        register()
        yield


def test_celery_is_chosen_by_itself():
    assert isinstance(executor(), CeleryExecutor)


def call(crew, signal, arguments=None, *, of=None, **options):
    own = of or window()
    jobs = admitted(signal, arguments, of=own, **options)
    return crew.answer_to(own, lambda: executor().submit(*jobs))


def result(crew, signal, arguments=None, **options):
    [answer] = call(crew, signal, arguments, **options)
    assert answer["df"] == "done", crew.log()
    return answer["result"]


def test_there_and_back(crew):
    assert result(crew, "crew.echo", {"text": "é", "n": [1]}) == {"text": "é", "n": [1]}


def test_a_handler_finds_its_window_and_leaves_nothing_behind(crew):
    Group.objects.create(name="one")
    user = User.objects.create_user("ada")
    jobs = admitted("crew.seen", of=window(user, language_code="fr", time_zone="Europe/Paris"))
    for language, zone in (("fr", "Europe/Paris"), ("en", "UTC")):
        own = window(user, language_code=language, time_zone=zone)
        jobs = admitted("crew.seen", of=own)
        [answer] = crew.answer_to(own, lambda jobs=jobs: executor().submit(*jobs))
        assert answer["result"] == {
            "language": language,
            "zone": zone,
            "user": "ada",
            "groups": 1,
            "task": "dfws_html.run",
            "id": jobs[0].task_id,
            "queue": "slow",
            "shadow": "crew.seen",
        }


def test_an_asynchronous_handler(crew):
    assert result(crew, "crew.seen_async", {"name": "made"}) == {"groups": 1, "retries": 0}
    assert Group.objects.filter(name="made").exists()


def test_a_failure_is_celery_s_and_the_window_s_and_not_the_other_handler_s(crew):
    own = window()
    jobs = admitted("crew.broken", of=own)
    [fail] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (fail["df"], fail["code"]) == ("fail", "error")
    assert crew.hear("failure") == {"id": jobs[0].task_id, "error": "ZeroDivisionError"}
    crew.hear("unbroken")
    assert crew.hear("success") == {"id": jobs[1].task_id}


def test_rights_are_read_again(crew):
    user = User.objects.create_user("ada", is_staff=True)
    own = window(user)
    jobs = admitted("crew.staff_only", of=own)
    User.objects.update(is_staff=False)
    [fail] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (fail["df"], fail["code"]) == ("fail", "forbidden")
    assert crew.hear("failure")["error"] == "SignalNotAllowed"
    assert crew.heard("staff") == []


@pytest.mark.parametrize("signal", ["crew.by_hand", "crew.flaky"])
def test_what_is_tried_again_has_not_ended(crew, signal):
    own = window()
    jobs = admitted(signal, {"failures": 2}, of=own)
    [done] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (done["df"], done["result"]) == ("done", 2)
    assert [crew.hear("retry"), crew.hear("retry")] == [{"id": jobs[0].task_id}] * 2
    assert crew.hear("success") == {"id": jobs[0].task_id}
    assert crew.heard("failure") == []


@pytest.mark.parametrize("signal", ["crew.by_hand", "crew.flaky"])
def test_the_last_failure_is_told_once(crew, signal):
    own = window()
    jobs = admitted(signal, {"failures": 9}, of=own)
    [fail] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (fail["df"], fail["code"]) == ("fail", "error")
    assert crew.hear("failure")["id"] == jobs[0].task_id
    said = crew.heard("by hand") + crew.heard("flaky")
    assert [one["retries"] for one in said] == [0, 1, 2]


@pytest.mark.parametrize("by", ["a browser", "the server"])
def test_a_message_that_comes_twice_runs_once(crew, by):
    if by == "a browser":
        [job] = admitted("crew.echo", {"n": 1}, of=window())
    else:
        made = plan(window(), "crew.echo", to=SERVER, arguments={"n": 1}, now=time.time())
        [job] = made.jobs
    executor().submit(job, job)
    assert [crew.hear("success"), crew.hear("success")] == [{"id": job.task_id}] * 2
    assert crew.heard("echo") == [{"n": 1}]


def test_an_expired_call_is_answered(crew):
    own = window()
    jobs = admitted("crew.echo", of=own, expires=-1)
    [fail] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (fail["df"], fail["code"]) == ("fail", "expired")
    assert crew.heard("echo") == []


def test_a_handler_triggers(crew):
    own = window()
    trigger(own, "crew.answers", to=SERVER, text="x")
    assert crew.hear("told") == {"text": "x"}


def test_delayed_for_the_server_and_for_windows(crew):
    own = window()
    [frame] = crew.answer_to(
        own,
        lambda: trigger_signal(
            own, "crew.told", to=[SERVER, WINDOW], kwargs={"text": "late"}, countdown=0.3
        ),
    )
    assert frame["opts"] == {"text": "late"}
    assert crew.hear("told") == {"text": "late"}
    assert len(told(WINDOW, own)) == 1


@pytest.mark.parametrize("crew", ["threads"], indirect=True)
def test_every_drawn_queue_is_served(crew):
    for n in range(1000):
        trigger(None, "crew.one_of_four", to=SERVER, n=n)
    assert {crew.hear("one of four")["n"] for _ in range(1000)} == set(range(1000))
    assert crew.heard("one of four") == []


@pytest.mark.parametrize("crew", ["prefork"], indirect=True)
def test_a_killed_child_is_told(crew):
    [fail] = call(crew, "crew.dies")
    assert (fail["df"], fail["code"]) == ("fail", "unknown")
    assert result(crew, "crew.echo", {"still": "alive"}) == {"still": "alive"}


@pytest.mark.parametrize("crew", ["prefork"], indirect=True)
def test_what_ran_in_a_killed_child_runs_again_if_it_is_reliable(crew):
    own = window()
    [job] = admitted("crew.dies_once", {"name": own.window_key}, of=own)
    [done] = crew.answer_to(own, lambda: executor().submit(job))
    assert (done["df"], done["result"]) == ("done", job.task_id)
    first, second = crew.hear("dies once"), crew.hear("dies once")
    assert first["id"] == second["id"] == job.task_id
    assert first["process"] != second["process"]
    assert crew.hear("success") == {"id": job.task_id}
    executor().submit(job)  # as a broker that brings it once more
    assert crew.hear("success") == {"id": job.task_id}
    assert crew.heard("dies once") == []
    assert [one["df"] for one in answers(own)] == ["done"]


def test_what_is_reliable_is_tried_again_and_fails_as_all_does(crew):
    own = window()
    jobs = admitted("crew.reliable_flaky", {"failures": 1}, of=own)
    [done] = crew.answer_to(own, lambda: executor().submit(*jobs))
    assert (done["df"], done["result"]) == ("done", 1)
    [fail] = call(crew, "crew.reliable_flaky", {"failures": 9})
    assert (fail["df"], fail["code"]) == ("fail", "error")


def test_no_argument_stands_in_a_worker_s_log(crew):
    canary = "canary-93be1f"
    assert canary in str(call(crew, "crew.echo", {"password": canary}))
    call(crew, "crew.one_of_four", {"n": canary})
    call(crew, "crew.flaky", {"failures": canary})
    assert "ERROR" in crew.log()
    # Every logger tells all, and Celery's the arguments of what it gives to its pool.
    assert "TaskPool: Apply" in crew.log()
    assert "crew.echo" in crew.log()
    assert canary not in crew.log()
