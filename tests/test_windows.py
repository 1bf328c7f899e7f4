"""One process holds the windows: seen from a second one, from a fork, where no file can be."""

import logging
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from dfws_html.delivery import windows
from dfws_html.delivery.windows import hold_windows, lock_path, warn_if_elsewhere

OTHER_PROCESS = """
import os, pickle, sys
from django.conf import settings
databases = pickle.loads(bytes.fromhex(sys.argv[2]))
settings.configure(SECRET_KEY=sys.argv[1], DATABASES=databases)
from dfws_html.delivery.windows import hold_windows
print(hold_windows(), flush=True)
if len(sys.argv) > 3 and os.fork() == 0:  # an orphan that outlives the server
    os.close(1)
    print(hold_windows(), file=sys.stderr, flush=True)
    sys.stdin.read()
    os._exit(0)
sys.stdin.readline()
"""


@pytest.fixture
def site(settings, tmp_path, monkeypatch):
    """A site of its own, in a temporary folder of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings.SECRET_KEY = "of this test"
    yield settings
    for key in [key for key in windows._held if key[1].parent == tmp_path]:
        fd = windows._held.pop(key)
        if fd >= 0:
            os.close(fd)
    windows._warned.clear()


@pytest.fixture
def other(site, tmp_path):
    """A second process of the same site; asks whether it holds the windows."""
    started = []
    databases = pickle.dumps(settings.DATABASES).hex()

    def start(*more, key="of this test"):
        process = subprocess.Popen(
            [sys.executable, "-c", OTHER_PROCESS, key, databases, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.communicate()


def end(process):
    process.communicate("\n")


def test_one_of_two_processes(other):
    assert hold_windows()
    assert hold_windows()
    assert other()[1] == "False"


def test_the_next_process_gets_them_when_the_first_has_ended(other):
    process, answer = other()
    assert answer == "True"
    assert not hold_windows()
    process.kill()
    process.wait()
    assert hold_windows()


def test_sites_do_not_disturb_each_other(other):
    assert hold_windows()
    assert other(key="of another site")[1] == "True"


def test_sites_of_one_secret_differ_by_their_database(site):
    site.DATABASES = {"default": {"ENGINE": "sqlite", "NAME": "one"}}
    first = lock_path()
    site.DATABASES = {"default": {"ENGINE": "sqlite", "NAME": "two"}}
    assert lock_path() != first


def test_the_file_tells_nothing(site):
    first = lock_path()
    assert site.SECRET_KEY not in str(first)
    site.SECRET_KEY = "another"
    assert lock_path() != first
    assert first.parent == Path(tempfile.gettempdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_an_orphan_of_a_server_does_not_keep_the_windows(other):
    process, answer = other("with an orphan")
    assert answer == "True"
    assert process.stderr.readline().strip() == "False"  # while its parent lives, they are not its
    process.kill()
    process.wait()
    assert hold_windows()


def test_a_push_says_that_its_windows_are_elsewhere_once_a_signal(other, caplog):
    other()
    with caplog.at_level(logging.ERROR, "dfws_html"):
        for signal in ("a", "a", "b"):
            warn_if_elsewhere(signal)
    assert [record.args for record in caplog.records] == [("a",), ("b",)]


def test_a_push_is_quiet_where_the_windows_are(site, caplog):
    with caplog.at_level(logging.DEBUG, "dfws_html"):
        warn_if_elsewhere("a")  # no server at all: nothing is wrong, no file is made
        assert not lock_path().exists()
        assert hold_windows()
        warn_if_elsewhere("a")
    assert caplog.records == []


def test_looking_neither_takes_nor_drops_the_windows(other):
    process, _ = other()
    end(process)
    warn_if_elsewhere("a")  # the file is there, nobody holds it
    process, answer = other()
    assert answer == "True"
    end(process)
    assert hold_windows()
    warn_if_elsewhere("b")
    assert other()[1] == "False"


def test_a_link_is_not_followed(site, tmp_path, caplog):
    victim = tmp_path / "victim"
    lock_path().symlink_to(victim)
    assert hold_windows()
    assert not victim.exists()
    assert "can't be used" in caplog.text


def test_no_folder_is_a_warning_not_an_end(site, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert hold_windows()
    assert hold_windows()
    warn_if_elsewhere("a")
    windows._held.clear()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_file_is_not_trusted(site, caplog):
    lock_path().touch()
    os.chown(lock_path(), 12345, 12345)
    assert hold_windows()
    assert "12345" in caplog.text


def test_nobody_else_can_open_the_file(site):
    assert hold_windows()
    assert lock_path().stat().st_mode & 0o077 == 0


def test_the_file_stays_young(site):
    assert hold_windows()
    os.utime(lock_path(), (0, 0))
    assert hold_windows()
    assert lock_path().stat().st_mtime > 0
