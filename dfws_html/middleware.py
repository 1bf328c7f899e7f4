"""The page's middleware: a position read before the view, and a signed window for the page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import urlsplit

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.page import metas
from dfws_html.page.revocation import tell_endings, watch
from dfws_html.page.subscriptions import Page, ensure_session_id, open_page, page_of
from dfws_html.page.tokens import PageToken, TokenRefused, sign, verify
from dfws_html.page.visitors import Visitor, check_identity

__all__ = ["WINDOW_HEADER", "WebsocketMiddleware"]

logger = logging.getLogger("dfws_html.page")

#: A living page's requests name their window with this header; answers bring its new token.
WINDOW_HEADER = "DFWS-Window"

_GetResponse = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


class WebsocketMiddleware:
    """Gives each page its window. Belongs below session and authentication in ``MIDDLEWARE``."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: _GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._acall(request)
        refused = _not_a_socket(request)
        if refused is not None:
            return refused
        _begin(request)
        watch(request)
        response = cast(HttpResponseBase, self.get_response(request))
        tell_endings(request)
        if _leads_away(request, response):
            return _refused_redirect(response)
        if _concerns(request, response):
            _finish(request, response)
        return response

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        refused = _not_a_socket(request)
        if refused is not None:
            return refused
        # Session and user may have to be read for a living page's header, so off the loop; where
        # the history is a network away, its position, too.
        if WINDOW_HEADER in request.headers:
            await sync_to_async(_begin)(request)
        elif publisher().history.shared and _is_navigation(request):
            await asyncio.to_thread(_begin, request)
        else:
            _begin(request)
        watch(request)
        response = await cast(Awaitable[HttpResponseBase], self.get_response(request))
        if request.dfws_ended:  # type: ignore[attr-defined]
            await sync_to_async(tell_endings)(request)
        if _leads_away(request, response):
            return _refused_redirect(response)
        if _concerns(request, response):
            await sync_to_async(_finish)(request, response)
        return response


def _not_a_socket(request: HttpRequest) -> HttpResponse | None:
    """Answer a websocket's handshake that reached a server (or route) which speaks only HTTP."""
    upgrade = request.META.get("HTTP_UPGRADE", "").lower()
    # A proxy that does not know websockets takes `Upgrade` away, and leaves the rest.
    if upgrade != "websocket" and (upgrade or "HTTP_SEC_WEBSOCKET_KEY" not in request.META):
        return None
    if request.path_info != urlsplit(conf.get("URL")).path:
        return None
    # WSGI servers may keep `Connection` to themselves, so only one that says else counts.
    if not upgrade or "upgrade" not in request.META.get("HTTP_CONNECTION", "upgrade").lower():
        text = (
            f"A websocket for {request.path} came as an HTTP request: a proxy does not pass its "
            "headers Upgrade and Connection on. For nginx: proxy_http_version 1.1; "
            'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";'
        )
    else:
        text = (
            f"A websocket for {request.path} came as an HTTP request: this server speaks no "
            "websocket, or does not route them. Use an ASGI server with ASGI_APPLICATION = "
            "'dfws_html.routing.application' (for runserver: 'daphne' first in INSTALLED_APPS; for "
            "uvicorn: pip install websockets)."
        )
    logger.error(text)
    # Without the header `Upgrade` that goes with it: WSGI leaves that one to its servers.
    return HttpResponse(text, status=426, content_type="text/plain")


# ------------------------------------------------------------------ the request


def _begin(request: HttpRequest) -> None:
    page = open_page(request, living=_living(request))
    if page.living is not None:
        # Whatever the browser has kept of this address, it was not made for this window as it is
        # now: an answer "not modified" would bring no token, or an old one.
        for condition in _CONDITIONS:
            request.META.pop(condition, None)
    if WINDOW_HEADER in request.headers or _is_navigation(request):
        page.stand()


_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE")


_DOCUMENTS = frozenset({"document", "iframe", "frame", "embed", "object"})


def _is_navigation(request: HttpRequest) -> bool:
    """Return whether a page may be wanted; no position need be read for an image or a script."""
    asked_for = request.headers.get("Sec-Fetch-Dest")
    if asked_for is not None:
        return asked_for in _DOCUMENTS
    accepts = request.headers.get("Accept", "*/*")
    return accepts == "*/*" or "text/html" in accepts


