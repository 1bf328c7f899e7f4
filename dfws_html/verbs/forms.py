"""The verbs of forms: what stands in their fields, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

from django.forms import BaseForm
from django.forms.boundfield import BoundField
from django.forms.formsets import DELETION_FIELD_NAME, TOTAL_FORM_COUNT, BaseFormSet
from django.utils.translation import gettext

from dfws_html.page.fragments import as_nobody
from dfws_html.verbs.sending import Source, for_whom, is_shared, send

__all__ = ["form_errors", "forms_set"]


def forms_set(
    window_info: Source,
    selector: str,
    values: Mapping[str, Any] | Iterable[Mapping[str, Any]],
    *,
    to: Any = None,
) -> None:
    """Set fields of a form: names to values (text, a list, or a boolean for one checkbox)."""
    pairs = (
        [{"name": name, "value": value} for name, value in values.items()]
        if isinstance(values, Mapping)
        else list(values)
    )
    send("html.forms.set", window_info, to, selector=selector, values=pairs)


def form_errors(
    window_info: Source,
    form: BaseForm | BaseFormSet[Any],
    selector: str | None = None,
    *,
    focus: bool = True,
    to: Any = None,
) -> None:
    """Show a form's errors beside its fields, and take those away that are none any more.

    Fields are marked as invalid for screen readers, too. Of a form without errors, which an unbound
    one is, nothing is left to be seen.

    Args:
        window_info: the window.
        form: a form, or a formset; with their prefixes.
        selector: of the form in the page. By default every form that has the first field in it: say
            it where several of a kind are shown.
        focus: whether the first field with an error gets the focus, which is right after a submit;
            say False while somebody is typing.
        to: one destination or several, ``WINDOW`` by default.

    Raises:
        ValueError: no selector is given, and the form has no field.

    >>> from django import forms
    >>> from dfws_html.testing import SignalQueue
    >>> from dfws_html.window_info import WindowInfo
    >>> class Order(forms.Form):
    ...     count = forms.IntegerField()
    >>> with SignalQueue() as queue:
    ...     form_errors(WindowInfo(), Order({"count": "x"}), "#order", to="room")
    >>> queue.ws_signals["-str.room"][0][1]["errors"]
    {'count': ['Enter a whole number.']}
    """
    with as_nobody() if is_shared(for_whom("forms.errors", window_info, to)) else nullcontext():
        errors, non_field = _errors(form)
    send(
        "forms.errors",
        window_info,
        to,
        selector=_selector(form) if selector is None else selector,
        errors=errors,
        non_field=non_field,
        focus=focus,
    )


def _errors(form: BaseForm | BaseFormSet[Any]) -> tuple[dict[str, list[str]], list[str]]:
    """Return messages by the name of the field in the page, and those that belong to none."""
    errors: dict[str, list[str]] = {}
    non_field: list[str] = []
    if isinstance(form, BaseFormSet):
        non_field += map(str, form.non_form_errors())
    for one in _forms(form):
        non_field += map(str, one.non_field_errors())
        for field in one:
            messages = [str(message) for message in field.errors]
            if field.is_hidden:  # nobody would see them there
                # Django's own words, translated by Django
                words = gettext("(Hidden field %(name)s) %(error)s")
                non_field += [words % {"name": field.name, "error": text} for text in messages]
            elif messages:
                errors[_name(field)] = messages
    return errors, non_field


def _forms(form: BaseForm | BaseFormSet[Any]) -> Iterator[BaseForm]:
    if not isinstance(form, BaseFormSet):
        yield form
        return
    for one in form.forms:
        errors = one.errors  # cleans it
        if not (errors and form.can_delete and one.cleaned_data.get(DELETION_FIELD_NAME)):
            yield one


def _name(field: BoundField) -> str:
    """Return the name of the control in the page, of several controls that of the first."""
    widget = field.field.widget.get_context(field.html_name, None, {})["widget"]
    inner = widget.get("subwidgets")
    return str(inner[0]["name"]) if inner else field.html_name


def _selector(form: BaseForm | BaseFormSet[Any]) -> str:
    if isinstance(form, BaseFormSet):
        name = form.management_form.add_prefix(TOTAL_FORM_COUNT)
    else:
        first = next(iter(form), None)
        if first is None:
            raise ValueError(
                f"html.form_errors: {type(form).__qualname__} has no field by which its form could "
                "be found: give a selector"
            )
        name = _name(first)
    text = name.replace("\\", r"\\").replace('"', r"\"")
    return f'form:has([name="{text}"])'
