"""How listening works: which events, in which order, on elements however they arrived."""

from __future__ import annotations

import json

import pytest

from .conftest import Bed, signal


@pytest.mark.parametrize(
    ("html", "event"),
    [
        ("<form id=x {}></form>", "submit"),
        ("<button id=x {}></button>", "click"),
        ("<a id=x {}></a>", "click"),
        ("<div id=x {}></div>", "click"),
        ("<input id=x {}>", "change"),
        ("<input type=range id=x {}>", "change"),
        ("<input type=submit id=x {}>", "click"),
        ("<input type=image id=x {}>", "click"),
        ("<input type=reset id=x {}>", "click"),
        ("<input type=button id=x {}>", "click"),
        ("<select id=x {}></select>", "change"),
        ("<textarea id=x {}></textarea>", "change"),
        ("<my-field id=x {}></my-field>", "change"),
        ("<my-card id=x {}></my-card>", "click"),
    ],
)
def test_default_event(bed: Bed, html: str, event: str) -> None:
    page = bed.open(
        "<script>customElements.define('my-field',"
        "class extends HTMLElement { static formAssociated = true });"
        "customElements.define('my-card', class extends HTMLElement {})</script>"
        + html.format(signal(name="s"))
    )
    for other in ["submit", "click", "change"]:
        if other != event:
            page.dispatch_event("#x", other)
    assert bed.names() == []
    page.dispatch_event("#x", event)
    assert bed.names() == ["s"]


def test_a_class_that_comes_later_says_what_the_event_is(bed: Bed) -> None:
    page = bed.open(
        f"<my-late id=x {signal(name='s')}></my-late><my-never id=y {signal(name='t')}></my-never>"
    )
    page.dispatch_event("#y", "click")
    assert bed.names() == ["t"]
    bed.push("html.after", selector="#y", content=f"<my-late id=z {signal(name='u')}></my-late>")
    page.evaluate(
        "customElements.define('my-late',"
        "class extends HTMLElement { static formAssociated = true });"
    )
    page.dispatch_event("#x", "click")
    assert bed.names() == ["t"]
    page.dispatch_event("#x", "change")
    page.dispatch_event("#z", "change")
    assert bed.names() == ["t", "s", "u"]


def test_a_label_counts_twice_with_click_and_once_with_change(bed: Bed) -> None:
    # With `drop`, which is a click's habit, the second one would not be seen.
    page = bed.open(
        f"<label id=l {signal(name='click', sync='queue all')}>a <input type=checkbox></label>"
        f"<label id=m {signal(name='change', on='change')}>b <input type=checkbox></label>"
    )
    page.click("#l", position={"x": 2, "y": 2})
    assert bed.names() == ["click"]
    bed.done()
    assert bed.names() == ["click", "click"]
    page.click("#m", position={"x": 2, "y": 2})
    assert bed.names() == ["click", "click", "change"]


def test_what_a_call_remembers_goes_on_in_its_element_s_successor(bed: Bed) -> None:
    once = signal(name="a", on="click once")
    page = bed.open(f"<main><p><b id=a {once}>x</b></p></main>")
    page.click("#a")
    for html in (f"<b id=a {once}>x</b>", f"<i>1</i><b id=a {once}>x</b>"):
        bed.push("html.content", selector="p", content=html)
        page.click("#a")
    assert bed.names() == ["a"]
    # One that makes another call, and one of another name, begin anew.
    other = signal(name="b", on="click once")
    bed.push("html.content", selector="p", content=f"<b id=a {other}>x</b><b id=c {once}>x</b>")
    page.click("#a")
    page.click("#c")
    assert bed.names() == ["a", "b", "a"]


