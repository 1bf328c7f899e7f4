"""The functions of the recipes: one for each."""

from typing import Annotated, Any, Literal

from django.db import transaction
from django.db.models import Q

from demo.recipes.forms import MessageForm, NoteForm, of_plant
from demo.recipes.models import Message, Plant, Task
from dfws_html import html
from dfws_html.decorators import SerializedForm, everyone, signal
from dfws_html.window_info import WindowInfo

ThisNote = Annotated[NoteForm, SerializedForm(NoteForm, kwargs=of_plant)]


@signal(path="recipes.search", is_allowed_to=everyone)
def search(window_info: WindowInfo, q: str) -> str:
    found = Plant.objects.filter(Q(name__icontains=q) | Q(latin__icontains=q))
    return html.render(window_info, "recipes/found.html", {"found": found[:8], "q": q})


@signal(path="recipes.edit", is_allowed_to=everyone)
def edit(window_info: WindowInfo, plant: int, editing: bool) -> str:
    shown = Plant.objects.get(pk=plant)
    return html.render(window_info, "recipes/plant.html", {"plant": shown, "editing": editing})


@signal(path="recipes.save", is_allowed_to=everyone)
@transaction.atomic
def save(window_info: WindowInfo, plant: int, form: ThisNote) -> str:
    if form.is_valid():
        saved = form.save()
        html.text(window_info, f"#plant-{plant} .note", saved.note, to=[Plant])
    return edit(window_info, plant, editing=not form.is_valid())


@signal(path="recipes.more", is_allowed_to=everyone)
def more(window_info: WindowInfo, after: int) -> str:
    return html.render(window_info, "recipes/more.html", some_plants(after))


def some_plants(after: int = 0) -> dict[str, Any]:
    plants = list(Plant.objects.filter(pk__gt=after)[:20])
    return {"plants": plants, "after": plants[-1].pk if len(plants) == 20 else None}


@signal(path="recipes.move", is_allowed_to=everyone)
@transaction.atomic
def move(window_info: WindowInfo, card: int, by: Literal[-1, 1]) -> None:
    moved = Task.objects.get(pk=card)
    if moved.step + by in Task.Step.values:
        moved.step += by
        moved.save()
        html.morph(
            window_info, "#kanban", template="recipes/columns.html", context=columns(), to=[Task]
        )
        if moved.step + by not in Task.Step.values:  # the button that was pressed is gone
            html.focus(window_info, f"#task-{card} button")
        html.announce(window_info, f"{moved.title}: {moved.get_step_display()}")


def columns() -> dict[str, Any]:
    tasks = list(Task.objects.all())
    steps = [(step, [task for task in tasks if task.step == step]) for step in Task.Step]
    return {"columns": steps}


@signal(path="recipes.say", is_allowed_to=everyone)
@transaction.atomic
def say(window_info: WindowInfo, form: MessageForm) -> None:
    html.form_errors(window_info, form, "#say")
    if form.is_valid():
        said = form.save()
        html.append(
            window_info,
            "#chat",
            template="recipes/message.html",
            context={"message": said},
            to=[Message],
        )
        html.forms_set(window_info, "#say", {"text": ""})
