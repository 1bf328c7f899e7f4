"""The signals that every window knows."""

from __future__ import annotations

import pytest

from .conftest import Bed

TREE = "<div id=d><p id=p class='a b'>old</p></div>"


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("after", '<p id="p" class="a b">old</p><i id="i">new</i>'),
        ("before", '<i id="i">new</i><p id="p" class="a b">old</p>'),
        ("append", '<p id="p" class="a b">old<i id="i">new</i></p>'),
        ("prepend", '<p id="p" class="a b"><i id="i">new</i>old</p>'),
        ("content", '<p id="p" class="a b"><i id="i">new</i></p>'),
        ("replace_with", '<i id="i">new</i>'),
        ("text", '<p id="p" class="a b">&lt;i id=i&gt;new&lt;/i&gt;</p>'),
        ("empty", '<p id="p" class="a b"></p>'),
        ("remove", ""),
    ],
)
def test_content(bed: Bed, verb: str, expected: str) -> None:
    page = bed.open(TREE)
    bed.push(f"html.{verb}", selector="#p", content="<i id=i>new</i>")
    page.wait_for_function("!document.querySelector('.df-added')")
    assert page.inner_html("#d") == expected
    added = [event["at"] for event in bed.events("added")]
    assert added == (["i"] if "<i" in expected else [])
    removed = [event["at"] for event in bed.events("removed")]
    assert removed == (["p"] if verb in ("replace_with", "remove") else [])


def test_all_elements_that_the_selector_finds(bed: Bed) -> None:
    page = bed.open("<ul><li>1<li>2</ul>")
    bed.push("html.append", selector="li", content="<b>!</b>")
    assert page.text_content("ul") == "1!2!"


def test_classes(bed: Bed) -> None:
    page = bed.open(TREE)
    bed.push("html.add_class", selector="#p", class_name="c  d")
    bed.push("html.remove_class", selector="#p", class_name="a d none")
    assert page.get_attribute("#p", "class") == "b c"


def test_attributes(bed: Bed) -> None:
    page = bed.open("<a id=a title=t>x</a><input id=i>")
    bed.push("html.add_attribute", selector="#a", attr_name="href", attr_value="/next")
    bed.push("html.add_attribute", selector="#a", attr_name="data-n", attr_value=3)
    bed.push("html.add_attribute", selector="#a", attr_name="hidden", attr_value=None)
    bed.push("html.remove_attr", selector="#a", attr_name="title")
    bed.push("html.boolean_attribute", selector="#i", name="disabled", value=True)
    bed.push("html.boolean_attribute", selector="#i", name="readonly", value=False)
    assert page.evaluate("[a.outerHTML, i.outerHTML]") == [
        '<a id="a" href="/next" data-n="3" hidden="">x</a>',
        '<input id="i" disabled="">',
    ]
    bed.push("html.boolean_attribute", selector="#i", name="disabled", value=False)
    assert page.is_enabled("#i")
    assert bed.codes() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("onclick", "prevented.push(1)"),
        ("ONCLICK", "prevented.push(1)"),
        ("srcdoc", "<script>top.prevented.push(1)</script>"),
        ("href", "javascript:prevented.push(1)"),
        ("href", " JaVa\nScript\t:prevented.push(1)"),
        ("href", "\x01javascript:prevented.push(1)"),
        ("formaction", "javascript:prevented.push(1)"),
    ],
)
def test_attributes_that_could_run_a_script_are_refused(bed: Bed, name: str, value: str) -> None:
    page = bed.open("<a id=a>x</a>")
    bed.push("html.add_attribute", selector="#a", attr_name=name, attr_value=value)
    assert page.evaluate("a.outerHTML") == '<a id="a">x</a>'
    assert [(e["code"], e["at"]) for e in bed.events("error")] == [("unsafe", "a")]


def test_download(bed: Bed) -> None:
    bed.pages["/report"] = "content"
    page = bed.open()
    with page.expect_download() as info:
        bed.send(signal="html.download_file", opts={"url": "/report", "filename": "r.txt"})
    assert info.value.suggested_filename == "r.txt"


