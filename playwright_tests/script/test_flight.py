"""A call from its trigger to its end: questions, lanes, marks, answers and what is shown ahead."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Bed, signal


def box(**call: Any) -> str:
    return f"<input id=q {signal(name='search', on='input', value='q', **call)}>"


def button(text: str = "x", **call: Any) -> str:
    return f"<button id=b type=button {signal(name='s', **call)}>{text}</button>"


def sups(bed: Bed) -> list[tuple[Any, Any]]:
    """Each call's number and the one that it supersedes, counted from the first."""
    bed.flush()
    numbers = [call["n"] for call in bed.calls]
    return [
        (numbers.index(call["n"]), call["sup"] and numbers.index(call["sup"]))
        if "sup" in call
        else (numbers.index(call["n"]), None)
        for call in bed.calls
    ]


def ends(bed: Bed) -> list[tuple[str, Any]]:
    """How calls ended."""
    names = ("done", "error", "undelivered", "unknown", "superseded", "cancelled")
    bed.flush()
    return [(e["name"], e["code"]) for e in bed.events() if e["name"] in names]


# Answers


@pytest.mark.parametrize(
    ("swap", "expected"),
    [
        ({}, "<p id=t><i>1</i></p>"),
        ({"swap": "outerHTML"}, "<i>1</i>"),
        ({"swap": "beforeend"}, "<p id=t>old<i>1</i></p>"),
        ({"swap": "none"}, "<p id=t>old</p>"),
    ],
)
def test_the_answer_goes_to_its_target(bed: Bed, swap: dict[str, str], expected: str) -> None:
    page = bed.open(f"<main><p id=t>old</p></main>{button(target='#t', **swap)}")
    page.click("#b")
    bed.flush()
    assert bed.calls[0]["reply"] is True
    bed.done(result="<i>1</i>")
    assert bed.html("main").replace('"', "") == expected
    page.click("#b")
    bed.flush()


def test_a_swap_without_a_target_is_of_the_element(bed: Bed) -> None:
    page = bed.open(f"<main>{button(swap='outerHTML')}</main>")
    page.click("#b")
    bed.flush()
    bed.done(result="<i>1</i>")
    assert bed.html("main") == "<i>1</i>"


def test_no_answer_swaps_nothing_and_what_is_no_text_is_an_error(bed: Bed) -> None:
    page = bed.open(f"<p id=t>old</p>{button(target='previous p')}")
    for result in (None, {"a": 1}):
        page.click("#b")
        bed.flush()
        bed.done(result=result)
    assert page.inner_text("#t") == "old"
    (error,) = bed.events("error")
    assert (error["code"], error["signal"], error["message"]) == ("not-html", "s", '{"a":1}')


def test_a_target_is_resolved_when_sent_and_found_again_by_its_id(bed: Bed) -> None:
    page = bed.open(f"<main><p id=t></p></main>{button(target='p')}")
    page.click("#b")
    bed.push("html.content", selector="main", content="<p>another</p><p id=t></p>")
    bed.done(result="hit")
    assert bed.html("main") == '<p>another</p><p id="t">hit</p>'
    page.click("#b")  # now to one without an id
    bed.push("html.content", selector="main", content="<p>a third</p>")
    bed.done(result="hit")
    assert bed.codes() == ["target-gone"]
    assert bed.html("main") == "<p>a third</p>"


@pytest.mark.parametrize("key", ["target", "busy", "disable"])
def test_an_unknown_element_is_named_and_nothing_is_sent(bed: Bed, key: str) -> None:
    page = bed.open(button(**{key: "#nowhere"}))
    page.click("#b")
    page.click("#b")
    assert bed.names() == []
    assert [(e["code"], "#nowhere" in e["message"]) for e in bed.events("error")] == [
        ("target", True),
        ("target", True),
    ]


@pytest.mark.parametrize(
    "call",
    [
        {"swap": "inerHTML"},
        {"swap": "inner beforeend"},
        {"swap": "constructor"},
        {"swap": "innerHTML scroll:middle"},
        {"swap": "innerHTML show:top"},
        {"swap": "morph scroll:top transition:true"},
        {"reset": True},
    ],
)
def test_what_could_not_be_done_with_the_answer_is_not_sent(bed: Bed, call: dict[str, Any]) -> None:
    page = bed.open(button(sync="queue all", **call))
    page.click("#b")
    page.click("#b")
    assert bed.names() == []
    word = call.get("swap", "reset")
    assert [(e["code"], e["message"]) for e in bed.events("error")] == [
        ("target", f"Error: {word}"),
    ] * 2


