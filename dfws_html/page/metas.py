"""The window's ``<meta>``: its text, what a tag leaves for it, and where it goes in a page."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dfws_html import conf
from dfws_html.page.subscriptions import keep_out_of_caches, page_of
from dfws_html.page.tokens import sign

__all__ = [
    "PLACEHOLDER",
    "fill",
    "fill_async_stream",
    "fill_stream",
    "has_placeholder",
    "insert",
    "is_document",
    "meta",
    "names_script",
    "script_tag",
]

logger = logging.getLogger("dfws_html.page")

#: What the script tag leaves in a page until the response is ready.
PLACEHOLDER: SafeString = mark_safe('<meta name="dfws" content="">')

_MARK = PLACEHOLDER.encode()
_SCRIPT = b"df_websockets.min."
_SCRIPT_TAG = re.compile(rb"<script\b[^>]*\bdf_websockets\.min\.", re.IGNORECASE)
# What stands in a comment is no place. Before a script or the head's end, behind the body's begin.
_PLACE = re.compile(
    rb"<!--.*?-->|(?P<before><script\b|</head\s*>)|<body\b[^>]*>", re.IGNORECASE | re.DOTALL
)
_BEGIN = re.compile(rb"<html\b[^>]*>|<!doctype\b[^>]*>(?!\s*<html\b)", re.IGNORECASE)
_DOCUMENT = re.compile(rb"<!doctype\s+html\b|<(?:html|head|body)\b", re.IGNORECASE)
# What decides in a stream without a placeholder, and a tag that has begun and may become it.
_NEXT = re.compile(
    rb'<meta name="dfws"|(?P<script><script\b[^>]*\bdf_websockets\.min\.)', re.IGNORECASE
)
_BEGUN = re.compile(rb"<(?:[ms][^>]{0,1024})?\Z", re.IGNORECASE)
_FETCHED = frozenset({"GET", "HEAD"})
_LOOK = 1024  # bytes in which a document shows that it is one


def meta(request: HttpRequest) -> SafeString:
    """Return the ``<meta>`` of the request's page, signed with all its topics."""
    token = page_of(request).token(request)
    url = conf.get("URL")
    return format_html(
        '<meta name="dfws" content="{}" data-url="{}" data-w="{}" data-pos="{}" data-life="{}" '
        'data-csrf="{}"{}>',
        sign(token),
        url if "://" in url else get_script_prefix().rstrip("/") + url,
        token.window,
        token.position,
        token.life,
        get_token(request),
        # Nobody may send a form again to see what has become of its page.
        "" if request.method in _FETCHED else mark_safe(' data-post=""'),
    )


def script_tag(request: HttpRequest) -> SafeString:
    """Return what a page needs to be a window: its meta, the script, and a place for messages.

    The script carries the request's CSP nonce, if a middleware has given it one. Under ``DEBUG``
    the one for developers comes before it. What the place will say to a visitor is in the page's
    language.
    """
    page = page_of(request)
    if page.stray:
        logger.error(
            "%.200r: the page gets no window, as WebsocketMiddleware has not seen its request; "
            "add 'dfws_html.middleware.WebsocketMiddleware' at the end of MIDDLEWARE",
            request.path,
        )
    keep_out_of_caches(request)
    page.note_locale()
    head = PLACEHOLDER
    if page.streaming:
        # What is on its way can't be filled later; a page that has its meta needs no other.
        head = mark_safe("") if page.wanted else meta(request)
    page.wanted = True
    texts = {
        "error": _("Something went wrong."),
        "undelivered": _("That could not be sent."),
        "unknown": _("There was no answer: it may have happened, or not."),
        "refused": _("This page is out of date: please load it again."),
    }
    scripts = [*(["df_websockets.debug.js"] if settings.DEBUG else []), "df_websockets.min.js"]
    nonce = _nonce(request)
    return format_html(
        '{}{}<div data-df-status role="status"{}></div>',
        head,
        format_html_join(
            "",
            '<script src="{}" defer{}></script>',
            [(static(f"js/{script}"), nonce) for script in scripts],
        ),
        format_html_join("", ' data-df-text-{}="{}"', texts.items()),
    )