@pytest.mark.parametrize("url", ["javascript:prevented.push(1)", " java\nscript:prevented.push(1)"])
def test_download_of_a_script_is_refused(bed: Bed, url: str) -> None:
    page = bed.open()
    bed.push("html.download_file", url=url, filename="x")
    assert page.evaluate("prevented") == []
    assert bed.codes() == ["unsafe"]


def test_focus(bed: Bed) -> None:
    page = bed.open("<input id=a><input id=b>")
    bed.push("html.focus", selector="#b")
    assert page.evaluate("document.activeElement.id") == "b"
    bed.push("html.focus", selector="input")
    assert page.evaluate("document.activeElement.id") == "a"


FORM = """<form id=f><input name=t value=old><textarea name=x>old</textarea>
<input type=checkbox name=one value=yes><input type=checkbox name=many value=1 checked>
<input type=checkbox name=many value=2><input type=checkbox name=many value=3>
<input type=radio name=r value=1 checked><input type=radio name=r value=2>
<select name=s><option>1<option>2</select>
<select name=m multiple><option selected>1<option>2<option>3</select>
<input name=two><input name=two><input type=file name=file><input name=kept value=kept></form>
<input name=outside form=f>"""


def test_forms_set(bed: Bed) -> None:
    page = bed.open(FORM)
    values = [
        {"name": "t", "value": "new"},
        {"name": "x", "value": "new\ntext"},
        {"name": "one", "value": True},
        {"name": "many", "value": ["2", "3"]},
        {"name": "r", "value": "2"},
        {"name": "s", "value": "2"},
        {"name": "m", "value": ["2", "3"]},
        {"name": "two", "value": "a"},
        {"name": "two", "value": "b"},
        {"name": "file", "value": "x"},
        {"name": "outside", "value": 3},
        {"name": "nothing", "value": "x"},
    ]
    bed.push("html.forms.set", selector="#f", values=values)
    data = page.evaluate("[...new FormData(f)].filter(([name]) => name !== 'file')")
    assert data == [
        ["t", "new"], ["x", "new\r\ntext" if "\r" in data[1][1] else "new\ntext"],
        ["one", "yes"], ["many", "2"], ["many", "3"], ["r", "2"], ["s", "2"],
        ["m", "2"], ["m", "3"], ["two", "a"], ["two", "b"], ["kept", "kept"], ["outside", "3"],
    ]  # fmt: skip
    bed.push(
        "html.forms.set",
        selector="#f",
        values=[{"name": "one", "value": False}, {"name": "t", "value": None}],
    )
    assert page.evaluate("[f.one.checked, f.t.value]") == [False, ""]
    assert bed.codes() == []


def test_nothing_is_selected(bed: Bed) -> None:
    bed.open()
    for verb in ["content", "remove", "add_class", "focus", "forms.set"]:
        bed.push(f"html.{verb}", selector="#nothing")
    assert bed.codes() == ["no-target"] * 5
    assert bed.page.evaluate("document.querySelector('[data-df-status]')") is None


@pytest.mark.parametrize("selector", ["#", "][", "", None])
def test_a_selector_that_can_not_be_read(bed: Bed, selector: str | None) -> None:
    page = bed.open(TREE)
    bed.push("html.text", selector=selector or "", content="x")
    bed.push("html.text", selector="#p", content="goes on")
    assert bed.codes() == ["selector"]
    assert page.text_content("#p") == "goes on"


