"""The errors of a form while somebody types in it."""

from django.forms import BaseForm

from dfws_html import html
from dfws_html.window_info import WindowInfo

__all__ = ["show_errors_so_far"]


def show_errors_so_far(window_info: WindowInfo, form: BaseForm, selector: str) -> None:
    """Show what is wrong with the fields that hold something: an empty one is no error yet."""
    for field in form:
        if not field.data:
            form.errors.pop(field.name, None)
    html.form_errors(window_info, form, selector, focus=False)
