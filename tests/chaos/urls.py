"""The site's one page, which hears the rooms that its address names, and its door."""

import uuid

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from dfws_html.tasks import set_websocket_topics

_SOURCE = "{% load dfws_html %}<!doctype html><html><head>{% dfws_html_script %}</head></html>"


def page(request: HttpRequest) -> HttpResponse:
    """Show a page."""
    set_websocket_topics(request, *request.GET.getlist("room"))
    return HttpResponse(engines["django"].from_string(_SOURCE).render({}, request))


def come(request: HttpRequest) -> HttpResponse:
    """Log somebody in whom nobody has seen before."""
    user = get_user_model().objects.create_user(uuid.uuid4().hex)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse("come")


def go(request: HttpRequest) -> HttpResponse:
    """Log out."""
    logout(request)
    return HttpResponse("gone")


urlpatterns = [path("", page), path("come/", come), path("go/", go)]
