"""The source of functions and templates, so that a page shows the very code that runs."""

import inspect
import re
from collections.abc import Callable
from typing import Any

from django.template import engines
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

__all__ = ["function_source", "template_source"]

_WORDS = re.compile(
    r"""(?P<tag>{[%{].*?[%}]})"""
    r"""|(?P<text>"{3}[\s\S]*?"{3}|f?"[^"\n]*")"""
    r"""|(?P<word>\b(?:def|else|for|if|in|not|or|raise|return|None|True|False)\b(?!=))"""
    r"""|(?P<mark>@[\w.]+|\#.*)"""
)


def function_source(*functions: Callable[..., Any]) -> SafeString:
    """Return functions as they are written, decorators included."""
    return _coloured("\n\n\n".join(inspect.getsource(function).rstrip() for function in functions))


def template_source(name: str) -> SafeString:
    """Return a template as it is written, without its first line, which loads the tags."""
    source: str = engines["django"].get_template(name).template.source  # type: ignore[attr-defined]
    return _coloured(source.partition("\n")[2].rstrip())


def _coloured(source: str) -> SafeString:
    """Return the source as HTML, in which a few kinds of words have a class."""
    pieces = []
    end = 0
    for found in _WORDS.finditer(source):
        span = format_html('<span class="is-{}">{}</span>', found.lastgroup, found[0])
        pieces += [source[end : found.start()], span]
        end = found.end()
    return format_html_join("", "{}", [(piece,) for piece in [*pieces, source[end:]]])
