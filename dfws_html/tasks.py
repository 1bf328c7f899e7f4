"""The door of handlers and views: trigger signals, and choose the topics of a page."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from typing import Any, TypedDict, Unpack

from asgiref.sync import sync_to_async
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest

from dfws_html.page.subscriptions import (
    add_websocket_topics,
    remove_websocket_topics,
    set_websocket_topics,
)
from dfws_html.topics import BROADCAST, SERVER, SESSION, SYNC, USER, WINDOW
from dfws_html.window_info import WindowInfo
from dfws_html.work.dispatch import dispatch, plan
from dfws_html.work.transactions import lost_after_commit

__all__ = [
    "BROADCAST",
    "SERVER",
    "SESSION",
    "SYNC",
    "USER",
    "WINDOW",
    "add_websocket_topics",
    "atrigger",
    "atrigger_signal",
    "lost_after_commit",
    "remove_websocket_topics",
    "set_websocket_topics",
    "trigger",
    "trigger_signal",
]

Source = WindowInfo | HttpRequest | None


class Options(TypedDict, total=False):
    """The options of :func:`trigger_signal`."""

    to: Any
    kwargs: dict[str, Any] | None
    now: bool
    using: str | None
    countdown: float | None
    eta: datetime | float | None
    expires: datetime | float | None


def trigger(window_info: Source, signal_name: str, /, to: Any = None, **arguments: Any) -> None:
    """Trigger a signal on the server, in windows, or both.

    Inside a transaction it leaves after the commit.

    Args:
        window_info: the window behind it: a handler's first argument, or a view's request; None
            for nobody's.
        signal_name: the signal's name.
        to: one destination or several: ``SERVER``, ``WINDOW``, ``USER``, ``SESSION``,
            ``BROADCAST``, ``SYNC``, or any topic; by default ``USER`` if somebody is logged in,
            else ``WINDOW``.
        arguments: of the signal.

    Raises:
        TypeError: an argument has no JSON form, or a destination can't be a topic.
        ValueError: a destination does not fit the window, or a frame is too big.
        UnknownSignal: only the server was asked, and no function is registered.
        SignalNotSent: it could not be handed over.
        SynchronousOnlyOperation: called on an event loop, where :func:`atrigger` belongs.

    >>> from dfws_html.testing import SignalQueue
    >>> with SignalQueue() as queue:
    ...     trigger(WindowInfo(), "greet", to=["room 1"], text="hello")
    >>> queue.ws_signals
    {'-str.room 1': [('greet', {'text': 'hello'})]}
    """
    refuse_on_loop("trigger()", "await atrigger(...)")
    _trigger(window_info, signal_name, to=to, kwargs=arguments)


def trigger_signal(window_info: Source, signal_name: str, **options: Unpack[Options]) -> None:
    """Trigger a signal with options; see :func:`trigger`.

    Args:
        window_info: see :func:`trigger`.
        signal_name: see :func:`trigger`.
        options: ``to``: see :func:`trigger`.
            ``kwargs``: arguments of the signal.
            ``now``: don't wait for the commit of a transaction.
            ``using``: alias of the database whose commit is waited for.
            ``countdown``: seconds to wait, for workers and windows alike.
            ``eta``: time (or Unix seconds) to wait for, instead of ``countdown``.
            ``expires``: seconds after which, or time at which, it is too late.
    """
    refuse_on_loop("trigger_signal()", "await atrigger_signal(...)")
    _trigger(window_info, signal_name, **options)


async def atrigger(
    window_info: Source, signal_name: str, /, to: Any = None, **arguments: Any
) -> None:
    """Do what :func:`trigger` does, from asynchronous code."""
    await sync_to_async(_trigger)(window_info, signal_name, to=to, kwargs=arguments)


async def atrigger_signal(
    window_info: Source, signal_name: str, **options: Unpack[Options]
) -> None:
    """Do what :func:`trigger_signal` does, from asynchronous code."""
    await sync_to_async(_trigger)(window_info, signal_name, **options)


def refuse_on_loop(door: str, instead: str) -> None:
    """Make sure that no event loop is held up.

    Raises:
        SynchronousOnlyOperation: there is one in this thread.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    if os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE"):  # as Django's own guard has it
        return
    raise SynchronousOnlyOperation(
        f"{door} may wait for a database or a broker, so it can't run on an event loop: "
        f"use '{instead}'"
    )


def _trigger(
    window_info: Source,
    signal_name: str,
    *,
    to: Any = None,
    kwargs: dict[str, Any] | None = None,
    now: bool = False,
    using: str | None = None,
    countdown: float | None = None,
    eta: datetime | float | None = None,
    expires: datetime | float | None = None,
) -> None:
    what = plan(
        WindowInfo.from_request(window_info),
        signal_name,
        to=to,
        arguments=kwargs or {},
        countdown=countdown,
        eta=eta,
        expires=expires,
        now=time.time(),
    )
    dispatch(what, now=now, using=using)