@pytest.mark.parametrize(
    "call",
    [
        {"target": "this"}, {"sync": "drop"}, {"busy": "this"}, {"disable": "this"},
        {"reset": True}, {"optimistic": []}, {"task": "#p"}, {"timeout": 9}, {"swap": "delete"},
    ],
)  # fmt: skip
def test_who_asks_for_an_answer(bed: Bed, call: dict[str, Any]) -> None:
    page = bed.open(f"{button()}<form><p {signal(name='t', **call)}>p</p></form>")
    page.click("#b")
    page.click("p")
    bed.flush()
    assert [frame.get("reply") for frame in bed.calls] == [None, True]


# Lanes


def test_answers_of_a_search_box_that_come_out_of_order(bed: Bed) -> None:
    page = bed.open(f"{box(target='#t')}<p id=t></p><p id=u></p>")
    page.type("#q", "abc")
    assert sups(bed) == [(0, None), (1, 0), (2, 1)]
    bed.done(2, "for abc")
    for rank in (1, 0):
        bed.done(rank, "late")
    # What handlers push to this window alone is late as well; others' topics are never left out.
    for topics in ([0], [0, 1]):
        opts = {"selector": "#u", "content": f"{topics}"}
        bed.send(signal="html.append", opts=opts, re=bed.call(0), t=topics, o=20 + len(topics))
    bed.flush()
    assert (page.inner_text("#t"), page.inner_text("#u")) == ("for abc", "[0, 1]")
    assert ends(bed) == [("superseded",) * 2] * 2 + [("done", None)]
    assert page.get_attribute("#q", "class") is None


def test_a_search_box_whose_handler_pushes(bed: Bed) -> None:
    page = bed.open(f"{box()}<p id=t></p>")
    page.type("#q", "ab")
    assert sups(bed) == [(0, None), (1, 0)]
    assert "reply" not in bed.calls[0]
    for rank in (1, 0):
        opts = {"selector": "#t", "content": f"{rank}"}
        bed.send(signal="html.text", opts=opts, re=bed.call(rank), t=[0], o=20 - rank)
    bed.flush()
    assert page.inner_text("#t") == "1"


def test_what_was_never_sent_is_only_removed(bed: Bed) -> None:
    page = bed.open(f"{box(target='#t')}<p id=t></p>")
    page.type("#q", "a")
    bed.flush()
    bed.welcoming = False
    bed.sockets[-1].close(code=1012)
    page.wait_for_function("events.some(event => event.name === 'disconnected')")
    page.type("#q", "bc")
    bed.welcoming = True
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.calls) == 2)
    assert [call["opts"]["q"] for call in bed.calls] == ["a", "abc"]
    assert sups(bed) == [(0, None), (1, 0)]  # not the one that never left


def test_each_control_of_a_container_speaks_for_itself(bed: Bed) -> None:
    call = signal(name="s", on="change", value="v")
    page = bed.open(f"<div {call}><input type=checkbox id=a><input type=checkbox id=b></div>")
    page.check("#a")
    page.check("#b")
    assert sups(bed) == [(0, None), (1, None)]


def test_a_form_is_not_submitted_twice(bed: Bed) -> None:
    form = f"<form id=f {signal(name='s')}><input><button id=b>x</button></form>"
    page = bed.open(f"<main>{form}</main>")
    bed.run("b.focus(); b.click(); b.click(); f.requestSubmit()")
    assert page.get_attribute("#b", "aria-disabled") == "true"
    assert page.evaluate("document.activeElement.id") == "b"
    bed.push("html.content", selector="main", content=form)  # its successor knows
    bed.run("b.click()")
    assert bed.names() == ["s"]
    bed.done()
    page.click("#b")
    assert bed.names() == ["s", "s"]
    assert bed.requests == ["GET /"]


