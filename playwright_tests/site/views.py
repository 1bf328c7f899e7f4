"""A page whose body, topics and style of inclusion the test chooses."""

from typing import Any

from django.contrib.auth import get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines

from dfws_html.tasks import WINDOW, set_websocket_topics, trigger
from playwright_tests.site.models import Note, Task, Thing

#: Bodies that tests have put here, by name.
BODIES: dict[str, str] = {}

_BODY = """{% load dfws_html %}<p id=p>hello</p>
<button {% js_call "echo" text="pressed" %}>press</button>
<input id=typed aria-label=typed><button {% js_call "fail.me" %}>fail</button>"""

_HEADS = {
    "tag": "{% load dfws_html %}<!doctype html><html lang=en><head><title>t</title>"
    "{% dfws_html_script %}</head>",
    "plain": "{% load static %}<!doctype html><html lang=en><head><title>t</title>"
    "<script src=\"{% static 'js/df_websockets.min.js' %}\"></script></head>",
}


def page(request: HttpRequest) -> HttpResponse:
    """Show the body that a test has put into `BODIES`."""
    things = Thing.objects.filter(pk__in=request.GET.getlist("thing"))
    lists = [Task] if "list" in request.GET else []
    set_websocket_topics(request, things, *lists, *request.GET.getlist("topic"))
    head = _HEADS[request.GET.get("head", "tag")]
    body = BODIES.get(request.GET.get("body", ""), _BODY)
    template = engines["django"].from_string(f"{head}<body>{body}</body></html>")
    context: dict[str, Any] = {
        "things": things,
        "notes": Note.objects.all(),
        "tasks": Task.objects.order_by("pk"),
    }
    return HttpResponse(template.render(context, request))


def pushing(request: HttpRequest) -> HttpResponse:
    """Push something to the very page that is being made."""
    trigger(request, "html.text", to=WINDOW, selector="#p", content="pushed while it was rendered")
    return page(request)


def log_in(request: HttpRequest, username: str) -> HttpResponse:
    """Log somebody in, made if need be."""
    user, _ = get_user_model().objects.get_or_create(
        username=username, defaults={"is_staff": username == "staff"}
    )
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse(f"hello {username}")


def log_out(request: HttpRequest) -> HttpResponse:
    """Log out."""
    logout(request)
    return HttpResponse("bye")


def elsewhere(request: HttpRequest) -> HttpResponse:
    """Send the browser to another page."""
    return HttpResponseRedirect("/?body=fresh")


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer what browsers ask for by themselves."""
    return HttpResponse(status=204)
