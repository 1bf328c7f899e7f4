"""The wire: frames as frozen values, and the only place that knows their JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dfws_html.exceptions import ProtocolError

__all__ = [
    "CLOSE",
    "HEARTBEAT",
    "VERSION",
    "Ack",
    "Call",
    "Cancel",
    "Done",
    "Fail",
    "HeartbeatAnswer",
    "Hello",
    "Nack",
    "NewTopics",
    "Push",
    "Resync",
    "TopicsTold",
    "Welcome",
    "parse",
    "seal",
]

VERSION = 1
HEARTBEAT = "--heartbeat--"

#: Why a socket is closed; the browser's script knows the same numbers.
CLOSE: Mapping[str, int] = MappingProxyType(
    {
        "restart": 1012,
        "later": 1013,
        "slow": 4008,
        "bad_frame": 4400,
        "identity": 4401,
        "forbidden": 4403,
        "version": 4406,
        "no_hello": 4408,
        "rate": 4429,
    }
)

_SAFE_INTEGER = 2**53 - 1


# ------------------------------------------------------------------ from a browser


@dataclass(frozen=True, kw_only=True)
class Hello:
    """The first frame: which page this is, and what it has seen."""

    token: str
    load: str
    life: str
    positions: Mapping[int, int]
    url: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A signal that a window sends; its load and ``n`` name it.

    ``countdown`` and ``expires`` are seconds, ``eta`` is in Unix seconds. ``supersedes`` is the
    number of an earlier call that is not wanted any more, ``life`` that of the history in which the
    page sent the frame first, None from a page that does not say.
    """

    signal: str
    arguments: Mapping[str, Any]
    n: int
    reply: bool = False
    supersedes: int | None = None
    countdown: float | None = None
    eta: float | None = None
    expires: float | None = None
    life: str | None = None

    def delay(self, now: float) -> float:
        """Return the seconds to wait from ``now`` (Unix seconds), never negative."""
        if self.countdown is not None:
            return self.countdown
        return max(0.0, self.eta - now) if self.eta is not None else 0.0


@dataclass(frozen=True, kw_only=True)
class Cancel:
    """A user does not want his call ``n`` any more."""

    n: int


@dataclass(frozen=True, kw_only=True)
class NewTopics:
    """A window took over a page's new token, and with it other topics."""

    token: str


def parse(
    text: str,
    *,
    max_bytes: int,
    max_depth: int,
    decoder: type[json.JSONDecoder] = json.JSONDecoder,
) -> Hello | Call | Cancel | NewTopics:
    """Return the frame that a browser sent as ``text``.

    Args:
        text: what came over the socket, hostile until proved otherwise.
        max_bytes: of its UTF-8 form.
        max_depth: of nested lists and objects.
        decoder: the project's JSON decoder.

    Raises:
        ProtocolError: with the code of the refusal, and the number of the call if it can be read.

    >>> parse('{"signal": "a", "opts": {"x": 1}, "n": 3}', max_bytes=100, max_depth=4).signal
    'a'
    """
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise ProtocolError("big", None, f"a frame of {size} bytes; the limit is {max_bytes}")
    try:
        raw = json.loads(text, cls=decoder)
    except Exception as error:  # noqa: BLE001 - the decoder may be the project's own
        reason = str(error) if type(error) is json.JSONDecodeError else type(error).__name__
        raise ProtocolError("invalid", None, f"a frame that is no JSON: {reason}") from None
    if not isinstance(raw, dict):
        raise ProtocolError("invalid", None, f"a frame is an object, not {_json_type(raw)}")
    n = raw.get("n")
    number = n if _is_number(n) else None
    try:
        _check_values(raw, max_depth)
        if not text.isascii() or "\\ud" in text.lower():
            _check_surrogates(raw)
        kind = raw.get("df", "call")
        reader = _READERS.get(kind) if isinstance(kind, str) else None
        if reader is None:
            raise ProtocolError("invalid", None, f"a frame of the unknown kind {kind!r:.60}")
        return reader(raw)
    except ProtocolError as error:
        raise ProtocolError(error.code, number, error.message) from None


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null" if value is None else type(value).__name__)


def _check_values(value: Any, limit: int) -> None:
    level = [value]
    for _ in range(limit):
        children = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        # Python reads NaN, and 1e999 as infinity: neither can be written as JSON again.
        if not all(math.isfinite(child) for child in children if type(child) is float):
            raise ProtocolError("invalid", None, "a frame with a number that is not finite")
        level = [child for child in children if isinstance(child, (dict, list))]
        if not level:
            return
    raise ProtocolError("invalid", None, f"a frame nested deeper than {limit}")


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise ProtocolError("invalid", None, "a frame with half a surrogate pair") from None


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _SAFE_INTEGER


