"""When what a trigger asks for may leave: now, or after the commit of the transaction it stands in."""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.dispatch import Signal

__all__ = ["after_commit", "flush", "lost_after_commit", "waits_for"]

logger = logging.getLogger("dfws_html.signals")

#: A Django signal: what was triggered in a transaction could not be sent after its commit.
#: Receivers get ``error`` and ``count``.
lost_after_commit = Signal()

Send = Callable[[Sequence[Any]], None]


class _Hook:
    """One thing that waits for the commit; Django drops it when its savepoint is rolled back."""

    def __init__(self, waiting: _Waiting, thing: Any) -> None:
        self.waiting = waiting
        self.thing = thing

    def __call__(self) -> None:
        self.waiting.send_all()


class _Waiting:
    """What one connection's transaction holds back, in order.

    The hooks belong to Django's ``run_on_commit``. Here they are known weakly: at the commit, those
    that a rolled-back savepoint took away are gone, and the rest leaves together.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._hooks: list[weakref.ref[_Hook]] = []

    def add(self, connection: BaseDatabaseWrapper, thing: Any) -> None:
        hook = _Hook(self, thing)
        self._hooks.append(weakref.ref(hook))
        connection.on_commit(hook, robust=True)

    def send_all(self) -> None:
        hooks = [hook for reference in self._hooks if (hook := reference()) is not None]
        self._hooks.clear()
        if not hooks:
            return
        try:
            self._send([hook.thing for hook in hooks])
        except Exception as error:
            # The data is committed: the request must not become a 500 now.
            logger.exception("%d triggered signals were lost after a commit", len(hooks))
            lost_after_commit.send_robust(sender=None, error=error, count=len(hooks))


def waits_for(using: str | None = None) -> BaseDatabaseWrapper | None:
    """Return the connection whose commit a trigger here waits for, None if there is none.

    The default one if it is in an atomic block, else the only other that is; ``using`` names one.
    A ``TestCase``'s own blocks don't count.
    """
    if using is not None:
        connection = connections[using]
        return connection if _in_transaction(connection) else None
    opened = [found for found in connections.all(initialized_only=True) if _in_transaction(found)]
    default = [found for found in opened if found.alias == DEFAULT_DB_ALIAS]
    if default:
        return default[0]
    return opened[0] if len(opened) == 1 else None


def after_commit(thing: Any, send: Send, *, using: str | None = None) -> None:
    """Send a thing now, or together with the others of its transaction once it is committed.

    Raises:
        Exception: what ``send`` raised, if it was called at once.
    """
    connection = waits_for(using)
    if connection is None:
        flush()
        send([thing])
        return
    waiting: _Waiting | None = getattr(connection, "_dfws_waiting", None)
    if waiting is None:
        waiting = connection._dfws_waiting = _Waiting(send)  # type: ignore[attr-defined]
    waiting.add(connection, thing)


def flush() -> None:
    """Send what waits on connections that are in no transaction any more.

    After a real commit Django has done it. Inside a ``TestCase`` nothing is ever committed, so the
    end of a test's own atomic block is noticed here, at the next trigger or look.
    """
    for connection in connections.all(initialized_only=True):
        waiting: _Waiting | None = getattr(connection, "_dfws_waiting", None)
        if waiting is not None and not _in_transaction(connection):
            waiting.send_all()


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    return connection.in_atomic_block and any(
        not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks
    )
