"""When what a trigger asks for may leave: now, or after its transaction's commit."""

from __future__ import annotations

import itertools
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

    def __init__(self, waiting: _Waiting, thing: Any, send: Send) -> None:
        self.waiting = waiting
        self.thing = thing
        self.send = send

    def __call__(self) -> None:
        self.waiting.committed()


class _Waiting:
    """What one connection's transaction holds back, in order.

    The hooks belong to Django's ``run_on_commit``. Here they are known weakly: at the commit, those
    that a rolled-back savepoint took away are gone, and the rest leaves together.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._hooks: weakref.WeakValueDictionary[int, _Hook] = weakref.WeakValueDictionary()

    def add(self, connection: BaseDatabaseWrapper, thing: Any, send: Send) -> None:
        hook = _Hook(self, thing, send)
        connection.on_commit(hook, robust=True)
        self._hooks[next(self._numbers)] = hook

    def send_all(self) -> None:
        for send, things in self._taken():
            send(things)

    def committed(self) -> None:
        for send, things in self._taken():
            try:
                send(things)
            except Exception as error:
                # The data is committed: the request must not become a 500 now.
                count = len(error.exceptions) if isinstance(error, ExceptionGroup) else len(things)
                logger.exception("triggered signals were lost after a commit: %d", count)
                lost_after_commit.send_robust(sender=None, error=error, count=count)

    def _taken(self) -> list[tuple[Send, list[Any]]]:
        hooks = list(self._hooks.values())
        self._hooks.clear()
        groups = itertools.groupby(hooks, key=lambda hook: hook.send)
        return [(send, [hook.thing for hook in group]) for send, group in groups]


def waits_for(using: str | None = None) -> BaseDatabaseWrapper | None:
    """Return the connection whose commit a trigger here waits for, None if there is none.

    The default one if it is in an atomic block, else the first other that is; ``using`` names one.
    A ``TestCase``'s own blocks don't count.
    """
    if using is not None:
        connection = connections[using]
        return connection if _in_transaction(connection) else None
    opened = [found for found in connections.all(initialized_only=True) if _in_transaction(found)]
    opened.sort(key=lambda found: found.alias != DEFAULT_DB_ALIAS)
    return opened[0] if opened else None


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
    waiting = _waiting(connection)
    if waiting is None:
        waiting = _Waiting()
        setattr(connection, _ATTRIBUTE, waiting)
    waiting.add(connection, thing, send)


def flush() -> None:
    """Send what waits on connections that are in no transaction any more.

    After a real commit Django has done it. Inside a ``TestCase`` nothing is ever committed, so the
    end of a test's own atomic block is noticed here, at the next trigger or look.

    Raises:
        Exception: what sending raised.
    """
    for connection in connections.all(initialized_only=True):
        waiting = _waiting(connection)
        if waiting is not None and not _in_transaction(connection):
            waiting.send_all()


_ATTRIBUTE = "_dfws_waiting"  # of a connection: its buffer lives and dies with it


def _waiting(connection: BaseDatabaseWrapper) -> _Waiting | None:
    return getattr(connection, _ATTRIBUTE, None)


def _in_transaction(connection: BaseDatabaseWrapper) -> bool:
    return connection.in_atomic_block and any(
        not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks
    )
