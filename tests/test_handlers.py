"""One registered function: what it accepts, who may call it, where it runs."""

import functools
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import pytest
from django import forms

from dfws_html.exceptions import InvalidArguments
from dfws_html.work.converters import RE, SerializedForm
from dfws_html.work.handlers import DynamicQueueName, Handler, RandomDynamicQueueName
from dfws_html.work.permissions import everyone, is_staff, server_side


def handler(function, **options):
    return Handler(**{"signal": "shop.add", "function": function, **options})


def plain(window_info, count: int, note: str = "", content=None): ...


async def asynchronous(window_info): ...


def test_what_it_is():
    one = handler(plain)
    assert one.key == f"{__name__}.plain"
    assert one.digest == handler(plain, signal="other").digest
    assert len(one.digest) == 8
    assert int(one.digest, 16) >= 0
    assert one.digest != handler(asynchronous).digest
    assert one.accepts == {"count", "note", "content"}
    assert one.is_allowed_to is server_side
    assert not one.is_async
    assert handler(asynchronous).is_async
    assert list(one.signature.parameters) == ["window_info", "count", "note", "content"]
    with pytest.raises(FrozenInstanceError):
        one.signal = "x"


def test_the_digest_is_the_same_in_every_process():
    def function(window_info): ...

    function.__module__, function.__qualname__ = "shop.signals", "add"
    assert handler(function).digest == "fbf4fcb8"


def test_equal_handlers_are_equal():
    assert handler(plain) == handler(plain)
    assert len({handler(plain), handler(plain), handler(asynchronous)}) == 2


# ------------------------------------------------------------------ names


@pytest.mark.parametrize("names", [{"count"}, {"count", "note"}, {"count", "note", "content"}])
def test_right_names(names):
    handler(plain).check_names(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("arguments", "argument", "reason"),
    [
        ({}, "count", "it is missing"),
        ({"note": ""}, "count", "it is missing"),
        ({"count": 1, "notes": 2}, "notes", "there is no such argument"),
        ({"count": 1, "xyz": 2}, "xyz", "there is no such argument"),
        ({"count": 1, "window_info": 2}, "window_info", "it is the window's own place"),
        ({"count": 1, "self": 2}, "self", "there is no such argument"),
    ],
)
def test_wrong_names_are_named(arguments, argument, reason):
    for refuse in (handler(plain).check_names, functools.partial(handler(plain).bind, None)):
        with pytest.raises(InvalidArguments) as caught:
            refuse(arguments)
        error = caught.value
        assert (error.signal, error.argument, error.reason) == ("shop.add", argument, reason)
        assert error.function == f"{__name__}.plain"
        assert error.nearest == ("note" if argument == "notes" else "")


def test_a_function_that_takes_any_name():
    def function(window, count: int = 1, *args, **rest: int): ...

    one = handler(function)
    assert one.accepts == {"count"}
    assert one.bind(None, {"other": "2", "window_info": "3", "args": 4}) == {
        "other": 2,
        "window_info": 3,
        "args": 4,
    }
    assert one.bind(None, {"rest": "5"}) == {"rest": 5}
    for arguments, argument in (({"other": "x"}, "other"), ({"window": 1}, "window")):
        with pytest.raises(InvalidArguments) as caught:
            one.bind(None, arguments)
        assert caught.value.argument == argument


def test_a_window_that_has_no_name_leaves_it_free():
    def function(window_info, /, **rest): ...

    assert handler(function).bind(None, {"window_info": 1}) == {"window_info": 1}


def test_keyword_only_arguments():
    def function(window_info, *, count: int): ...

    assert handler(function).bind(None, {"count": "1"}) == {"count": 1}


# ------------------------------------------------------------------ values


def test_arguments_are_converted_and_defaults_left_to_the_function():
    assert handler(plain).bind(None, {"note": 5, "count": "3"}) == {"note": "5", "count": 3}


def test_a_default_of_none_makes_null_a_value():
    def function(window_info, count: int = None, word: RE("[a-z]+") = None): ...  # noqa: RUF013

    one = handler(function)
    assert one.bind(None, {"count": None, "word": None}) == {"count": None, "word": None}
    assert one.bind(None, {"count": "", "word": ""}) == {"count": None, "word": None}
    with pytest.raises(InvalidArguments):
        one.bind(None, {"count": "x"})


def test_a_value_that_can_t_be_converted_is_named():
    with pytest.raises(InvalidArguments) as caught:
        handler(plain).bind(None, {"count": "many"})
    assert str(caught.value) == (
        f'signal "shop.add" ({__name__}.plain), argument "count": expected a whole number, got text'
    )


def test_nothing_is_shared_with_the_caller():
    arguments = {"count": 1, "content": {"list": [1]}}
    bound = handler(plain).bind(None, arguments)
    bound["content"]["list"].append(2)
    bound["count"] = 5
    assert arguments == {"count": 1, "content": {"list": [1]}}


class LineForm(forms.Form):
    title = forms.CharField()


def test_forms_come_last_with_the_converted_others():
    asked = []

    def kwargs(window_info, opts):
        asked.append((window_info, dict(opts)))
        return {"prefix": f"p{opts['id']}"}

    def function(
        window_info,
        form: SerializedForm(LineForm, kwargs=kwargs),
        id: int,
        second: LineForm = None,
    ): ...

    fields = [{"name": "p7-title", "value": "x"}]
    bound = handler(function).bind("window", {"form": fields, "second": [], "id": "7"})
    assert asked == [("window", {"id": 7})]
    assert bound["form"].is_valid()
    assert bound["second"].is_bound
    assert list(bound) == ["form", "second", "id"]
    assert handler(function).bind(None, {"id": 7, "form": None, "second": None})["form"] is None