def test_elements_that_are_gone_do_no_harm(bed: Bed) -> None:
    # The outer one takes the inner one with it.
    page = bed.open("<div class=x id=d><div class=x>inner</div></div>")
    bed.push("html.replace_with", selector=".x", content="<i>1</i>")
    bed.push("html.remove", selector="i, body > i")
    page.evaluate(
        "addEventListener('df:removed', e => e.target.remove());"
        "document.body.innerHTML = '<b id=b>x</b>'"
    )
    bed.push("html.remove", selector="#b")
    page.evaluate("document.body.innerHTML = '<b id=b>x</b>'")
    bed.push("html.replace_with", selector="#b", content="<u>1</u>")
    assert page.inner_html("body") == ""
    # A page that hears of one removes the other.
    page.evaluate(
        "addEventListener('df:removed', () => document.querySelector('#b')?.remove());"
        "document.body.innerHTML = '<b id=a class=y>x</b><b id=b class=y>x</b>'"
    )
    bed.push("html.remove", selector=".y")
    assert page.inner_html("body") == ""
    assert bed.codes() == []


def test_scripts_never_run(bed: Bed) -> None:
    page = bed.open(TREE)
    bed.push(
        "html.content",
        selector="#p",
        content="<script>prevented.push(1)</script><svg><script>prevented.push(2)</script></svg>",
    )
    assert page.evaluate("prevented") == []


def test_table_rows_and_options(bed: Bed) -> None:
    page = bed.open("<table><tbody id=t><tr><td>1</td></tr></tbody></table><select id=s></select>")
    bed.push("html.append", selector="#t", content="<tr id=r><td>2</td></tr>")
    bed.push("html.after", selector="#r", content="<tr><td>3</td></tr>")
    bed.push("html.content", selector="#s", content="<option>1</option><option>2</option>")
    assert page.evaluate("[t.rows.length, t.rows[2].cells[0].textContent, s.options.length]") == [
        3, "3", 2,
    ]  # fmt: skip


def test_options_that_are_selected(bed: Bed) -> None:
    page = bed.open("<select id=s multiple></select>")
    options = "<option selected>1</option><option selected>2</option><option>3</option>"
    bed.push("html.content", selector="#s", content=options)
    assert page.evaluate("Array.from(s.selectedOptions, o => o.text)") == ["1", "2"]


def test_svg_and_mathml(bed: Bed) -> None:
    page = bed.open(
        "<svg id=s><g id=g></g><foreignObject id=o></foreignObject></svg><math id=m></math>"
    )
    bed.push("html.append", selector="#g", content="<circle id=c r=1 /><path id=e />")
    bed.push("html.replace_with", selector="#e", content="<rect id=r />")
    bed.push("html.append", selector="#o", content="<p id=p>html</p>")
    bed.push("html.append", selector="#m", content="<mi id=i>x</mi>")
    bed.push("html.after", selector="#s", content="<p id=q>html</p>")
    spaces = page.evaluate(
        "['c', 'r', 'p', 'i', 'q'].map(id => document.getElementById(id).namespaceURI.slice(-5))"
    )
    assert spaces == ["0/svg", "0/svg", "xhtml", "athML", "xhtml"]


def test_what_is_appended_takes_the_place_of_its_twin(bed: Bed) -> None:
    # A push that happened while the page was rendered is replayed, and stands in the page already.
    page = bed.open("<ul id=u><li id=a>1</li><li id=b>2</li></ul>")
    bed.push("html.append", selector="#u", content="<li id=a>new</li><li id=c>3</li>")
    bed.push("html.before", selector="#b", content="<li id=c>4</li>")
    assert page.evaluate("[...u.children].map(li => li.id + li.textContent)") == [
        "anew", "b2", "c4",
    ]  # fmt: skip


def test_empty_csrf_fields_are_filled(bed: Bed) -> None:
    page = bed.open(TREE)
    field = "<input name=csrfmiddlewaretoken value='{}'>"
    bed.push(
        "html.content", selector="#p", content=f"<form>{field.format('')}{field.format('own')}"
    )
    assert page.evaluate("Array.from(p.querySelectorAll('input'), i => i.value)") == ["CSRF", "own"]