def _living(request: HttpRequest) -> PageToken | None:
    """Return the token of the living page that sends this request, if it is its visitor's."""
    text = request.headers.get(WINDOW_HEADER)
    if not text:
        return None
    try:
        token = verify(text)
        who = Visitor(
            session=getattr(request, "session", {}),
            user=getattr(request, "user", AnonymousUser()),
        )
        check_identity(token, who)
    except TokenRefused as error:
        logger.warning("%.200r: the header %s is ignored: %s", request.path, WINDOW_HEADER, error)
        return None
    return token


# ------------------------------------------------------------------ the response


def _leads_away(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether a living page's request would go on to another origin.

    Browsers take a request's headers along, and with them the window's token.
    """
    place = response.get("Location")
    return (
        WINDOW_HEADER in request.headers
        and response.status_code in _REDIRECTS
        and bool(place)  # an empty one leads to where the request went
        and not url_has_allowed_host_and_scheme(
            place, {request.get_host()}, require_https=request.is_secure()
        )
    )


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def _refused_redirect(response: HttpResponseBase) -> HttpResponse:
    """Return what a script gets instead. htmx goes there as a browser does, by its own header."""
    place = response["Location"]
    text = f"A request that carries {WINDOW_HEADER} is not led to another origin: {place}"
    return HttpResponse(text, status=403, content_type="text/plain", headers={"HX-Redirect": place})


def _concerns(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the response is a page's, or may become one. Reads no session."""
    page = page_of(request)
    if page.changes or page.wanted:
        return True
    if not _is_html(response) or _is_compressed(response):
        return False
    return isinstance(response, StreamingHttpResponse) or (
        isinstance(response, HttpResponse) and metas.names_script(response.content)
    )


def _finish(request: HttpRequest, response: HttpResponseBase) -> None:
    page = page_of(request)
    ensure_session_id(request)
    if page.changes:
        patch_vary_headers(response, [WINDOW_HEADER])
    if page.living is not None and page.changes:
        response[WINDOW_HEADER] = sign(page.token(request))
        _keep_private(response)
        # Nobody else could use it, nor this window later.
        patch_cache_control(response, no_store=True)
    if isinstance(response, StreamingHttpResponse):
        _finish_stream(request, page, response)
    elif isinstance(response, HttpResponse):
        _finish_page(request, page, response)


def _finish_page(request: HttpRequest, page: Page, response: HttpResponse) -> None:
    if _is_compressed(response):
        if page.wanted or _is_html(response):
            _complain_of_compression(request, page)
        return
    place = _place(page, response)
    if place is None:
        return
    response.content = place(response.content, metas.meta(request))
    _keep_private(response)
    if "Content-Length" in response:
        response["Content-Length"] = str(len(response.content))
    if response.get("ETag", "").startswith('"'):
        # What a view has marked as the same byte for byte differs in its token.
        response["ETag"] = f"W/{response['ETag']}"


def _place(page: Page, response: HttpResponse) -> Callable[[bytes, str], bytes] | None:
    """Return what puts the meta into the response, None if it is not to have one."""
    content = response.content
    # A cache may have kept what a tag left, so the tag need not have run for this request.
    if metas.has_placeholder(content) and (page.wanted or _is_html(response)):
        return metas.fill
    if not _is_html(response):
        return None
    whole = metas.names_script(content) or (page.changes and metas.is_document(content))
    return metas.insert if whole else None


def _finish_stream(request: HttpRequest, page: Page, response: StreamingHttpResponse) -> None:
    if not _is_html(response):
        return
    if _is_compressed(response):
        _complain_of_compression(request, page)
        return
    _keep_private(response)
    # Now, as a tag may come when only the event loop is there to read session and user, and when
    # no cookie can be set any more.
    text = metas.meta(request)
    page.streaming = True
    if not (page.wanted or page.changes):
        return
    del response["Content-Length"]
    chunks: Any = response.streaming_content
    fill = metas.fill_async_stream if response.is_async else metas.fill_stream
    response.streaming_content = fill(chunks, text, tagged=page.wanted)


def _complain_of_compression(request: HttpRequest, page: Page) -> None:
    # A living page's request for a piece has its topics in the answer's header.
    if page.wanted or (page.changes and page.living is None):
        logger.error(
            "%.200r: the page gets no window, as its view compresses it; leave that to a "
            "middleware above WebsocketMiddleware",
            request.path,
        )


def _is_html(response: HttpResponseBase) -> bool:
    return response.get("Content-Type", "").lower().startswith("text/html")


def _is_compressed(response: HttpResponseBase) -> bool:
    return response.get("Content-Encoding", "identity") != "identity"


def _keep_private(response: HttpResponseBase) -> None:
    patch_cache_control(response, private=True)
    patch_vary_headers(response, ["Cookie", WINDOW_HEADER])
