"""Who stands behind a socket: its session and user, read from the cookie and never written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, NoReturn

from django.apps import apps
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dfws_html.page.tokens import PageToken, TokenRefused
from dfws_html.ws_middleware import SESSION_ID

__all__ = ["Visitor", "check_identity", "visitor", "visitors"]


@dataclass(frozen=True)
class Visitor:
    """A session and its verified user."""

    session: Any
    user: Any

    @property
    def session_id(self) -> str:
        """The random id kept in the session, empty where there is none."""
        return self.session.get(SESSION_ID, "") or ""

    @property
    def user_pk(self) -> str:
        """The user's primary key as text, empty for an anonymous visitor."""
        return str(self.user.pk) if self.user.is_authenticated else ""


#: Engines that keep sessions in the table of Django's app, which a site need not have.
_OF_THE_APP = frozenset(
    {"django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db"}
)


def visitor(cookies: Mapping[str, str]) -> Visitor:
    """Return whose cookies these are. Blocks: it may read the database."""
    return visitors([cookies])[0]


def visitors(jars: Sequence[Mapping[str, str]]) -> list[Visitor]:
    """Return whose cookies each of these are. Blocks: it may read the database.

    Where sessions and users are rows of Django's own kind, they are read all together.
    """
    if settings.SESSION_ENGINE in _OF_THE_APP and not apps.is_installed("django.contrib.sessions"):
        return [Visitor(session={}, user=AnonymousUser()) for _ in jars]
    store = _only_read(import_module(settings.SESSION_ENGINE).SessionStore)
    sessions = [store(cookies.get(settings.SESSION_COOKIE_NAME)) for cookies in jars]
    _load(store, sessions)
    users = _users({claim for session in sessions if (claim := _claim(session)) is not None})
    return [
        Visitor(session=session, user=_verified(session, users) or AnonymousUser())
        for session in sessions
    ]


def _load(store: type[SessionBase], sessions: Iterable[Any]) -> None:
    """Fill the sessions, if they are rows; others are read when they are looked into."""
    if store.load is not db.SessionStore.load:
        return
    model = store.get_model_class()  # type: ignore[attr-defined]
    keys = {session.session_key for session in sessions if session.session_key}
    rows = model.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    texts = dict(rows.values_list("session_key", "session_data")) if keys else {}
    for session in sessions:
        text = texts.get(session.session_key)
        session._session_cache = {} if text is None else session.decode(text)  # noqa: SLF001


@cache
def _only_read(store: type[SessionBase]) -> type[SessionBase]:
    """Return a session store that can't write.

    Some write when they load: Django's store of files deletes a session that has expired, and
    makes a new one.
    """

    def create(self: Any) -> None:
        self._session_key = None

    def delete(self: Any, session_key: str | None = None) -> None:
        pass

    def save(self: Any, must_create: bool = False) -> NoReturn:
        raise RuntimeError("a socket's session is only read: save it in a view")

    # The qualified name is part of the salt with which sessions are signed.
    body = {"create": create, "delete": delete, "save": save, "__qualname__": store.__qualname__}
    return type(store.__name__, (store,), body)


_Claim = tuple[str, Any]  # the path of a backend, and a primary key


def _claim(session: Any) -> _Claim | None:
    """Return whose session it claims to be."""
    try:
        pk = get_user_model()._meta.pk.to_python(session[SESSION_KEY])
        path = session[BACKEND_SESSION_KEY]
    except (KeyError, ValidationError):
        return None
    return (path, pk) if path in settings.AUTHENTICATION_BACKENDS else None


def _users(claims: Iterable[_Claim]) -> dict[_Claim, Any]:
    """Return the users who exist, and whom their backends let in."""
    by_path: dict[str, list[Any]] = {}
    for path, pk in claims:
        by_path.setdefault(path, []).append(pk)
    found: dict[_Claim, Any] = {}
    for path, pks in by_path.items():
        backend: Any = load_backend(path)
        if type(backend).get_user is ModelBackend.get_user:
            users = get_user_model()._default_manager.in_bulk(pks)  # noqa: SLF001
            users = {pk: one for pk, one in users.items() if backend.user_can_authenticate(one)}
        else:
            users = {pk: backend.get_user(pk) for pk in pks}
        found.update(((path, pk), user) for pk, user in users.items())
    return found


def _verified(session: Any, users: Mapping[_Claim, Any]) -> Any:
    """Return the session's user by the rules of Django's own ``get_user``, changing nothing.

    Django's flushes or cycles a session whose hash does not verify; a socket must not log anybody
    out.
    """
    claim = _claim(session)
    user = None if claim is None else users.get(claim)
    if user is None or not hasattr(user, "get_session_auth_hash"):
        return user
    stored = session.get(HASH_SESSION_KEY) or ""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    verified = any(constant_time_compare(stored, expected) for expected in hashes)
    return user if stored and verified else None


def check_identity(token: PageToken, who: Visitor) -> None:
    """Make sure that a token was made for this visitor.

    A token without a session is good for any session as an anonymous visitor.

    Raises:
        TokenRefused: with the code ``identity``.
    """
    if token.session and not constant_time_compare(token.session, who.session_id):
        raise TokenRefused("identity", "the page belongs to another session")
    if token.user != who.user_pk:
        raise TokenRefused("identity", "somebody logged in or out since the page was made")
