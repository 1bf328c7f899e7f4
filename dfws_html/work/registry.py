"""Which functions a signal's name runs, and how each app's `signals.py` comes to say so."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.util import find_spec
from types import MappingProxyType

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import module_has_submodule

from dfws_html import conf
from dfws_html.work.handlers import DynamicQueueName, Handler

__all__ = ["WINDOW_SIGNALS", "Registry", "autodiscover", "registry"]

#: The signals that every window runs by itself; they never reach the server.
WINDOW_SIGNALS = frozenset(
    {
        # the predecessor's
        "html.add_attribute",
        "html.add_class",
        "html.after",
        "html.append",
        "html.before",
        "html.boolean_attribute",
        "html.content",
        "html.download_file",
        "html.empty",
        "html.focus",
        "html.forms.set",
        "html.prepend",
        "html.remove",
        "html.remove_attr",
        "html.remove_class",
        "html.replace_with",
        "html.text",
        # ours
        "forms.errors",
        "html.announce",
        "html.assets",
        "html.batch",
        "html.dialog",
        "html.dispatch",
        "html.morph",
        "html.push_url",
        "html.redirect",
        "html.refresh",
        "html.reload",
        "html.replace_url",
        "html.scroll",
        "html.title",
        "html.toggle_class",
        "html.upsert",
    }
)

_LONG_NAME = 200  # beyond it nobody mistyped, and comparing would take its time

_Table = Mapping[str, Mapping[str, Handler]]


class Registry:
    """Handlers by the signal's name and the function's key.

    It may be used from every thread: writers replace the table, readers see one or the other.

    >>> def add(window_info): ...
    >>> shop = Registry()
    >>> shop.add(Handler(signal="cart.add", function=add))
    >>> [handler.key.rpartition(".")[2] for handler in shop.handlers("cart.add")]
    ['add']
    >>> shop.nearest("cart.ad")
    ('cart.add',)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._table: _Table = MappingProxyType({})

    def add(self, handler: Handler) -> None:
        """Register a handler; one of the same signal and key is replaced, in its place.

        Raises:
            ValueError: the signal belongs to the windows.
        """
        name = handler.signal
        if name in WINDOW_SIGNALS:
            raise ValueError(
                f'the signal "{name}" belongs to the windows and never reaches the server: '
                f"give {handler.key} another path"
            )
        with self._lock:
            functions = {**self._table.get(name, {}), handler.key: handler}
            self._table = MappingProxyType({**self._table, name: functions})

    def handlers(self, name: str) -> tuple[Handler, ...]:
        """Return a signal's handlers in the order of their registration."""
        return tuple(self._table.get(name, {}).values())

    def get(self, key: str, signal: str | None = None) -> Handler | None:
        """Return the handler whose function has this key, or None if this process has none.

        Args:
            key: module and qualified name, as `Handler.key`.
            signal: the signal's name; it matters where one function serves several signals.
        """
        table = self._table
        for name in table if signal is None else (signal,):
            handler = table.get(name, {}).get(key)
            if handler is not None:
                return handler
        return None

    def names(self) -> tuple[str, ...]:
        """Return the signals that have a handler, in the order of their registration."""
        return tuple(self._table)

    def nearest(self, name: str) -> tuple[str, ...]:
        """Return at most three registered names that resemble one that is not."""
        if name in self._table or len(name) > _LONG_NAME:
            return ()
        return tuple(get_close_matches(name, self._table, 3))

    def queues(self, default: str) -> frozenset[str]:
        """Return every queue that a handler can use; a plain callable's can't be known.

        Args:
            default: the queue of handlers that name none.
        """
        found = {default}
        for functions in self._table.values():
            for handler in functions.values():
                if isinstance(handler.queue, str):
                    found.add(handler.queue)
                elif isinstance(handler.queue, DynamicQueueName):
                    found |= handler.queue.get_available_queues()
        return frozenset(found)

    @contextmanager
    def isolated(self) -> Iterator[Registry]:
        """What is registered inside the block is forgotten after it; for tests.

        >>> def greet(window_info): ...
        >>> with registry.isolated():
        ...     registry.add(Handler(signal="only.here", function=greet))
        ...     registry.handlers("only.here") != ()
        True
        >>> registry.handlers("only.here")
        ()
        """
        before = self._table
        try:
            yield self
        finally:
            with self._lock:
                self._table = before


registry = Registry()
"""The handlers of this process."""


def autodiscover(app_labels: Iterable[str] | None = None) -> tuple[str, ...]:
    """Import the module `signals` of each installed app that has one.

    Args:
        app_labels: labels or names of the apps; None: the setting `WEBSOCKET_AUTODISCOVER`,
            which in turn is None for all.

    Returns:
        The names of the imported modules.

    Raises:
        ImproperlyConfigured: a module could not be imported (the cause says why), or a label
            belongs to no app.

    >>> autodiscover([])
    ()
    """
    labels = conf.get("AUTODISCOVER") if app_labels is None else app_labels
    modules = [
        f"{config.name}.signals"
        for config in _chosen(labels)
        if module_has_submodule(config.module, "signals")
    ]
    for name in modules:
        try:
            importlib.import_module(name)
        except Exception as error:
            raise ImproperlyConfigured(
                f"{_file_of(name)} could not be imported, so its signals are missing: "
                f"{type(error).__name__}: {error}"
            ) from error
    return tuple(modules)


def _chosen(labels: Iterable[str] | None) -> list[AppConfig]:
    configs = list(apps.get_app_configs())
    if labels is None:
        return configs
    if isinstance(labels, str):
        raise ImproperlyConfigured(f"WEBSOCKET_AUTODISCOVER is a list of apps, not {labels!r}")
    wanted = set(labels)
    known = {config.label for config in configs} | {config.name for config in configs}
    for label in sorted(wanted - known):
        nearest = get_close_matches(label, known, 1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise ImproperlyConfigured(f"WEBSOCKET_AUTODISCOVER: no app is called {label!r}{hint}")
    return [config for config in configs if wanted & {config.label, config.name}]


def _file_of(module: str) -> str:
    spec = find_spec(module)
    return (spec and spec.origin) or module
