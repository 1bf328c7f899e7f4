"""Each system check: silent where all is well, and clear where it is not."""

import pytest
import redis as redis_py
from celery import Celery
from django.apps import apps
from django.core.asgi import get_asgi_application
from django.core.checks import run_checks

from dfws_html.checks import check_deployment, check_redis
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
        ("WEBSOCKET_LIMITS", {"frames_in": 1}, "W001", "mean WEBSOCKET_LIMITS['frame_in']"),
        ("WEBSOCKET_HISTORY", {"entry": 1}, "W001", "mean WEBSOCKET_HISTORY['entries']"),
        ("MIDDLEWARE", [], "E001", f"Add '{OURS}'"),
        ("ASGI_APPLICATION", None, "E003", "dfws_html.routing.application"),
        ("ASGI_APPLICATION", "no.such.thing", "E003", "No module named 'no'"),
        ("ASGI_APPLICATION", "tests.test_checks.nothing", "E003", "nothing"),
        ("ASGI_APPLICATION", "tests.test_checks.broken", "E003", "ZeroDivisionError: in asgi.py"),
        ("ASGI_APPLICATION", "tests.test_checks.plain", "E004", "serves no websocket"),
        ("WEBSOCKET_URL", "ws/", "E005", "'ws/' is no path"),
        ("WEBSOCKET_URL", None, "E005", "None is no path"),
        ("WEBSOCKET_WORKERS", "celery", "E012", "can't reach windows"),
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


# ------------------------------------------------------------------ Celery, Redis, SQLite


@pytest.fixture
def celery(settings):
    """A site on Celery; nothing has to answer, since nothing is asked."""
    settings.WEBSOCKET_REDIS_CONNECTION = "redis://localhost/3"
    settings.CELERY_APP = Celery(broker="redis://localhost/1", set_as_current=False, fixups=[])
    return settings.CELERY_APP


def test_celery_and_redis_are_well(celery):
    assert found() == {}


@pytest.mark.parametrize("name", ["no.such", "json"])
def test_an_app_that_is_none(celery, settings, name):
    settings.CELERY_APP = name
    assert f"CELERY_APP = '{name}'" in found()["E006"].msg


def test_a_broker_in_memory(settings, celery):
    settings.CELERY_APP = Celery(broker="memory://", set_as_current=False, fixups=[])
    assert list(found()) == ["E013"]
    settings.CELERY_APP.conf.task_always_eager = True
    assert found() == {}


def test_a_layer_in_memory(settings, celery):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    assert list(found()) == ["W004"]
    settings.WEBSOCKET_WORKERS = "thread"
    assert found() == {}


@pytest.mark.parametrize(("timeout", "wrong"), [(1799, True), (1800, False), (None, False)])
def test_a_visibility_timeout_shorter_than_a_delay(celery, timeout, wrong):
    if timeout is not None:
        celery.conf.broker_transport_options = {"visibility_timeout": timeout}
    assert list(found()) == (["W006"] if wrong else [])


def test_a_longer_delay_than_the_default_visibility_timeout(celery, settings):
    settings.WEBSOCKET_LIMITS = {"delay": 3600}
    assert "3600 seconds" in found()["W006"].msg


@pytest.mark.parametrize(
    ("hosts", "wrong"),
    [
        (None, True),
        (["redis://localhost/1"], True),
        ([{"address": "redis://localhost/1"}], True),
        ([{"address": "redis://localhost/1", "socket_timeout": 5}], True),
        ([{"address": "redis://localhost/1", "socket_timeout": None}], False),
    ],
)
def test_a_layer_that_ends_when_it_is_quiet(settings, hosts, wrong):
    layer = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": hosts}}
    settings.CHANNEL_LAYERS = {"default": layer}
    wrong = wrong and int(redis_py.__version__.partition(".")[0]) >= 8
    assert list(found()) == (["W005"] if wrong else [])
    layer["BACKEND"] = "channels_redis.pubsub.RedisPubSubChannelLayer"
    assert found() == {}


@pytest.mark.parametrize(
    ("mode", "wrong"),
    [(None, True), ("DEFERRED", True), ("IMMEDIATE", False), ("immediate", False)],
)
def test_sqlite_under_threads(settings, mode, wrong):
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {"transaction_mode": mode}}
    other = {"ENGINE": "django.db.backends.postgresql"}
    settings.DATABASES = {"default": other, "small": sqlite}
    messages = found()
    assert list(messages) == (["W007"] if wrong else [])
    assert not wrong or "DATABASES['small']" in messages["W007"].msg


def asked():
    return {message.id.removeprefix("dfws_html."): message for message in check_redis(None)}


def test_nothing_is_asked_without_a_redis():
    assert asked() == {}


def test_a_redis_that_keeps_nothing(redis):
    assert list(asked()) == ["W009"]


@pytest.mark.parametrize("keeps", [("appendonly", "yes"), ("save", "3600 1")])
def test_a_redis_that_keeps_something(redis, keeps):
    with redis.client() as client:
        before = client.config_get(keeps[0])[keeps[0]]
        client.config_set(*keeps)
        try:
            assert asked() == {}
        finally:
            client.config_set(keeps[0], before)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_evicts(redis, policy):
    with redis.client() as client:
        client.config_set("maxmemory-policy", policy)
        try:
            assert "W008" not in asked(), "it is never full"
            client.config_set("maxmemory", "100mb")
            assert policy in asked()["W008"].msg
        finally:
            client.config_set("maxmemory", 0)
            client.config_set("maxmemory-policy", "noeviction")


def test_a_redis_that_does_not_answer(redis):
    redis.kill()
    message = asked()["E014"]
    assert "WEBSOCKET_REDIS_CONNECTION" in message.msg
    assert message.is_serious()


def test_django_asks_only_before_a_deployment(redis):
    redis.kill()
    assert "dfws_html.E014" not in {one.id for one in run_checks()}
    ids = {one.id for one in run_checks(include_deployment_checks=True)}
    assert "dfws_html.E014" in ids
