"""A page that hears the topics of its address, and an address that pushes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from dfws_html.tasks import BROADCAST, set_websocket_topics, trigger


def page(request: HttpRequest) -> HttpResponse:
    """Show a page."""
    set_websocket_topics(request, *request.GET.getlist("topic"))
    return HttpResponse("<!doctype html><title>l</title><script src=df_websockets.min.js></script>")


def push(request: HttpRequest) -> HttpResponse:
    """Push a text to those who hear big ones, and a small one to every window."""
    trigger(None, "load.big", to=["big"], text="x" * int(request.GET["big"]))
    trigger(None, "load.small", to=BROADCAST, text="x" * int(request.GET["small"]))
    return HttpResponse("pushed")


urlpatterns = [path("", page), path("push/", push)]
