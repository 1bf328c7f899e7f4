"""The application's start: signals are found, errors stop it, and importing does nothing."""

import os
import subprocess
import sys
import textwrap

SETTINGS = """
    import django
    from django.conf import settings
    settings.configure(
        SECRET_KEY="x",
        INSTALLED_APPS=[
            "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
            "dfws_html", {apps}
        ],
    )
"""


def run(code, folder, *, apps="", without=""):
    """Run code in a process of its own."""
    head = textwrap.dedent(SETTINGS).format(apps=apps).replace(without, "")
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", head + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{folder}:.", "TMPDIR": str(folder)},
    )


def make_app(folder, signals):
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "signals.py").write_text(textwrap.dedent(signals))


def test_an_app_s_signals_are_found(tmp_path):
    make_app(
        tmp_path,
        """
        from dfws_html.decorators import signal
        from dfws_html import html
        from dfws_html.tasks import trigger

        @signal(path="cart.add")
        def add(window_info): ...
        """,
    )
    done = run(
        """
        django.setup()
        from dfws_html.work.registry import registry
        print(registry.names())
        """,
        tmp_path,
        apps='"shop"',
    )
    assert done.stdout == "('cart.add',)\n", done.stderr


def test_a_broken_signals_py_stops_the_start(tmp_path):
    make_app(tmp_path, "import no_such_module")
    done = run("django.setup()\nprint('started')", tmp_path, apps='"shop"')
    assert done.returncode != 0
    assert "started" not in done.stdout
    assert "shop/signals.py could not be imported" in done.stderr
    assert "No module named 'no_such_module'" in done.stderr


def test_a_site_may_have_no_sessions(tmp_path):
    done = run(
        """
        django.setup()
        from dfws_html.page.visitors import visitors
        for who in visitors([{}, {"sessionid": "of-another-site-here"}]):
            print(repr(who.user_pk), repr(who.session_id))
        """,
        tmp_path,
        without='"django.contrib.sessions",',
    )
    assert done.stdout == "'' ''\n'' ''\n", done.stderr


def test_importing_does_nothing(tmp_path):
    done = run(
        """
        import importlib, logging, pkgutil, signal, sys, tempfile, threading
        from pathlib import Path

        django.setup()
        import dfws_html
        from django.core.checks.registry import registry as checks
        from django.db.models.signals import pre_save
        from django.core.signals import request_finished

        def state():
            return (
                threading.active_count(),
                len(pre_save.receivers), len(request_finished.receivers),
                len(checks.registered_checks),
                sorted(str(path) for path in Path(tempfile.gettempdir()).iterdir()),
                sorted(name for name in dir(settings) if name.startswith("WEBSOCKET_")),
                [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)],
                logging.getLogger().handlers,
                django.db.connection.connection,
            )

        before = state()
        modules = [
            found.name for found in pkgutil.walk_packages(dfws_html.__path__, "dfws_html.")
        ]
        for name in modules:
            importlib.import_module(name)
        assert len(modules) > 40, modules
        assert state() == before, (before, state())
        from dfws_html.work import executors
        from dfws_html.delivery import publishing
        assert executors._engines == {} and publishing._publishers == {}
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr


def test_every_module_can_be_the_first_to_be_imported(tmp_path):
    """No cycle that only another order of imports hides."""
    done = run(
        """
        import importlib, os, pkgutil, sys
        django.setup()
        import dfws_html
        modules = [found.name for found in pkgutil.walk_packages(dfws_html.__path__, "dfws_html.")]
        for name in modules:
            child = os.fork()
            if not child:
                for known in [one for one in sys.modules if one.startswith("dfws_html")]:
                    del sys.modules[known]
                importlib.import_module(name)
                os._exit(0)
            status = os.waitpid(child, 0)[1]
            assert status == 0, name
        print(len(modules))
        """,
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40


def test_a_project_s_tasks_go_through_our_app_if_it_is_the_chosen_one(tmp_path):
    code = """
        import sys
        settings.CELERY_APP = {app!r}
        settings.CELERY_BROKER_URL = "redis://ours:6379/7"
        django.setup()
        from celery import current_app, shared_task
        @shared_task
        def a_task(): pass
        print(a_task.app.connection_for_write().as_uri())
    """
    for app, broker in (("dfws_html", "redis://"), (None, "amqp://")):
        done = run(code.replace("{app!r}", repr(app)), tmp_path)
        assert done.stderr == ""
        assert done.stdout.startswith(broker)
