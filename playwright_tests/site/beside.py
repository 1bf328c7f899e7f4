"""Pages that other libraries navigate and fill, and those libraries' scripts."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import path
from django.utils.safestring import mark_safe

from dfws_html.tasks import add_websocket_topics, set_websocket_topics, trigger

MODULES = Path(__file__).parents[2] / "node_modules"

_SCRIPTS = {
    "htmx2": "htmx.org/dist/htmx.js",
    "htmx4": "htmx4/dist/htmx.js",
    "turbo": "@hotwired/turbo/dist/turbo.es2017-umd.js",
    "alpine": "alpinejs/dist/cdn.js",
    "bootstrap": "bootstrap/dist/js/bootstrap.bundle.js",
}

#: What has been pushed to each topic, as a database would have it.
LINES: dict[str, list[str]] = {}

_PAGES = {
    "alpine": """<div x-data="{ count: 0 }" id=counter>
<button @click="count++">count</button><output x-text=count></output>
<div id=inside><p>old</p></div></div><ul id=log></ul>""",
    "bootstrap": """<button data-bs-toggle=modal data-bs-target=#modal>open</button>
<div class="modal" id=modal tabindex=-1><div class=modal-dialog><div class=modal-content>
<div class=modal-body id=in-modal><input id=typed aria-label=typed></div></div></div></div>
<button data-bs-toggle=collapse data-bs-target=#more>more</button>
<div class=collapse id=more><p id=in-more>old</p></div>""",
}

_PAGE = """{% load dfws_html %}<!doctype html><html lang=en><head><title>{{ name }}</title>
<script src="/npm/{{ script }}" defer></script>{% dfws_html_script %}</head>
<body hx-boost=true hx-boost:inherited=true>
<h1>{{ name }}</h1>
<a href="/beside/{{ library }}/one/">one</a>
<a href="/beside/{{ library }}/two/">two</a>
<a href="/beside/{{ library }}/alone/">alone</a>
<button {% js_call "echo" text="pressed" %}>press</button><p id=p></p>
<ul id=log>
{% for line in lines %}<li{% if line == "end" %} id=end{% endif %}>{{ line }}</li>{% endfor %}
</ul>
<div id=box></div>
<button hx-get="/beside/{{ library }}/piece/" hx-target="#box">piece</button>
<button hx-get="/beside/{{ library }}/piece/" hx-swap=none>nothing</button>
<button hx-get="/beside/{{ library }}/piece/" hx-target="#box" hx-swap=delete>gone</button>
<button hx-get="/beside/{{ library }}/piece/" hx-target="#box" hx-swap="innerHTML swap:300ms">late
</button>
<button hx-get="/beside/{{ library }}/away/" hx-target="#box">away</button>
<turbo-frame id=frame><a href="/beside/{{ library }}/framed/">frame</a></turbo-frame>
<form action="/beside/{{ library }}/stream/" method=post hx-boost=false>
{% csrf_token %}<button>stream</button></form>
{{ body }}</body></html>"""

_ALONE = """<!doctype html><html lang=en><head><title>alone</title>
<script src="/npm/{{ script }}" defer></script></head><body><h1>alone</h1></body></html>"""


def show(request: HttpRequest, library: str, name: str) -> HttpResponse:
    """Show a page on a topic of its name; all of them hear of `both`."""
    set_websocket_topics(request, name, "both")
    lines = [line for topic in ("both", name) for line in LINES.get(topic, [])]
    context = {"library": library, "name": name, "script": _SCRIPTS[library], "lines": lines}
    context["body"] = mark_safe(_PAGES.get(library, ""))
    return HttpResponse(engines["django"].from_string(_PAGE).render(context, request))


def piece(request: HttpRequest, library: str) -> HttpResponse:
    """Show a piece of a page, which is on a further topic."""
    add_websocket_topics(request, "piece")
    return HttpResponse("<p>a piece</p>")


def framed(request: HttpRequest, library: str) -> HttpResponse:
    """Show the same in a frame."""
    add_websocket_topics(request, "piece")
    return HttpResponse("<turbo-frame id=frame><p>a piece</p></turbo-frame>")


def stream(request: HttpRequest, library: str) -> HttpResponse:
    """Show the same in a stream."""
    add_websocket_topics(request, "piece")
    return HttpResponse(
        "<turbo-stream action=update target=box><template><p>a piece</p></template></turbo-stream>",
        content_type="text/vnd.turbo-stream.html",
    )


def alone(request: HttpRequest, library: str) -> HttpResponse:
    """Show a page without a window."""
    context = {"script": _SCRIPTS[library]}
    return HttpResponse(engines["django"].from_string(_ALONE).render(context, request))


def away(request: HttpRequest, library: str) -> HttpResponse:
    """Lead to another origin."""
    return HttpResponseRedirect("http://elsewhere.test/")


def script(request: HttpRequest, name: str) -> HttpResponse:
    """Send a library."""
    return HttpResponse((MODULES / name).read_bytes(), content_type="text/javascript")


def push(topic: str, line: str) -> None:
    """Append a line to every page on a topic, those to come included."""
    LINES.setdefault(topic, []).append(line)
    # A page may be fetched while this one comes, and then have it already.
    attributes = " id=end" if line == "end" else ""
    content = f"<li{attributes}>{line}</li>"
    trigger(None, "html.append", to=topic, selector="#log", content=content)


urlpatterns = [
    path("beside/<library>/piece/", piece),
    path("beside/<library>/framed/", framed),
    path("beside/<library>/stream/", stream),
    path("beside/<library>/away/", away),
    path("beside/<library>/alone/", alone),
    path("beside/<library>/<name>/", show),
    path("npm/<path:name>", script),
]
