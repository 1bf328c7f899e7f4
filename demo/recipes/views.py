"""The pages of the recipes, each with the template and the function that make it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from demo.recipes import signals
from demo.recipes.forms import MessageForm
from demo.recipes.models import Message, Plant, Task
from demo.source import function_source, template_source
from dfws_html.tasks import set_websocket_topics


@dataclass(frozen=True)
class Recipe:
    """One page: what it shows, and out of what."""

    slug: str
    title: str
    text: str
    templates: tuple[str, ...]
    functions: tuple[Any, ...]
    context: Callable[[], dict[str, Any]] = dict
    topic: type[Model] | None = None

    @property
    def piece(self) -> str:
        """The template of what is alive."""
        return self.templates[0]

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Captions and sources."""
        written = [(name, template_source(name)) for name in self.templates]
        return [*written, ("signals.py", function_source(*self.functions))]


def _some_plants() -> dict[str, Any]:
    return {"plants": Plant.objects.all()[:8]}


def _chat() -> dict[str, Any]:
    last = Message.objects.order_by("-pk")[:30]
    return {"messages": reversed(last), "form": MessageForm()}


RECIPES = [
    Recipe(
        "search",
        "Search as you type",
        "A newer call takes the place of the one that is under way; what is late never shows.",
        ("recipes/search.html", "recipes/found.html"),
        (signals.search,),
        lambda: {"found": Plant.objects.all()[:8]},
    ),
    Recipe(
        "edit",
        "Edit in place",
        "The answer takes the place of the row; other windows see the note, and lose no edit.",
        ("recipes/edit.html", "recipes/plant.html"),
        (signals.edit, signals.save),
        _some_plants,
        Plant,
    ),
    Recipe(
        "endless",
        "An endless list",
        "The last row asks for the next ones as soon as it is seen, and is replaced by them.",
        ("recipes/endless.html", "recipes/more.html"),
        (signals.more, signals.some_plants),
        signals.some_plants,
    ),
    Recipe(
        "kanban",
        "A kanban board",
        "Each move is morphed into every window: what stays keeps its focus, its place, its state.",
        ("recipes/kanban.html", "recipes/columns.html"),
        (signals.move, signals.columns),
        signals.columns,
        Task,
    ),
    Recipe(
        "chat",
        "A chat",
        "A Django form whose answer goes to everybody, in one order for all.",
        ("recipes/chat.html", "recipes/message.html"),
        (signals.say,),
        _chat,
        Message,
    ),
]


def recipes(request: HttpRequest) -> HttpResponse:
    """List the recipes."""
    return render(request, "recipes/recipes.html", {"recipes": RECIPES})


def recipe(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a recipe."""
    shown = next((one for one in RECIPES if one.slug == slug), None)
    if shown is None:
        raise Http404(slug)
    if shown.topic is not None:
        set_websocket_topics(request, shown.topic)
    context = {"recipe": shown, "recipes": RECIPES, **shown.context()}
    return render(request, "recipes/recipe.html", context)
