"""The site's one page: it hears the rooms that its address names."""

from df_websockets.tasks import set_websocket_topics
from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest) -> HttpResponse:
    """Show a page."""
    set_websocket_topics(request, *request.GET.getlist("room"))
    return HttpResponse("a page")


urlpatterns = [path("", page)]
