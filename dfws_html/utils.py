"""Old door to the converters of arguments and to `SignalQueue`; both live elsewhere."""

from importlib import import_module
from typing import Any

from dfws_html.work.converters import RE, Choice, SerializedForm

__all__ = ["RE", "Choice", "SerializedForm", "SignalQueue"]  # noqa: F822  # see __getattr__


def __getattr__(name: str) -> Any:
    # Made when asked for: a project's models and forms import this door before Django is set up.
    if name == "SignalQueue":
        return import_module("dfws_html.testing").SignalQueue
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