def test_a_bad_argument_stops_before_a_form_s_kwargs_are_asked():
    def kwargs(window_info, opts):
        raise AssertionError

    def function(window_info, form: SerializedForm(LineForm, kwargs=kwargs), id: int): ...

    with pytest.raises(InvalidArguments) as caught:
        handler(function).bind(None, {"form": [], "id": "x"})
    assert caught.value.argument == "id"


# ------------------------------------------------------------------ rights


def test_the_predicate_is_asked_with_the_handler():
    asked = []

    def mine(connection, window_info, kwargs):
        asked.append((connection, window_info, dict(kwargs)))
        return kwargs["id"] == 1

    one = handler(plain, is_allowed_to=mine)
    assert one.allows("window", {"id": 1}) is True
    assert one.allows("window", {"id": 2}) is False
    assert asked[0] == (one, "window", {"id": 1})


def test_deny_by_default():
    root = SimpleNamespace(is_authenticated=True, is_staff=True, is_superuser=True, is_active=True)
    assert handler(plain).allows(root, {}) is False
    assert handler(plain, is_allowed_to=is_staff).allows(root, {}) is True


def test_a_predicate_can_t_change_the_arguments():
    def rude(connection, window_info, kwargs):
        kwargs["id"] = 1

    with pytest.raises(TypeError):
        handler(plain, is_allowed_to=rude).allows(None, {"id": 2})


# ------------------------------------------------------------------ queues


def test_queues():
    assert handler(plain).queue_name(None, {}) is None
    assert handler(plain, queue="slow").queue_name(None, {}) == "slow"
    chosen = handler(plain, queue=lambda connection, window_info, kwargs: kwargs["lang"])
    assert chosen.queue_name(None, {"lang": "fr"}) == "fr"
    assert handler(plain, queue=lambda *asked: None).queue_name(None, {}) is None


@pytest.mark.parametrize("name", ["", 5, ["slow"]])
def test_a_queue_that_is_no_name(name):
    with pytest.raises(TypeError, match=r"the queue of .*\.plain must be a name"):
        handler(plain, queue=lambda *asked: name).queue_name(None, {})


def test_a_dynamic_queue_gets_handler_window_and_arguments():
    class Queue(DynamicQueueName):
        def __call__(self, connection, window_info, original_kwargs):
            return f"{connection.signal}-{window_info}-{original_kwargs['x']}"

        def get_available_queues(self):
            return {"all"}

    assert handler(plain, queue=Queue()).queue_name("w", {"x": 1}) == "shop.add-w-1"


def test_random_queues_are_all_drawn_and_all_announced():
    queue = RandomDynamicQueueName("slow", 4)
    assert queue.get_available_queues() == {"slow0", "slow1", "slow2", "slow3"}
    assert {queue(None, None, {}) for _ in range(500)} == queue.get_available_queues()
    with pytest.raises(ValueError, match="at least one queue"):
        RandomDynamicQueueName("slow", 0)


# ------------------------------------------------------------------ what is refused at the start


def no_parameter(): ...
def only_keywords(*, window_info): ...
def only_rest(**kwargs): ...
def only_args(*args): ...
def positional(window_info, count, /): ...
def unknown_name(window_info, count: "Nowhere"): ...  # noqa: F821
def no_expression(window_info, count: "the count of"): ...  # noqa: F722
def unknown_result(window_info) -> "Nowhere": ...  # noqa: F821
def meaningless(window_info, count: bytes): ...
def meaningless_rest(window_info, **rest: bytes): ...
def callable_annotation(window_info, count: Callable[[int], str]): ...
def generator(window_info):
    yield


async def asynchronous_generator(window_info):
    yield


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (no_parameter, r"\.no_parameter needs the window as its first parameter"),
        (only_keywords, r"\.only_keywords needs the window as its first parameter"),
        (only_rest, "needs the window"),
        (only_args, "needs the window"),
        (positional, r'\.positional: the argument "count" is positional-only'),
        (unknown_name, r"annotation of .*\.unknown_name can't be evaluated: name 'Nowhere'"),
        (no_expression, r"annotation of .*\.no_expression can't be evaluated"),
        (unknown_result, r"annotation of .*\.unknown_result can't be evaluated"),
        (meaningless, r'\.meaningless, argument "count": nothing can be converted'),
        (meaningless_rest, r'argument "rest": nothing can be converted'),
        (callable_annotation, r'argument "count": nothing can be converted'),
        (generator, "generator is a generator"),
        (asynchronous_generator, "asynchronous_generator is a generator"),
        (functools.partial(plain, count=1), "a function with a name of its own"),
        (staticmethod(plain), "a function with a name of its own"),
        (None, "a function with a name of its own"),
    ],
)
def test_a_function_that_can_be_no_handler(function, message):
    with pytest.raises(TypeError, match=message):
        handler(function)


async def coroutine(connection, window_info, kwargs):
    return True


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signal": ""}, "a signal's name"),
        ({"signal": None}, "a signal's name"),
        ({"is_allowed_to": True}, "is_allowed_to of .* must be a synchronous callable"),
        ({"is_allowed_to": None}, "is_allowed_to of .* must be a synchronous callable"),
        ({"is_allowed_to": coroutine}, "is_allowed_to of .* must be a synchronous callable"),
        ({"is_allowed_to": [everyone]}, "is_allowed_to of .* must be a synchronous callable"),
        ({"queue": ""}, "queue of .* must be a name"),
        ({"queue": 5}, "queue of .* must be a name"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(TypeError, match=message):
        handler(plain, **options)


def test_a_decorated_function_keeps_its_signature():
    def decorated(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    one = handler(decorated(plain))
    assert one.accepts == {"count", "note", "content"}
    assert one.key == f"{__name__}.plain"
