"""Tells living windows that their session has ended, or that their user has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest

from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import Unreachable
from dfws_html.topics import SESSION, USER, topic_ids, topic_names
from dfws_html.window_info import WindowInfo
from dfws_html.ws_middleware import SESSION_ID

__all__ = ["SESSION_ENDED", "USER_CHANGED", "connect", "tell_endings", "watch"]

logger = logging.getLogger("dfws_html.page")

#: Bodies of control entries. They go to topics that every window of the visitor hears anyway, so
#: that they cost a window nothing, and one that was not heard is found by the next comparison.
SESSION_ENDED = '{"revoked":"session"}'
USER_CHANGED = '{"revoked":"user"}'


def connect() -> None:
    """Listen to what Django says of logouts, and of users that are saved or deleted."""
    user_logged_out.connect(_logged_out, dispatch_uid="dfws_html.logged_out")
    user = get_user_model()._meta.concrete_model
    for model in apps.get_models():
        if model._meta.concrete_model is user:  # proxies send signals of their own
            post_save.connect(_saved, sender=model, dispatch_uid="dfws_html.saved")
            post_delete.connect(_deleted, sender=model, dispatch_uid="dfws_html.deleted")


def watch(request: HttpRequest) -> None:
    """Let sessions that end during this request be told of by :func:`tell_endings`."""
    request.dfws_ended = []  # type: ignore[attr-defined]


def tell_endings(request: HttpRequest) -> None:
    """Tell the windows of sessions that have ended since :func:`watch`.

    Django says so before it flushes a session. A window that came back at once would still be
    welcome, so it is told when the view is over. Its transaction is over, too, and even if that
    was rolled back the response takes the visitor's cookie away.
    """
    for session_id in request.dfws_ended:  # type: ignore[attr-defined]
        _after_commit(partial(_tell, SESSION, SESSION_ENDED, session_id=session_id))


def _logged_out(request: Any = None, **_: Any) -> None:
    session_id = getattr(request, "session", {}).get(SESSION_ID)
    if not session_id:
        return
    ended = getattr(request, "dfws_ended", None)
    if ended is not None:
        ended.append(session_id)
    else:  # a request that the middleware has not seen
        _after_commit(partial(_tell, SESSION, SESSION_ENDED, session_id=session_id))


def _saved(instance: Any, created: bool, using: str, **_: Any) -> None:
    # A password that was set stands there in clear until the user is saved; only that is asked.
    # Not at each save: `last_login` is written at every login.
    changed = getattr(instance, "_password", None) is not None
    if not created and (changed or not instance.is_active):
        _after_commit(partial(_tell, USER, USER_CHANGED, user=instance), using)


def _deleted(instance: Any, using: str, **_: Any) -> None:
    # Once all is committed, the instance itself has no key any more.
    _after_commit(partial(_tell, USER, USER_CHANGED, user=type(instance)(pk=instance.pk)), using)


def _after_commit(tell: Callable[[], None], using: str = DEFAULT_DB_ALIAS) -> None:
    connection = connections[using]
    if connection.in_atomic_block:
        connection.on_commit(tell, robust=True)
    else:
        tell()


def _tell(to: Any, body: str, **attributes: Any) -> None:
    window_info = WindowInfo()
    for name, value in attributes.items():
        setattr(window_info, name, value)
    try:
        publisher().publish(topic_ids(topic_names(window_info, [to])), body, control=True)
    except Unreachable as error:
        # Whoever logs out is not to get a 500 for it.
        logger.error("a revocation waits for the next review of all windows: %s", error)  # noqa: TRY400
