"""The tag library: thin shells over `dfws_html.page.attributes`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.template import Context, TemplateSyntaxError
from django.utils.safestring import SafeString

from dfws_html.live import part_of
from dfws_html.page import habits
from dfws_html.page.attributes import Attribute, Call, attribute, call_of
from dfws_html.page.keys import KEYS
from dfws_html.page.metas import script_tag
from dfws_html.work.handlers import Handler
from dfws_html.work.registry import registry

register = template.Library()


@register.simple_tag
def js_call(
    name: str,
    on: str | None = None,
    form: str | None = None,
    value: str | None = None,
    prevent: Any = None,
    **opts: Any,
) -> Attribute:
    """Write the attribute that calls a signal on an event of this element.

    `{% js_call "cart.add" on="change" form="data" id=42 %}`; with `as x` it is kept for
    `{% js_calls x y %}`. What is empty, as an unknown variable is, counts as absent.
    """
    try:
        call = Call(
            name,
            on=on or None,
            form=form or None,
            value=value or None,
            prevent=None if prevent == "" else prevent,
            opts=opts,
        )
        return attribute([call])
    except (TypeError, ValueError) as error:
        raise TemplateSyntaxError(f"js_call: {error}{_hint(name)}") from error


@register.simple_tag
def js_calls(*calls: Attribute) -> Attribute:
    """Write one attribute out of several `{% js_call ... as x %}`."""
    for number, call in enumerate(calls, 1):
        if not isinstance(call, Attribute):
            raise TemplateSyntaxError(
                f"js_calls: argument {number} is not what a js_call ... as x kept"
            )
    return attribute(call for kept in calls for call in kept.calls)


@register.simple_tag
def signal(name: str, /, **given: Any) -> Attribute:
    """Write the attribute that calls a signal, with every key of the grammar.

    `{% signal "search" on="input changed delay:300ms" value="q" target="#found" swap="morph" %}`.
    What is no key is an argument of the signal, and so is what the dict `opts=` holds; an argument
    that is called like a key goes there. `{% signal ... as x %}` is kept for `js_calls`.
    """
    handlers = registry.handlers(name)
    arguments = {one for handler in handlers for one in handler.accepts}
    try:
        call = call_of(name, given, arguments)
        if handlers:
            _check_arguments(call, handlers, arguments)
        return attribute([call])
    except (TypeError, ValueError) as error:
        raise TemplateSyntaxError(f"signal {name!r}: {error}{_hint(name)}") from error


def _check_arguments(call: Call, handlers: Iterable[Handler], known: set[str]) -> None:
    """Refuse what the server would refuse at each call: most often a key that is mistyped."""
    for name in filter(None, (call.form, call.value, *call.opts)):
        if not any(handler.takes(name) for handler in handlers):
            hint = habits.meant(name, habits.KEYS, {*known, *KEYS})
            raise ValueError(f'no function of it has an argument "{name}"{hint}')


def _hint(name: str) -> str:
    return "" if name else " (is it a variable? Names stand in quotes)"


@register.simple_tag(takes_context=True)
def dfws_html_script(context: Context) -> SafeString:
    """Write the window's meta, the script, and the place where messages for the user appear.

    It stands in the page's head or body: `{% dfws_html_script %}`.
    """
    request = context.get("request")
    if request is None:
        raise TemplateSyntaxError(
            "dfws_html_script needs the request: render with it, and have "
            "'django.template.context_processors.request' among the context processors"
        )
    return script_tag(request)


@register.simple_tag(takes_context=True)
def live(context: Context, instance: Any, part: str | None = None) -> SafeString:
    """Write a part that follows the changes of an instance, and let the page hear its topic.

    `{% live line %}`, or `{% live line "cart.html#line" %}` where its model has several parts.
    """
    try:
        return part_of(context, instance, part)
    except TypeError as error:
        raise TemplateSyntaxError(f"live: {error}") from error
