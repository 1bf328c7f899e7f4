"""Elements that the server renders again: marked when rendered, replaced where they are shown."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString

from dfws_html.tasks import trigger_signal
from dfws_html.window_info import WindowInfo

__all__ = ["excepted", "mark", "replace"]

# White space and comments, then a tag; what stands in quotes may hold its end.
_ROOT = re.compile(
    r"(?:\s|<!--.*?-->)*<[a-zA-Z][^\s/>]*(?P<attributes>(?:\"[^\"]*\"|'[^']*'|[^'\">])*)>",
    re.DOTALL,
)
# What a template leaves around the element: it would pile up in the page.
_AROUND = re.compile(r"\A(?:\s|<!--.*?-->)+|\s+\Z", re.DOTALL)
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track"]
)


def mark(html: str, name: str, value: str, *, what: str) -> SafeString:
    """Give the root element of a piece of HTML an attribute by which it is found again.

    Args:
        html: one element; comments may stand before it.
        name: of the attribute.
        value: of the attribute; no character of it needs to be escaped.
        what: whose HTML it is, for the errors.

    Raises:
        ValueError: it begins with no element, or with one that has the attribute; under ``DEBUG``
            also if there is more than one.

    >>> mark("<p class=x>hello</p>", "data-df-live", "k", what="it")
    '<p data-df-live="k" class=x>hello</p>'
    """
    found = _ROOT.match(html)
    if found is None:
        raise ValueError(f"{what} must render one element, which is replaced when it changes")
    if f"{name}=" in found["attributes"]:
        raise ValueError(
            f"{what} must render an element of its own around the one that has {name} already"
        )
    if settings.DEBUG and not _is_single(html):
        raise ValueError(f"{what} renders more than one element: put one around them")
    at = found.start("attributes")
    return SafeString(f'{html[:at]} {name}="{value}"{html[at:]}')


def replace(
    name: str,
    value: str,
    html: str,
    *,
    to: Any,
    window_info: WindowInfo | None = None,
    but: str | None = None,
) -> None:
    """Replace the marked element wherever it is shown.

    Args:
        name: of the attribute.
        value: of the attribute.
        html: the element as it is now; empty where it is gone.
        to: topics, as for ``trigger``.
        window_info: the window behind it, None for nobody's.
        but: key of a window that has no need of it.
    """
    content = _AROUND.sub("", html)
    arguments = {"selector": f'[{name}="{value}"]', "content": content, **excepted(but)}
    trigger_signal(window_info, "html.replace_with", to=to, kwargs=arguments)


def excepted(window_key: str | None) -> dict[str, str]:
    """Return the argument by which one window ignores what is pushed to all of a topic."""
    return {} if window_key is None else {"$but": window_key}


def _is_single(html: str) -> bool:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.roots == 1


class _Reader(HTMLParser):
    """Counts what stands side by side at the top."""

    def __init__(self) -> None:
        super().__init__()
        self.roots = 0
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self._count()
        self._depth += tag not in _VOID

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self._count()

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag not in _VOID

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._count()

    def _count(self) -> None:
        self.roots += self._depth == 0
