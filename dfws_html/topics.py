"""Names for groups of windows, and the keyed ids that stand for those names outside the server."""

from __future__ import annotations

import base64
import enum
import hashlib
import uuid
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.encoding import force_bytes
from django.utils.functional import LazyObject, Promise

from dfws_html import conf

if TYPE_CHECKING:
    from dfws_html.window_info import WindowInfo

__all__ = [
    "BROADCAST",
    "SERVER",
    "SESSION",
    "SYNC",
    "USER",
    "WINDOW",
    "Destination",
    "serialize_topic",
    "topic_id",
    "topic_ids",
]


class Destination(enum.Enum):
    """Where a signal can go besides the topics that a project names."""

    SERVER = "the workers"
    SYNC = "this process, at once"
    WINDOW = "the window that caused it"
    USER = "every window of its user"
    SESSION = "every window of its session"
    BROADCAST = "every window"

    def __repr__(self) -> str:
        return self.name


SERVER = Destination.SERVER
SYNC = Destination.SYNC
WINDOW = Destination.WINDOW
USER = Destination.USER
SESSION = Destination.SESSION
BROADCAST = Destination.BROADCAST


def serialize_topic(window_info: WindowInfo | None, obj: Any) -> str:
    """Return the name of a topic, the same in every process.

    Args:
        window_info: the window that asks; needed for ``WINDOW``, ``USER`` and ``SESSION``.
        obj: a constant of this module, a saved model instance, a ``str``, ``int``, ``UUID``, enum
            member, class, an object with ``__topic__()`` (which returns one of these), or a
            tuple of these.

    Raises:
        TypeError: the object has no name that every process would give it.
        ValueError: the instance is not saved, or the window has no key, user or session.

    >>> serialize_topic(None, 1)
    '-int.1'
    >>> serialize_topic(None, ("room", 3))
    '-tuple.9.-str.room6.-int.3'
    """
    if isinstance(obj, Destination):
        return _of_destination(window_info, obj)
    if isinstance(obj, Promise):
        return f"-str.{obj}"
    if isinstance(obj, LazyObject):
        # A SimpleLazyObject claims the class of what it wraps; `request.user` is the common one.
        obj = _unwrapped(obj)
    if hasattr(obj, "__topic__") and not isinstance(obj, type):
        return serialize_topic(window_info, obj.__topic__())
    for kind, name in _NAMES:
        if isinstance(obj, kind):
            return name(obj)
    if isinstance(obj, tuple):
        # Each part with its length, so that no two tuples can share a name.
        parts = [serialize_topic(window_info, part) for part in obj]
        return "-tuple." + "".join(f"{len(part)}.{part}" for part in parts)
    raise TypeError(
        f"{obj!r} ({type(obj).__qualname__}) can't be a topic: use a saved model instance, str, "
        "int, UUID, enum member, class, a tuple of these, or give it a method __topic__()"
    )


def _unwrapped(obj: LazyObject[Any]) -> Any:
    if obj._wrapped.__class__ is object:
        obj._setup()
    return obj._wrapped


def _of_model(obj: Model) -> str:
    if obj.pk is None or obj._state.adding:
        raise ValueError(f"{obj!r} is not saved, so it can't be a topic yet")
    meta = obj._meta.concrete_model._meta  # type: ignore[union-attr]
    # What was given as a text and saved stays one: `Cart(pk="2F...")` is the cart with that UUID.
    pk = meta.pk.to_python(obj.pk) if isinstance(obj.pk, str) else obj.pk
    return f"-model.{meta.label_lower}.{pk}"


def _of_enum(obj: enum.Enum) -> str:
    return f"-enum.{type(obj).__module__}.{type(obj).__qualname__}.{obj.name}"


def _of_class(obj: type) -> str:
    if issubclass(obj, Model) and obj is not Model:
        obj = obj._meta.concrete_model or obj  # a proxy stands for its model
    return f"-class.{obj.__module__}.{obj.__qualname__}"


# Order matters: a bool is an int, a str enum is a str.
_NAMES: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (enum.Enum, _of_enum),
    (Model, _of_model),
    (type, _of_class),
    (bool, lambda obj: f"-bool.{obj}"),
    (str, lambda obj: f"-str.{obj}"),
    (int, lambda obj: f"-int.{obj}"),
    (uuid.UUID, lambda obj: f"-uuid.{obj}"),
)


def _of_destination(window_info: WindowInfo | None, obj: Destination) -> str:
    if obj is BROADCAST:
        return "-broadcast"
    if obj in (SERVER, SYNC):
        raise ValueError(f"{obj!r} runs signals; it is no topic of windows")
    attribute, lacking = {
        WINDOW: ("window_key", "there is no window: this request or task has none"),
        USER: ("user_pk", "nobody is logged in; SESSION names the windows of an anonymous visitor"),
        SESSION: ("session_id", "there is no session; save something in request.session first"),
    }[obj]
    value = getattr(window_info, attribute, None)
    if value is None or value == "":
        raise ValueError(f"{obj!r} can't be a topic: {lacking}")
    return f"-{obj.name.lower()}.{value}"


def each_destination(to: Any) -> list[Any]:
    """Return the destinations that ``to`` stands for: one, or any iterable of them.

    A queryset is its instances. A tuple is read as a list of destinations, for that is what
    people write; a tuple that is itself a topic stands inside a list: ``[("room", 3)]``.
    """
    if isinstance(to, (str, Promise, bytes, Destination, Model, type, enum.Enum, uuid.UUID)):
        return [to]
    if isinstance(to, QuerySet) or (isinstance(to, Iterable) and not hasattr(to, "__topic__")):
        return list(to)
    return [to]


def topic_names(window_info: WindowInfo | None, topics: Iterable[Any]) -> list[str]:
    """Return the names of topics, by the project's serializer, each once.

    ``WINDOW`` and ``SESSION`` are random ids, by which an answer finds its window when nothing
    else is known of that; so they are always named by :func:`serialize_topic`.
    """
    theirs = conf.load("TOPIC_SERIALIZER")
    return list(
        dict.fromkeys(
            (serialize_topic if topic is WINDOW or topic is SESSION else theirs)(window_info, topic)
            for topic in topics
        )
    )


def topic_id(name: str) -> str:
    """Return the id that stands for a topic's name wherever a browser can see it."""
    return _digest(_key(), name)


def topic_ids(names: Iterable[str]) -> list[str]:
    """Return the ids of several names."""
    key = _key()
    return [_digest(key, name) for name in names]


def key_fingerprint() -> str:
    """Return what tells one topic key from another without telling the key."""
    return _digest(_key(), "")[:8]


def _key() -> bytes:
    # The oldest secret that is still accepted: ids then survive a rotation as long as tokens do.
    key = conf.get("TOPIC_KEY") or (settings.SECRET_KEY_FALLBACKS or [settings.SECRET_KEY])[-1]
    return _short(force_bytes(key))


@lru_cache(maxsize=8)
def _short(secret: bytes) -> bytes:
    return hashlib.blake2b(secret, digest_size=32, person=b"dfws.topic").digest()


@lru_cache(maxsize=4096)
def _digest(key: bytes, name: str) -> str:
    digest = hashlib.blake2b(name.encode(), digest_size=15, key=key).digest()
    return base64.urlsafe_b64encode(digest).decode()