def _is_place(value: Any) -> bool:
    # -1: the page knows of no number in this life; what it lacks can only be resynced.
    return _is_number(value) or (type(value) is int and value == -1)


def _need(raw: Mapping[str, Any], key: str, what: str, ok: Callable[[Any], bool]) -> Any:
    value = raw.get(key)
    if not ok(value):
        # Without the value: what a visitor typed must not end in a log.
        wrong = "is missing" if value is None else f"must be {what}"
        raise ProtocolError("invalid", None, f"{key!r} {wrong}")
    return value


def _optional(raw: Mapping[str, Any], key: str, what: str, ok: Callable[[Any], bool]) -> Any:
    return None if raw.get(key) is None else _need(raw, key, what, ok)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_load(value: Any) -> bool:
    # It becomes part of task ids and of `c.n`, so it may hold nothing that means something there.
    return (
        isinstance(value, str)
        and 8 <= len(value) <= 64
        and value.isascii()
        and value.replace("-", "").isalnum()
    )


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float)) and type(value) is not bool and 0 <= value < 1e12


def _read_hello(raw: Mapping[str, Any]) -> Hello:
    version = _need(raw, "v", "a number", _is_number)
    if version != VERSION:  # whatever else it says: its shape may be another, too
        message = f"its script speaks version {version}, not {VERSION}"
        raise ProtocolError("version", None, message)
    positions = _optional(raw, "pos", "an object", lambda v: isinstance(v, dict)) or {}
    for index, position in positions.items():
        if not (index.isascii() and index.isdigit() and len(index) < 6 and _is_place(position)):
            raise ProtocolError("invalid", None, "'pos' maps indices of topics to numbers")
    return Hello(
        token=_need(raw, "token", "a string", _is_text),
        load=_need(raw, "c", "an id of 8 to 64 letters and digits", _is_load),
        life=_optional(raw, "life", "a string", _is_text) or "",
        positions={int(index): position for index, position in positions.items()},
        url=_optional(raw, "url", "a string", _is_text) or "",
    )


_NUMBER = "a whole number that is safe in JavaScript"


def _read_call(raw: Mapping[str, Any]) -> Call:
    n = _need(raw, "n", _NUMBER, _is_number)
    return Call(
        signal=_need(raw, "signal", "a name of 1 to 255 characters", _is_name),
        arguments=_optional(raw, "opts", "an object", lambda v: isinstance(v, dict)) or {},
        n=n,
        reply=_optional(raw, "reply", "a boolean", lambda v: isinstance(v, bool)) or False,
        supersedes=_optional(
            raw, "sup", "the number of an earlier call", lambda v: _is_number(v) and v < n
        ),
        countdown=_optional(raw, "countdown", "a number of seconds", _is_seconds),
        eta=_read_moment(raw.get("eta")),
        expires=_optional(raw, "expires", "a number of seconds", _is_seconds),
        life=_optional(raw, "life", "a string", _is_text),
    )


def _read_cancel(raw: Mapping[str, Any]) -> Cancel:
    return Cancel(n=_need(raw, "n", _NUMBER, _is_number))


def _read_moment(value: Any) -> float | None:
    if value is None:
        return None
    if _is_seconds(value):
        return float(value)
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        raise ProtocolError(
            "invalid", None, "'eta' must be Unix seconds or an ISO 8601 time"
        ) from None


def _read_topics(raw: Mapping[str, Any]) -> NewTopics:
    return NewTopics(token=_need(raw, "token", "a string", _is_text))


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Hello | Call | Cancel | NewTopics]] = {
    "hello": _read_hello,
    "call": _read_call,
    "cancel": _read_cancel,
    "topics": _read_topics,
}


# ------------------------------------------------------------------ to a browser


