"""Looks again, now and then and all at once, whether living windows are still their visitors'."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol
from weakref import WeakKeyDictionary

from dfws_html import conf
from dfws_html.page.tokens import PageToken, TokenRefused
from dfws_html.page.visitors import Visitor, check_identity, visitors
from dfws_html.sockets.calls import off_loop

__all__ = ["Reviewed", "Reviews", "reviews"]

logger = logging.getLogger("dfws_html.sockets")

_AT_ONCE = 500  # windows whose sessions are read by one query

# Whoever has changed his own password gets the cookie that goes with it with the response. His
# other windows would fetch themselves again with the old one.
_SETTLED = 1.0


class Reviewed(Protocol):
    """A window as a review sees it."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """What its browser brought."""

    @property
    def token(self) -> PageToken:
        """What its page proves."""

    def refuse(self, why: str) -> None:
        """End it."""


class Reviews:
    """The windows of one event loop that belong to somebody.

    Args:
        loop: theirs.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._windows: dict[Reviewed, None] = {}
        self._soon: dict[Reviewed, None] = {}
        self._next: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, window: Reviewed) -> None:
        """Review a window from now on."""
        self._windows[window] = None
        if self._next is None:
            self._later()

    def remove(self, window: Reviewed) -> None:
        """Forget a window."""
        self._windows.pop(window, None)
        if not self._windows and self._next is not None:
            self._next.cancel()
            self._next = None

    def soon(self, window: Reviewed) -> None:
        """Review a window in a moment: its user was changed."""
        if not self._soon:
            self._loop.call_later(_SETTLED, self._review_soon)
        self._soon[window] = None

    def _later(self) -> None:
        self._next = self._loop.call_later(conf.limit("review"), self._review_all)

    def _review_all(self) -> None:
        self._spawn(list(self._windows))
        self._later()

    def _review_soon(self) -> None:
        windows, self._soon = list(self._soon), {}
        self._spawn(windows)

    def _spawn(self, windows: Sequence[Reviewed]) -> None:
        task = self._loop.create_task(self._review(windows))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _review(self, windows: Sequence[Reviewed]) -> None:
        for start in range(0, len(windows), _AT_ONCE):
            some = windows[start : start + _AT_ONCE]
            try:
                found = await off_loop(_refusals)([(one.cookies, one.token) for one in some])
            except Exception:  # a database that is away; the next review comes
                logger.exception("%d windows can't be reviewed now", len(some))
                continue
            for window, why in zip(some, found, strict=True):
                if why is not None and window in self._windows:
                    window.refuse(why)


def _refusals(windows: Sequence[tuple[Mapping[str, str], PageToken]]) -> list[str | None]:
    """Return why each window may not go on, None if it may. Blocks."""
    found = visitors([cookies for cookies, _ in windows])
    return [_refusal(token, who) for (_, token), who in zip(windows, found, strict=True)]


def _refusal(token: PageToken, who: Visitor) -> str | None:
    try:
        check_identity(token, who)
    except TokenRefused as error:
        return str(error)
    return None


_reviews: WeakKeyDictionary[asyncio.AbstractEventLoop, Reviews] = WeakKeyDictionary()


def reviews() -> Reviews:
    """Return the running loop's, made when first needed."""
    loop = asyncio.get_running_loop()
    if loop not in _reviews:
        _reviews[loop] = Reviews(loop)
    return _reviews[loop]
