"""What a verb refuses before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from dfws_html.page.triggers import nearest, shown

__all__ = ["address", "one_of"]

_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_IGNORED = dict.fromkeys(map(ord, "\t\r\n"))  # browsers take them out of an address
_AROUND = "".join(map(chr, range(33)))  # and these from its ends
_WEB = ("http", "https")


def address(verb: str, url: Any, schemes: Collection[str] = _WEB) -> str:
    """Return an address as text, a lazy one too.

    Args:
        verb: who asks, for the error.
        url: the address; without a scheme it is the page's own.
        schemes: those that are let through.

    Raises:
        ValueError: it has another scheme.

    >>> address("html.redirect", "javascript:alert(1)")
    Traceback (most recent call last):
    ValueError: html.redirect: an address may begin with http: or https:, not with javascript:
    """
    text = str(url)
    found = _SCHEME.match(text.translate(_IGNORED).lstrip(_AROUND))
    if found is not None and found[1].lower() not in schemes:
        allowed = " or ".join(f"{scheme}:" for scheme in schemes)
        raise ValueError(f"{verb}: an address may begin with {allowed}, not with {found[1]:.20}:")
    return text


def one_of(verb: str, name: str, value: Any, known: Collection[str]) -> str:
    """Return a word that has to be one of a few.

    Raises:
        ValueError: it is none of them.

    >>> one_of("html.dialog", "action", "modl", ["modal", "close"])
    Traceback (most recent call last):
    ValueError: html.dialog: "action" is modal or close, not "modl"; did you mean "modal"?
    """
    if value not in known:
        text = str(value)
        words = " or ".join(known)
        raise ValueError(f'{verb}: "{name}" is {words}, not {shown(text)}{nearest(text, known)}')
    return str(value)
