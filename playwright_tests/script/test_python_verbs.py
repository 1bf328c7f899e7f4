"""What the verbs of Python send is what a page understands."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django import forms
from django.utils.safestring import mark_safe

from dfws_html import html
from dfws_html.testing import SignalQueue
from dfws_html.window_info import WindowInfo

from .conftest import Bed


class Order(forms.Form):
    name = forms.CharField(max_length=3)
    count = forms.IntegerField()

    def clean(self) -> None:
        raise forms.ValidationError("Not <today>.")


def pushed(use: Callable[[WindowInfo], None]) -> list[tuple[str, dict[str, Any]]]:
    """Return the signals that a function sends to the topic "room"."""

    def record() -> list[tuple[str, dict[str, Any]]]:
        with SignalQueue() as queue:
            use(WindowInfo())
        return queue.ws_signals["-str.room"]

    # Playwright's event loop runs in this thread.
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(record).result()


BODY = """<title>Before</title><h1 id=h class=a>x</h1><ul id=lines><li id=l1>1</li></ul>
<div id=m><input id=i value=1></div><dialog id=d>x</dialog><p id=p hidden>x</p>
<form id=o><input name=other></form><form>{}</form>"""


def test_every_verb_of_a_batch(bed: Bed) -> None:
    page = bed.open(BODY.format(""))
    bed.run(
        "node = i; addEventListener('saved', event => { heard = [event.target.id, event.detail] })"
    )

    def use(window: WindowInfo) -> None:
        with html.batch(window, to="room", transition=True) as batch:
            batch.upsert("#lines", mark_safe("<li id=l1>line</li>"))
            batch.upsert("#lines", mark_safe("<li id=l2>line</li>"))
            batch.prepend("#lines", "<b>")
            batch.after("#lines", "after")
            batch.morph("#m", mark_safe("<input id=i title=new>"))
            batch.text("#h", "<i>")
            batch.toggle_class("#h", "a b")
            batch.add_attribute("#h", "title", 3)
            batch.boolean_attribute("#p", "hidden", False)
            batch.dialog("#d")
            batch.title("After")
            batch.dispatch("saved", {"n": 1}, selector="#h")
            batch.replace_url("?page=2")
            batch.announce("Saved.")

    for signal, opts in pushed(use):
        bed.push(signal, **opts)
    page.wait_for_function("document.title === 'After'")
    assert bed.html("#lines") == ('&lt;b&gt;<li id="l1">line</li><li id="l2">line</li>')
    assert page.evaluate("[node === i, i.title, h.innerHTML, h.className, h.title]") == [
        True, "new", "&lt;i&gt;", "b", "3",
    ]  # fmt: skip
    assert page.evaluate("[p.hidden, d.open, location.search, heard]") == [
        False, True, "?page=2", ["h", {"n": 1}],
    ]  # fmt: skip
    assert bed.codes() == []


def test_the_errors_of_a_form(bed: Bed) -> None:
    page = bed.open(BODY.format(Order()))

    def show(data: dict[str, str]) -> Callable[[WindowInfo], None]:
        return lambda window: html.form_errors(window, Order(data), to="room")

    for signal, opts in pushed(show({"name": "four", "count": "1"})):
        bed.push(signal, **opts)
    assert page.evaluate("document.activeElement.id") == "id_name"
    field = page.locator("#id_name")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.get_attribute("aria-describedby") == "id_name_error"
    assert "at most 3 characters" in page.inner_text("#id_name_error")
    assert "Not <today>." in page.inner_text("form >> nth=1")
    assert page.inner_text("#o") == ""
    for signal, opts in pushed(lambda window: html.form_errors(window, Order(), to="room")):
        bed.push(signal, **opts)
    assert field.get_attribute("aria-invalid") is None
    assert page.locator(".errorlist").count() == 0
    assert bed.codes() == []
