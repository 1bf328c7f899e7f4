"""Each system check: silent where all is well, and clear where it is not."""

import pytest
from django.apps import apps
from django.core.asgi import get_asgi_application
from django.core.checks import run_checks

from dfws_html.checks import check_deployment
from dfws_html.middleware import WebsocketMiddleware
from dfws_html.routing import with_websockets
from dfws_html.work import executors


class OwnMiddleware(WebsocketMiddleware):
    pass


class NoMiddleware:
    pass


def plain_application():
    return get_asgi_application()


def __getattr__(name):
    if name == "plain":
        return get_asgi_application()
    if name == "wrapped":
        return with_websockets(get_asgi_application())
    if name == "broken":
        raise ZeroDivisionError("in asgi.py")
    raise AttributeError(name)


OURS = "dfws_html.middleware.WebsocketMiddleware"


def found():
    return {message.id.removeprefix("dfws_html."): message for message in check_deployment(None)}


def test_all_is_well():
    assert found() == {}


def test_django_runs_them():
    assert apps.is_installed("dfws_html")
    assert [one for one in run_checks() if (one.id or "").startswith("dfws_html")] == []


def test_django_runs_them_and_shows_what_they_say(settings):
    settings.WEBSOCKET_URL = "ws/"
    assert "dfws_html.E005" in {one.id for one in run_checks()}


@pytest.mark.parametrize(
    ("name", "value", "number", "text"),
    [
        ("WEBSOCKET_URLS", "/ws/", "W001", "Did you mean WEBSOCKET_URL"),
        (f"WEBSOCKET_{'Q' * 60}", 1, "W001", "Remove it."),
        ("WEBSOCKET_LIMITS", {"frames_in": 1}, "W003", "WEBSOCKET_LIMITS has no 'frames_in'."),
        ("WEBSOCKET_HISTORY", {"entry": 1}, "W003", "It knows: entries, bytes, seconds."),
        ("MIDDLEWARE", [], "E001", f"Add '{OURS}'"),
        ("ASGI_APPLICATION", None, "E003", "dfws_html.routing.application"),
        ("ASGI_APPLICATION", "no.such.thing", "E003", "No module named 'no'"),
        ("ASGI_APPLICATION", "tests.test_checks.nothing", "E003", "nothing"),
        ("ASGI_APPLICATION", "tests.test_checks.broken", "E003", "ZeroDivisionError: in asgi.py"),
        ("ASGI_APPLICATION", "tests.test_checks.plain", "E004", "serves no websocket"),
        ("WEBSOCKET_URL", "ws/", "E005", "'ws/' is no path"),
        ("WEBSOCKET_URL", None, "E005", "None is no path"),
        ("WEBSOCKET_WORKERS", "celery", "E006", "WEBSOCKET_WORKERS = 'celery'"),
        ("WEBSOCKET_WORKERS", "channels", "E006", "WEBSOCKET_WORKERS = 'channels'"),
        ("WEBSOCKET_POOL_SIZES", {"slow": 0}, "E007", "WEBSOCKET_POOL_SIZES['slow'] = 0"),
        ("WEBSOCKET_POOL_SIZES", {None: "3"}, "E007", "'3' is no number of threads"),
        ("WEBSOCKET_REDIS_CONNECTION", 6379, "E008", "not int"),
        ("WEBSOCKET_REDIS_CONNECTION", {"hots": "h"}, "E008", "hots"),
        ("WEBSOCKET_REDIS_CONNECTION", "localhost:6379", "E008", "redis://"),
        ("WEBSOCKET_CARRIER", "redis", "E008", "needs WEBSOCKET_REDIS_CONNECTION"),
        ("WEBSOCKET_SIGNAL_ENCODER", "no.such", "E009", "WEBSOCKET_SIGNAL_ENCODER: 'no.such'"),
        ("WEBSOCKET_SIGNAL_DECODER", "no.such", "E009", "WEBSOCKET_SIGNAL_DECODER"),
        ("WEBSOCKET_TOPIC_SERIALIZER", "json.no", "E009", "WEBSOCKET_TOPIC_SERIALIZER"),
        ("WINDOW_INFO_MIDDLEWARES", ["a.b"], "E009", "WINDOW_INFO_MIDDLEWARES: 'a.b'"),
        (
            "WINDOW_INFO_MIDDLEWARES",
            ["tests.test_checks.NoMiddleware"],
            "E010",
            "is no WindowInfoMiddleware",
        ),
        ("WINDOW_INFO_MIDDLEWARES", [], "E011", "gives windows no key"),
    ],
)
def test_what_is_wrong(settings, name, value, number, text):
    setattr(settings, name, value)
    message = found()[number]
    assert text in f"{message.msg} {message.hint}"
    assert message.hint
    assert (number[0] == "E") == message.is_serious()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASGI_APPLICATION", "tests.test_checks.wrapped"),
        ("WEBSOCKET_URL", "wss://live.example.org/ws/"),
        ("WEBSOCKET_WORKERS", "thread"),
        ("WEBSOCKET_WORKERS", "dfws_html.work.executors.ImmediateExecutor"),
        ("WEBSOCKET_POOL_SIZES", {"slow": 1}),
        ("WEBSOCKET_LIMITS", {"rate": 1}),
    ],
)
def test_what_is_right(settings, name, value):
    setattr(settings, name, value)
    assert found() == {}


def test_a_subclass_is_a_middleware_too(settings):
    settings.MIDDLEWARE = [
        "tests.test_checks.OwnMiddleware" if name == OURS else name for name in settings.MIDDLEWARE
    ]
    assert found() == {}


@pytest.mark.parametrize(
    "above",
    [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.gzip.GZipMiddleware",
        "django.middleware.http.ConditionalGetMiddleware",
        "django.middleware.cache.UpdateCacheMiddleware",
    ],
)
def test_the_order_of_middlewares(settings, above):
    settings.MIDDLEWARE = [OURS, above]
    assert above in found()["E002"].msg
    settings.MIDDLEWARE = [above, OURS]
    assert found() == {}


def test_runserver_needs_daphne(settings):
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if name != "daphne"]
    assert found() == {}
    settings.DEBUG = True
    assert "daphne" in found()["W002"].hint


def test_looking_starts_no_engine(settings):
    settings.WEBSOCKET_POOL_SIZES = {"never seen": 3}
    before = len(executors._engines)
    assert found() == {}
    assert len(executors._engines) == before