@pytest.mark.parametrize(
    ("action", "value"),
    [("/here/", "CSRF"), ("//evil.test/", ""), ("https://evil.test/x", "")],
)
def test_no_csrf_field_is_filled_for_another_site(bed: Bed, action: str, value: str) -> None:
    page = bed.open(TREE)
    field = "<p><input name=csrfmiddlewaretoken value=''></p>"
    bed.push("html.content", selector="#p", content=f"<form action='{action}'>{field}</form>")
    assert page.evaluate("p.querySelector('input').value") == value


def test_strict_policy_with_trusted_types(bed: Bed) -> None:
    policy = (
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'self';"
        " require-trusted-types-for 'script'; trusted-types dfws\">"
    )
    page = bed.open(TREE, head=policy + "<script src=/static/js/df_websockets.min.js></script>"
                    '<meta name=dfws content=T data-url=ws://bed.test/ws/>')  # fmt: skip
    bed.send(signal="html.content", opts={"selector": "#p", "content": "<i>new</i>"})
    page.wait_for_selector("#p i")


def test_morph(bed: Bed) -> None:
    page = bed.open("<ul id=u class=x><li id=a>1</li></ul>")
    page.evaluate("window.olds = [u, a]")
    bed.push("html.morph", selector="#u", content="<li id=b>2</li><li id=a>one</li>")
    assert page.evaluate("[u.className, ...u.children].map(n => n.textContent ?? n)") == [
        "x", "2", "one",
    ]  # fmt: skip
    bed.push("html.morph", selector="#u", content="<ul id=u><li id=a>1</li></ul>", outer=True)
    assert page.evaluate("[u.outerHTML, u === olds[0], a === olds[1]]") == [
        '<ul id="u"><li id="a">1</li></ul>', True, True,
    ]  # fmt: skip


def test_upsert(bed: Bed) -> None:
    page = bed.open("<ul id=u><li id=a>1</li></ul><ul id=v><li id=b>2</li></ul>")
    bed.push("html.upsert", selector="ul", content="<li id=b>two</li><li id=c>3</li>")
    assert page.evaluate("Array.from(document.querySelectorAll('ul'), ul => ul.innerText)") == [
        "1\n3", "two",
    ]  # fmt: skip


def test_toggled_classes(bed: Bed) -> None:
    page = bed.open(TREE)
    bed.push("html.toggle_class", selector="#p", class_name="a c")
    assert page.get_attribute("#p", "class") == "b c"


def test_batch(bed: Bed) -> None:
    page = bed.open(TREE)
    page.evaluate(
        "() => { window.paints = []; const watch = () => { paints.push(p.textContent);"
        " if (p.textContent !== 'old!?') requestAnimationFrame(watch) }; watch() }"
    )
    ops = [
        ["html.append", {"selector": "#p", "content": "!"}],
        ["html.append", {"selector": "#nothing", "content": "x"}],
        ["html.add_class", {"selector": "#p"}],
        ["html.nonsense", {"selector": "#p"}],
        ["constructor", {}],
        ["html.append", {"selector": "#p", "content": "?"}],
    ]
    bed.push("html.batch", ops=ops, transition=True)
    page.wait_for_function("p.textContent === 'old!?' && paints.at(-1) === 'old!?'")
    assert set(page.evaluate("paints")) == {"old", "old!?"}
    assert bed.codes() == ["no-target", "function", "no-function", "no-function"]
    assert [e["signal"] for e in bed.events("error")][1:] == [op[0] for op in ops[2:5]]


def test_dialogs_and_popovers(bed: Bed) -> None:
    page = bed.open("<dialog id=d>x</dialog><div id=p popover>x</div>")
    state = "[d.open, d.matches(':modal'), p.matches(':popover-open')]"
    for action, expected in [
        ("modal", [True, True, True]), ("show", [True, True, True]), ("close", [False] * 3),
        ("close", [False] * 3), ("show", [True, False, True]),
    ]:  # fmt: skip
        bed.push("html.dialog", selector="dialog, [popover]", action=action)
        assert page.evaluate(state) == expected
    assert bed.codes() == []


