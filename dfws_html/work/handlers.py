"""One registered function: its signature, its permission, its queue."""

from __future__ import annotations

import copy
import inspect
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from asgiref.sync import iscoroutinefunction

from dfws_html.exceptions import InvalidArguments
from dfws_html.work.converters import Converter, converter_for
from dfws_html.work.permissions import Predicate, is_allowed, server_side

__all__ = ["DynamicQueueName", "Handler", "Queue", "RandomDynamicQueueName"]


class DynamicQueueName(ABC):
    """A queue that is chosen for each call.

    >>> class ByLanguage(DynamicQueueName):
    ...     def __call__(self, connection, window_info, original_kwargs):
    ...         return f"mail-{original_kwargs.get('language', 'en')}"
    ...     def get_available_queues(self):
    ...         return {"mail-en", "mail-fr"}
    >>> ByLanguage()(None, None, {"language": "fr"})
    'mail-fr'
    """

    @abstractmethod
    def __call__(
        self, connection: Any, window_info: Any, original_kwargs: Mapping[str, Any]
    ) -> str:
        """Return the queue's name.

        Args:
            connection: the `Handler`.
            window_info: the window that called.
            original_kwargs: the call's arguments, as they were sent.
        """

    @abstractmethod
    def get_available_queues(self) -> set[str]:
        """Return every name that a call may return, so that workers can listen to them."""


class RandomDynamicQueueName(DynamicQueueName):
    """One of `size` queues, drawn for each call: `prefix0`, `prefix1`, ...

    Raises:
        ValueError: `size` is below 1.

    >>> sorted(RandomDynamicQueueName("slow", 3).get_available_queues())
    ['slow0', 'slow1', 'slow2']
    """

    def __init__(self, prefix: str, size: int) -> None:
        if size < 1:
            raise ValueError(f"a signal needs at least one queue, not {size}")
        self.prefix = prefix
        self.size = size

    def __call__(
        self, connection: Any, window_info: Any, original_kwargs: Mapping[str, Any]
    ) -> str:
        return f"{self.prefix}{secrets.randbelow(self.size)}"

    def get_available_queues(self) -> set[str]:
        """Return all `size` names."""
        return {f"{self.prefix}{number}" for number in range(self.size)}


_LONGEST_NAME = 100  # of an argument that a browser has named

#: A name, or a callable (connection, window_info, original_kwargs) -> name; None: the default.
Queue = str | Callable[[Any, Any, Mapping[str, Any]], str | None] | None