@pytest.mark.parametrize(
    ("sync", "expected"),
    [
        ("drop", ["a"]),
        ("replace", ["a", "b", "c", "d"]),
        ("queue first", ["a", "b"]),
        ("queue last", ["a", "d"]),
        ("queue all", ["a", "b", "c", "d"]),
    ],
)
def test_sync(bed: Bed, sync: str, expected: list[str]) -> None:
    # Four elements share a lane: that of the element which the selector finds.
    page = bed.open(
        "<div>"
        + "".join(f"<b id={n} {signal(name=n, sync=f'{sync} closest div')}>x</b>" for n in "abcd")
        + "</div>"
    )
    bed.run("for (const one of [a, b, c, d]) one.click()")
    if sync != "replace":
        assert bed.names() == ["a"]
        bed.send(df="fail", call=bed.call(), code="error", error="no")
    for rank in range(1, len(expected)):
        bed.until(lambda rank=rank: len(bed.calls) > rank)
        bed.done(rank)
    assert bed.names() == expected
    page.click("#a")
    assert bed.names() == [*expected, "a"]


def test_a_sync_that_nobody_knows(bed: Bed) -> None:
    page = bed.open(button(sync="queue"))
    page.click("#b")
    (error,) = bed.events("error")
    assert (error["code"], error["message"]) == ("sync", "Error: queue")
    assert bed.names() == []


def test_calls_of_the_page_are_in_no_lane(bed: Bed) -> None:
    bed.open()
    bed.run("DFSignals.call('s'); DFSignals.call('s')")
    assert bed.names() == ["s", "s"]


# Marks


def test_marks(bed: Bed) -> None:
    page = bed.open(
        "<p id=t aria-busy=false></p>"
        f"<b id=a class='mine' {signal(name='a', target='#t')}>x</b>"
        f"<b id=b {signal(name='b', target='#t')}>x</b>"
    )
    state = "[a.className, b.className, t.getAttribute('aria-busy')]"
    page.click("#a")
    page.click("#b")
    bed.flush()
    assert page.evaluate(state) == ["mine df-busy", "df-busy", "true"]
    bed.push("html.add_class", selector="#a", class_name="more")
    bed.done(0)
    assert page.evaluate(state) == ["mine more", "df-busy", "true"]
    bed.done(1)
    assert page.evaluate(state) == ["mine more", "", "false"]
    assert page.evaluate("b.hasAttribute('class')") is False


def test_marks_go_with_a_failure(bed: Bed) -> None:
    bed.acking = False
    page = bed.open(f"<p id=t></p>{button(busy='#t')}")
    page.click("#b")
    bed.flush()
    assert page.evaluate("[b.className, t.ariaBusy]") == ["df-busy", "true"]
    bed.send(df="nack", n=bed.calls[0]["n"], code="forbidden", message="no")
    bed.flush()
    assert page.evaluate("[b.className, t.ariaBusy]") == ["", None]


def test_disable_reads_first_and_gives_the_focus_back(bed: Bed) -> None:
    page = bed.open(
        f"<form id=f {signal(name='s', form='f', disable='find fieldset')}>"
        "<fieldset id=s><input id=i name=n value=1><button id=b>x</button></fieldset></form>"
    )
    page.press("#i", "Enter")
    page.wait_for_function("document.activeElement === document.body")
    assert page.evaluate("s.disabled") is True
    assert bed.called() == [("s", {"f": [{"name": "n", "value": "1"}]})]
    bed.done()
    assert page.evaluate("[s.disabled, document.activeElement.id]") == [False, "i"]


def test_marks_are_counted(bed: Bed) -> None:
    page = bed.open("<b id=b disabled>x</b>")
    assert page.evaluate(
        """async () => {
          const { mark } = await import("/static/dfws_html/marks.js");
          const unmark = [mark(b, b, [], b), mark(b, undefined, [], undefined)];
          const all = [b.getAttributeNames().length, b.className];
          for (const one of unmark) { one(); all.push(b.className) }
          return [...all, b.outerHTML];
        }"""
    ) == [4, "df-busy", "df-busy", "", '<b id="b" disabled="">x</b>']


