"""The benchmarked site: one page, whose windows share one topic."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from dfws_html.tasks import set_websocket_topics

TOPIC = "the benchmark"


def page(request: HttpRequest) -> HttpResponse:
    """Show a page that hears the shared topic."""
    set_websocket_topics(request, TOPIC)
    return HttpResponse("<!doctype html><title>b</title><script src=df_websockets.min.js></script>")


urlpatterns = [path("", page)]
