"""The forms of the recipes."""

from collections.abc import Mapping
from typing import Any

from django import forms

from demo.recipes.models import Message, Plant
from dfws_html.window_info import WindowInfo


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    """What one wants to remember of a plant."""

    class Meta:
        model = Plant
        fields = ["note"]


class MessageForm(forms.ModelForm):  # type: ignore[type-arg]
    """Something to say, and who says it."""

    class Meta:
        model = Message
        fields = ["author", "text"]
        widgets = {"author": forms.TextInput({"autocomplete": "nickname"})}
        labels = {"author": "Your name", "text": "Say something"}


def of_plant(window_info: WindowInfo, opts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a `NoteForm` for a plant."""
    return {"instance": Plant.objects.get(pk=opts["plant"]), "auto_id": f"{opts['plant']}-%s"}
