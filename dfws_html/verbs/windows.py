"""The verbs that concern a window as a whole: its address, its title, what it is told."""

from __future__ import annotations

from typing import Any, Literal

from dfws_html.verbs.refusals import address, one_of
from dfws_html.verbs.sending import Source, as_text, for_whom, send

__all__ = [
    "announce",
    "download_file",
    "push_url",
    "redirect",
    "refresh",
    "reload",
    "replace_url",
    "title",
]

_DOWNLOADS = ("http", "https", "blob", "data")


def download_file(window_info: Source, url: str, filename: str = "", *, to: Any = None) -> None:
    """Let the browser download a file.

    Raises:
        ValueError: the address has another scheme than http, https, blob or data.
    """
    url = address("html.download_file", url, _DOWNLOADS)
    send("html.download_file", window_info, to, url=url, filename=filename)


def refresh(window_info: Source, *, to: Any = None) -> None:
    """Let the page fetch itself again: title and body become what its view makes of them now.

    What is typed, the focus, the window and its socket stay; what is pushed meanwhile follows.

    >>> from dfws_html.testing import SignalQueue
    >>> from dfws_html.window_info import WindowInfo
    >>> with SignalQueue() as queue:
    ...     refresh(WindowInfo(), to=["room"])
    >>> queue.ws_signals
    {'-str.room': [('html.refresh', {})]}
    """
    send("html.refresh", window_info, to)


def reload(window_info: Source, *, to: Any = None) -> None:
    """Let the browser load the page again, as its own button does: what is typed is lost."""
    send("html.reload", window_info, to)


def redirect(window_info: Source, url: str, *, external: bool = False, to: Any = None) -> None:
    """Let the browser go to another page.

    Args:
        window_info: the window.
        url: its address; lazy ones, too.
        external: it may be another site's.
        to: one destination or several, ``WINDOW`` by default.

    Raises:
        ValueError: the address is none of the web.
    """
    url = address("html.redirect", url)
    send("html.redirect", window_info, to, url=url, external=external or None)


def push_url(window_info: Source, url: str, *, to: Any = None) -> None:
    """Show another address of this site, as a new entry of the history; going back refreshes.

    Raises:
        ValueError: the address is none of the web.
    """
    send("html.push_url", window_info, to, url=address("html.push_url", url))


def replace_url(window_info: Source, url: str, *, to: Any = None) -> None:
    """Show another address of this site, in the place of the history's last entry.

    Raises:
        ValueError: the address is none of the web.
    """
    send("html.replace_url", window_info, to, url=address("html.replace_url", url))


def title(window_info: Source, content: Any, *, to: Any = None) -> None:
    """Change the page's title."""
    shown = as_text(content, for_whom("html.title", window_info, to))
    send("html.title", window_info, to, content=shown)


def announce(
    window_info: Source,
    content: Any,
    level: Literal["polite", "assertive"] = "polite",
    *,
    to: Any = None,
) -> None:
    """Let screen readers say a text.

    Args:
        window_info: the window.
        content: the text.
        level: ``polite`` waits until they have finished; ``assertive`` interrupts them.
        to: one destination or several, ``WINDOW`` by default.

    Raises:
        ValueError: there is no such level.
    """
    one_of("html.announce", "level", level, ("polite", "assertive"))
    shown = as_text(content, for_whom("html.announce", window_info, to))
    send("html.announce", window_info, to, content=shown, level=level)
