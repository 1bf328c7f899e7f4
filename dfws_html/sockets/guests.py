"""Who says hello: the page's token, the visitor behind it, and the window that they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from dfws_html.page.tokens import VOID, PageToken, new_window_id
from dfws_html.page.visitors import Visitor, check_identity, visitor
from dfws_html.protocol import Hello
from dfws_html.topics import WINDOW, key_fingerprint, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.work.ledger import ledger

__all__ = [
    "Guest",
    "Standing",
    "adopt_locale",
    "recognise",
    "recognise_again",
    "standing",
    "was_welcomed",
]

_LONGEST_URL = 2048  # it travels in every job


@dataclass(frozen=True, kw_only=True)
class Guest:
    """A window that may come in.

    Attributes:
        token: of its page, with a window id that is this load's own.
        fresh: whether that id is new, as another load of the same page has the token's, or may have
            it: of claims in another life of the history nobody knows.
        who: its visitor.
        window_info: what handlers will know of it.
    """

    token: PageToken
    fresh: bool
    who: Visitor
    window_info: WindowInfo


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a window has seen its topics, by id, and in which life of the history."""

    positions: dict[str, int]
    life: str


def recognise(request: HttpRequest, hello: Hello, token: PageToken) -> Guest:
    """Return the window that says hello. Blocks: it may read the database.

    Args:
        request: the socket's handshake; it becomes what the page's own request was.
        hello: the first frame.
        token: the one that it brought, verified.

    Raises:
        TokenRefused: the token is not this visitor's.
        Unreachable: the ledger does not answer.
    """
    who = visitor(request.COOKIES)
    check_identity(token, who)
    token, fresh = _claimed(token, hello)
    window_info = _window_info(request, token, who, hello.url)
    # Its own topic is that of the id it has now, by the key of now.
    own = topic_ids(topic_names(window_info, [WINDOW]))
    token = replace(token, topics=(*own, *token.topics[1:]))
    return Guest(token=token, fresh=fresh, who=who, window_info=window_info)


def recognise_again(request: HttpRequest, token: PageToken) -> Visitor:
    """Return who stands behind a window now, with the rights of now. Blocks.

    Raises:
        TokenRefused: it is not the visitor whose page it is any more.
    """
    who = visitor(request.COOKIES)
    check_identity(token, who)
    return who


def standing(token: PageToken, hello: Hello) -> Standing:
    """Return where a window stands: as its hello says, else where its page began.

    What neither says in the hello's life is void.
    """
    life = hello.life or token.life
    began = token.position if token.life == life else VOID
    return Standing(
        positions={
            topic: hello.positions.get(index, began)
            for index, topic in enumerate(token.topics)
            if topic is not None
        },
        # Under another topic key the ids mean nothing here; no history has an empty life.
        life=life if token.key == key_fingerprint() else "",
    )


def was_welcomed(token: PageToken, hello: Hello) -> bool:
    """Return whether a load has had its window before, and may have sent calls from it.

    Such a load says where it stands; or it stands nowhere, in a life that only a welcome can have
    told it. Whatever else has changed since, the life or a token that an answer brought, it keeps
    its window: by another name its calls would run once more.
    """
    return bool(hello.positions) or hello.life not in {"", token.life}


def _claimed(token: PageToken, hello: Hello) -> tuple[PageToken, bool]:
    """Return the token, with a fresh window id if another load of the same page has this one."""
    made_in = None if was_welcomed(token, hello) else token.life
    if ledger().claim(token.window, hello.load, life=made_in):
        return token, False
    fresh = replace(token, window=new_window_id())
    ledger().claim(fresh.window, hello.load)
    return fresh, True


def _window_info(request: HttpRequest, token: PageToken, who: Visitor, url: str) -> WindowInfo:
    request.session = who.session
    request.user = who.user
    request.window_key = token.window  # type: ignore[attr-defined]
    # Languages and tenants may be told by the page's path; the socket's own says nothing.
    if (path := _path(url)) is not None:
        request.path = path
        request.path_info = path.removeprefix(request.META.get("SCRIPT_NAME", "").rstrip("/"))
    window_info = WindowInfo.from_request(request)
    window_info.page_url = url[:_LONGEST_URL]
    adopt_locale(window_info, token)
    return window_info


def adopt_locale(window_info: WindowInfo, token: PageToken) -> None:
    """Give a window the language and time zone of the page that it shows."""
    window_info.language_code = token.language or window_info.language_code
    window_info.time_zone = token.zone or settings.TIME_ZONE or ""


def _path(url: str) -> str | None:
    try:
        path = urlsplit(url[:_LONGEST_URL]).path
    except ValueError:
        return None
    return path if path.startswith("/") else None