@pytest.mark.parametrize(
    ("verb", "opts"),
    [
        (
            "html.morph",
            {"selector": "main", "content": "<button id=b type=button class=sold disabled>Sold"},
        ),
        (
            "html.batch",
            {
                "ops": [
                    ["html.add_class", {"selector": "#b", "class_name": "sold"}],
                    [
                        "html.boolean_attribute",
                        {"selector": "#b", "name": "disabled", "value": True},
                    ],
                ]
            },
        ),
    ],
)
def test_what_the_server_says_meanwhile_stays(bed: Bed, verb: str, opts: dict[str, Any]) -> None:
    page = bed.open(f"<main>{button('Buy', disable='this')}</main>")
    page.click("#b")
    bed.push(verb, **opts)
    assert page.evaluate("[...b.classList].sort()") == ["df-busy", "sold"]
    bed.done()
    assert page.evaluate("[b.className, b.disabled]") == ["sold", True]


def test_a_morph_meanwhile_takes_away_what_was(bed: Bed) -> None:
    page = bed.open(
        f"<main><b id=b class=old {signal(name='s', busy='this')} aria-busy=false>x</b>"
    )
    page.click("#b")
    bed.push("html.morph", selector="main", content="<b id=b>y</b>")
    assert page.inner_html("main") == '<b id="b" class="df-busy" aria-busy="true">y</b>'
    bed.done()
    assert page.inner_html("main") == '<b id="b">y</b>'


# Questions


@pytest.mark.parametrize("yes", [True, False])
def test_confirm(bed: Bed, yes: bool) -> None:
    questions = []
    page = bed.open(box(confirm="Really?"))
    page.once("dialog", lambda d: (questions.append(d.message), d.accept() if yes else d.dismiss()))
    page.type("#q", "a")
    assert bed.names() == ["search"] * yes
    assert questions == ["Really?"]


def test_once_is_not_spent_by_a_no(bed: Bed) -> None:
    page = bed.open(button(on="click once", confirm="Really?"))
    for yes in (False, True):
        page.once("dialog", lambda d, yes=yes: d.accept() if yes else d.dismiss())
        page.click("#b")
        assert bed.names() == ["s"] * yes
    page.click("#b")
    assert bed.names() == ["s"]


def test_a_page_asks_by_itself(bed: Bed) -> None:
    page = bed.open(box(confirm="Really?"))
    bed.run(
        "addEventListener('df:confirm', e => { e.preventDefault(); window.asked = e.detail;"
        " q.blur() })"
    )
    page.type("#q", "a")
    assert page.evaluate("[asked.message, asked.signal, asked.element.id]") == [
        "Really?", "search", "q",
    ]  # fmt: skip
    page.evaluate("q.value = 'later'")
    bed.run("asked.proceed(); asked.proceed()")
    assert bed.called() == [("search", {"q": "later"})]  # read after the answer, once
    assert page.evaluate("document.activeElement.id") == "q"
    page.type("#q", "b")
    bed.run("asked.proceed(false); asked.proceed()")
    assert len(bed.called()) == 1


# Ahead of the answer

AHEAD = [
    {"name": "html.add_class", "opts": {"class_name": "done"}},
    {"name": "html.add_class", "opts": {"class_name": "more"}},
    {"name": "html.add_attribute", "opts": {"attr_name": "title", "attr_value": "t"}},
    {"name": "html.text", "opts": {"selector": "#t", "content": "sent"}},
    {"name": "html.append", "opts": {"selector": "ul", "template": "row"}},
]
LIST = "<p id=t>old <i>text</i></p><ul><li>1</li></ul><template id=row><li>new</li></template>"


def shown(bed: Bed) -> list[Any]:
    return bed.page.evaluate(
        "[b.className, b.title, t.innerHTML, document.querySelector('ul').innerText]"
    )


@pytest.mark.parametrize("end", ["done", "fail", "frame"])
def test_optimistic(bed: Bed, end: str) -> None:
    page = bed.open(LIST + button(optimistic=AHEAD))
    before = shown(bed)
    page.click("#b")
    bed.flush()
    assert shown(bed) == ["df-busy done more", "t", "sent", "1\nnew"]
    if end == "frame":
        seen = "DFSignals.connect('frame', () => prevented.push(b.title, t.innerHTML))"
        bed.run(seen)
        bed.send(signal="frame", opts={}, re=bed.call())
        bed.flush()
        assert page.evaluate("prevented") == ["", "old <i>text</i>"]
        page.evaluate("b.title = 'mine'")
        bed.done()
        assert page.evaluate("b.title") == "mine"  # undone once
        return
    if end == "done":
        bed.done()
    else:
        bed.send(df="fail", call=bed.call(), code="error", error="no")
        bed.flush()
    assert shown(bed) == before


