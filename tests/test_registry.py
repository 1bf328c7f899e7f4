"""From a name to its functions, and from the installed apps to the names."""

import sys
import threading

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from dfws_html.work.handlers import Handler, RandomDynamicQueueName
from dfws_html.work.registry import WINDOW_SIGNALS, Registry, autodiscover, registry


def one(window_info): ...
def two(window_info): ...


def make(name="a", function=one, **options):
    return Handler(signal=name, function=function, **options)


@pytest.fixture
def mine():
    return Registry()


def test_handlers_in_the_order_of_registration(mine):
    mine.add(make(function=two))
    mine.add(make(function=one))
    mine.add(make("b"))
    assert [handler.function for handler in mine.handlers("a")] == [two, one]
    assert [handler.function for handler in mine.handlers("b")] == [one]
    assert mine.names() == ("a", "b")
    assert mine.handlers("constructor") == ()


def test_the_same_function_again_replaces_in_its_place(mine):
    mine.add(make(function=one))
    mine.add(make(function=two))

    def again(window_info): ...

    again.__module__, again.__qualname__ = one.__module__, one.__qualname__
    mine.add(make(function=again, queue="slow"))
    assert [handler.function for handler in mine.handlers("a")] == [again, two]


def test_one_function_for_two_signals(mine):
    first, second = make("a"), make("b", queue="slow")
    mine.add(first)
    mine.add(second)
    assert mine.get(first.key, "a") is first
    assert mine.get(first.key, "b") is second
    assert mine.get(first.key) is first
    assert mine.get(first.key, "c") is None
    assert mine.get("nobody.knows") is None


def test_nearest(mine):
    for name in ("cart.add", "cart.remove", "search"):
        mine.add(make(name))
    assert mine.nearest("cart.ad")[0] == "cart.add"
    assert mine.nearest("zzz") == ()
    assert mine.nearest("search") == ()
    mine.add(make("x" * 300))
    assert mine.nearest("x" * 299) == ()


def test_queues(mine):
    assert mine.queues("celery") == {"celery"}
    mine.add(make("a"))
    mine.add(make("b", queue="slow"))
    mine.add(make("c", queue=RandomDynamicQueueName("r", 2)))
    mine.add(make("d", queue=lambda *asked: "hidden"))
    assert mine.queues("celery") == {"celery", "slow", "r0", "r1"}


def test_the_windows_own_signals_are_refused(mine):
    assert len(WINDOW_SIGNALS) == 17 + 16
    for name in WINDOW_SIGNALS:
        with pytest.raises(ValueError, match=f'"{name}" belongs to the windows'):
            mine.add(make(name))
    assert mine.names() == ()
    mine.add(make("html.mine"))


def test_isolated_restores_even_after_an_error(mine):
    mine.add(make("a"))

    def fail():
        with mine.isolated() as inside:
            assert inside is mine
            inside.add(make("b"))
            inside.add(make("a", function=two))
            assert inside.names() == ("a", "b")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert mine.names() == ("a",)
    assert [handler.function for handler in mine.handlers("a")] == [one]


@pytest.fixture
def hasty():
    """Threads that take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("hasty")
def test_many_threads(mine):
    start = threading.Barrier(8)

    def register(number):
        start.wait()
        for index in range(50):
            mine.add(make(f"{number}.{index}"))
            assert mine.handlers(f"{number}.{index}")
            mine.queues("celery")

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mine.names()) == 400


# ------------------------------------------------------------------ autodiscovery


@pytest.fixture
def app(tmp_path, monkeypatch, settings):
    """Makes and installs an app; what it registers is forgotten."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def install(name, signals=None):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        if signals is not None:
            (folder / "signals.py").write_text(signals)
        made.append(name)
        settings.WEBSOCKET_AUTODISCOVER = []  # installing is starting: not yet
        settings.INSTALLED_APPS = [*django_settings.INSTALLED_APPS, name]
        settings.WEBSOCKET_AUTODISCOVER = None
        return folder / "signals.py"

    with registry.isolated():
        yield install
    for module in [one for one in sys.modules if one.partition(".")[0] in made]:
        del sys.modules[module]


SIGNALS = """
from dfws_html.decorators import signal

@signal(path="{0}")
def run(window_info): ...
"""


def test_each_app_s_signals_are_found(app):
    app("dfws_shop", SIGNALS.format("shop.run"))
    app("dfws_blog", SIGNALS.format("blog.run"))
    app("dfws_nothing")
    assert {"dfws_shop.signals", "dfws_blog.signals"} <= set(autodiscover())
    assert {"shop.run", "blog.run"} <= set(registry.names())
    assert registry.handlers("shop.run")[0].key == "dfws_shop.signals.run"
    autodiscover()
    assert len(registry.handlers("shop.run")) == 1


def test_only_some_apps(app, settings):
    app("dfws_shop", SIGNALS.format("shop.run"))
    app("dfws_blog", "raise RuntimeError")
    assert autodiscover(["dfws_shop"]) == ("dfws_shop.signals",)
    settings.WEBSOCKET_AUTODISCOVER = ["dfws_shop", "contenttypes", "django.contrib.auth"]
    assert set(autodiscover()) == {"dfws_shop.signals", "django.contrib.auth.signals"}
    settings.WEBSOCKET_AUTODISCOVER = []
    assert autodiscover() == ()
    settings.WEBSOCKET_AUTODISCOVER = None
    with pytest.raises(ImproperlyConfigured):
        autodiscover()


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import dfws_no_such_module", ModuleNotFoundError),
        ("from dfws_html.decorators import nothing", ImportError),
        ("import dfws_broken.signals.deeper", ModuleNotFoundError),
        ("1 / 0", ZeroDivisionError),
        ("def broken(:", SyntaxError),
        (
            "from django.core.exceptions import ImproperlyConfigured as E\nraise E",
            ImproperlyConfigured,
        ),
        (SIGNALS.format("html.append"), ValueError),
    ],
)
def test_a_broken_module_stops_the_start_and_names_its_file(app, source, cause):
    file = app("dfws_broken", source)
    with pytest.raises(ImproperlyConfigured) as caught:
        autodiscover(["dfws_broken"])
    assert str(file) in str(caught.value)
    assert cause.__name__ in str(caught.value)
    assert isinstance(caught.value.__cause__, cause)


def test_an_unknown_app_is_named_with_the_nearest(settings):
    settings.WEBSOCKET_AUTODISCOVER = ["contenttype"]
    with pytest.raises(ImproperlyConfigured, match="'contenttype'; did you mean 'contenttypes'"):
        autodiscover()
    settings.WEBSOCKET_AUTODISCOVER = "contenttypes"
    with pytest.raises(ImproperlyConfigured, match="is a list of apps"):
        autodiscover()