@pytest.mark.parametrize(
    ("verb", "opts"),
    [
        ("remove", {"selector": "#d"}),
        ("content", {"selector": "#home", "content": "<input id=next>"}),
        ("morph", {"selector": "#home", "content": "<input id=next>"}),
    ],
)
def test_a_modal_dialog_that_leaves_gives_the_focus_back(
    bed: Bed, verb: str, opts: dict[str, str]
) -> None:
    page = bed.open(
        "<button id=b>x</button><div id=home><dialog id=d><input id=i></dialog></div>"
        "<button id=last>y</button>"
    )
    page.focus("#b")
    bed.push("html.dialog", selector="#d", action="modal")
    assert page.evaluate("document.activeElement.id") == "i"
    bed.push(f"html.{verb}", **opts)
    assert page.evaluate("[document.activeElement.id, document.querySelector('#d')]") == ["b", None]
    assert bed.codes() == []


def test_title_scroll_and_dispatch(bed: Bed) -> None:
    page = bed.open("<p style='height:3000px'></p><b id=b>x</b>")
    bed.push("html.title", content="<i>5</i>")
    bed.push("html.scroll", selector="#b", block="end")
    assert page.evaluate("[document.title, scrollY > 1000]") == ["<i>5</i>", True]
    page.evaluate("addEventListener('saved', e => prevented.push([e.target.localName, e.detail]))")
    bed.push("html.dispatch", event="saved", detail={"id": 1})
    bed.push("html.dispatch", selector="#b", event="saved")
    assert page.evaluate("prevented") == [["html", {"id": 1}], ["b", None]]


def test_announce(bed: Bed) -> None:
    page = bed.open("<dialog id=d>x</dialog>")
    bed.push("html.announce", content="<b>saved</b>")
    bed.push("html.announce", content="at once", level="assertive")
    bed.push("html.announce", content="again", level="] x")
    page.wait_for_selector("body > [aria-live=polite]:has-text('again')", state="attached")
    regions = "Array.from(document.querySelectorAll('[aria-live]'), one => one.innerText.trim())"
    assert page.evaluate(regions) == ["<b>saved</b>", "at once", "again"]
    assert page.get_attribute("[aria-live]:has-text('at once')", "aria-live") == "assertive"
    shape = "Array.from(document.querySelectorAll('[aria-live]'), one => one.style.cssText)"
    assert set(page.evaluate(shape)) == {"position: fixed; clip-path: inset(50%);"}
    bed.push("html.morph", selector="body", content="<dialog id=d>x</dialog>")
    assert len(page.evaluate(regions)) == 3  # it stands in no page, and stays
    bed.push("html.dialog", selector="#d", action="modal")
    bed.push("html.announce", content="inside")
    page.wait_for_selector("#d [aria-live=polite]:has-text('inside')", state="attached")


def test_what_went_wrong_is_read_out_inside_a_modal_dialog(bed: Bed) -> None:
    page = bed.open(
        "<div id=st data-df-status role=status></div><dialog id=d><p data-df-status></p></dialog>"
    )
    say = "DFSignals.call('html.text', { selector: ']' })"
    page.evaluate(say)
    assert page.evaluate("st.textContent") == "Something went wrong."
    assert page.locator("[aria-live]").count() == 0  # the place itself is read
    bed.push("html.dialog", selector="#d", action="modal")
    page.evaluate(say)
    page.wait_for_selector("#d > [aria-live]:has-text('Something went wrong.')", state="attached")
    assert page.evaluate("st.textContent") == "Something went wrong."
    page.evaluate("d.prepend(st)")
    page.evaluate("[...document.querySelectorAll('[aria-live]')].forEach((one) => one.remove())")
    page.evaluate(say)
    assert page.locator("[aria-live]").count() == 0


