"""One piece of some HTML: what a selector finds, as it was written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EntitySubstitution
from bs4.formatter import HTMLFormatter
from django.utils.safestring import SafeString
from soupsieve import SelectorSyntaxError

__all__ = ["NoSuchPiece", "cut"]


class NoSuchPiece(LookupError):
    """A selector finds nothing in what was rendered."""


def cut(html: str, selector: str) -> SafeString:
    """Return the first element that a selector finds, with all that is in it.

    Args:
        html: a page or a part of one.
        selector: CSS.

    Raises:
        NoSuchPiece: there is none.
        ValueError: the selector can't be read.

    >>> cut('<p>x</p><ul id="lines"><li>1 &lt; 2<br></ul>', "#lines")
    '<ul id="lines"><li>1 &lt; 2<br></li></ul>'
    """
    soup = BeautifulSoup(
        html,
        "html.parser",
        multi_valued_attributes=None,  # a class stays as it is written
        on_duplicate_attribute="ignore",  # as browsers do
    )
    try:
        found = soup.select_one(selector)
    except SelectorSyntaxError as error:
        raise ValueError(
            f"select={selector!r} is no selector: {str(error).splitlines()[0]}"
        ) from None
    if found is None:
        raise NoSuchPiece(
            f"select={selector!r} finds nothing in the {len(html)} characters rendered"
        )
    return SafeString(found.decode(formatter=_AS_WRITTEN))


class _AsWritten(HTMLFormatter):
    """Neither sorts attributes nor closes void elements."""

    def __init__(self) -> None:
        super().__init__(
            entity_substitution=EntitySubstitution.substitute_xml, void_element_close_prefix=""
        )

    def attributes(self, tag: Tag) -> Iterable[tuple[str, Any]]:
        return tag.attrs.items()


_AS_WRITTEN = _AsWritten()
