"""The errors say what and where, and survive the way between processes."""

import pickle

import pytest
from django.core.exceptions import PermissionDenied

from dfws_html.exceptions import (
    InvalidArguments,
    ProtocolError,
    SignalNotAllowed,
    SignalNotSent,
    UnknownSignal,
    Unreachable,
)

EXAMPLES = [
    (
        UnknownSignal("a.b"),
        LookupError,
        'no function is registered for the signal "a.b"',
    ),
    (
        UnknownSignal("a.b", ["a.c", "a.d"]),
        LookupError,
        'no function is registered for the signal "a.b" (did you mean "a.c", "a.d"?)',
    ),
    (
        SignalNotAllowed("a.b", "is_staff"),
        PermissionDenied,
        'the signal "a.b" is not allowed to this window: is_staff',
    ),
    (
        InvalidArguments("a.b", "x", "it is missing", function="m.f"),
        ValueError,
        'signal "a.b" (m.f), argument "x": it is missing',
    ),
    (
        InvalidArguments("a.b", "x", "there is no such argument", "m.f", "y"),
        ValueError,
        'signal "a.b" (m.f), argument "x": there is no such argument; did you mean "y"?',
    ),
    (ProtocolError("big", None, "too big"), ValueError, "too big (big, unnumbered frame)"),
    (ProtocolError("big", 0, "too big"), ValueError, "too big (big, frame 0)"),
    (
        Unreachable("WEBSOCKET_REDIS_CONNECTION: away"),
        ConnectionError,
        "WEBSOCKET_REDIS_CONNECTION: away",
    ),
    (
        SignalNotSent("a.b", "no Redis", to=["WINDOW", "x"]),
        RuntimeError,
        'the signal "a.b" to WINDOW, x was not sent: no Redis',
    ),
]


@pytest.mark.parametrize(("error", "base", "text"), EXAMPLES)
def test_text_base_and_pickle(error, base, text):
    assert isinstance(error, base)
    assert str(error) == text
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == text
