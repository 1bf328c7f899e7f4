"""The pages of the boards."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from demo.board.models import Board
from dfws_html.tasks import set_websocket_topics


def first_board(request: HttpRequest) -> HttpResponse:
    """Go to the first board."""
    return redirect("board", slug=Board.objects.values_list("slug", flat=True)[0])


def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a board, and keep its window informed of what happens on it."""
    boards = Board.objects.prefetch_related("columns__cards__assignee")
    shown = get_object_or_404(boards, slug=slug)
    set_websocket_topics(request, shown)
    context = {"board": shown, "boards": Board.objects.all()}
    return render(request, "board/board.html", context)