def _text(frame: Mapping[str, Any]) -> str:
    return json.dumps(
        {key: value for key, value in frame.items() if value is not None},
        ensure_ascii=False,
        separators=(",", ":"),
    )


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """The answer to a hello. ``positions`` and ``token`` are there if they are not the page's."""

    window: str
    life: str
    topics: Sequence[str | None]
    heartbeat: float
    limits: Mapping[str, float]
    token: str | None = None
    positions: Mapping[int, int] = field(default_factory=dict)

    def encode(self) -> str:
        """Return the frame's text."""
        return _text(
            {
                "df": "welcome",
                "v": VERSION,
                "w": self.window,
                "life": self.life,
                "t": list(self.topics),
                "hb": self.heartbeat,
                "lim": dict(self.limits),
                "token": self.token,
                "pos": dict(self.positions) or None,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Ack:
    """A call is on its way to the workers."""

    n: int

    def encode(self) -> str:
        """Return the frame's text."""
        return f'{{"df":"ack","n":{self.n}}}'


@dataclass(frozen=True, kw_only=True)
class Nack:
    """A call is refused, or (with no number) a frame that could not be read."""

    n: int | None
    code: str
    message: str

    def encode(self) -> str:
        """Return the frame's text."""
        frame = {"df": "nack", "code": self.code, "message": self.message}
        return _text(frame)[:-1] + f',"n":{"null" if self.n is None else self.n}}}'


@dataclass(frozen=True, kw_only=True)
class HeartbeatAnswer:
    """The server is alive, and all topics of the window have been compared up to a number."""

    position: int

    def encode(self) -> str:
        """Return the frame's text."""
        return f'{{"df":"hb","pos":{self.position}}}'


@dataclass(frozen=True, kw_only=True)
class Resync:
    """What these topics missed can't be told any more."""

    indices: Sequence[int]
    position: int
    life: str
    spread: float

    def encode(self) -> str:
        """Return the frame's text."""
        return _text(
            {
                "df": "resync",
                "t": list(self.indices),
                "pos": self.position,
                "life": self.life,
                "spread": self.spread,
            }
        )


@dataclass(frozen=True, kw_only=True)
class TopicsTold:
    """A living window has other topics now; indices are never used again, holes stay."""

    token: str
    topics: Sequence[str | None]
    positions: Mapping[int, int]
    number: int | None = None

    def encode(self) -> str:
        """Return the frame's text."""
        return _text(
            {
                "df": "topics",
                "token": self.token,
                "t": list(self.topics),
                "pos": dict(self.positions),
                "o": self.number,
            }
        )


# Frames that live in a history are kept as a *body*: the text without the end that differs from
# window to window. `seal` writes that end.


@dataclass(frozen=True, kw_only=True)
class Push:
    """A signal to windows. ``arguments`` is JSON already: made where the trigger stood."""

    signal: str
    arguments: str
    signal_id: str
    call: str | None = None

    def body(self) -> str:
        """Return the text without its end."""
        head = f'{{"signal":{json.dumps(self.signal)},"opts":{self.arguments}'
        cause = f',"re":"{self.call}"' if self.call else ""
        return f'{head},"signal_id":"{self.signal_id}"{cause}'


@dataclass(frozen=True, kw_only=True)
class Done:
    """All handlers of a call have ended well. ``result`` is JSON."""

    call: str
    result: str = "null"

    def body(self) -> str:
        """Return the text without its end."""
        return f'{{"df":"done","call":"{self.call}","result":{self.result}'


@dataclass(frozen=True, kw_only=True)
class Fail:
    """A handler of a call did not end well."""

    call: str
    code: str
    error: str
    traceback: str | None = None

    def body(self) -> str:
        """Return the text without its end."""
        frame = {"df": "fail", "call": self.call, "code": self.code, "error": self.error}
        return _text({**frame, "traceback": self.traceback})[:-1]


def seal(body: str, indices: Sequence[int], number: int) -> str:
    """Return the text of a frame for windows that know its topics by these indices.

    >>> seal('{"signal":"a","opts":{}', [0, 2], 7)
    '{"signal":"a","opts":{},"t":[0,2],"o":7}'
    """
    return f'{body},"t":[{",".join(map(str, indices))}],"o":{number}}}'


def encode_arguments(
    signal: str, arguments: Mapping[str, Any], *, encoder: type[json.JSONEncoder]
) -> str:
    """Return a signal's arguments as JSON.

    Raises:
        TypeError: an argument has no JSON form; the message names signal and argument.
    """
    try:
        text = json.dumps(arguments, cls=encoder, ensure_ascii=False, allow_nan=False)
        text.encode()
        return text
    except (TypeError, ValueError, RecursionError):
        for name, value in arguments.items():
            if (reason := _reason(value, encoder)) is not None:
                raise TypeError(
                    f"signal {signal!r}: the argument {name!r} ({type(value).__qualname__}) "
                    f"can't be sent as JSON: {reason}"
                ) from None
        raise


def _reason(value: Any, encoder: type[json.JSONEncoder]) -> str | None:
    try:
        json.dumps(value, cls=encoder, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return str(error)
    return None
