"""The errors of a form, shown beside its fields in the window where somebody types."""

from django.forms import BaseForm

from dfws_html import html
from dfws_html.window_info import WindowInfo

__all__ = ["show_errors"]


def show_errors(window_info: WindowInfo, form: BaseForm, *, while_typing: bool = False) -> None:
    """Write each field's errors into the element `<id of the field>_error`.

    While somebody is typing, a field that is still empty is no error.
    """
    for field in form:
        errors = field.errors if field.data or not while_typing else []
        html.text(window_info, f"#{field.auto_id}_error", " ".join(map(str, errors)))
        invalid = "true" if errors else "false"
        html.add_attribute(window_info, f"#{field.auto_id}", "aria-invalid", invalid)
