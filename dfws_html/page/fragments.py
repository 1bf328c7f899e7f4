"""Pieces of HTML for a push: escaped unless safe, rendered for a window or for nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn

from django.conf import settings
from django.template import loader
from django.utils import timezone, translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from dfws_html.window_info import WindowInfo, get_window_context, render_to_string

__all__ = ["PersonalValueRead", "as_nobody", "fragment"]

_PERSONAL = ("user", "perms", "request")


class PersonalValueRead(RuntimeError):
    """A template that is rendered for a shared topic reads what belongs to its sender."""


class _Absent:
    """Stands for a personal value while developing: whoever reads it is told.

    ``{% if a and b %}`` takes any exception for a no, so what was read is also noted.
    """

    def __init__(self, name: str, read: list[str]) -> None:
        self.__dict__.update(_name=name, _read=read)

    def _refuse(self, *_: Any) -> NoReturn:
        self._read.append(self._name)
        raise _personal_value_read(self._name)

    __getitem__ = __str__ = __bool__ = __iter__ = __eq__ = __html__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        self._refuse()


def fragment(
    window_info: WindowInfo,
    content: Any = None,
    *,
    template: str | None = None,
    context: Mapping[str, Any] | None = None,
    shared: bool = False,
) -> SafeString:
    """Return a piece of HTML.

    Args:
        window_info: the window that asks for it.
        content: text, escaped unless it is marked safe; instead of a template.
        template: name of a template.
        context: what the template sees.
        shared: render for everybody: without the sender's user, permissions and language.

    Raises:
        TypeError: both a content and a template, or a context without a template.
        PersonalValueRead: under ``DEBUG``, a shared template reads ``user`` or the like.

    >>> fragment(WindowInfo(), "<b>")
    '&lt;b&gt;'
    """
    if template is None:
        if context is not None:
            raise TypeError("a context goes with a template")
        with as_nobody() if shared else nullcontext():
            return SafeString(conditional_escape("" if content is None else content))
    if content is not None:
        raise TypeError("either a content or a template, not both")
    if shared:
        return _render_for_nobody(template, context or {})
    return SafeString(render_to_string(template, dict(context or {}), window_info))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Let the site's own language and time zone be active."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        yield


def _render_for_nobody(template: str, context: Mapping[str, Any]) -> SafeString:
    read: list[str] = []
    with as_nobody():
        common = get_window_context(WindowInfo())
        for name in _PERSONAL:
            common.pop(name, None)
            if settings.DEBUG:
                common[name] = _Absent(name, read)
        html = loader.render_to_string(template, {**common, **context})
    if read:
        raise _personal_value_read(read[0])
    return SafeString(html)


def _personal_value_read(name: str) -> PersonalValueRead:
    return PersonalValueRead(
        f"the template reads {name!r}, but what it renders goes to a shared topic, where it would "
        "show the sender's: render without it, push to WINDOW or USER, or say as_sender=True"
    )