@dataclass(frozen=True, kw_only=True)
class Handler:
    """A function that runs when a signal is triggered on the server.

    Args:
        signal: the signal's name.
        function: what runs; its first parameter is the window, the others are the arguments.
        is_allowed_to: who may call it from a browser: a callable
            (connection, window_info, kwargs) -> bool, connection being this handler.
        queue: where it runs: a name, a callable (connection, window_info, kwargs) -> name, or
            None for the default queue.
        reliable: whether it runs at least once, instead of at most once.
        reply: whether a browser's call waits for its end and its result.

    Raises:
        TypeError: the function can't be a handler, or an annotation of it can't be understood.

    >>> def add(window_info, count: int, note: str = ""): ...
    >>> handler = Handler(signal="cart.add", function=add)
    >>> handler.bind(None, {"count": "3"})
    {'count': 3}
    >>> handler.check_names({"cuont": 3})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    dfws_html.exceptions.InvalidArguments: signal "cart.add" (...add), argument "cuont": ...
    """

    signal: str
    function: Callable[..., Any]
    is_allowed_to: Predicate = server_side
    queue: Queue = None
    reliable: bool = False
    reply: bool = True

    def __post_init__(self) -> None:
        if not (self.signal and isinstance(self.signal, str)):
            raise TypeError(f"a signal's name is a text that is not empty, not {self.signal!r}")
        _check_function(self.function)
        allowed: Any = self.is_allowed_to
        if not callable(allowed) or iscoroutinefunction(allowed):
            raise TypeError(
                f"is_allowed_to of {self.key} must be a synchronous callable "
                f"(connection, window_info, kwargs), not {allowed!r}"
            )
        queue: Any = self.queue
        if queue == "" or not (queue is None or isinstance(queue, str) or callable(queue)):
            raise TypeError(f"queue of {self.key} must be a name, a callable or None")
        # Read the signature now: its faults belong to the start, not to the first call.
        _check_parameters(self)
        self._converters  # noqa: B018

    # ------------------------------------------------------------ what it is

    @property
    def key(self) -> str:
        """Module and qualified name: the same in every process that has this code."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @cached_property
    def digest(self) -> str:
        """Eight hexadecimal digits that stand for the key in the names of tasks."""
        return blake2b(self.key.encode(), digest_size=4).hexdigest()

    @property
    def is_async(self) -> bool:
        """Whether a call of the function has to be awaited."""
        return iscoroutinefunction(self.function)

    @cached_property
    def signature(self) -> inspect.Signature:
        """The function's signature, its annotations evaluated."""
        try:
            return inspect.signature(self.function, eval_str=True)
        except Exception as error:
            raise TypeError(
                f"an annotation of {self.key} can't be evaluated: {error} "
                "(what it names must be imported when the program runs)"
            ) from error

    @cached_property
    def accepts(self) -> frozenset[str]:
        """The names of the arguments."""
        return frozenset(self._parameters)

    def takes(self, name: str) -> bool:
        """Whether a call may bring an argument of this name."""
        return name in self._parameters or (self._rest is not None and name != self._window_name)

    # ------------------------------------------------------------ what it does with a call

    def check_names(self, arguments: Mapping[str, Any]) -> None:
        """Refuse arguments that the function does not have or that it misses.

        Raises:
            InvalidArguments: names the first of them.
        """
        for name in arguments:
            if name == self._window_name:
                raise self._invalid(name, "it is the window's own place")
            if not self.takes(name):
                nearest = get_close_matches(name, self._parameters, 1)
                raise self._invalid(name, "there is no such argument", *nearest)
        for name, parameter in self._parameters.items():
            if parameter.default is parameter.empty and name not in arguments:
                raise self._invalid(name, "it is missing")

    def bind(self, window_info: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments as the annotations ask for them; a copy, so nothing is shared.

        Args:
            window_info: the window that called.
            arguments: what it sent.

        Raises:
            InvalidArguments: a name is wrong, or a value can't be converted.
        """
        self.check_names(arguments)
        values = copy.deepcopy(dict(arguments))
        # Forms come last: they are made with the other arguments.
        plain = [name for name in values if not self._converter(name).needs_others]
        bound = {name: self._convert(name, values[name], window_info, values) for name in plain}
        others = dict(bound)
        for name in values:
            if name not in others:
                bound[name] = self._convert(name, values[name], window_info, others)
        return {name: bound[name] for name in values}

    def allows(self, window_info: Any, arguments: Mapping[str, Any]) -> bool:
        """Whether a browser's window may call it with these arguments, as they were sent.

        Raises:
            Exception: what the predicate raised; it is no yes.
        """
        return is_allowed(self.is_allowed_to, self, window_info, MappingProxyType(dict(arguments)))

    def queue_name(self, window_info: Any, arguments: Mapping[str, Any]) -> str | None:
        """Return the queue of one call, or None for the default one.

        Ask once and keep the answer: a drawn queue differs the next time.

        Raises:
            TypeError: the callable returned no name.
        """
        if self.queue is None or isinstance(self.queue, str):
            return self.queue
        name = self.queue(self, window_info, MappingProxyType(dict(arguments)))
        if name is not None and not (name and isinstance(name, str)):
            raise TypeError(f"the queue of {self.key} must be a name, not {name!r}")
        return name

    # ------------------------------------------------------------ its parameters

    @cached_property
    def _window_name(self) -> str | None:
        """The window's parameter, where an argument could take its place."""
        first = next(iter(self.signature.parameters.values()))
        return None if first.kind is first.POSITIONAL_ONLY else first.name

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        _, *others = self.signature.parameters.values()
        return {
            other.name: other
            for other in others
            if other.kind in (other.POSITIONAL_OR_KEYWORD, other.KEYWORD_ONLY)
        }

    @cached_property
    def _rest(self) -> inspect.Parameter | None:
        """The parameter `**kwargs`, if there is one."""
        parameters = self.signature.parameters.values()
        return next((one for one in parameters if one.kind is one.VAR_KEYWORD), None)

    @cached_property
    def _converters(self) -> Mapping[str, Converter]:
        rest = [self._rest] if self._rest else []
        converters = {}
        for parameter in (*self._parameters.values(), *rest):
            try:
                converters[parameter.name] = converter_for(
                    parameter.annotation, nullable=parameter.default is None
                )
            except TypeError as error:
                raise TypeError(f'{self.key}, argument "{parameter.name}": {error}') from error
        return converters

    def _converter(self, name: str) -> Converter:
        if name in self._parameters or self._rest is None:
            return self._converters[name]
        return self._converters[self._rest.name]

    def _convert(
        self, name: str, value: Any, window_info: Any, arguments: Mapping[str, Any]
    ) -> Any:
        try:
            return self._converter(name).convert(value, window_info, arguments)
        except ValueError as error:
            raise self._invalid(name, str(error)) from error

    def _invalid(self, argument: str, reason: str, nearest: str = "") -> InvalidArguments:
        # A function that takes any name takes a long one, and Celery logs what it raises.
        return InvalidArguments(self.signal, argument[:_LONGEST_NAME], reason, self.key, nearest)


def _check_function(function: Any) -> None:
    if isinstance(function, (staticmethod, classmethod)) or not hasattr(function, "__qualname__"):
        raise TypeError(
            f"a signal needs a function with a name of its own, not {function!r}; "
            "workers find it by module and name"
        )
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{function.__qualname__} is a generator: a call would run nothing of it")


def _check_parameters(handler: Handler) -> None:
    first, *others = handler.signature.parameters.values() or [None]
    if first is None or first.kind not in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD):
        raise TypeError(
            f"{handler.key} needs the window as its first parameter, "
            f"as in def {handler.function.__name__}(window_info, ...)"
        )
    for other in others:
        if other is not None and other.kind is other.POSITIONAL_ONLY:
            raise TypeError(
                f'{handler.key}: the argument "{other.name}" is positional-only, '
                "but arguments come by name"
            )
