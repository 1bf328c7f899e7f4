"""The page that shows every signal, each with its template and its function."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.source import function_source, template_source
from demo.tour import signals


@dataclass(frozen=True)
class Stage:
    """One signal, and what it does."""

    name: str
    text: str

    @property
    def signal(self) -> str:
        """The signal's name on the wire."""
        return f"html.{self.name.replace('forms_', 'forms.')}"

    @property
    def play(self) -> str:
        """The template of what is seen."""
        return f"tour/stages/{self.name}.html"

    @property
    def template(self) -> str:
        """That template as it is written."""
        return template_source(self.play)

    @property
    def function(self) -> str:
        """The function as it is written."""
        return function_source(getattr(signals, self.name))


ACTS = {
    "Bring HTML": [
        Stage("append", "Adds it at the end of an element."),
        Stage("prepend", "Adds it at the beginning of an element."),
        Stage("before", "Inserts it before an element."),
        Stage("after", "Inserts it after an element."),
        Stage("content", "Replaces what is in an element."),
        Stage("replace_with", "Replaces the element itself."),
    ],
    "Take away, or write": [
        Stage("text", "Replaces what is in an element by text: markup is shown, not read."),
        Stage("empty", "Removes what is in an element."),
        Stage("remove", "Removes each element that the selector finds: here the last tile."),
    ],
    "Change an element": [
        Stage("add_class", "Adds a class, or several."),
        Stage("remove_class", "Removes a class, or several."),
        Stage("add_attribute", "Gives an attribute a value. The button says which."),
        Stage("remove_attr", "Removes an attribute: here “hidden”."),
        Stage("boolean_attribute", "Sets or removes an attribute such as “disabled”."),
    ],
    "Do something": [
        Stage("focus", "Gives an element the focus."),
        Stage("forms_set", "Sets the fields of a form, whatever their kind."),
        Stage("download_file", "Lets the browser download a file."),
    ],
}


def tour(request: HttpRequest) -> HttpResponse:
    """Show every signal."""
    return render(request, "tour/tour.html", {"acts": ACTS})