def test_addresses(bed: Bed) -> None:
    page = bed.open()
    bed.pages["/next"] = bed.body.replace("<body>", "<body><p id=p>next</p>")
    bed.push("html.push_url", url="/next?a=1")
    bed.push("html.replace_url", url="/next")
    assert page.evaluate("[location.pathname + location.search, history.state]") == [
        "/next", {"df": 1},
    ]  # fmt: skip
    bed.requests.clear()
    page.go_back()
    bed.until(lambda: bed.requests == ["GET /"])
    page.go_forward()
    page.wait_for_selector("#p")
    assert bed.requests == ["GET /", "GET /next"]


@pytest.mark.parametrize("verb", ["push_url", "replace_url", "redirect"])
def test_addresses_that_are_refused(bed: Bed, verb: str) -> None:
    page = bed.open()
    blob = page.evaluate("URL.createObjectURL(new Blob(['x'], { type: 'text/html' }))")
    urls = ["javascript:prevented.push(1)", " java\nscript:x", "data:text/html,x", blob,
            "//other.test/", "https://bed.test/", "http://["]  # fmt: skip
    for url in urls:
        bed.push(f"html.{verb}", url=url)
    bed.push(f"html.{verb}", url="javascript:prevented.push(1)", external=True)
    assert bed.codes() == ["unsafe"] * (len(urls) + 1)
    assert page.evaluate("[location.pathname, history.length, prevented]")[::2] == ["/", []]


@pytest.mark.parametrize(
    ("verb", "opts", "request_"),
    [
        ("redirect", {"url": "/there"}, "GET /there"),
        ("redirect", {"url": "http://other.test/", "external": True}, "GET http://other.test/"),
        ("reload", {}, "GET /"),
    ],
)
def test_leaving(bed: Bed, verb: str, opts: dict[str, object], request_: str) -> None:
    page = bed.open()
    bed.pages["http://other.test/"] = "elsewhere"
    bed.requests.clear()
    with page.expect_navigation():
        bed.send(signal=f"html.{verb}", opts=opts)
    assert bed.requests == [request_]


ERRORS = """<form id=f><label>t <input id=id_t name=t aria-describedby=help></label>
<p id=help>help</p><textarea name=x></textarea><div id=x_error class=mine></div>
<label><input type=radio name=r value=1></label><label id=last><input type=radio name=r></label>
<input name=ok><input type=hidden name=token></form>"""


def test_form_errors(bed: Bed) -> None:
    page = bed.open(ERRORS)
    page.focus("[name=ok]")
    marked = "Array.from(f.querySelectorAll('[aria-invalid=true]'), one => one.name)"
    errors = {"t": ["<b>no</b>", "too short"], "x": ["bad"], "r": ["choose"], "token": ["old"]}
    for _ in range(2):
        bed.push("forms.errors", selector="#f", errors=errors, non_field=["closed"])
        assert page.evaluate(marked) == ["t", "x", "r", "r"]
        assert page.evaluate(
            """[id_t.getAttribute('aria-describedby'),
            Array.from(id_t_error.children, li => li.innerText), x_error.innerText,
            last.nextElementSibling.innerText, f.querySelector('.nonfield').innerText,
            document.querySelectorAll('ul').length, document.activeElement.name]"""
        ) == [
            "help id_t_error", ["<b>no</b>", "too short"], "bad", "choose",
            "closed\ntoken: old", 4, "ok",
        ]  # fmt: skip
    bed.push("forms.errors", selector="#f", errors={"x": ["still"]}, non_field=[], focus=True)
    assert page.evaluate(marked) == ["x"]
    assert page.evaluate(
        "[id_t.getAttribute('aria-describedby'), x_error.innerText, document.activeElement.name,"
        " document.querySelectorAll('ul').length]"
    ) == ["help", "still", "x", 1]
    bed.push("forms.errors", selector="#f", errors={})
    assert page.evaluate("[f.querySelectorAll('[aria-invalid]').length, x_error.innerHTML]") == [
        0,
        "",
    ]