def _nonce(request: HttpRequest) -> SafeString:
    # By django-csp, or by Django itself. It is made when it becomes a text, and false until then.
    nonce = getattr(request, "csp_nonce", None)
    if nonce is None:
        nonce = getattr(request, "_csp_nonce", None)
    text = "" if nonce is None else str(nonce)
    return format_html(' nonce="{}"', text) if text else mark_safe("")


def names_script(content: bytes) -> bool:
    """Return whether a page includes the browser's script."""
    return _SCRIPT in content and _SCRIPT_TAG.search(content) is not None


def is_document(content: bytes) -> bool:
    """Return whether it is a whole page, not a piece of one."""
    return _DOCUMENT.search(content, 0, _LOOK) is not None


def has_placeholder(content: bytes) -> bool:
    """Return whether a tag has left its placeholder."""
    return _MARK in content


def fill(content: bytes, text: str) -> bytes:
    """Put the meta where a tag left its placeholder; a window has one, whatever tags there are."""
    before, mark, after = content.partition(_MARK)
    return before + text.encode() + after.replace(_MARK, b"") if mark else content


def insert(content: bytes, text: str) -> bytes:
    """Put the meta into a page that has no placeholder: before its first script.

    >>> insert(b"<html><head><script></script></head>", "<meta>")
    b'<html><head><meta><script></script></head>'
    """
    at = _place(content)
    return content[:at] + text.encode() + content[at:]


def _place(content: bytes) -> int:
    for found in _PLACE.finditer(content):
        if found["before"]:
            return found.start()
        if not found[0].startswith(b"<!--"):
            return found.end()
    begin = _BEGIN.search(content)
    return begin.end() if begin else 0


class _Filler:
    """Fills the placeholder in a stream, wherever its chunks are cut."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._rest = b""

    def take(self, chunk: bytes) -> bytes:
        content = self._rest + chunk
        if has_placeholder(content):
            content = fill(content, self._text)
            self._text = ""  # a window has one meta
        kept = next(
            (
                n
                for n in range(min(len(_MARK) - 1, len(content)), 0, -1)
                if content.endswith(_MARK[:n])
            ),
            0,
        )
        self._rest = content[len(content) - kept :]
        return content[: len(content) - kept]

    def end(self) -> bytes:
        return self._rest


class _Inserter:
    """Puts the meta before the script in a stream that has no placeholder, wherever it is cut."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self._rest = b""
        self._done = False

    def take(self, chunk: bytes) -> bytes:
        content = self._rest + chunk
        self._rest = b""
        if self._done:
            return content
        found = _NEXT.search(content)
        if found is not None:
            self._done = True
            # A tag that ran since the stream began has signed for itself.
            text = self._text if found["script"] else b""
            return content[: found.start()] + text + content[found.start() :]
        begun = _BEGUN.search(content)
        end = begun.start() if begun else len(content)
        self._rest = content[end:]
        return content[:end]

    def end(self) -> bytes:
        return self._rest


def fill_stream(chunks: Iterable[bytes], text: str, *, tagged: bool = True) -> Iterator[bytes]:
    """Put the meta into a stream: where a tag left its placeholder, else before the script."""
    filler = _Filler(text) if tagged else _Inserter(text)
    for chunk in chunks:
        yield filler.take(chunk)
    yield filler.end()


async def fill_async_stream(
    chunks: AsyncIterable[bytes], text: str, *, tagged: bool = True
) -> AsyncIterator[bytes]:
    """Put the meta into an asynchronous stream, as :func:`fill_stream` does."""
    filler = _Filler(text) if tagged else _Inserter(text)
    async for chunk in chunks:
        yield filler.take(chunk)
    yield filler.end()