def test_an_undo_leaves_alone_what_has_changed(bed: Bed) -> None:
    page = bed.open(LIST + button(optimistic=AHEAD))
    page.click("#b")
    bed.run("b.className = 'other'; t.innerHTML = 'news'")
    page.evaluate("document.querySelector('ul').lastChild.innerHTML = 'theirs'")
    bed.flush()
    bed.done()
    assert shown(bed) == ["other", "", "news", "1\ntheirs"]


def test_steps_that_can_not_be_taken(bed: Bed) -> None:
    steps = [
        {"name": "html.redirect", "opts": {"url": "/"}},
        {"name": "html.text", "opts": {"selector": "#nowhere"}},
        {"name": "html.append", "opts": {"template": "nowhere"}},
        {"name": "html.add_attribute", "opts": {"attr_name": "onclick", "attr_value": "1"}},
    ]
    page = bed.open(button(optimistic=steps))
    page.click("#b")
    assert bed.names() == ["s"]
    assert bed.codes() == ["optimistic", "optimistic", "optimistic", "unsafe"]


# Forms


def test_reset_empties_what_was_sent_and_keeps_what_is_typed_since(bed: Bed) -> None:
    page = bed.open(
        f"<form {signal(name='s', form='f', reset=True)}><input name=reset><input id=a name=a>"
        "<input id=c name=c type=checkbox><button id=b>x</button></form>"
    )
    page.fill("#a", "hello")
    page.check("#c")
    page.press("#a", "Enter")
    page.fill("#a", "next")
    bed.flush()
    bed.done()
    assert page.evaluate("[a.value, c.checked]") == ["next", False]
    page.press("#a", "Enter")
    bed.flush()
    bed.send(df="fail", call=bed.call(), code="error", error="no")
    bed.flush()
    assert page.input_value("#a") == "next"
    for found in ({"errors": {"a": ["no"]}}, {"errors": {}, "non_field": ["no"]}):
        page.press("#a", "Enter")
        bed.flush()
        bed.send(signal="forms.errors", opts={"selector": "form", **found}, re=bed.call())
        bed.done()
        assert page.input_value("#a") == "next"  # the server has found errors in it
    page.press("#a", "Enter")
    bed.flush()
    found = {"errors": {}, "non_field": []}
    bed.send(signal="forms.errors", opts={"selector": "form", **found}, re=bed.call())
    bed.done()
    assert page.input_value("#a") == ""


def test_a_success_lets_the_server_write_what_was_sent(bed: Bed) -> None:
    fields = "<input id=a name=a value=server><input id=c name=c value=server>"
    page = bed.open(f"<form {signal(name='s', form='f')}><div id=d>{fields}</div><button>x</form>")
    page.fill("#a", "sent")
    page.fill("#c", "sent")
    page.press("#a", "Enter")
    page.fill("#c", "sent, and more")
    bed.flush()
    bed.done()
    bed.push("html.content", selector="#d", content=fields)
    assert page.evaluate("[a.value, c.value]") == ["server", "sent, and more"]


def test_an_answer_may_write_what_still_holds_the_value_that_was_sent(bed: Bed) -> None:
    page = bed.open("<form id=f><input id=a name=a><input id=b name=b></form><input id=c name=c>")
    for control in ("a", "b", "c"):
        page.fill(f"#{control}", "typed")
    assert page.evaluate(
        """async () => {
          const { snapshot } = await import("/static/dfws_html/targets.js");
          const { touched } = await import("/static/dfws_html/controls.js");
          for (const one of [a, b, c]) touched.add(one);
          const { mayWrite } = snapshot(f);
          b.value = "typed again";
          return [a, b, c].map(mayWrite);
        }"""
    ) == [True, False, False]


# Ends


