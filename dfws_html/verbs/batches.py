"""Several verbs in one frame: shown at once, or not at all."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from dfws_html.tasks import refuse_on_loop
from dfws_html.verbs import elements, forms, swapping, windows
from dfws_html.verbs.sending import Gathering, send_batch
from dfws_html.window_info import WindowInfo

__all__ = ["Batch", "batch"]


class Batch(Gathering):
    """The verbs of a ``with html.batch(...) as page`` block, as methods without a window.

    They take no ``to``: that is the batch's. Asynchronous code says ``async with html.batch(...)``
    and, inside, ``await html.asend(html.append, page, "#log", x)``.
    """

    def __init__(
        self, window_info: WindowInfo | HttpRequest, to: Any = None, *, transition: bool = False
    ) -> None:
        super().__init__(window_info, to)
        self._transition = transition

    def __enter__(self) -> Self:
        refuse_on_loop("with html.batch()", "async with html.batch(...)")
        self.is_open = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_open = False
        if error is None:
            self._send()

    async def __aenter__(self) -> Self:
        self.is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_open = False
        if error is None:
            await sync_to_async(self._send)()

    def _send(self) -> None:
        if self.ops:
            send_batch(self.window_info, self.destinations, self.ops, transition=self._transition)
            self.ops = []

    after = swapping.after
    append = swapping.append
    before = swapping.before
    content = swapping.content
    morph = swapping.morph
    prepend = swapping.prepend
    replace_with = swapping.replace_with
    upsert = swapping.upsert

    add_attribute = elements.add_attribute
    add_class = elements.add_class
    boolean_attribute = elements.boolean_attribute
    dialog = elements.dialog
    dispatch = elements.dispatch
    empty = elements.empty
    focus = elements.focus
    remove = elements.remove
    remove_attr = elements.remove_attr
    remove_class = elements.remove_class
    scroll = elements.scroll
    text = elements.text
    toggle_class = elements.toggle_class

    form_errors = forms.form_errors
    forms_set = forms.forms_set

    announce = windows.announce
    download_file = windows.download_file
    push_url = windows.push_url
    redirect = windows.redirect
    refresh = windows.refresh
    reload = windows.reload
    replace_url = windows.replace_url
    title = windows.title


def batch(
    window_info: WindowInfo | HttpRequest, *, to: Any = None, transition: bool = False
) -> Batch:
    """Gather verbs into one frame, which each window carries out in order, in one paint.

    Nothing leaves if the block raises, or holds no verb.

    Args:
        window_info: the window.
        to: one destination or several, ``WINDOW`` by default.
        transition: let the browser blend the old view into the new one.

    >>> from dfws_html.testing import SignalQueue
    >>> with SignalQueue() as queue, batch(WindowInfo(), to=["room"]) as page:
    ...     page.append("#log", "x")
    ...     page.text("#count", 3)
    >>> [name for name, arguments in queue.ws_signals["-str.room"][0][1]["ops"]]
    ['html.append', 'html.text']
    """
    return Batch(window_info, to, transition=transition)
