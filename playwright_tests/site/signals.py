"""The functions behind the signals of the browser tests' site."""

from __future__ import annotations

from threading import Event
from typing import Any

from django.utils.html import format_html

from dfws_html import html
from dfws_html.decorators import everyone, is_authenticated, signal
from dfws_html.tasks import BROADCAST, SESSION, USER, WINDOW
from dfws_html.window_info import WindowInfo
from playwright_tests.site.models import Thing

#: What ran, in order: names of signals with their arguments.
RAN: list[tuple[str, dict[str, Any]]] = []

#: What functions wait for, by a word: a test opens it. Nobody waits at one that no test has made.
GATES: dict[str, Event] = {}


@signal(path="echo", is_allowed_to=everyone)
def echo(window_info: WindowInfo, **opts: Any) -> dict[str, Any]:
    """Show in the window what came."""
    RAN.append(("echo", opts))
    html.text(window_info, "#p", str(opts.get("text", opts)))
    return opts


@signal(path="members.only", is_allowed_to=is_authenticated)
def members_only(window_info: WindowInfo) -> None:
    """Run for those who are logged in."""
    RAN.append(("members.only", {}))


@signal(path="server.only")
def server_only(window_info: WindowInfo) -> None:
    """Run when the server asks for it."""
    RAN.append(("server.only", {}))


@signal(path="needs.int", is_allowed_to=everyone)
def needs_int(window_info: WindowInfo, number: int) -> None:
    """Run with a number."""
    RAN.append(("needs.int", {"number": number}))


@signal(path="boom", is_allowed_to=everyone)
def boom(window_info: WindowInfo) -> None:
    """Raise."""
    raise RuntimeError("this is the handler's own error")


@signal(path="find", is_allowed_to=everyone)
def find(window_info: WindowInfo, q: str) -> str:
    """Answer with a line, once the gate of that name is open."""
    if q in GATES:
        GATES[q].wait(10)
    RAN.append(("find", {"q": q}))
    return format_html("<li>{}</li>", q)


@signal(path="tell", is_allowed_to=everyone)
def tell(window_info: WindowInfo, whom: str) -> None:
    """Add a line to the log of the windows that are named."""
    to = {
        "window": WINDOW,
        "user": USER,
        "session": SESSION,
        "thing": Thing.objects.filter(pk=1),
        "everybody": BROADCAST,
    }[whom]
    sender = window_info.username or "nobody"
    line = format_html("<li>{} of {}</li>", whom, _tab(window_info, sender))
    html.append(window_info, "#log", line, to=to)


def _tab(window_info: WindowInfo, sender: str) -> str:
    """Return the name that the test knows the window by."""
    if sender != "ada":
        return sender
    return "ada 1" if "thing=" in window_info.page_url else "ada 2"
