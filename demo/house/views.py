"""The home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.house import signals
from demo.house.models import Lamp
from demo.source import function_source, template_source
from dfws_html.tasks import set_websocket_topics


def house(request: HttpRequest) -> HttpResponse:
    """Show the house, and the code that makes it live."""
    set_websocket_topics(request, "house")
    context = {
        "lamps": Lamp.objects.all(),
        "template": template_source("house/lamp.html"),
        "function": function_source(signals.switch),
    }
    return render(request, "house/house.html", context)
