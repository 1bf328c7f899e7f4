"""The page of errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.source import function_source, template_source
from demo.trouble import signals


@dataclass(frozen=True)
class Case:
    """One thing that goes wrong."""

    name: str
    title: str
    text: str
    handler: Callable[..., Any] | None = None

    @property
    def button(self) -> str:
        """The template of its button."""
        return f"trouble/cases/{self.name}.html"

    @property
    def template(self) -> str:
        """Its template as it is written."""
        return template_source(self.button)

    @property
    def function(self) -> str:
        """Its function as it is written."""
        return function_source(self.handler) if self.handler else "# No function has this name."


CASES = [
    Case(
        name="forbidden",
        title="Not allowed",
        text="Only staff may call it. The function never runs: neither its work is queued, nor "
        "would a worker do it.",
        handler=signals.forbidden,
    ),
    Case(
        name="failing",
        title="The function fails",
        text="The log has the traceback, and as long as DEBUG is on, so has the console of this "
        "window. The socket and the page go on.",
        handler=signals.failing,
    ),
    Case(
        name="invalid",
        title="An argument does not fit",
        text="The annotation asks for a number. Whoever called is told which argument is wrong.",
        handler=signals.invalid,
    ),
    Case(
        name="unknown",
        title="Nobody knows the signal",
        text="A slip of the pen: the server names the signals that are nearest.",
    ),
]


def trouble(request: HttpRequest) -> HttpResponse:
    """Show what can go wrong."""
    return render(request, "trouble/trouble.html", {"cases": CASES})
