"""What a swap must not take from the user: focus, caret, selection, what he has typed."""

from __future__ import annotations

import pytest

from .conftest import Bed, signal

FIELDS = "<input id=a value=server><input id=b value=server>"


def active(bed: Bed) -> str:
    return bed.page.evaluate("document.activeElement.id || document.activeElement.name")


@pytest.mark.parametrize("verb", ["content", "replace_with"])
def test_focus_and_selection_by_id(bed: Bed, verb: str) -> None:
    page = bed.open(f"<div id=d>{FIELDS}</div>")
    page.fill("#b", "typed by the user")
    page.evaluate("b.setSelectionRange(2, 7, 'backward')")
    inner = FIELDS if verb == "content" else f"<div id=d>{FIELDS}</div>"
    bed.push(f"html.{verb}", selector="#d", content=inner)
    assert active(bed) == "b"
    assert page.evaluate("[b.value, b.selectionStart, b.selectionEnd, b.selectionDirection]") == [
        "typed by the user", 2, 7, "backward",
    ]  # fmt: skip
    assert page.evaluate("a.value") == "server"


def test_focus_by_form_and_name(bed: Bed) -> None:
    forms = (
        "<form><input name=t></form><form id=f><input name=t><textarea name=x></textarea></form>"
    )
    page = bed.open(f"<div id=d>{forms}</div>")
    page.fill("#f [name=x]", "typed")
    page.evaluate("f.x.setSelectionRange(3, 3)")
    page.evaluate("window.old = f.x")
    bed.push("html.content", selector="#d", content=forms)
    assert page.evaluate(
        "[document.activeElement === f.x, f.x !== old, f.x.value, f.x.selectionStart]"
    ) == [True, True, "typed", 3]
    page.fill("form:first-child [name=t]", "first")
    bed.push("html.content", selector="#d", content=forms)
    assert page.evaluate("Array.from(document.forms, form => form.t.value)") == ["first", ""]


def test_fields_of_a_form_that_stays(bed: Bed) -> None:
    rows = "<input name=t><input name=t>"
    page = bed.open(f"<form><div id=d>{rows}</div></form>")
    page.fill("input >> nth=1", "second")
    bed.push("html.content", selector="#d", content=rows)
    assert page.evaluate("Array.from(document.forms[0].t, input => input.value)") == ["", "second"]
    assert page.evaluate("document.activeElement === document.forms[0].t[1]")


def test_focus_on_what_has_no_caret(bed: Bed) -> None:
    html = "<input id=e type=email><button id=b>x</button><a id=a href=/>x</a>"
    page = bed.open(f"<div id=d>{html}</div>")
    for name in ["e", "b", "a"]:
        page.focus(f"#{name}")
        bed.push("html.content", selector="#d", content=html)
        assert active(bed) == name
    assert bed.codes() == []


def test_focus_on_what_moves(bed: Bed) -> None:
    page = bed.open("<div id=d><ul id=u><li id=l><input id=a></ul><ul id=v></ul></div>")
    page.evaluate("() => { delete Element.prototype.moveBefore }")  # WebKit has none
    page.fill("#a", "typed")
    page.evaluate("window.same = a; a.setSelectionRange(1, 3)")
    bed.push(
        "html.morph", selector="#d", content="<ul id=u></ul><ul id=v><li id=l><input id=a></ul>"
    )
    assert page.evaluate("[a === same, v.contains(a), document.activeElement === a]") == [True] * 3
    assert page.evaluate("[a.value, a.selectionStart, a.selectionEnd]") == ["typed", 1, 3]


def test_focus_elsewhere_is_left_alone(bed: Bed) -> None:
    page = bed.open("<input id=other><div id=d></div>")
    page.focus("#other")
    bed.push("html.content", selector="#d", content="<input id=new autofocus>")
    assert active(bed) == "other"


@pytest.mark.parametrize(
    ("html", "selector", "expected"),
    [
        ("<input id=a><p id=p><input id=x></p><input id=b>", "#p", "b"),
        ("<input id=a><p id=p><input id=x></p><input id=b disabled><b tabindex=0 id=c>", "#p", "c"),
        ("<input id=a><p id=p><input id=x></p><b tabindex=-1 id=c>", "#p", "a"),
        ("<input id=a><input id=x><input id=b hidden><a href=/ id=c>x</a>", "#x", "c"),
        ("<div id=only><input id=x></div>", "#x", "only"),
    ],
)
def test_a_removed_focus_goes_to_the_next(
    bed: Bed, html: str, selector: str, expected: str
) -> None:
    page = bed.open(html)
    page.focus("#x")
    bed.push("html.remove", selector=selector)
    assert active(bed) == expected


def test_a_removed_focus_goes_to_what_came_in_its_place(bed: Bed) -> None:
    page = bed.open("<input id=a><p id=p><input id=x></p><input id=b>")
    page.focus("#x")
    bed.push("html.content", selector="#p", content="<input id=new>")
    assert active(bed) == "new"
    bed.push("html.text", selector="#p", content="nothing")
    assert active(bed) == "b"


TYPES = """<form id=f><input id=text value=server><textarea id=area>server</textarea>
<input id=check type=checkbox><input id=checked type=checkbox checked>
<input type=radio name=r id=r1 checked><input type=radio name=r id=r2>
<input type=radio name=r id=r3>
<select id=one><option value=1>1<option value=2>2</select>
<select id=many multiple><option selected>1<option>2<option>3</select>
<input id=range type=range value=10><input id=color type=color value=#000000>
<input id=file type=file><input id=number type=number></form>"""


