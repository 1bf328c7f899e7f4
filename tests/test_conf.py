"""The settings: read when used, merged where they are tables, unknown ones named."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dfws_html import conf


def test_read_when_used(settings):
    assert conf.get("URL") == "/ws/"
    settings.WEBSOCKET_URL = "/live/"
    assert conf.get("URL") == "/live/"
    del settings.WEBSOCKET_URL
    assert conf.get("URL") == "/ws/"


def test_every_default_can_be_read_and_none_changed():
    for name, default in conf.DEFAULTS.items():
        assert conf.get(name) == default
    with pytest.raises(TypeError):
        conf.DEFAULTS["URL"] = ""
    with pytest.raises(TypeError):
        conf.get("LIMITS")["rate"] = 1


def test_a_name_that_is_none_of_ours_is_an_error():
    with pytest.raises(KeyError):
        conf.get("URI")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("HISTORY", {"entries": 1}, {"entries": 1, "bytes": 1 << 20, "seconds": 300}),
        ("HISTORY", {}, {"entries": 256, "bytes": 1 << 20, "seconds": 300}),
        ("HISTORY", None, {"entries": 256, "bytes": 1 << 20, "seconds": 300}),
        ("POOL_SIZES", {"slow": 2}, {None: 10, "slow": 2}),
        ("POOL_SIZES", {None: 3}, {None: 3}),
    ],
)
def test_tables_are_merged(settings, name, value, expected):
    setattr(settings, f"WEBSOCKET_{name}", value)
    assert conf.get(name) == expected
    assert getattr(settings, f"WEBSOCKET_{name}") == value  # never written to


@pytest.mark.parametrize("name", ["HISTORY", "LIMITS", "POOL_SIZES"])
def test_what_is_no_table_is_named(settings, name):
    setattr(settings, f"WEBSOCKET_{name}", 3)
    with pytest.raises(ImproperlyConfigured, match=f"WEBSOCKET_{name} has to be a dict, not 3"):
        conf.get(name)


def test_limits(settings):
    assert conf.limit("rate") == 20
    settings.WEBSOCKET_LIMITS = {"rate": 5}
    assert (conf.limit("rate"), conf.limit("burst")) == (5, 100)
    with pytest.raises(KeyError):
        conf.limit("rates")


def test_load(settings):
    settings.WEBSOCKET_TOPIC_SERIALIZER = "dfws_html.conf.get"
    assert conf.load("TOPIC_SERIALIZER") is conf.get
    settings.WEBSOCKET_TOPIC_SERIALIZER = "dfws_html.nowhere.get"
    with pytest.raises(ImportError, match="nowhere"):
        conf.load("TOPIC_SERIALIZER")


def test_every_dotted_default_leads_somewhere():
    for name in ("SIGNAL_DECODER", "SIGNAL_ENCODER", "TOPIC_SERIALIZER"):
        assert callable(conf.load(name))


def test_default_queue(settings):
    assert conf.default_queue() == "celery"
    settings.CELERY_DEFAULT_QUEUE = "theirs"
    assert conf.default_queue() == "theirs"
    settings.WEBSOCKET_DEFAULT_QUEUE = "ours"
    assert conf.default_queue() == "ours"


def test_token_age(settings):
    assert conf.token_age() == 36000
    settings.WEBSOCKET_REDIS_EXPIRE = 60
    assert conf.token_age() == 60
    settings.WEBSOCKET_TOKEN_AGE = 30
    assert conf.token_age() == 30


def test_window_info_middlewares(settings):
    assert conf.window_info_middlewares()[0] == "dfws_html.ws_middleware.WindowKeyMiddleware"
    settings.WINDOW_INFO_MIDDLEWARES = ["a.b"]
    assert conf.window_info_middlewares() == ("a.b",)


def test_unknown_settings_are_named_with_the_nearest(settings):
    assert conf.unknown_names() == {}
    settings.WEBSOCKET_HISTROY = {}
    settings.WEBSOCKET_LIMITS = {"rate": 5, "bust": 10}
    settings.WEBSOCKET_POOL_SIZES = {"slow": 1}  # names of queues are the project's
    settings.WEBSOCKET_QQQQ = 1
    found = conf.unknown_names()
    assert found.keys() == {"WEBSOCKET_HISTROY", "WEBSOCKET_LIMITS['bust']", "WEBSOCKET_QQQQ"}
    assert "WEBSOCKET_HISTORY" in found["WEBSOCKET_HISTROY"]
    assert "WEBSOCKET_LIMITS['burst']" in found["WEBSOCKET_LIMITS['bust']"]
