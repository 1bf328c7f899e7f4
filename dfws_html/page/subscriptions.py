"""Which topics a page hears: chosen by its view, or by a handler while it lives."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from dfws_html import conf
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import Unreachable
from dfws_html.page.living import topics_order
from dfws_html.page.tokens import VOID, PageToken, new_window_id
from dfws_html.topics import BROADCAST, SESSION, USER, WINDOW, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.ws_middleware import SESSION_ID

__all__ = [
    "Page",
    "add_websocket_topics",
    "ensure_session_id",
    "keep_out_of_caches",
    "open_page",
    "page_of",
    "remove_websocket_topics",
    "set_websocket_topics",
]

logger = logging.getLogger("dfws_html.page")


@dataclass
class Page:
    """What a request knows of the page that its response will be.

    Attributes:
        window: the page's window id.
        living: the token of the page that sends the request, if a living one does.
        changes: of the topics so far, each a word (``set``, ``add``, ``remove``) and ids.
        wanted: whether a tag asked for the window's ``<meta>``.
        streaming: whether the response has begun, so that a tag has to sign for itself.
        stray: whether no middleware has seen the request, so that nobody writes the ``<meta>``.
    """

    window: str
    living: PageToken | None = None
    changes: list[tuple[str, list[str]]] = field(default_factory=list)
    wanted: bool = False
    streaming: bool = False
    stray: bool = False
    _place: tuple[str, int] | None = None
    _locale: tuple[str | None, tzinfo | None] | None = None

    def note_locale(self) -> None:
        """Note the language and time zone in force, where the page is rendered.

        A project's middleware may choose them for the page only, by a user's profile. Nothing in
        the handshake of the page's socket tells them.
        """
        self._locale = _locale()

    def stand(self) -> tuple[str, int]:
        """Return life and number of the history, as they were when first asked for.

        So it is asked before the view reads the database. Where the history does not answer, the
        page stands nowhere: it is resynced once its socket is there.
        """
        if self._place is None:
            try:
                self._place = publisher().history.position()
            except Unreachable as error:
                logger.error("a page gets no position, so it will be resynced: %s", error)  # noqa: TRY400
                self._place = ("", VOID)
        return self._place

    def change(self, change: str, ids: list[str]) -> None:
        """Note a change of the topics.

        Raises:
            ValueError: they would be too many.
        """
        self.stand()
        self.changes.append((change, ids))
        try:
            _check_count(len(self._chosen(self.living)) + _OWN_TOPICS)
        except ValueError:
            self.changes.pop()
            raise

    def token(self, request: HttpRequest) -> PageToken:
        """Return the token for this page, with every topic that has been chosen."""
        language, zone = self._locale or _locale()
        with translation.override(language), timezone.override(zone):
            window_info = WindowInfo.from_request(request)
        window_info.window_key = self.window
        user = "" if window_info.user_pk is None else str(window_info.user_pk)
        before = self.living or PageToken(window=self.window)
        # Whoever logs in or out while his page lives does not take the other's topics along.
        stays = self.living if self.living is not None and self.living.user == user else None
        if stays is not None:
            # Its socket came without a session that has been made since.
            window_info.session_id = stays.session or None
        own = topic_ids(topic_names(window_info, _own_topics(window_info)))
        life, position = self.stand()
        return PageToken(
            window=self.window,
            user=user,
            session=window_info.session_id or "",
            topics=before.with_topics([*own, *self._chosen(stays)]).topics,
            position=position,
            life=life,
            language=(language or "") if settings.USE_I18N else "",
            # By the project's own middlewares, if they know better.
            zone="" if window_info.time_zone == settings.TIME_ZONE else window_info.time_zone,
        )

    def _chosen(self, living: PageToken | None) -> list[str]:
        """Return the ids of the topics besides the window's own."""
        # A page that names no topics is one without; a request that adds some has them already.
        had = living.topics[1:] if living is not None and self.changes else ()
        chosen = [topic for topic in had if topic is not None]
        for change, ids in self.changes:
            chosen = {
                "set": ids,
                "add": list(dict.fromkeys([*chosen, *ids])),
                "remove": [topic for topic in chosen if topic not in ids],
            }[change]
        return chosen


def _locale() -> tuple[str | None, tzinfo | None]:
    """Return the language and time zone in force; Django can't tell the zone of a site without."""
    zone = timezone.get_current_timezone() if settings.TIME_ZONE else None
    return translation.get_language(), zone


def page_of(request: HttpRequest) -> Page:
    """Return the request's page, made now if the middleware has not made it."""
    page: Page | None = getattr(request, "dfws_page", None)
    if page is None:
        page = open_page(request)
        page.stray = True
    return page


def open_page(request: HttpRequest, *, living: PageToken | None = None) -> Page:
    """Return a new page for the request.

    Args:
        request: before its view has read anything.
        living: the token of the page that sends it, if a living one does.
    """
    window = living.window if living is not None else new_window_id()
    page = Page(window=window, living=living)
    request.dfws_page = page  # type: ignore[attr-defined]
    request.window_key = window  # type: ignore[attr-defined]
    return page


def keep_out_of_caches(request: HttpRequest) -> None:
    """Tell Django's cache middleware that this response is one visitor's own."""
    request._cache_update_cache = False  # type: ignore[attr-defined]  # noqa: SLF001


def ensure_session_id(request: HttpRequest) -> None:
    """Give a session that holds something the random id by which tokens know it.

    It survives a new session key (login, password change) and dies with the session (logout). A
    visitor without a session gets none, nor does one whose session is gone.
    """
    session = getattr(request, "session", None)
    if session is None or SESSION_ID in session or session.is_empty():
        return
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
        _change_living(target, change, topic_ids(topic_names(target, _flat(topics))))
        return
    # Most topics say nothing of the window; only one that does may read session and user.
    window_info = cast(WindowInfo, SimpleLazyObject(lambda: _window_of(target)))
    page_of(target).change(change, topic_ids(topic_names(window_info, _flat(topics))))
    keep_out_of_caches(target)


def _change_living(window_info: WindowInfo, change: str, ids: list[str]) -> None:
    """Send the change through the window's own topic, so that it comes in order with the rest."""
    _check_count(len(ids))
    own = topic_ids(topic_names(window_info, _own_topics(window_info)))
    publisher().publish(own[:1], topics_order(change, ids, own), control=True)


def _window_of(request: HttpRequest) -> WindowInfo:
    page_of(request)
    ensure_session_id(request)
    return WindowInfo.from_request(request)


_OWN_TOPICS = 4  # that a window hears without being told to, at most


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
