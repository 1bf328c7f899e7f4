"""The site's one page: it hears the rooms that its address names."""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from dfws_html.tasks import set_websocket_topics

_SOURCE = "{% load dfws_html %}<!doctype html><html><head>{% dfws_html_script %}</head></html>"


def page(request: HttpRequest) -> HttpResponse:
    """Show a page."""
    set_websocket_topics(request, *request.GET.getlist("room"))
    return HttpResponse(engines["django"].from_string(_SOURCE).render({}, request))


urlpatterns = [path("", page)]
