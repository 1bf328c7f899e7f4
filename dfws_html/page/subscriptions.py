"""Which topics a page hears: chosen by its view before it is rendered, by a handler while it lives."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.db.models import QuerySet

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.page.living import topics_order
from dfws_html.page.tokens import PageToken, new_window_id
from dfws_html.topics import BROADCAST, SESSION, USER, WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.ws_middleware import SESSION_ID

__all__ = [
    "Page",
    "add_websocket_topics",
    "page_of",
    "remove_websocket_topics",
    "set_websocket_topics",
]


@dataclass
class Page:
    """What a request knows of the page that its response will be.

    Attributes:
        window: the page's window id.
        life, position: of the history when the request began, before its view read anything.
        living: the token of the page that sends the request, if a living one does.
        names: of the topics chosen so far, None if none were.
        wanted: whether a tag asked for the window's ``<meta>``.
        streaming: whether the response has begun, so that a tag has to sign for itself.
    """

    window: str
    life: str
    position: int
    living: PageToken | None = None
    names: list[str] | None = None
    wanted: bool = False
    streaming: bool = False

    def token(self, request: HttpRequest) -> PageToken:
        """Return the token for this page, with every topic that has been chosen."""
        window_info = WindowInfo.from_request(request)
        window_info.window_key = self.window
        own = topic_names(window_info, _own_topics(window_info))
        names = dict.fromkeys([*own, *(self.names or ())])
        _check_count(len(names))
        before = self.living or PageToken(window=self.window)
        return PageToken(
            window=self.window,
            user="" if window_info.user_pk is None else str(window_info.user_pk),
            session=window_info.session_id or "",
            topics=before.with_topics(topic_ids(names)).topics,
            position=self.position,
            life=self.life,
        )


def page_of(request: HttpRequest) -> Page:
    """Return the request's page, made now if the middleware has not made it."""
    page = getattr(request, "_dfws_page", None)
    if page is None:
        life, position = publisher().history.position()
        page = Page(window=new_window_id(), life=life, position=position)
        request._dfws_page = page  # type: ignore[attr-defined]
        request.window_key = page.window  # type: ignore[attr-defined]
    return page


def keep_out_of_caches(request: HttpRequest) -> None:
    """Tell Django's cache middleware that this response is one visitor's own."""
    request._cache_update_cache = False  # type: ignore[attr-defined]


def ensure_session_id(request: HttpRequest) -> None:
    """Give a session that exists the random id by which tokens know it.

    It survives a new session key (login, password change) and dies with the session (logout).
    """
    session = getattr(request, "session", None)
    if session is not None and session.session_key and SESSION_ID not in session:
        session[SESSION_ID] = secrets.token_urlsafe(12)


def set_websocket_topics(request: HttpRequest | WindowInfo, *topics: Any) -> None:
    """Choose the topics that a page hears, besides its own window, user, session and ``BROADCAST``.

    Args:
        request: the request whose response is the page; or the ``WindowInfo`` of a living window,
            which then hears these topics instead of those it has.
        topics: instances, strings and whatever else ``serialize_topic`` takes; lists, sets and
            querysets stand for what they hold.

    Raises:
        TypeError, ValueError: an object can't be a topic.

    >>> from django.test import RequestFactory
    >>> request = RequestFactory().get("/")
    >>> set_websocket_topics(request, ["room 1", "room 2"], "news")
    """
    _change(request, "set", topics)


def add_websocket_topics(request: HttpRequest | WindowInfo, *topics: Any) -> None:
    """Let a page hear further topics; arguments as for :func:`set_websocket_topics`."""
    _change(request, "add", topics)


def remove_websocket_topics(request: HttpRequest | WindowInfo, *topics: Any) -> None:
    """Let a page hear these topics no more; arguments as for :func:`set_websocket_topics`."""
    _change(request, "remove", topics)


def _change(target: HttpRequest | WindowInfo, change: str, topics: Iterable[Any]) -> None:
    if isinstance(target, WindowInfo):
        names = topic_names(target, _flat(topics))
        _change_living(target, change, names)
        return
    page = page_of(target)
    names = topic_names(WindowInfo.from_request(target), _flat(topics))
    before = page.names or []
    page.names = {
        "set": names,
        "add": list(dict.fromkeys([*before, *names])),
        "remove": [name for name in before if name not in names],
    }[change]
    _check_count(len(page.names))
    keep_out_of_caches(target)


def _change_living(window_info: WindowInfo, change: str, names: list[str]) -> None:
    """Send the change through the window's own topic, so that it comes in order with the rest."""
    own = topic_ids(topic_names(window_info, _own_topics(window_info)))
    order = topics_order(change, topic_ids(names), own)
    publisher().publish(own[:1], order, control=True)


def _own_topics(window_info: WindowInfo) -> list[Any]:
    """Return the topics that a window hears without being told to, its own the first."""
    user = [USER] if window_info.is_authenticated else []
    session = [SESSION] if window_info.session_id else []
    return [WINDOW, BROADCAST, *user, *session]


def _flat(topics: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for topic in topics:
        # A tuple is a topic of its own; what nobody would call a topic stands for what it holds.
        held = isinstance(topic, (list, set, frozenset, QuerySet)) or hasattr(topic, "__next__")
        flat.extend(topic if held else [topic])
    return flat


def _check_count(count: int) -> None:
    limit = conf.limit("topics")
    if count > limit:
        raise ValueError(
            f"a window hears {limit:.0f} topics at most (WEBSOCKET_LIMITS['topics']), not {count}"
        )

