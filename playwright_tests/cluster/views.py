"""A page that shows what comes, and a door for users."""

from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from dfws_html.tasks import set_websocket_topics
from playwright_tests.seed.models import MyModel


def log(request: HttpRequest) -> HttpResponse:
    """Show a page that hears the object if the address says so."""
    if "object" in request.GET:
        set_websocket_topics(request, [MyModel.objects.get(id=42)])
    return TemplateResponse(request, "cluster/log.html", {})


def log_in(request: HttpRequest, username: str) -> HttpResponse:
    """Log somebody in, made if need be."""
    user, _ = get_user_model().objects.get_or_create(username=username)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse(f"hello {username}")
