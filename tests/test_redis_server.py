"""The tests' own Redis does what the tests of bad days ask of it."""

import subprocess
import sys

import pytest
import redis as redis_py

from dfws_html.delivery import connections


def test_the_settings_name_it_and_it_is_empty(redis):
    assert connections.is_configured()
    assert connections.client().dbsize() == 0
    connections.client().set("left", "behind")


def test_the_next_test_finds_it_empty(redis):
    assert connections.client().get("left") is None


def test_killed_it_refuses_and_comes_back_as_another(redis):
    with redis.client() as client:
        before = client.info("server")["run_id"]
        redis.kill()
        with pytest.raises(redis_py.ConnectionError):
            client.ping()
        redis.start()
        assert client.info("server")["run_id"] != before


def test_it_can_keep_silent(redis):
    with redis_py.Redis.from_url(redis.url, socket_timeout=0.05) as client:
        client.ping()
        redis.stop_answering()
        with pytest.raises(redis_py.TimeoutError):
            client.ping()
        redis.answer_again()
        assert client.ping()


def test_a_child_dies_with_its_parent():
    parent = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from tests import children\n"
            "child = children.start([sys.executable, '-c', 'import time; print(1, flush=True); "
            "time.sleep(60)'])\n"
            "import subprocess; print(child.pid, flush=True)\n"
            "import os; os.kill(os.getpid(), 9)",
        ],
        stdout=subprocess.PIPE,  # ends only when the child has closed it, too
        text=True,
        timeout=20,
        check=False,
    )
    assert parent.returncode == -9