def test_errors_that_have_not_changed_are_left_alone(bed: Bed) -> None:
    """Whatever is put into the page anew, live regions and alerts are read once more."""
    page = bed.open(
        ERRORS.replace("name=ok>", "name=ok><div id=ok_error role=status></div>")
        + "<p id=out class=errorlist>of another form</p>"
    )
    errors = {"t": ["no"], "x": ["bad"], "r": ["choose"], "ok": ["bad"]}

    def push(**opts: object) -> None:
        bed.push("forms.errors", selector="#f", **opts)

    push(errors=errors, non_field=["closed", "full"])
    bed.run(
        """window.added = [];
        new MutationObserver((all) => all.forEach(({ addedNodes }) => added.push(...addedNodes)))
        .observe(f, { childList: true, subtree: true })"""
    )
    push(errors=errors, non_field=["closed", "full"])
    push(errors=errors | {"t": ["no", "short"]}, non_field=["closed", "full"])
    assert page.evaluate("added.map((one) => one.id)") == ["id_t_error"]
    assert page.evaluate("Array.from(id_t_error.children, (li) => li.innerText)") == ["no", "short"]
    push(errors=errors | {"t": []}, non_field=["full"])
    assert page.evaluate("f.querySelectorAll('.errorlist').length") == 4
    assert page.locator("#f .nonfield").inner_text() == "full"
    push(errors={})
    assert page.evaluate("[...document.querySelectorAll('.errorlist')].map((one) => one.id)") == [
        "out"
    ]


def test_an_alert_is_still_a_list(bed: Bed) -> None:
    page = bed.open("<form id=f><input name=t aria-label=t></form>")
    bed.push("forms.errors", selector="#f", errors={}, non_field=["closed", "<b>full</b>"])
    assert page.locator("#f").aria_snapshot().splitlines()[:6] == [
        "- list:",
        "  - listitem:",
        "    - alert: closed",
        "  - listitem:",
        "    - alert: <b>full</b>",
        '- textbox "t"',
    ]


PAYLOADS = [
    "<script>prevented.push(1)</script>",
    "<svg><script>prevented.push(2)</script></svg>",
    "<math><script>prevented.push(3)</script></math>",
    "<template><script>prevented.push(4)</script></template>",
    "<table><script>prevented.push(5)</script></table>",
]
LOADED = [
    "<img src=x onerror=prevented.push(6)>",
    "<svg onload=prevented.push(7)></svg>",
    "<iframe srcdoc='<script>top.prevented.push(8)</script>'></iframe>",
    "<iframe src='javascript:top.prevented.push(9)'></iframe>",
    "<details open ontoggle=prevented.push(10)>x</details>",
    "<input autofocus onfocus=prevented.push(11)>",
    "<svg><animate onbegin=prevented.push(12) attributeName=x dur=1s></svg>",
    "<object data='javascript:prevented.push(13)'></object>",
]


def test_payloads(bed: Bed) -> None:
    page = bed.open("<div id=d></div><form id=f><input name=t></form>")
    everything = "".join(PAYLOADS + LOADED)
    for verb in ["content", "append", "prepend", "before", "after", "upsert", "morph"]:
        bed.push(f"html.{verb}", selector="#d", content="".join(PAYLOADS))
    bed.push("html.morph", selector="#d", content=everything)
    bed.push("html.morph", selector="#d", content=f"<div id=d>{everything}</div>", outer=True)
    bed.push("html.text", selector="#d", content=everything)
    bed.push("html.title", content=everything)
    bed.push("html.announce", content=everything)
    bed.push("forms.errors", selector="#f", errors={"t": [everything]}, non_field=[everything])
    bed.push("html.batch", ops=[["html.text", {"selector": "#d", "content": everything}]])
    page.wait_for_selector("[aria-live]:has-text('script')", state="attached")
    bed.flush()
    assert page.evaluate("prevented") == []
    assert set(bed.codes()) == {"unsafe"}
    # Else this test is void: put there as HTML by the server's own word, they run.
    bed.push("html.content", selector="#d", content=LOADED[0])
    page.wait_for_function("prevented.length")