def test_what_was_touched_keeps_its_value_focused_or_not(bed: Bed) -> None:
    page = bed.open(f"<div id=d>{TYPES}</div>")
    page.fill("#text", "typed")
    page.fill("#area", "typed too")
    page.check("#check")
    page.uncheck("#checked")
    page.check("#r2")
    page.check("#r3")
    page.press("#one", "ArrowDown")  # Playwright's own `select_option` is no user
    page.press("#many", "ArrowDown")
    page.press("#many", "Shift+ArrowDown")
    page.press("#range", "End")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"1"})
    page.focus("#number")
    page.keyboard.type("1e")  # bad input: no script can read it
    page.evaluate("window.old = text")
    for _ in range(2):  # the successors are touched in their turn
        bed.push(
            "html.content",
            selector="#d",
            content=TYPES.replace(">1<option value=2", ">one<option value=2"),
        )
        assert page.evaluate(
            """[text !== old, text.value, area.value, check.checked, checked.checked, r1.checked,
            r2.checked, r3.checked, one.value, Array.from(many.selectedOptions, o => o.value),
            range.value, color.value, file.files[0]?.name, number.validity.badInput]"""
        ) == [
            True, "typed", "typed too", True, False, False, False, True, "2", ["2", "3"],
            "100", "#000000", "a.txt", True,
        ]  # fmt: skip


def test_what_was_not_touched_follows_the_server(bed: Bed) -> None:
    page = bed.open(f"<div id=d>{TYPES}</div>")
    page.focus("#text")
    page.evaluate("text.value = 'by a script'; check.checked = true")
    page.dispatch_event("#text", "input")  # a script's event is no user's
    page.dispatch_event("#check", "change")
    bed.push("html.content", selector="#d", content=TYPES.replace("server", "newer"))
    assert page.evaluate("[text.value, area.value, check.checked]") == ["newer", "newer", False]


def test_a_choice_that_the_server_took_away(bed: Bed) -> None:
    page = bed.open("<div id=d><select id=s><option>1<option>2</select></div>")
    page.press("#s", "ArrowDown")
    assert page.evaluate("s.value") == "2"
    bed.push("html.content", selector="#d", content="<select id=s><option>3<option>4</select>")
    assert page.evaluate("s.value") == "3"


def test_typed_before_the_script_ran(bed: Bed) -> None:
    late = "<script src=/static/js/df_websockets.min.js></script>"
    bed.open(
        f"<div id=d>{FIELDS}</div><script>a.value = 'typed'</script>{late}",
        head="<meta name=dfws content=T data-pos=1 data-life=L>",
    )
    bed.push("html.content", selector="#d", content=FIELDS)
    assert bed.page.evaluate("[a.value, b.value]") == ["typed", "server"]


@pytest.mark.parametrize("way", ["reset", "forms.set", "submit"])
def test_touched_no_more(bed: Bed, way: str) -> None:
    form = "<form id=f data-df-signal=s><input name=t id=t value={}><button>x</button></form>"
    page = bed.open(f"<div id=d>{form.format('server')}</div>")
    page.fill("#t", "typed")
    if way == "reset":
        page.evaluate("f.reset()")
    elif way == "forms.set":
        bed.push("html.forms.set", selector="#f", values=[{"name": "t", "value": "set"}])
    else:
        page.click("button")
        (frame,) = bed.until(lambda: bed.calls)
        assert frame["reply"] is True
        bed.push("html.content", selector="#d", content=form.format("early"))
        assert page.evaluate("t.value") == "typed"
        bed.done()  # the form that was sent is another one now, with the same id
    bed.push("html.content", selector="#d", content=form.format("newest"))
    assert page.evaluate("t.value") == "newest"


def test_a_prevented_reset_keeps_it_touched(bed: Bed) -> None:
    page = bed.open(f"<form id=f onreset='return false'><div id=d>{FIELDS}</div></form>")
    page.fill("#a", "typed")
    page.evaluate("f.reset()")
    bed.push("html.content", selector="#d", content=FIELDS)
    assert page.evaluate("a.value") == "typed"


@pytest.mark.parametrize("verb", ["content", "empty", "text"])
def test_events_of_what_leaves_are_no_doing_of_the_user(bed: Bed, verb: str) -> None:
    # Chromium fires a trusted `change` on a half-typed input that a swap removes, and `blur`.
    field = f"<input id=a {signal(name='typed', on='change')}>"
    around = signal(name="around", on="change,focusout")
    page = bed.open(f"<form {around}><div id=d>{field}</div></form><input id=b>")
    page.focus("#a")
    page.keyboard.type("half")
    page.evaluate("addEventListener('change', () => prevented.push(1))")
    bed.push(f"html.{verb}", selector="#d", content=field if verb == "content" else "")
    assert bed.names() == []
    assert page.evaluate("prevented") == [1]  # else the browser has changed, and this test is void
    if verb == "content":
        assert page.input_value("#a") == "half"
        page.keyboard.type(" and all")
        page.focus("#b")
        assert set(bed.names()) == {"typed", "around"}  # the successor is not deaf


def test_other_parts_of_the_page_are_not_written(bed: Bed) -> None:
    page = bed.open(f"<div id=d></div>{FIELDS}")
    page.fill("#a", "typed")
    page.evaluate("window.same = a; a.setSelectionRange(1, 2)")
    bed.push("html.content", selector="#d", content="<b>x</b>")
    assert page.evaluate("[a === same, a.value, a.selectionStart, a.selectionEnd]") == [
        True, "typed", 1, 2,
    ]  # fmt: skip
