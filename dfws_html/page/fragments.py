"""Pieces of HTML for a push: escaped unless safe, rendered as the window sees it or as nobody does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.template import loader
from django.utils import timezone, translation
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from dfws_html.window_info import WindowInfo, render_to_string
from dfws_html.ws_middleware import EmptyToken

__all__ = ["PersonalValueRead", "fragment"]

_PERSONAL = ("user", "perms", "request")


class PersonalValueRead(RuntimeError):
    """A template that is rendered for a shared topic reads what belongs to its sender."""


class _Absent:
    """Stands for a personal value while developing: whoever reads it is told."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: Any) -> NoReturn:
        raise PersonalValueRead(
            f"the template reads {self._name!r}, but what it renders goes to a shared topic, where "
            "it would show the sender's: render without it, push to WINDOW or USER, or say "
            "as_sender=True"
        )

    __getitem__ = __str__ = __bool__ = __iter__ = __eq__ = __html__ = _refuse  # type: ignore[assignment]
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
        return SafeString(conditional_escape("" if content is None else content))
    if content is not None:
        raise TypeError("either a content or a template, not both")
    values = dict(context or {})
    if not shared:
        return SafeString(render_to_string(template, values, window_info))
    absent = {name: _Absent(name) for name in _PERSONAL} if settings.DEBUG else {}
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        token = {"csrf_token": EmptyToken()}
        return SafeString(loader.render_to_string(template, {**absent, **token, **values}))
