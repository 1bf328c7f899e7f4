"""The functions behind the signals of the browser tests' site."""

from __future__ import annotations

import time
from typing import Any

from django import forms

from dfws_html import html
from dfws_html.decorators import everyone, is_authenticated, signal
from dfws_html.tasks import BROADCAST, SERVER, USER, WINDOW, trigger
from dfws_html.utils import SerializedForm
from dfws_html.window_info import WindowInfo

#: What ran, in order: names of signals with their arguments.
RAN: list[tuple[str, dict[str, Any]]] = []


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
