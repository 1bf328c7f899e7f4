"""The form of a card, for new ones and for new titles."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from demo.board.models import Card, Column
from dfws_html.window_info import WindowInfo


class CardForm(forms.ModelForm):  # type: ignore[type-arg]
    """A card's title, which stands on its board only once."""

    class Meta:
        model = Card
        fields = ["title"]

    def clean_title(self) -> str:
        """Refuse a title that is on the board already."""
        title: str = self.cleaned_data["title"]
        others = Card.objects.filter(column__board=self.instance.column.board)
        if others.exclude(pk=self.instance.pk).filter(title__iexact=title).exists():
            raise ValidationError("There is a card with this title.")
        return title


def new_card(window_info: WindowInfo, opts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a `CardForm` for a new card of a column."""
    column = Column.objects.select_related("board").get(pk=opts["column"])
    return {"instance": Card(column=column), "auto_id": f"add-{column.pk}-%s"}


def old_card(window_info: WindowInfo, opts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes a `CardForm` for a card that exists."""
    card = Card.objects.select_related("column__board", "assignee").get(pk=opts["card"])
    return {"instance": card, "auto_id": f"card-{card.pk}-%s"}
