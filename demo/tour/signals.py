"""One function for each signal that every window knows; `trigger` with its name does the same."""

from typing import Annotated

from django.templatetags.static import static

from dfws_html import html
from dfws_html.decorators import Choice, everyone, signal
from dfws_html.window_info import WindowInfo

STAGES = [
    "append",
    "prepend",
    "before",
    "after",
    "content",
    "replace_with",
    "text",
    "empty",
    "remove",
    "add_class",
    "remove_class",
    "add_attribute",
    "remove_attr",
    "boolean_attribute",
    "focus",
    "forms_set",
    "download_file",
]


@signal(path="tour.append", is_allowed_to=everyone)
def append(window_info: WindowInfo) -> None:
    html.append(window_info, "#append", template="tour/tile.html")


@signal(path="tour.prepend", is_allowed_to=everyone)
def prepend(window_info: WindowInfo) -> None:
    html.prepend(window_info, "#prepend", template="tour/tile.html")


@signal(path="tour.before", is_allowed_to=everyone)
def before(window_info: WindowInfo) -> None:
    html.before(window_info, "#before", template="tour/tile.html")


@signal(path="tour.after", is_allowed_to=everyone)
def after(window_info: WindowInfo) -> None:
    html.after(window_info, "#after", template="tour/tile.html")


@signal(path="tour.content", is_allowed_to=everyone)
def content(window_info: WindowInfo) -> None:
    html.content(window_info, "#content", template="tour/tile.html")


@signal(path="tour.replace_with", is_allowed_to=everyone)
def replace_with(window_info: WindowInfo) -> None:
    html.replace_with(window_info, "#replace_with", template="tour/tile.html")


@signal(path="tour.text", is_allowed_to=everyone)
def text(window_info: WindowInfo) -> None:
    html.text(window_info, "#text", "<b>2 < 3</b> & so on")


@signal(path="tour.empty", is_allowed_to=everyone)
def empty(window_info: WindowInfo) -> None:
    html.empty(window_info, "#empty")


@signal(path="tour.remove", is_allowed_to=everyone)
def remove(window_info: WindowInfo) -> None:
    html.remove(window_info, "#remove .tile:last-child")


@signal(path="tour.add_class", is_allowed_to=everyone)
def add_class(window_info: WindowInfo) -> None:
    html.add_class(window_info, "#add_class .tile", "is-lit")


@signal(path="tour.remove_class", is_allowed_to=everyone)
def remove_class(window_info: WindowInfo) -> None:
    html.remove_class(window_info, "#remove_class .tile", "is-lit")


@signal(path="tour.add_attribute", is_allowed_to=everyone)
def add_attribute(window_info: WindowInfo, percent: int) -> None:
    html.add_attribute(window_info, "#add_attribute", "value", str(percent))


@signal(path="tour.remove_attr", is_allowed_to=everyone)
def remove_attr(window_info: WindowInfo) -> None:
    html.remove_attr(window_info, "#remove_attr", "hidden")


@signal(path="tour.boolean_attribute", is_allowed_to=everyone)
def boolean_attribute(window_info: WindowInfo, locked: bool) -> None:
    html.boolean_attribute(window_info, "#boolean_attribute", "disabled", locked)


@signal(path="tour.focus", is_allowed_to=everyone)
def focus(window_info: WindowInfo) -> None:
    html.focus(window_info, "#focus")


@signal(path="tour.forms_set", is_allowed_to=everyone)
def forms_set(window_info: WindowInfo) -> None:
    html.forms_set(
        window_info,
        "#forms_set",
        {
            "drink": "tea",
            "size": "large",
            "with": ["milk", "honey"],
            "note": "No hurry.",
        },
    )


@signal(path="tour.download_file", is_allowed_to=everyone)
def download_file(window_info: WindowInfo) -> None:
    html.download_file(window_info, static("demo/postcard.txt"), "postcard.txt")


@signal(path="tour.again", is_allowed_to=everyone)
def again(window_info: WindowInfo, stage: Annotated[str, Choice(STAGES)]) -> None:
    """Set a stage up as it was in the beginning."""
    html.content(window_info, f"#stage-{stage}", template=f"tour/stages/{stage}.html")
