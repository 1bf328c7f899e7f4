"""A browser's call, without a browser."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from dfws_html import conf
from dfws_html.page.tokens import new_window_id
from dfws_html.protocol import Call, encode_arguments
from dfws_html.window_info import WindowInfo
from dfws_html.work.attempts import Attempt
from dfws_html.work.dispatch import admit
from dfws_html.work.execution import answer_of
from dfws_html.work.outcomes import only_answer

__all__ = ["call", "window_of"]


def window_of(user: Any = None, /, **attributes: Any) -> WindowInfo:
    """Return a window as a page has one, with an id and a session of its own.

    Args:
        user: who looks at it, None for an anonymous visitor.
        attributes: others of the window, as ``language_code``.

    >>> window_of().is_anonymous
    True
    """
    window_info = WindowInfo()
    window_info.window_key = new_window_id()
    window_info.session_id = secrets.token_urlsafe(12)
    window_info.user = user
    for name, value in attributes.items():
        setattr(window_info, name, value)
    return window_info


def call(window_info: WindowInfo, signal: str, /, **arguments: Any) -> Any:
    """Call a signal as this window's page would, and return what it answers.

    It goes the way of a real call, at once and in this thread: the permission is asked, the
    arguments pass through JSON and are converted, each function runs with the window's user (read
    from the database), language and time zone.

    Args:
        window_info: the window, as :func:`window_of` makes one.
        signal: its name.
        arguments: of the call; of a form, the list that a browser sends.

    Returns:
        What the signal's function returned, after JSON; text that is not safe is escaped.

    Raises:
        UnknownSignal: nothing is registered under this name.
        SignalNotAllowed: this window may not call it.
        InvalidArguments: an argument is missing, unknown, or can't be converted.
        ValueError: the user is not in the database, or two functions returned something.
        Exception: whatever a function raised.

    >>> from dfws_html.decorators import everyone, signal
    >>> from dfws_html.work.registry import registry
    >>> with registry.isolated():
    ...     @signal(path="double", is_allowed_to=everyone)
    ...     def double(window_info, number: int):
    ...         return 2 * number
    ...     call(window_of(), "double", number="21")
    42
    """
    if window_info.user is not None and window_info.user.pk is None:
        raise ValueError(f"the user {window_info.username!r} is not saved: workers read it anew")
    text = encode_arguments(signal, arguments, encoder=conf.load("SIGNAL_ENCODER"))
    sent = Call(signal=signal, arguments=json.loads(text), n=1, reply=True)
    jobs = admit(sent, "test", window_info, now=time.time())
    return json.loads(only_answer(signal, [answer_of(job, Attempt()) for job in jobs]))
