"""What people do with cards; every window that shows the board sees it at once."""

from typing import Annotated, Literal

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone

from demo.board.forms import CardForm, new_card, old_card
from demo.board.models import Board, Card
from demo.form_errors import show_errors_so_far
from dfws_html import html
from dfws_html.decorators import SerializedForm, is_authenticated, signal
from dfws_html.window_info import WindowInfo

NewCardForm = Annotated[CardForm, SerializedForm(CardForm, kwargs=new_card)]
OldCardForm = Annotated[CardForm, SerializedForm(CardForm, kwargs=old_card)]


@signal(path="board.check", is_allowed_to=is_authenticated, queue="in-order")
def check(window_info: WindowInfo, column: int, form: NewCardForm) -> None:
    """Say what is wrong with a new card while it is typed."""
    show_errors_so_far(window_info, form, f"#add-{column}")


@signal(path="board.add", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def add(window_info: WindowInfo, column: int, form: NewCardForm) -> None:
    """Add a card to a column."""
    html.form_errors(window_info, form, f"#add-{column}")
    if not form.is_valid():
        return
    card = form.save()
    html.append(
        window_info,
        f"#cards-{column}",
        template="board/card.html",
        context={"card": card},
        to=[card.column.board],
    )
    tell(window_info, card.column.board, f"added “{card.title}”")


@signal(path="board.rename", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def rename(window_info: WindowInfo, card: int, form: OldCardForm) -> None:
    """Give a card another title."""
    html.form_errors(window_info, form, f"#card-{card} form")
    if form.is_valid():
        changed = form.save()
        # What is typed belongs to whoever types; now it is the card's title like any other.
        html.forms_set(window_info, f"#card-{card}", {"title": changed.title})
        show_card(window_info, changed)
        html.focus(window_info, f"#card-{card}-assign")
        tell(window_info, changed.column.board, f"renamed “{changed.title}”")


@signal(path="board.done", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def done(window_info: WindowInfo, card: int) -> None:
    """Tick a card, or take the tick away."""
    ticked = get_card(card)
    ticked.is_done = not ticked.is_done
    ticked.save()
    show_card(window_info, ticked)
    what = "finished" if ticked.is_done else "reopened"
    tell(window_info, ticked.column.board, f"{what} “{ticked.title}”")


@signal(path="board.assign", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def assign(window_info: WindowInfo, card: int, to_me: bool) -> None:
    """Take a card, or make it nobody's."""
    taken = get_card(card)
    taken.assignee_id = window_info.user_pk if to_me else None
    taken.save()
    show_card(window_info, get_card(card))
    what = "took" if to_me else "unassigned"
    tell(window_info, taken.column.board, f"{what} “{taken.title}”")


@signal(path="board.move", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def move(window_info: WindowInfo, card: int, step: Literal[-1, 1]) -> None:
    """Move a card to the end of a column beside its own."""
    moved = get_card(card)
    before = moved.column
    target = before.board.columns.filter(position=before.position + step).first()
    if target is None:  # somebody else has just moved it to the last one
        return
    moved.column = target
    moved.moved_at = timezone.now()
    moved.save()
    # The new place first: when the card leaves the old one, the focus finds it there.
    columns = [target, before]
    prefetch_related_objects(columns, "cards__assignee")
    for column in columns:
        html.replace_with(
            window_info,
            f"#cards-{column.pk}",
            template="board/cards.html",
            context={"column": column},
            to=[before.board],
        )
    # At the end the button that was pressed is not shown any more: its counterpart is.
    if not before.board.columns.filter(position=target.position + step).exists():
        html.focus(window_info, f"#card-{card}-{'left' if step > 0 else 'right'}")
    tell(window_info, before.board, f"moved “{moved.title}” to {target.name}")


@signal(path="board.delete", is_allowed_to=is_authenticated, queue="in-order")
@transaction.atomic
def delete(window_info: WindowInfo, card: int) -> None:
    """Throw a card away."""
    thrown = get_card(card)
    thrown.delete()
    html.remove(window_info, f"#card-{card}", to=[thrown.column.board])
    tell(window_info, thrown.column.board, f"deleted “{thrown.title}”")


def get_card(pk: int) -> Card:
    """Return a card with all that its template shows."""
    return Card.objects.select_related("column__board", "assignee").get(pk=pk)


def show_card(window_info: WindowInfo, card: Card) -> None:
    """Show a card anew in every window of its board."""
    html.replace_with(
        window_info,
        f"#card-{card.pk}",
        template="board/card.html",
        context={"card": card},
        to=[card.column.board],
    )


def tell(window_info: WindowInfo, board: Board, what: str) -> None:
    """Tell every window of the board who did what."""
    html.text(window_info, "#news", f"{window_info.username} {what}.", to=[board])
