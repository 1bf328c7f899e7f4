"""How HTML comes into the page: swap words and their options, and what stays for the user."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .conftest import META, SCRIPT, Bed, signal

# The swap as the attribute does it.
SHOW = """<script type=module>
import { show } from "/static/dfws_html/swaps.js";
import { isTouched, watchTyping } from "/static/dfws_html/controls.js";
watchTyping();
window.show = (selector, how, html, options) =>
    show(document.querySelector(selector), how, html, options);
window.isTouched = isTouched;
for (const type of ["before-swap", "after-swap", "removed"]) addEventListener(`df:${type}`,
    ({ target, detail }) => events.push({ name: type, at: target.id, call: detail.call }), true);
</script>"""


def show(bed: Bed, selector: str, how: str, html: str | None = None, **options: Any) -> None:
    args = json.dumps([selector, how, html, options])
    bed.run(f"show(...{args})")


@pytest.fixture
def modules(bed: Bed) -> Bed:
    """A page with the modules themselves, without a socket."""
    bed.open("<div id=d></div>", head=SHOW, wait=False)
    bed.page.wait_for_function("!!window.show")
    return bed


def content(bed: Bed, html: str) -> None:
    bed.page.evaluate("html => { d.innerHTML = html; events.length = 0 }", html)


NEW = "<i id=i>new</i>"


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("innerHTML", '<p id="p"><i id="i">new</i></p>'),
        ("outerHTML", '<i id="i">new</i>'),
        ("beforebegin", '<i id="i">new</i><p id="p">old</p>'),
        ("afterbegin", '<p id="p"><i id="i">new</i>old</p>'),
        ("beforeend", '<p id="p">old<i id="i">new</i></p>'),
        ("afterend", '<p id="p">old</p><i id="i">new</i>'),
        ("delete", ""),
        ("none", '<p id="p">old</p>'),
        ("textContent", '<p id="p">&lt;i id=i&gt;new&lt;/i&gt;</p>'),
        ("morph", '<p id="p"><i id="i">new</i></p>'),
        ("morph:outer", '<i id="i">new</i>'),
    ],
)
def test_words(modules: Bed, how: str, expected: str) -> None:
    content(modules, "<p id=p>old</p>")
    args = json.dumps(["#p", how, NEW, {"detail": {"call": "c.1"}}])
    classes = "class='df-added'" if 'id="i"' in expected else ""
    html = modules.page.evaluate(  # before the next picture
        f"show(...{args}), [d.innerHTML, document.querySelector('.df-added')?.id]"
    )
    assert html == [
        expected.replace('id="i"', 'id="i" class="df-added"'), "i" if classes else None
    ]  # fmt: skip
    swaps = [(e["name"], e["call"]) for e in modules.events() if "swap" in e["name"]]
    assert swaps == ([] if how == "none" else [("before-swap", "c.1"), ("after-swap", "c.1")])
    modules.page.wait_for_function("!document.querySelector('.df-added')")
    assert modules.page.inner_html("#d") == expected


def test_a_swap_that_is_prevented(modules: Bed) -> None:
    content(modules, "<p id=p>old</p>")
    modules.run("addEventListener('df:before-swap', e => e.preventDefault(), { once: true })")
    show(modules, "#p", "innerHTML", NEW)
    assert modules.page.inner_html("#d") == '<p id="p">old</p>'
    assert [e["name"] for e in modules.events()] == ["before-swap"]
    show(modules, "#p", "innerHTML focus:][", NEW)
    assert modules.codes() == ["function"]
    assert modules.page.inner_html("#d") == '<p id="p">old</p>'


def test_scrolling(modules: Bed) -> None:
    content(modules, "<p id=p style='height:50px;overflow:auto'>x</p>")
    show(modules, "#p", "innerHTML scroll:bottom", "<br>" * 50)
    assert modules.page.evaluate("p.scrollTop") > 400
    show(modules, "#p", "morph scroll:top", "<br>" * 60)
    assert modules.page.evaluate("p.scrollTop") == 0


def test_focus(modules: Bed) -> None:
    page = modules.page

    def focused(html: str, how: str, new: str, first: str = "#a", caller: str = "null") -> str:
        content(modules, html)
        page.evaluate("css => document.querySelector(css)?.focus()", first)
        modules.run(f"show('#p', '{how}', '{new}', {{ detail: {{ element: {caller} }} }})")
        return page.evaluate("document.activeElement.id")

    inside = "<p id=p><button id=a>x</button></p><button id=z>x</button>"
    assert focused(inside, "innerHTML focus:#n", "<b></b><input id=n>") == "n"
    assert focused(inside, "innerHTML focus:#n", "<input id=n><button id=a>y</button>") == "a"
    assert focused(inside, "innerHTML", "<b>x</b>") == "z"
    assert focused(inside, "morph focus:#n", "<b>x</b><input id=n>") == "n"
    # It moves on from who called, but not away from where the user has gone.
    assert focused(inside, "innerHTML focus:#n", "<input id=n>", "#z", "z") == "n"
    assert focused(inside, "innerHTML focus:#n", "<input id=n>", "#z") == "z"
    assert focused(inside, "innerHTML focus:#n", "<input id=n>", "#none") == "n"
    # Where who called takes no focus by a click, it is on what is around.
    around = "<div id=w tabindex=-1><p id=p></p><b id=z>x</b></div>"
    assert focused(around, "innerHTML focus:#n", "<input id=n>", "#w", "z") == "n"
    assert focused(around, "innerHTML focus:#n", "<input id=n>", "#w") == "w"


def test_a_transition(modules: Bed) -> None:
    page = modules.page
    content(modules, "<p id=p>old</p>")
    page.emulate_media(reduced_motion="no-preference")
    seen = page.evaluate(
        """async () => {
        const start = document.startViewTransition;
        let made = 0;
        document.startViewTransition = (update) => {
            made += 1;
            return start.call(document, update);
        };
        show("#p", "innerHTML transition", "one");
        show("#p", "beforeend", " two");  // waits for the first
        const seen = [p.textContent];
        await new Promise((resolve) => addEventListener("df:after-swap", resolve, { once: true }));
        await new Promise((resolve) => setTimeout(resolve));
        seen.push(p.textContent, made);
        delete document.startViewTransition;
        return seen;
    }"""
    )
    assert seen == ["old", "one two", 1]
    page.emulate_media(reduced_motion="reduce")
    show(modules, "#p", "innerHTML transition", "at once")
    assert page.inner_text("#p") == "at once"


def test_what_stays_over_a_morph(modules: Bed) -> None:
    page = modules.page
    html = """<b id=first></b><details id=details><summary>x</summary>x</details>
    <dialog id=dialog>x</dialog><div id=pop popover>x</div><iframe id=frame srcdoc='<p>x'></iframe>
    <div id=box style="height: 40px; overflow: auto;"><p style="height: 900px;">x</p></div>
    <p id=text>some text</p><video id=video></video><input id=field value=x><i id=last></i>"""
    content(modules, html)
    page.evaluate(
        """async () => {
        details.open = true;
        dialog.show();
        pop.showPopover();
        box.scrollTop = 120;
        field.focus();
        field.setSelectionRange(1, 1);
        await new Promise((resolve) => { if (frame.contentDocument.readyState === "complete"
            && frame.contentDocument.body.textContent) resolve(); else frame.onload = resolve; });
        frame.contentWindow.mark = 1;
        window.olds = [...d.children];
    }"""
    )
    first, last = "<b id=first></b>", "<i id=last></i>"
    new = last + html.replace(first, "").replace(last, "") + "<b id=first class=x>y</b><u>z</u>"
    show(modules, "#d", "morph", new)
    assert page.evaluate(
        """[details.open, dialog.open, pop.matches(":popover-open"), frame.contentWindow.mark,
        box.scrollTop, document.activeElement.id, field.selectionStart,
        olds.every((node) => node.isConnected), d.firstElementChild.id, first.textContent]"""
    ) == [True, True, True, 1, 120, "field", 1, True, "last", "y"]  # fmt: skip


FIELDS = """<form id=f><input id=text value={0}><textarea id=area>{0}</textarea>
<input id=check type=checkbox{1}><input type=radio name=r id=r1{1}>
<input type=radio name=r id=r2><input type=radio name=r id=r3>
<select id=one><option>1<option{2}>2<option>3</select>
<input id=range type=range value={3}><input id=number type=number>
<input id=file type=file></form>"""
OLD = FIELDS.format("server", " checked", "", 10)
FRESH = FIELDS.format("newer", "", " selected", 20).replace(
    "<input id=text", "<input title=t id=text"
)
STATE = """[text.value, area.value, check.checked, r1.checked, r2.checked, r3.checked,
one.value, range.value, number.validity.badInput, file.files.length]"""
ATTRIBUTES = "[text.defaultValue, area.defaultValue, check.defaultChecked, range.defaultValue]"
TYPED = ["typed", "typed", False, False, False, True, "3", "100", True, 1]


def type_all(bed: Bed) -> None:
    page = bed.page
    page.fill("#text", "typed")
    page.fill("#area", "typed")
    page.uncheck("#check")
    page.check("#r3")
    page.press("#one", "End")
    page.press("#range", "End")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"1"})
    page.focus("#number")
    page.keyboard.type("1e")
    assert page.evaluate(STATE) == TYPED


@pytest.mark.parametrize("how", ["morph", "innerHTML"])
def test_what_is_typed_stays_and_the_attributes_follow(modules: Bed, how: str) -> None:
    content(modules, OLD)
    type_all(modules)
    modules.run("window.old = text")
    more = (
        FRESH.replace("<option>1", "<option>0<option>1")
        + "<input type=radio name=r form=f checked>"
    )
    show(modules, "#d", how, more)
    assert modules.page.evaluate(STATE) == TYPED
    assert modules.page.evaluate(ATTRIBUTES) == ["newer", "newer", False, "20"]
    assert modules.page.evaluate("old === text") is (how == "morph")


@pytest.mark.parametrize("how", ["morph", "innerHTML"])
def test_radios_of_a_name_are_one_wherever_they_stand(modules: Bed, how: str) -> None:
    radio = "<input type=radio name=r id={}>"
    content(modules, f"<p id=p>{radio.format('r1')}</p>{radio.format('r2')}")
    modules.page.check("#r2")
    show(modules, "#p", how, radio.format("'r1' checked"))
    assert modules.page.evaluate("[r1.checked, r2.checked, r1.defaultChecked]") == [
        False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["morph", "innerHTML"])
@pytest.mark.parametrize("new", [OLD, FRESH])
def test_what_may_be_written_is_what_the_server_says(modules: Bed, how: str, new: str) -> None:
    # The answer of a call may write what still holds the value that it sent.
    content(modules, OLD)
    type_all(modules)
    modules.run("window.old = file")
    modules.run(
        f"show('#d', '{how}', {json.dumps(new)}, {{ mayWrite: (one) => one.id !== 'area' }})"
    )
    if new == OLD:
        expected = ["server", "typed", True, True, False, False, "1", "10", False]
    else:
        expected = ["newer", "typed", False, False, False, False, "2", "20", False]
    assert modules.page.evaluate(STATE)[:9] == expected
    touched = "[text, area, check].map(isTouched)"
    assert modules.page.evaluate(touched) == [False, True, False]
    if how == "morph":
        assert modules.page.evaluate("old === file && file.files.length") == 1


def test_what_was_not_touched_follows(modules: Bed) -> None:
    content(modules, OLD)
    modules.run("text.value = 'by a script'; r2.checked = true; one.value = '3'; range.value = 50")
    show(modules, "#d", "morph", OLD.replace("id=f>", "id=f class=x>"))
    assert modules.page.evaluate(STATE)[:8] == [
        "server", "server", True, True, False, False, "1", "10",
    ]  # fmt: skip


def test_undo_survives_a_morph(modules: Bed) -> None:
    page = modules.page
    content(modules, OLD)
    page.focus("#text")
    page.keyboard.press("End")
    page.keyboard.type("!")
    show(modules, "#d", "morph", FRESH)
    assert page.input_value("#text") == "server!"
    page.keyboard.press("Control+z")
    assert page.input_value("#text") == "server"


def test_an_editable_text_stays(modules: Bed) -> None:
    for how in ["morph", "innerHTML"]:
        content(modules, "<p id=e contenteditable class=x>old</p>")
        modules.page.focus("#e")
        modules.page.keyboard.type("typed ")
        show(modules, "#d", how, "<p id=e contenteditable>new</p>")
        assert modules.page.evaluate("[e.textContent, document.activeElement.id]") == [
            "typed old", "e",
        ]  # fmt: skip


def test_while_a_text_is_composed(bed: Bed) -> None:
    page = bed.open("<div id=d><input id=a><p id=p></p></div><p id=other></p>")
    page.focus("#a")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    bed.push("html.text", selector="#other", content="elsewhere")
    assert page.inner_text("#other") == "elsewhere"
    bed.send(signal="html.morph", opts={"selector": "#d", "content": "<input id=a><p id=p>1</p>"})
    bed.send(signal="html.append", opts={"selector": "#p", "content": "2"})
    bed.send(signal="html.text", opts={"selector": "#other", "content": "last"})
    bed.send(df="nack", n=99)
    page.evaluate("DFSignals.call('x')")
    bed.until(lambda: bed.events("ack"))
    assert page.evaluate("[p.textContent, other.textContent]") == ["", "elsewhere"]
    session.send("Input.insertText", {"text": "日"})
    page.wait_for_function("other.textContent === 'last'")
    assert page.evaluate("[p.textContent, a.value, document.activeElement.id]") == ["12", "日", "a"]
    session.detach()


def test_a_text_that_is_composed_too_long(bed: Bed, own_stage: object) -> None:
    page = bed.open_clocked("<div id=d><input id=a></div>")
    page.focus("#a")
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "に", "selectionStart": 1, "selectionEnd": 1})
    bed.send(signal="html.append", opts={"selector": "#d", "content": "<p id=p>"})
    page.evaluate("DFSignals.call('x')")
    bed.until(lambda: bed.events("ack"))
    page.clock.run_for(9000)
    assert page.query_selector("#p") is None
    page.clock.run_for(1500)
    page.wait_for_selector("#p", state="attached")


def test_a_strict_policy(bed: Bed) -> None:
    policy = (
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'self';"
        " require-trusted-types-for 'script'; trusted-types dfws\">"
    )
    page = bed.open(
        "<div id=d><p id=p></p></div>",
        head=policy + META.replace("/ws/", "ws://bed.test/ws/") + SCRIPT,
    )
    new = "<p id=p style='color: red'>x</p><p id=q style='color: red'>y</p>"
    bed.push("html.morph", selector="#d", content=new)
    assert (
        page.evaluate("[p, q].map((one) => getComputedStyle(one).color)") == ["rgb(255, 0, 0)"] * 2
    )
    assert bed.codes() == []


def test_what_a_morph_brings_is_alive(bed: Bed) -> None:
    page = bed.open(f"<div id=d><button id=a {signal(name='one')}>x</button></div>")
    page.evaluate("window.old = a")
    two = f"<button id=a {signal(name='two')}>x</button>"
    two += f"<button id=b {signal(name='three')}>y</button>"
    bed.push("html.morph", selector="#d", content=two)
    page.click("#a")
    page.click("#b")
    assert bed.names() == ["two", "three"]
    assert page.evaluate("old === a")
    assert [event["at"] for event in bed.events("added")] == ["b"]
    bed.push("html.morph", selector="#d", content="")
    assert sorted(event["at"] for event in bed.events("removed")) == ["a", "b"]
