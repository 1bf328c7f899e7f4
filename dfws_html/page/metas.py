"""The window's ``<meta>``: its text, the placeholder a tag leaves for it, and where it goes in a page."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from django.middleware.csrf import get_token
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dfws_html import conf
from dfws_html.page.subscriptions import keep_out_of_caches, page_of
from dfws_html.page.tokens import sign

__all__ = ["PLACEHOLDER", "fill", "fill_async_stream", "fill_stream", "insert", "meta", "names_script", "script_tag"]

#: What the script tag leaves in a page until the response is ready.
PLACEHOLDER: SafeString = mark_safe('<meta name="dfws" content="">')

_SCRIPT = b"df_websockets.min."
_PLACES = (re.compile(rb"<script\b", re.I), re.compile(rb"</head\s*>", re.I))
_AFTER = re.compile(rb"<(?:body|html)\b[^>]*>", re.I)


def meta(request: HttpRequest) -> SafeString:
    """Return the ``<meta>`` of the request's page, signed with all its topics."""
    token = page_of(request).token(request)
    url = conf.get("URL")
    return format_html(
        '<meta name="dfws" content="{}" data-url="{}" data-pos="{}" data-life="{}" data-csrf="{}">',
        sign(token),
        url if "://" in url else get_script_prefix().rstrip("/") + url,
        token.position,
        token.life,
        get_token(request),
    )


def script_tag(request: HttpRequest) -> SafeString:
    """Return what a page needs to be a window: its meta, the script, and a place for messages.

    The script carries the request's CSP nonce, if a middleware has given it one.
    """
    page = page_of(request)
    keep_out_of_caches(request)
    if page.streaming:
        head = meta(request)
    else:
        page.wanted = True
        head = PLACEHOLDER
    nonce = getattr(request, "csp_nonce", "")
    return format_html(
        '{}<script src="{}" defer{}></script><div data-df-status role="status"></div>',
        head,
        static("js/df_websockets.min.js"),
        format_html(' nonce="{}"', nonce) if nonce else "",
    )


def names_script(content: bytes) -> bool:
    """Return whether a page includes the browser's script."""
    return _SCRIPT in content


def fill(content: bytes, text: str) -> bytes:
    """Put the meta where a tag left its placeholder."""
    return content.replace(PLACEHOLDER.encode(), text.encode())


def insert(content: bytes, text: str) -> bytes:
    """Put the meta into a page that has no placeholder: before its first script.

    >>> insert(b"<html><head><script></script></head>", "<meta>")
    b'<html><head><meta><script></script></head>'
    """
    for place in _PLACES:
        if found := place.search(content):
            return content[: found.start()] + text.encode() + content[found.start() :]
    found = _AFTER.search(content)
    at = found.end() if found else 0
    return content[:at] + text.encode() + content[at:]


class _Filler:
    """Fills the placeholder in a stream, wherever its chunks are cut."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._rest = b""

    def take(self, chunk: bytes) -> bytes:
        content = fill(self._rest + chunk, self._text)
        mark = PLACEHOLDER.encode()
        kept = next(
            (n for n in range(min(len(mark) - 1, len(content)), 0, -1) if content.endswith(mark[:n])),
            0,
        )
        self._rest = content[len(content) - kept :]
        return content[: len(content) - kept]

    def end(self) -> bytes:
        return self._rest


def fill_stream(chunks: Iterator[bytes], text: str) -> Iterator[bytes]:
    """Put the meta into a stream, where a tag left its placeholder."""
    filler = _Filler(text)
    for chunk in chunks:
        yield filler.take(chunk)
    yield filler.end()


async def fill_async_stream(chunks: AsyncIterator[bytes], text: str) -> AsyncIterator[bytes]:
    """Put the meta into an asynchronous stream, where a tag left its placeholder."""
    filler = _Filler(text)
    async for chunk in chunks:
        yield filler.take(chunk)
    yield filler.end()
