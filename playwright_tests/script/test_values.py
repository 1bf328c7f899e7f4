"""What an element sends: forms, values, arguments."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bed, signal


def fields(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def test_the_form_is_the_element_its_form_or_the_closest(bed: Bed) -> None:
    page = bed.open(
        f"<form id=f {signal(name='self', form='x')}><input name=a value=1></form>"
        f"<button id=b form=f type=button {signal(name='attribute', form='x')}>x</button>"
        f"<form><input name=c value=2><p id=p {signal(name='closest', form='x')}>x</p></form>"
        f"<p id=q {signal(name='none', form='x')}>x</p>"
    )
    page.evaluate("f.requestSubmit()")
    for selector in ["#b", "#p", "#q"]:
        page.click(selector)
    assert bed.called() == [
        ("self", {"x": fields(a="1")}),
        ("attribute", {"x": fields(a="1")}),
        ("closest", {"x": fields(c="2")}),
    ]
    (error,) = bed.events("error")
    assert (error["signal"], error["at"]) == ("none", "q")


def test_the_browsers_own_rules(bed: Bed) -> None:
    page = bed.open(
        "<script>customElements.define('my-field', class extends HTMLElement {"
        "static formAssociated = true;"
        "connectedCallback() { this.attachInternals().setFormValue('custom') } })</script>"
        f"<form {signal(name='s', form='x')}>"
        "<input type=hidden name=csrfmiddlewaretoken value=secret>"
        "<input name=d value=w dirname=d.dir><input name=off disabled value=1>"
        "<input type=checkbox name=c value=1 checked><input type=checkbox name=c value=2>"
        "<input type=radio name=r value=1><input type=radio name=r value=2 checked>"
        "<select name=m multiple><option selected>1<option selected>2<option>3</select>"
        "<my-field name=f></my-field><input type=file name=empty><input type=file name=file>"
        "<button name=go value=first>x</button><button name=go value=second id=b>x</button></form>"
    )
    page.set_input_files(
        "[name=file]", {"name": "photo.png", "mimeType": "image/png", "buffer": b"1"}
    )
    page.click("#b")
    assert bed.called() == [
        (
            "s",
            {
                "x": [
                    *fields(**{"d": "w", "d.dir": "ltr", "c": "1", "r": "2", "m": "1"}),
                    *fields(m="2", f="custom", file="photo.png", go="second"),
                ]
            },
        )
    ]


SHADOWS = """id reset target method elements closest matches getAttribute hasAttribute
querySelectorAll isConnected getRootNode dispatchEvent noValidate reportValidity children parentNode
append remove replaceWith replaceChildren before after classList setAttribute form contains nodeType
localName type value submit action"""
NASTY = "".join(f"<input name={name} value=v>" for name in SHADOWS.split())


def test_fields_may_shadow_the_properties_of_a_form(bed: Bed) -> None:
    page = bed.open(
        f"<div {signal(name='outer')}><form id=f method=post {signal(name='s', form='x')}>{NASTY}"
        f"<button id=b>x</button><button id=c {signal(name='own', form='x')}>x</button>"
        "</form></div>"
    )
    page.evaluate("b.click()")  # Playwright itself stumbles over such a form
    page.evaluate("c.click()")
    assert bed.names() == ["outer", "s", "own", "outer"]
    assert all(len(call["opts"]["x"]) == 33 for call in bed.calls if call["signal"] != "outer")
    for rank in (1, 2):
        bed.done(rank)
    bed.push("html.add_class", selector="#f", class_name="new")
    bed.push("html.add_attribute", selector="#f", attr_name="title", attr_value="t")
    bed.push("html.append", selector="#f", content="<i id=last></i>")
    bed.push("html.prepend", selector="#f", content=f"<form id=n>{NASTY}</form><i id=top></i>")
    bed.push("html.after", selector="#f", content=f"<form id=next>{NASTY}</form>")
    bed.push("html.replace_with", selector="#next", content=f"<form id=other>{NASTY}</form>")
    bed.push("html.empty", selector="#other")
    bed.push("html.remove", selector="#other")
    bed.push("html.forms.set", selector="#f", values=fields(reset="new"))
    assert page.evaluate(
        """() => {
          const form = document.querySelector("form");
          return [HTMLElement.prototype.getAttribute.call(form, "class"),
            form.ownerDocument.querySelector("#last").parentNode === form,
            document.querySelector("#other"),
            [...document.querySelectorAll("[name=reset]")].pop().value,
            document.querySelector("form").title];
        }"""
    ) == ["new", True, None, "new", "t"]
    bed.push("html.content", selector="#f", content="empty")
    bed.push("html.text", selector="#f", content="text")
    assert page.text_content("form") == "text"
    assert bed.codes() == []


@pytest.mark.parametrize(
    ("html", "value"),
    [
        ("<input id=x value=text {}>", "text"),
        ("<textarea id=x {}>text</textarea>", "text"),
        ("<input id=x type=checkbox checked {}>", True),
        ("<input id=x type=checkbox {}>", False),
        ("<input id=x type=radio checked {}>", True),
        ("<input id=x type=number value=3 {}>", "3"),
        ("<select id=x {}><option>1<option selected>2</select>", "2"),
        (
            "<select id=x multiple {}><option selected>1<option selected>2<option>3</select>",
            ["1", "2"],
        ),
        ("<select id=x multiple {}><option>1</select>", []),
        ("<input id=x type=file {}>", []),
        ("<button id=x value=b {}>t</button>", "b"),
        ("<div id=x contenteditable {}>one<br>two</div>", "one\ntwo"),
        ("<my-value id=x {}></my-value>", {"any": 1}),
        ("<form><input id=x value=form {0}></form>", "form"),
    ],
)
def test_value(bed: Bed, html: str, value: Any) -> None:
    page = bed.open(
        "<script>customElements.define('my-value',"
        "class extends HTMLElement { value = {any: 1} })</script>"
        + html.format(signal(name="s", on="ping", value="v", opts={"id": 42}))
    )
    page.dispatch_event("#x", "ping")
    assert bed.called() == [("s", {"id": 42, "v": value})]


def test_files_are_sent_as_names(bed: Bed) -> None:
    page = bed.open(f"<input type=file multiple {signal(name='s', value='v')}>")
    files = [{"name": n, "mimeType": "text/plain", "buffer": b"1"} for n in ("a.txt", "b.txt")]
    page.set_input_files("input", files)
    assert bed.called() == [("s", {"v": ["a.txt", "b.txt"]})]


def test_on_a_form_or_container_the_value_is_the_events_control(bed: Bed) -> None:
    page = bed.open(
        f"<form {signal(name='form', on='change', value='v')}><input name=value id=a></form>"
        f"<div {signal(name='div', on='change', value='v')}>"
        "<select id=b><option>1<option>2</select></div>"
        f"<p id=p {signal(name='none', value='v')}>x</p>"
    )
    page.evaluate("a.value = 'typed'")
    page.dispatch_event("#a", "change")
    page.select_option("#b", "2")
    page.click("#p")
    assert bed.called() == [("form", {"v": "typed"}), ("div", {"v": "2"})]
    assert [(e["signal"], e["at"]) for e in bed.events("error")] == [("none", "p")]


def test_opts_are_copied_at_each_event(bed: Bed) -> None:
    page = bed.open(f"<p {signal(name='s', opts={'id': 1, 'deep': {'list': [1]}})}>x</p>")
    bed.run("DFSignals.connect('s', opts => { opts.id++; opts.deep.list.push(2); opts.more = 1 })")
    page.click("p")
    page.click("p")
    assert bed.called() == [("s", {"id": 1, "deep": {"list": [1]}})] * 2


def test_the_seeds_examples(bed: Bed) -> None:
    page = bed.open(
        '<form data-df-signal=\'[{"name": "signal.name", "on": "change", "form": "form_data",'
        ' "opts": {"id": 42} }]\'><input type=text name=title value=df_websockets></form>'
        '<form><input id=i name=title data-df-signal=\'[{"name": "signal.name",'
        ' "on": "change", "value": "title", "opts": {"id": 42} }]\'></form>'
    )
    page.dispatch_event("[name=title]", "change")
    page.fill("#i", "new title value")
    page.dispatch_event("#i", "change")
    title = fields(title="df_websockets")
    assert bed.called() == [
        ("signal.name", {"id": 42, "form_data": title}),
        ("signal.name", {"id": 42, "title": "new title value"}),
    ]


def test_arguments_with_dangerous_names_stay_data(bed: Bed) -> None:
    page = bed.open(
        '<p id=p data-df-signal=\'{"name": "s", "opts":'
        ' {"__proto__": {"polluted": 1}, "constructor": 2}}\'>x</p>'
    )
    page.click("p")
    bed.flush()
    assert '"polluted"' in str(bed.calls[0]["opts"]).replace("'", '"')
    assert page.evaluate("({}).polluted") is None


def test_included_fields_become_arguments(bed: Bed) -> None:
    page = bed.open(
        f"<button id=a {signal(name='a', include='.x', opts={'id': 1, 'two': 'opts'})}>x</button>"
        "<input class=x name=one value=1><input class=x name=two value=2><input class=x value=none>"
        "<input class=x name=off disabled value=1><input class=x name=box type=checkbox value=b>"
        "<input class=x name=boxes type=checkbox checked value=1>"
        "<input class=x name=boxes type=checkbox checked value=2>"
        "<input class=x name=ticked type=checkbox checked>"
        "<input class=x name=r type=radio value=1><input class=x name=r type=radio value=2 checked>"
        "<select class=x name=many multiple><option selected>1</select>"
        "<input class=x name=csrfmiddlewaretoken value=secret>"
        "<input class=x name=__proto__ value=p>"
    )
    page.click("#a")
    ((name, opts),) = bed.called()
    assert (name, opts.pop("__proto__")) == ("a", "p")
    assert opts == {
        "id": 1,
        "one": "1",
        "two": "opts",
        "boxes": ["1", "2"],
        "ticked": "on",
        "r": "2",
        "many": ["1"],
    }


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("this", {"in": "1"}),
        ("closest form", {"in": "1", "id": "2", "by": "3"}),
        ("#f", {"in": "1", "id": "2", "by": "3"}),
        ("find input", {"in": "1"}),
        ("next input", {"id": "2"}),
        ("previous input", {"before": "0"}),
        ("#f fieldset, #before", {"before": "0", "id": "2"}),
        ("#none", {}),
        ("#named", {"in": "2"}),
        ("#named form", {"in": "2"}),
    ],
)
def test_what_is_included(bed: Bed, selector: str, expected: dict[str, str]) -> None:
    page = bed.open(
        "<input id=before name=before value=0><form id=f>"
        f"<p id=p {signal(name='s', on='ping', include=selector)}><input name=in value=1></p>"
        "<fieldset><input name=id value=2></fieldset></form><input name=by form=f value=3>"
        # What has a name, and is nothing that is filled in.
        "<div id=named><iframe name=i></iframe><form><fieldset name=s><a name=a></a>"
        "<details name=d></details><object name=o></object><input name=in value=2>"
        "<output name=out>1</output><button name=go value=1>x</button>"
        "<input type=submit name=send><input type=image name=map></fieldset></form></div>"
    )
    page.dispatch_event("#p", "ping")
    assert bed.called() == [("s", expected)]


def test_a_selector_that_can_not_be_read_is_said(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s', include='..x')}>x</p>")
    page.click("p")
    assert [(e["code"], e["signal"], e["at"]) for e in bed.events("error")] == [("value", "s", "p")]


def test_form_associated_custom_elements(bed: Bed) -> None:
    page = bed.open(
        "<script>customElements.define('my-field', class extends HTMLElement {"
        "static formAssociated = true; value = 'own' })</script>"
        f"<form><my-field id=a {signal(name='change', value='v')}></my-field>"
        f"<my-field id=b name=n {signal(name='input', on='input', value='v')}></my-field></form>"
        f"<p id=p {signal(name='included', include='my-field')}>x</p>"
    )
    page.dispatch_event("#a", "change")
    page.dispatch_event("#b", "input")
    page.evaluate("b.setAttribute('name', 'n'); b.name = 'n'")
    page.click("p")
    assert bed.called() == [
        ("change", {"v": "own"}),
        ("input", {"v": "own"}),
        ("included", {"n": "own"}),
    ]
