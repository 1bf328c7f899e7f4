"""The page's middleware: reads the position before the view, and gives the page its signed window."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.page import metas
from dfws_html.page.subscriptions import Page, ensure_session_id, page_of
from dfws_html.page.tokens import PageToken, TokenRefused, new_window_id, sign, verify
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
        return _finish(request, cast(HttpResponseBase, self.get_response(request)))

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        refused = _not_a_socket(request)
        if refused is not None:
            return refused
        # Session and user may have to be read for a living page's header, so off the loop.
        if WINDOW_HEADER in request.headers:
            await sync_to_async(_begin)(request)
        else:
            _begin(request)
        response = await cast(Awaitable[HttpResponseBase], self.get_response(request))
        if _has_page(request, response):
            return await sync_to_async(_finish)(request, response)
        return response


def _not_a_socket(request: HttpRequest) -> HttpResponse | None:
    """Answer a websocket's handshake that reached a server (or route) which speaks only HTTP."""
    if request.META.get("HTTP_UPGRADE", "").lower() != "websocket":
        return None
    if not request.path.endswith(conf.get("URL")):
        return None
    text = (
        f"A websocket for {request.path} came as an HTTP request: this server speaks no websocket, "
        "or does not route them. Use an ASGI server with ASGI_APPLICATION = "
        "'dfws_html.routing.application' (for runserver: 'daphne' first in INSTALLED_APPS; for "
        "uvicorn: pip install websockets)."
    )
    logger.error(text)
    return HttpResponse(text, status=426, content_type="text/plain", headers={"Upgrade": "websocket"})


def _begin(request: HttpRequest) -> None:
    life, position = publisher().history.position()
    living = _living(request)
    window = living.window if living is not None else new_window_id()
    page = Page(window=window, life=life, position=position, living=living)
    request._dfws_page = page  # type: ignore[attr-defined]
    request.window_key = window  # type: ignore[attr-defined]


def _living(request: HttpRequest) -> PageToken | None:
    """Return the token of the living page that sends this request, if it is one of its visitor's."""
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
        logger.warning("%s: the header %s is ignored: %s", request.path, WINDOW_HEADER, error)
        return None
    return token


def _has_page(request: HttpRequest, response: HttpResponseBase) -> bool:
    page = page_of(request)
    if page.names is not None or page.wanted or response.streaming:
        return True
    return isinstance(response, HttpResponse) and metas.names_script(response.content)


def _finish(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    page = page_of(request)
    if not _has_page(request, response):
        return response
    if page.living is not None and page.names is not None:
        response[WINDOW_HEADER] = sign(page.token(request))
        _private(response)
    if _can_hold_meta(response) and (page.wanted or page.living is None):
        ensure_session_id(request)
        _give_meta(request, page, response)
    return response


def _can_hold_meta(response: HttpResponseBase) -> bool:
    is_html = response.get("Content-Type", "").startswith("text/html")
    return is_html and "Content-Encoding" not in response


def _give_meta(request: HttpRequest, page: Page, response: HttpResponseBase) -> None:
    if isinstance(response, StreamingHttpResponse):
        page.streaming = True  # a tag that is yet to come signs for itself
        if page.wanted:
            text = metas.meta(request)
            if response.is_async:
                response.streaming_content = metas.fill_async_stream(aiter(response), text)
            else:
                response.streaming_content = metas.fill_stream(iter(response), text)
        if page.wanted or page.names is not None:
            _private(response)
    elif isinstance(response, HttpResponse):
        place = metas.fill if page.wanted else metas.insert
        response.content = place(response.content, metas.meta(request))
        if "Content-Length" in response:
            response["Content-Length"] = str(len(response.content))
        _private(response)


def _private(response: HttpResponseBase) -> None:
    patch_cache_control(response, private=True)
    patch_vary_headers(response, ["Cookie"])
