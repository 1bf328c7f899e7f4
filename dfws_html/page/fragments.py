"""Pieces of HTML for a push: escaped unless safe, rendered for a window or for nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, NoReturn

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http.response import HttpResponseBase
from django.template import Context, TemplateDoesNotExist, loader
from django.utils import timezone, translation
from django.utils.html import conditional_escape
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from dfws_html.page.pieces import cut
from dfws_html.window_info import WindowInfo, get_window_context

__all__ = ["PersonalValueRead", "as_nobody", "fragment", "without_traces"]

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
    component: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    select: str | None = None,
    shared: bool = False,
) -> SafeString:
    """Return a piece of HTML out of one source.

    Args:
        window_info: the window that asks for it.
        content: text, escaped unless it is marked safe.
        template: name of a template, or of a partial in one: ``"cart.html#line"``.
        context: what the template sees.
        component: a component of django-components: the class, or the name it is registered by.
        kwargs: the component's arguments.
        select: the first element that this selector finds, instead of all.
        shared: render for everybody: without the sender's user, permissions and language.

    Raises:
        TypeError: several sources, a context without a template, arguments without a component, or
            a content that is no text.
        ImproperlyConfigured: partials or components are not there.
        NoSuchPiece: ``select`` finds nothing.
        PersonalValueRead: under ``DEBUG``, what is shared reads ``user`` or the like.

    >>> fragment(WindowInfo(), "<b>")
    '&lt;b&gt;'
    """
    if sum(source is not None for source in (content, template, component)) > 1:
        raise TypeError("either a content, or a template, or a component")
    if context is not None and template is None:
        raise TypeError("a context goes with a template")
    if kwargs is not None and component is None:
        raise TypeError("kwargs go with a component")
    if template is not None:
        html = _rendered(_of_template(template), context or {}, window_info, shared=shared)
    elif component is not None:
        html = _rendered(_of_component(component, kwargs or {}), {}, window_info, shared=shared)
    else:
        with as_nobody() if shared else nullcontext():
            html = _escaped(content)
    return SafeString(html) if select is None else cut(html, select)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Let the site's own language and time zone be active."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        yield


# ------------------------------------------------------------------ sources

_Render = Callable[[dict[str, Any]], str]


def _escaped(content: Any) -> str:
    if isinstance(content, (bytes, HttpResponseBase)):
        raise TypeError(
            f"a content is text, not {type(content).__qualname__}: render what it was made of, "
            "with template= or html.render()"
        )
    return conditional_escape("" if content is None else content)


def _of_template(template: str) -> _Render:
    def render(values: dict[str, Any]) -> str:
        try:
            return loader.render_to_string(template, {**_NO_FILES, **values})
        except TemplateDoesNotExist as error:
            if "#" in template and not _knows_partials():
                raise ImproperlyConfigured(
                    f"{template!r} names a partial, which Django knows from 6.0 on: before, "
                    "install django-template-partials and add 'template_partials' to INSTALLED_APPS"
                ) from error
            raise

    return render


def _knows_partials() -> bool:
    return django.VERSION >= (6,) or apps.is_installed("template_partials")


def _of_component(component: Any, kwargs: Mapping[str, Any]) -> _Render:
    if isinstance(component, str):
        component = _registered(component)

    def render(values: dict[str, Any]) -> str:
        return str(
            component.render(context=Context(values), kwargs=dict(kwargs), deps_strategy="ignore")
        )

    return render


def _registered(name: str) -> Any:
    try:
        registry = import_string("django_components.registry")  # not everybody has it
    except ImportError as error:
        raise ImproperlyConfigured(f"component={name!r} needs django-components") from error
    return registry.get(name)


# Components leave their files to the page, and what they leave for themselves would pile up there
# and differ at each render.
_NO_FILES = {"DJC_DEPS_STRATEGY": "ignore"}
_TRACES = re.compile(r'<!--\s*_RENDERED [^>]*?-->|\s+data-djc-id-\w+(?:="")?(?=[^<>]*>)')


def without_traces(html: str) -> str:
    """Return HTML without what components leave in it for themselves.

    >>> without_traces('<!-- _RENDERED a,b --><p data-djc-id-c1="">x</p>')
    '<p>x</p>'
    """
    return _TRACES.sub("", html)


# ------------------------------------------------------------------ for whom


def _rendered(
    render: _Render, context: Mapping[str, Any], window_info: WindowInfo, *, shared: bool
) -> str:
    if shared:
        html = _for_nobody(render, context)
    else:
        html = render({**get_window_context(window_info), **context})
    return without_traces(html)


def _for_nobody(render: _Render, context: Mapping[str, Any]) -> str:
    read: list[str] = []
    with as_nobody():
        common = get_window_context(WindowInfo())
        for name in _PERSONAL:
            common.pop(name, None)
            if settings.DEBUG:
                common[name] = _Absent(name, read)
        html = render({**common, **context})
    if read:
        raise _personal_value_read(read[0])
    return html


def _personal_value_read(name: str) -> PersonalValueRead:
    return PersonalValueRead(
        f"the template reads {name!r}, but what it renders goes to a shared topic, where it would "
        "show the sender's: render without it, push to WINDOW or USER, or say as_sender=True"
    )