@pytest.mark.usefixtures("own_stage")
def test_listeners_are_few(bed: Bed) -> None:
    bed.page.add_init_script(
        """window.added = [];
        const known = new Map(); // the same one twice is one for the browser too
        const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, fn, options) {
          if (/^(click|focus|wheel)$/.test(type) && new Error().stack.includes("df_websockets")) {
            const on = this === window ? "window" : this.nodeName;
            const text = [on, type, !!(options?.capture ?? options), !!options?.passive].join();
            if (known.get(fn)?.has(text)) return;
            known.set(fn, (known.get(fn) ?? new Set()).add(text));
            added.push(text);
          }
          return add.apply(this, arguments);
        };"""
    )
    rows = "".join(f"<p id=p{i} {signal(name='s', opts={'id': i})}>x</p>" for i in range(50))
    wheels = f"<p {signal(name='s', on='wheel passive, wheel, focus, click capture')}></p>"
    page = bed.open(rows + wheels * 2)
    assert sorted(page.evaluate("added")) == [
        "window,click,true,false",
        "window,focus,true,false",
        "window,wheel,true,false",
        "window,wheel,true,true",
    ]
    page.click("#p7")
    assert bed.called() == [("s", {"id": 7})]


def test_five_thousand_elements_work(bed: Bed) -> None:
    page = bed.open("<div id=d></div>")
    page.evaluate(
        """(attribute) => {
          const html = Array.from({ length: 5000 }, (_, i) =>
            `<p id=p${i} ${attribute.replace("NR", i)}>x</p>`).join("");
          document.querySelector("#d").innerHTML = html;
        }""",
        signal(name="s", opts={"id": "NR"}),
    )
    page.click("#p4999")
    assert bed.called() == [("s", {"id": "4999"})]


def test_bubbling_listeners_run_last(bed: Bed) -> None:
    # An editor copies its text when the form is submitted, with a listener that comes after ours.
    page = bed.open(
        f"<form id=f {signal(name='s', form='form')}><textarea name=t></textarea>"
        "<button>go</button></form>"
        "<script>addEventListener('submit', () => { document.querySelector('[name=t]').value ="
        " 'copied' })</script>"
    )
    page.click("button")
    assert bed.called() == [("s", {"form": [{"name": "t", "value": "copied"}]})]
    bed.done()
    page.evaluate(
        "addEventListener('submit', () => { document.querySelector('[name=t]').value += ' late' })"
    )
    page.click("button")
    assert bed.called()[1][1]["form"][0]["value"] == "copied late"


@pytest.mark.parametrize("event", ["focus", "blur", "mouseenter"])
def test_events_that_do_not_bubble(bed: Bed, event: str) -> None:
    page = bed.open(
        f"<div {signal(name='outer', on=event)}><input id=i {signal(name='inner', on=event)}></div>"
    )
    page.dispatch_event("#i", event, {"bubbles": False})
    assert bed.names() == ["inner"]


def test_real_focus_and_mouseenter(bed: Bed) -> None:
    page = bed.open(
        f"<div id=d {signal(name='enter', on='mouseenter')}><b id=b>bold</b></div>"
        f"<input id=i {signal(name='focus', on='focus')}>"
    )
    page.hover("#b")
    page.focus("#i")
    assert bed.names() == ["enter", "focus"]


def test_nested_elements_fire_innermost_first(bed: Bed) -> None:
    page = bed.open(
        f"<div {signal(name='outer')}><p {signal(name='middle')}>"
        f"<b id=b {signal(name='inner')}>x</b></p></div>"
    )
    page.click("#b")
    assert bed.names() == ["inner", "middle", "outer"]


def test_consume_stops_outer_elements_only_ours(bed: Bed) -> None:
    page = bed.open(
        f"<div id=d onclick='this.title = 1' {signal(name='outer')}>"
        f"<p {signal(name='middle', on='click consume')}><b id=b {signal(name='inner')}>x</b></p>"
        "</div>"
    )
    page.click("#b")
    assert bed.names() == ["inner", "middle"]
    assert page.get_attribute("#d", "title") == "1"


def test_consume_while_capturing_lets_inner_elements_fire(bed: Bed) -> None:
    page = bed.open(
        f"<div {signal(name='outer')}><p {signal(name='middle', on='click consume capture')}>"
        f"<b id=b {signal(name='inner')}>x</b></p></div>"
    )
    page.click("#b")
    assert bed.names() == ["middle", "inner"]


