"""The source of functions and templates, so that a page shows the very code that runs."""

import inspect
from collections.abc import Callable
from typing import Any

from django.template import engines

__all__ = ["function_source", "template_source"]


def function_source(function: Callable[..., Any]) -> str:
    """Return a function as it is written, decorators included."""
    return inspect.getsource(function).rstrip()


def template_source(name: str) -> str:
    """Return a template as it is written, without its first line, which loads the tags."""
    source: str = engines["django"].get_template(name).template.source  # type: ignore[attr-defined]
    return source.partition("\n")[2].rstrip()
