"""The signed page token: which window a page is, whose, and which topics it has seen how far."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core import signing

from dfws_html import conf
from dfws_html.protocol import VERSION
from dfws_html.topics import key_fingerprint

__all__ = ["VOID", "PageToken", "TokenRefused", "new_window_id", "sign", "verify"]

#: The position of a topic of which nobody can say what the window has seen.
VOID = -1

_SALT = "dfws_html.page"


class TokenRefused(ValueError):
    """A token is not one of ours, too old, or of another version; ``code`` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class PageToken:
    """What a page proves when its socket says hello.

    Attributes:
        window: 128 random bits.
        user: primary key as text, empty for an anonymous visitor.
        session: the random id kept in the session, empty where there is none.
        topics: ids by index; the window's own is the first; ``None`` where one was removed.
        position: the history's number when the page's request began.
        life: the history's life at that time.
        key: fingerprint of the key that made the topic ids.
        language: in which the page was made, empty where a site speaks one only.
        zone: name of the time zone in which the page was made, empty for the site's own.
    """

    window: str
    user: str = ""
    session: str = ""
    topics: Sequence[str | None] = ()
    position: int = 0
    life: str = ""
    key: str = field(default_factory=key_fingerprint)
    language: str = ""
    zone: str = ""
    version: int = VERSION

    def with_topics(self, topics: Sequence[str]) -> PageToken:
        """Return the token of the same window with these topics.

        What stays keeps its index, what goes leaves a hole, what comes gets a new index: an index
        is never used for two topics.
        """
        wanted = dict.fromkeys(topics)
        kept = [topic if topic in wanted else None for topic in self.topics]
        added = [topic for topic in wanted if topic not in self.topics]
        return replace(self, topics=(*kept, *added))


def new_window_id() -> str:
    """Return a new window id: 128 random bits as text."""
    return secrets.token_urlsafe(16)


def sign(token: PageToken) -> str:
    """Return the token as signed text.

    >>> verify(sign(PageToken(window="w1", topics=("a",)))).window
    'w1'
    """
    return signing.dumps(
        {
            "v": token.version,
            "w": token.window,
            "u": token.user,
            "s": token.session,
            "t": list(token.topics),
            "p": token.position,
            "l": token.life,
            "k": token.key,
            **({"g": token.language} if token.language else {}),
            **({"z": token.zone} if token.zone else {}),
        },
        salt=_SALT,
        compress=True,
    )


def verify(text: str, *, max_age: int | None = None) -> PageToken:
    """Return the token that was signed as ``text``.

    Args:
        text: what a browser sent.
        max_age: seconds; by default ``WEBSOCKET_TOKEN_AGE``.

    Raises:
        TokenRefused: with the code ``identity``, or ``version`` for one of another release.
    """
    age = conf.token_age() if max_age is None else max_age
    try:
        raw: Any = signing.loads(text, salt=_SALT, max_age=age)
    except signing.SignatureExpired:
        raise TokenRefused(
            "identity", f"the page's token has expired: it is older than {age} s"
        ) from None
    except (signing.BadSignature, UnicodeError):
        # Django's own text quotes the signature, and this one ends in a log.
        raise TokenRefused("identity", "the page's token is not ours") from None
    version = raw.get("v") if isinstance(raw, dict) else None
    if version != VERSION or not _is_whole(raw):
        raise TokenRefused("version", f"a token of version {version!r:.20}, not {VERSION}")
    return PageToken(
        window=raw["w"],
        user=raw["u"],
        session=raw["s"],
        topics=tuple(raw["t"]),
        position=raw["p"],
        life=raw["l"],
        key=raw["k"],
        language=raw.get("g", ""),
        zone=raw.get("z", ""),
    )


def _is_whole(raw: dict[str, Any]) -> bool:
    # What we signed may be of a release that shaped it otherwise.
    return (
        all(isinstance(raw.get(key), str) for key in ("w", "u", "s", "l", "k"))
        and all(isinstance(raw.get(key, ""), str) for key in ("g", "z"))
        and type(raw.get("p")) is int
        and isinstance(raw.get("t"), list)
        and all(topic is None or isinstance(topic, str) for topic in raw["t"])
    )