def test_a_stopped_event_sends_nothing_unless_captured(bed: Bed) -> None:
    page = bed.open(
        f"<div {signal(name='bubble')}><div {signal(name='capture', on='click capture')}>"
        "<b id=b onclick='event.stopPropagation()'>x</b></div></div>"
    )
    page.click("#b")
    assert bed.names() == ["capture"]


def test_once_belongs_to_the_element(bed: Bed) -> None:
    page = bed.open(
        f"<p id=a {signal(name='a', on='click once')}>x</p>"
        f"<p id=b {signal(name='b', on='click once')}>x</p>"
    )
    for selector in ["#a", "#a", "#b", "#a"]:
        page.click(selector)
    assert bed.names() == ["a", "b"]


def test_passive_can_not_prevent(bed: Bed) -> None:
    page = bed.open(
        f"<p id=a {signal(name='a', on='wheel passive', prevent=True)}>x</p>"
        f"<p id=b {signal(name='b', on='wheel', prevent=True)}>x</p>"
        "<script>addEventListener('wheel', e => setTimeout(() => prevented.push("
        "e.defaultPrevented)), {passive: true})</script>"
    )
    for selector in ["#a", "#b"]:
        page.dispatch_event(selector, "wheel", {"bubbles": True, "cancelable": True})
    page.wait_for_function("prevented.length === 2")
    assert page.evaluate("prevented") == [False, True]
    assert bed.names() == ["a", "b"]


def test_several_triggers_and_several_calls(bed: Bed) -> None:
    page = bed.open(
        f"<input id=i {signal(name='s', on='focus, input once , keydown')}>"
        '<p id=p data-df-signal=\'[{"name": "one"}, {"name": "two"}, "three"]\'>x</p>'
    )
    page.focus("#i")
    page.keyboard.press("a")
    page.keyboard.press("b")
    assert bed.names() == ["s", "s", "s", "s"]
    page.click("#p")
    assert bed.names()[4:] == ["one", "two", "three"]


def test_elements_are_found_however_they_arrive(bed: Bed) -> None:
    page = bed.open("<div id=d></div>")
    page.evaluate(
        """attribute => {
          d.innerHTML = `<p id=one ${attribute}>1</p>`;
          d.insertAdjacentHTML("beforeend", `<section><p id=two ${attribute}>2</p></section>`);
          const three = document.createElement("p");
          three.id = three.textContent = "three";
          d.append(three);
          three.setAttribute("data-df-signal", '{"name": "s", "on": "dblclick"}');
        }""",
        signal(name="s", on="pointerdown"),
    )
    for selector in ["#one", "#two"]:
        page.dispatch_event(selector, "pointerdown")
    page.dblclick("#three")
    assert bed.names() == ["s", "s", "s"]
    page.evaluate('three.setAttribute(\'data-df-signal\', \'{"name": "t", "on": "keyup"}\')')
    page.dblclick("#three")
    page.dispatch_event("#three", "keyup")
    assert bed.names()[3:] == ["t"]


def test_a_swapped_in_element_works_at_once_itself_and_inside(bed: Bed) -> None:
    page = bed.open(
        "<div id=d></div><script>addEventListener('DOMContentAdded', () => {"
        "for (const id of ['self', 'inside'])"
        " document.getElementById(id).dispatchEvent(new Event('tap', {bubbles: true})) })</script>"
    )
    html = (
        f"<p id=self {signal(name='self', on='tap')}>"
        f"<b id=inside {signal(name='inside', on='tap consume')}>x</b></p>"
    )
    bed.push("html.content", selector="#d", content=html)
    assert bed.names() == ["self", "inside"]
    page.dispatch_event("#self", "tap")
    assert bed.names()[2:] == ["self"]


def test_bound_twice_sends_once(bed: Bed) -> None:
    page = bed.open("<div id=d></div>")
    html = f"<p id=p {signal(name='s')}>x</p>"
    bed.push("html.content", selector="#d", content=html)
    page.evaluate("p.dispatchEvent(new CustomEvent('DOMContentAdded', {bubbles: true}))")
    page.evaluate("d.append(p)")
    page.click("#p")
    assert bed.names() == ["s"]


