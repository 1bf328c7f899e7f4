"""`@signal` as the seed writes it."""

import pytest

from dfws_html import decorators
from dfws_html.decorators import RandomDynamicQueueName, everyone, is_staff, server_side, signal
from dfws_html.work.registry import registry


@pytest.fixture(autouse=True)
def isolated():
    with registry.isolated():
        yield


def test_the_seed_s_first_example():
    printed = []

    @signal(path="myproject.first_signal", is_allowed_to=everyone, queue="celery")
    def my_first_signal(window_info, content=None):
        printed.append(content)

    @signal(path="myproject.first_signal", is_allowed_to=everyone, queue="slow")
    def my_first_signal_slow(window_info, content=None):
        printed.append(content)

    fast, slow = registry.handlers("myproject.first_signal")
    assert (fast.function, fast.queue, fast.is_allowed_to) == (my_first_signal, "celery", everyone)
    assert (slow.function, slow.queue) == (my_first_signal_slow, "slow")
    my_first_signal(None, content="Hello")
    assert printed == ["Hello"]


def test_the_function_comes_back_as_it_was():
    def function(window_info): ...

    assert signal(path="a")(function) is function
    assert signal(function) is function
    assert signal()(function) is function


def test_no_path_is_module_and_qualified_name():
    @signal
    def function(window_info): ...

    name = f"{__name__}.{function.__qualname__}"
    assert [handler.key for handler in registry.handlers(name)] == [name]
    assert registry.handlers(name)[0].is_allowed_to is server_side
    assert registry.handlers(name)[0].queue is None


def test_one_function_under_two_names():
    @signal(path="a", is_allowed_to=everyone)
    @signal(path="b", is_allowed_to=is_staff)
    def function(window_info): ...

    assert registry.handlers("a")[0].is_allowed_to is everyone
    assert registry.handlers("b")[0].is_allowed_to is is_staff


def test_options_reach_the_handler():
    queue = RandomDynamicQueueName("q", 2)

    @signal(path="a", is_allowed_to=is_staff & everyone, queue=queue)
    def function(window_info): ...

    handler = registry.handlers("a")[0]
    assert handler.queue is queue
    assert repr(handler.is_allowed_to) == "is_staff & everyone"


def test_a_window_s_own_name_is_refused():
    with pytest.raises(ValueError, match="belongs to the windows"):

        @signal(path="html.content")
        def function(window_info): ...

    assert registry.handlers("html.content") == ()


def test_a_path_without_its_keyword():
    with pytest.raises(TypeError, match=r"@signal\(path='cart.add'\)"):
        signal("cart.add")


@pytest.mark.parametrize("path", ["", 5])
def test_a_path_that_is_no_name(path):
    with pytest.raises(TypeError, match="a signal's name"):

        @signal(path=path)
        def function(window_info): ...


def test_a_broken_function_is_not_registered():
    before = registry.names()
    with pytest.raises(TypeError):

        @signal(path="a")
        def function(): ...

    with pytest.raises(TypeError):
        signal(staticmethod(len))
    assert registry.names() == before


def test_the_public_names():
    assert all(hasattr(decorators, name) for name in decorators.__all__)
