"""The documentation's views, and the pages around its pieces of HTML."""

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from dfws_html.tasks import WINDOW, set_websocket_topics, trigger
from playwright_tests.seed.models import MyModel


def any_view(request: HttpRequest) -> HttpResponse:
    """Show a page that hears an object."""
    obj1 = MyModel.objects.get(id=42)
    set_websocket_topics(request, [obj1])
    return TemplateResponse(request, "my/template.html", {})


def another_view(request: HttpRequest, obj_id: int) -> HttpResponse:
    """Push to the window and to the object."""
    obj = MyModel.objects.get(id=42)
    trigger(request, "myproject.first_signal", to=[WINDOW, obj], content="hello from a view")
    set_websocket_topics(request, ["other topics"])
    return HttpResponse()


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer what browsers ask for by themselves."""
    return HttpResponse(status=204)