@pytest.mark.usefixtures("own_stage")
def test_a_timeout_is_the_end(bed: Bed) -> None:
    page = bed.open_clocked(f"<p id=t></p>{button(target='#t', timeout=5000)}")
    page.click("#b")
    bed.until(lambda: bed.events("ack"))
    page.clock.run_for(4_000)
    assert ends(bed) == []
    page.clock.run_for(3_000)
    assert ends(bed) == [("unknown", "timeout")]
    bed.done(0, "late")
    bed.send(df="fail", call=bed.call(0), code="error", error="late")
    assert ends(bed) == [("unknown", "timeout")]
    assert page.inner_text("#t") == ""
    # What its handler pushes is news all the same.
    bed.send(
        signal="html.text", opts={"selector": "#t", "content": "x"}, re=bed.call(0), t=[0], o=20
    )
    bed.flush()
    assert page.inner_text("#t") == "x"
    page.click("#b")
    bed.until(lambda: len(bed.calls) == 2)


def test_cancel(bed: Bed) -> None:
    page = bed.open()
    bed.run(
        "addEventListener('df:sent', e => { window.sent ??= e.detail.call });"
        "DFSignals.ask('s').catch(e => prevented.push(e.code))"
    )
    bed.flush()
    bed.run("DFSignals.cancel(sent); DFSignals.cancel(sent); DFSignals.cancel('foreign.1')")
    bed.send(df="fail", call=bed.call(), code="error", error="late")
    assert ends(bed) == [("cancelled", "cancelled")]
    assert [f["n"] for f in bed.frames if f.get("df") == "cancel"] == [bed.calls[0]["n"]]
    assert page.evaluate("prevented") == ["cancelled"]


def test_a_name_that_the_page_alone_knows_is_done(bed: Bed) -> None:
    bed.acking = False
    page = bed.open(f"<form id=f {signal(name='local')}><input id=a><button>x</button></form>")
    bed.run("DFSignals.connect('local', () => {})")
    page.press("#a", "Enter")
    (frame,) = bed.until(lambda: bed.calls)
    bed.send(df="nack", n=frame["n"], code="unknown", message="no such signal")
    assert ends(bed) == [("done", None)]
    assert page.get_attribute("button", "aria-disabled") is None


def test_a_prevented_call_leaves_no_mark_and_overtakes_nobody(bed: Bed) -> None:
    page = bed.open(f"{box(target='#t', optimistic=AHEAD[:1])}<p id=t></p>")
    page.type("#q", "a")
    bed.run("addEventListener('df:before', e => e.preventDefault(), {once: true})")
    page.type("#q", "b")
    bed.flush()
    assert page.get_attribute("#q", "class") == "df-busy done"
    bed.done(0, "for a")
    assert (page.inner_text("#t"), page.get_attribute("#q", "class")) == ("for a", None)


def test_only_some_events_can_be_prevented(bed: Bed) -> None:
    page = bed.open()
    assert page.evaluate(
        """async () => {
          const { emit } = await import("/static/dfws_html/events.js");
          const names = ["before", "confirm", "sent", "ack", "done", "before-swap", "after-swap",
            "error", "undelivered", "unknown", "superseded", "cancelled", "removed", "connected",
            "disconnected", "resync", "refused"];
          return names.filter((name) => {
            addEventListener("df:" + name, (event) => event.preventDefault(), { once: true });
            return !emit(name);
          });
        }"""
    ) == [
        *["before", "confirm", "before-swap", "error", "undelivered", "unknown", "resync"],
        "refused",
    ]


# Mounts


def test_mount(bed: Bed) -> None:
    page = bed.open("<main><p class=m id=a></p></main>")
    bed.run(
        "window.off = DFSignals.mount('.m', element => { prevented.push('+' + element.id);"
        " if (element.id === 'bad') throw new Error('oops');"
        " return () => prevented.push('-' + element.id) })"
    )
    for content in (
        "<p class=m id=b></p>",
        "<p class=m id=b></p><p class=m id=bad></p>",
        "",
        "<p class=m id=d>",
    ):
        bed.push("html.content", selector="main", content=content)
    bed.run("document.body.append(document.querySelector('#d'))")  # moved, not gone
    bed.flush()
    page.evaluate("off()")
    bed.push("html.content", selector="main", content="<p class=m id=e></p>")
    assert page.evaluate("prevented") == [
        "+a", "-a", "+b", "-b", "+b", "+bad", "-b", "+d", "-d",
    ]  # fmt: skip
    (error,) = bed.events("error")
    assert (error["code"], error["at"], error["message"]) == ("mount", "bad", "Error: oops")
