"""Functions that refuse or fail."""

from dfws_html import html
from dfws_html.decorators import everyone, is_staff, signal
from dfws_html.window_info import WindowInfo


@signal(path="trouble.forbidden", is_allowed_to=is_staff)
def forbidden(window_info: WindowInfo) -> None:
    html.text(window_info, "#outcome", "You are staff: it ran.")


@signal(path="trouble.failing", is_allowed_to=everyone)
def failing(window_info: WindowInfo) -> None:
    raise RuntimeError("the kettle is empty")


@signal(path="trouble.invalid", is_allowed_to=everyone)
def invalid(window_info: WindowInfo, number: int) -> None:
    html.text(window_info, "#outcome", f"{number} is a number: it ran.")