def test_no_moment_is_unbound(bed: Bed) -> None:
    # The parser is still at work: the element works before the page is parsed.
    bed.open(f"<p id=p {signal(name='s', on='click')}>x</p><script>p.click()</script><p>")
    assert bed.names() == ["s"]


def test_shadow_roots_are_not_entered(bed: Bed) -> None:
    attribute = json.dumps(signal(name="inside"))
    page = bed.open(
        f"<div id=host {signal(name='host')}></div><script>"
        f"host.attachShadow({{mode: 'open'}}).innerHTML = '<p id=p ' + {attribute} + '>x</p>'"
        "</script>"
    )
    page.click("#p")
    assert bed.names() == ["host"]


def test_an_element_that_left_sends_nothing_more(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s')}>x</p>")
    page.evaluate("window.gone = p; p.remove(); gone.click()")
    assert bed.names() == []
    page.evaluate("document.body.append(gone); gone.click()")
    assert bed.names() == ["s"]


# ------------------------------------------------------------------ from, target, key

EVENT = "new Event('ping', {bubbles: true})"


@pytest.mark.parametrize(
    ("source", "at", "heard"),
    [
        ("window", "window", True),
        ("window", "far", True),
        ("document", "document", True),
        ("document", "far", True),
        ("document", "window", False),
        ("body", "far", True),
        ("body", "document", False),
        ("self", "me", True),
        ("self", "child", False),
        ("outside", "far", True),
        ("outside", "me", False),
        ("outside", "child", False),
        ("outside", "document", True),
        ("#far", "far", True),
        ("#far", "inFar", True),
        ("#far", "me", False),
        ("'closest section'", "around", True),
        ("'closest section'", "before", True),
        ("'closest section'", "far", False),
        ("'find b'", "child", True),
        ("'find b'", "me", False),
        ("next", "after", True),
        ("next", "before", False),
        ("'next i'", "far", True),
        ("previous", "before", True),
        ("'previous i'", "before", True),
        ("'previous u'", "before", False),
        ("'#far, #before'", "before", True),
        ("(section i)", "before", True),
        ("(section i)", "far", False),
        ("#none", "far", False),
    ],
)
def test_where_an_event_is_heard(bed: Bed, source: str, at: str, heard: bool) -> None:
    page = bed.open(
        "<section id=around><i id=before>x</i>"
        f"<p id=me {signal(name='s', on=f'ping from:{source}')}><b id=child>x</b></p>"
        "<b id=after>x</b></section><i id=far><b id=inFar>x</b></i>"
    )
    page.evaluate(f"window['{at}'].dispatchEvent({EVENT})")
    assert bed.names() == (["s"] if heard else [])


def test_a_source_is_sought_when_the_event_comes(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s', on='ping from:.there')}>x</p><i id=i>x</i>")
    page.dispatch_event("#i", "ping", {"bubbles": True})
    page.evaluate("i.className = 'there'")
    page.dispatch_event("#i", "ping", {"bubbles": True})
    page.evaluate("document.body.append(i)")
    page.dispatch_event("#i", "ping", {"bubbles": True})
    assert bed.names() == ["s", "s"]


def test_what_has_left_hears_nothing_until_it_is_back(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s', on='ping from:window')}>x</p>")
    page.evaluate(f"window.gone = p; p.remove(); window.dispatchEvent({EVENT})")
    page.evaluate(f"window.dispatchEvent({EVENT})")
    assert bed.names() == []
    page.evaluate("document.body.append(gone)")
    page.evaluate(f"window.dispatchEvent({EVENT})")
    assert bed.names() == ["s"]


def test_events_of_the_window_and_others_that_do_not_bubble(bed: Bed) -> None:
    page = bed.open(
        f"<p {signal(name='resize', on='resize from:window')}>x</p>"
        f"<p {signal(name='focus', on='focus from:#i')}>x</p>"
        f"<p {signal(name='body', on='focus from:body')}>x</p><input id=i>"
    )
    page.evaluate("dispatchEvent(new Event('resize')); dispatchEvent(new Event('resize'))")
    page.focus("#i")
    assert bed.names() == ["resize", "resize", "focus"]


def test_who_hears_it_elsewhere_comes_where_it_is_heard(bed: Bed) -> None:
    page = bed.open(
        f"<p {signal(name='window', on='ping from:window')}>x</p>"
        f"<p {signal(name='middle', on='ping from:#m')}>x</p>"
        f"<div {signal(name='outer', on='ping')}><div id=m {signal(name='m', on='ping consume')}>"
        f"<b id=b {signal(name='inner', on='ping')}>x</b></div></div>"
    )
    page.dispatch_event("#b", "ping")
    assert bed.names() == ["inner", "m", "middle"]


def test_an_event_from_elsewhere_is_not_prevented(bed: Bed) -> None:
    page = bed.open(
        f"<a href=/next {signal(name='link', on='click from:body')}>x</a>"
        f"<form><input required><button {signal(name='button', on='click from:#c')}>x</button>"
        "</form><label id=c>x <input type=checkbox></label>"
    )
    page.check("[type=checkbox]")
    assert bed.names() == ["button", "link"]
    assert page.is_checked("[type=checkbox]")


def test_target_filters_whom_it_happened_to(bed: Bed) -> None:
    page = bed.open(
        f"<ul {signal(name='s', on='click target:.x consume')}><li id=a class=x>x</li>"
        f"<li id=b>x</li></ul><div {signal(name='w', on='ping from:window target:b')}></div>"
    )
    page.click("#b")
    page.click("#a")
    page.evaluate("dispatchEvent(new Event('ping')); document.dispatchEvent(new Event('ping'))")
    page.dispatch_event("#a", "ping", {"bubbles": True})
    assert bed.names() == ["s"]


def test_what_is_filtered_out_consumes_and_prevents_nothing(bed: Bed) -> None:
    page = bed.open(
        f"<div {signal(name='outer', on='keydown')}>"
        f"<input id=i {signal(name='s', on='keydown key:ctrl+k consume', prevent=True)}></div>"
    )
    page.press("#i", "k")
    assert page.input_value("#i") == "k"
    page.press("#i", "Control+k")
    assert bed.names() == ["outer", "outer", "s"]  # the second one is the control key


def test_keys(bed: Bed) -> None:
    page = bed.open(
        f"<p {signal(name='save', on='keydown key:mod+s from:window', prevent=True)}>x</p>"
        f"<input id=i {signal(name='enter', on='keydown key:enter')}>"
    )
    for key in ["s", "Control+s", "Enter", "Shift+Enter"]:
        page.press("#i", key)
    assert bed.names() == ["save", "enter"]


def test_a_text_that_is_being_composed_is_heard_at_its_end(bed: Bed) -> None:
    page = bed.open(
        f"<input id=i {signal(name='input', on='input', value='v')}>"
        f"<p {signal(name='around', on='input from:#i')}>x</p>"
        f"<p {signal(name='key', on='keydown key:enter from:window')}>x</p>"
    )
    page.focus("#i")
    client = page.context.new_cdp_session(page)
    for text in ["に", "にほ", "日本"]:
        client.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
    page.evaluate(
        "i.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    assert bed.names() == []
    client.send("Input.insertText", {"text": "日本"})
    assert bed.called() == [("input", {"v": "日本"}), ("around", {})]
    page.keyboard.press("a")
    assert bed.names()[2:] == ["input", "around"]


@pytest.mark.usefixtures("own_stage")
def test_listening_elsewhere_adds_no_listeners_of_its_own(bed: Bed) -> None:
    bed.page.add_init_script(
        """window.added = [];
        const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type, fn, options) {
          if (type === "ping" && !added.some(one => one.fn === fn)) added.push({fn, at: this});
          return add.apply(this, arguments);
        };"""
    )
    sources = ["window", "document", "body", "outside", "self", "next", "'closest div'"]
    elements = "".join(f"<p {signal(name='s', on=f'ping from:{one}')}>x</p>" for one in sources)
    page = bed.open(f"<div>{elements * 10}</div>")
    assert page.evaluate("added.map(one => one.at === window)") == [True]
