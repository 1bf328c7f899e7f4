"""`window.DFSignals`: functions of the page, calls, questions, frames that wait for a function."""

from __future__ import annotations

import pytest

from .conftest import META, SCRIPT, Bed, signal, stop_clock


@pytest.mark.parametrize(
    "head",
    [
        META + SCRIPT,
        SCRIPT + META,
        META + SCRIPT.replace("<script", "<script defer"),
        META + SCRIPT.replace("<script", "<script async"),
        META + SCRIPT + SCRIPT,
    ],
    ids=["classic", "before its meta", "defer", "async", "twice"],
)
def test_where_the_script_may_stand(bed: Bed, head: str) -> None:
    page = bed.open(f"<p {signal(name='s')}>x</p>", head=head)
    page.click("p")
    assert bed.names() == ["s"]
    assert len(bed.hellos) == 1


def test_at_the_end_of_the_body(bed: Bed) -> None:
    page = bed.open(f"<p {signal(name='s')}>x</p>{META}{SCRIPT}", head="")
    page.click("p")
    assert bed.names() == ["s"]


def test_added_to_a_loaded_page(bed: Bed) -> None:
    page = bed.open(f"{META}<p {signal(name='s')}>x</p>", head="", wait=False)
    page.add_script_tag(url="/static/js/df_websockets.min.js")
    page.wait_for_selector("html[data-df-connection=open]", state="attached")
    page.click("p")
    assert bed.names() == ["s"]


def test_it_connects_one_task_after_the_page_is_parsed(bed: Bed) -> None:
    # What a page connects when it is parsed gets the very first frame.
    bed.welcoming = False
    page = bed.open(
        "<script>document.addEventListener('DOMContentLoaded', () => {"
        "prevented.push(document.documentElement.dataset.dfConnection ?? 'nothing yet');"
        "DFSignals.connect('first', opts => prevented.push(opts.text)) })</script>",
        wait=False,
    )
    bed.until(lambda: bed.hellos)
    bed.welcome()
    bed.push("first", text="got it")
    assert page.evaluate("prevented") == ["nothing yet", "got it"]


def test_functions_get_arguments_and_signal_id(bed: Bed) -> None:
    page = bed.open("<script>DFSignals.connect('s', (...all) => prevented.push(all))</script>")
    bed.send(signal="s", opts={"content": "hello"}, signal_id="id1")
    bed.flush()
    assert page.evaluate("prevented") == [[{"content": "hello"}, "id1"]]


def test_call_runs_local_functions_then_the_server_and_returns_false(bed: Bed) -> None:
    page = bed.open()
    bed.run("DFSignals.connect('s', opts => { prevented.push(opts.a); opts.a = 2 })")
    assert page.evaluate("DFSignals.call('s', {a: 1})") is False
    assert page.evaluate("prevented") == [1]
    assert bed.called() == [("s", {"a": 1})]
    page.evaluate("DFSignals.call('bare')")
    assert bed.called()[1:] == [("bare", {})]


def test_call_passes_when_it_shall_run(bed: Bed) -> None:
    page = bed.open()
    page.evaluate("DFSignals.call('s', {}, {countdown: 3, eta: 'tomorrow', expires: 60})")
    bed.flush()
    (frame,) = bed.calls
    assert (frame["countdown"], frame["eta"], frame["expires"]) == (3, "tomorrow", 60)
    assert "reply" not in frame


def test_disconnect(bed: Bed) -> None:
    page = bed.open()
    bed.run(
        "const off = DFSignals.connect('s', () => prevented.push(1));"
        "DFSignals.call('s'); off(); DFSignals.call('s')"
    )
    assert page.evaluate("prevented") == [1]


@pytest.mark.parametrize("name", ["constructor", "__proto__", "toString", "hasOwnProperty"])
def test_names_of_javascripts_own(bed: Bed, name: str) -> None:
    page = bed.open()
    page.evaluate("name => DFSignals.connect(name, () => prevented.push(name))", name)
    bed.push(name)
    page.evaluate("name => DFSignals.call(name)", name)
    assert page.evaluate("prevented") == [name, name]
    assert bed.names() == [name]
    bed.send(df=name)
    bed.send(df="unheard-of")
    bed.flush()
    assert bed.codes() == []


def test_one_function_that_throws_does_not_stop_the_others(bed: Bed) -> None:
    page = bed.open()
    bed.run(
        "DFSignals.connect('s', () => { throw new Error('broken') });"
        "DFSignals.connect('s', () => prevented.push('ran'))"
    )
    bed.push("s")
    assert page.evaluate("prevented") == ["ran"]
    (error,) = bed.events("error")
    assert (error["code"], error["signal"]) == ("function", "s")
    assert "broken" in error["message"]
    (line,) = [line for line in bed.console if "broken" in line]
    assert line.startswith("dfws function s")


def test_built_in_signals_stay_in_the_page(bed: Bed) -> None:
    page = bed.open(
        f"<p id=p {signal(name='html.add_class', opts={'selector': '#p', 'class_name': 'a'})}>x</p>"
    )
    page.click("p")
    page.evaluate("DFSignals.call('html.text', {selector: '#p', content: 'y'})")
    assert page.evaluate("DFSignals.ask('html.focus', {selector: '#p'})") is None
    assert page.evaluate("[p.className, p.textContent]") == ["a", "y"]
    assert bed.names() == []


def test_ask(bed: Bed) -> None:
    page = bed.open()
    bed.run("DFSignals.ask('s', {a: 1}).then(result => prevented.push(result))")
    (frame,) = bed.until(lambda: bed.calls)
    assert frame["reply"] is True
    bed.send(df="done", call=f"{bed.hellos[0]['c']}.{frame['n']}", result={"b": 2}, t=[0], o=18)
    bed.flush()
    assert page.evaluate("prevented") == [{"b": 2}]


def test_ask_that_fails_or_is_refused(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    bed.run(
        "for (const name of ['a', 'b'])"
        " DFSignals.ask(name).catch(e => prevented.push([e instanceof Error, e.code, e.message]))"
    )
    bed.until(lambda: len(bed.calls) == 2)
    call = f"{bed.hellos[0]['c']}.{bed.calls[0]['n']}"
    bed.send(df="fail", call=call, code="error", error="ValueError: no", t=[0], o=18)
    bed.send(df="nack", n=bed.calls[1]["n"], code="forbidden", message="not you")
    bed.flush()
    assert page.evaluate("prevented") == [
        [True, "error", "ValueError: no"],
        [True, "forbidden", "not you"],
    ]
    assert bed.codes() == ["error", "forbidden"]


def test_window_and_headers(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    assert page.evaluate("[DFSignals.window, DFSignals.headers()]") == [
        None,
        {"DFWS-Window": "TOKEN"},
    ]
    bed.until(lambda: bed.hellos)
    bed.welcome(token="FRESH")
    bed.flush()
    assert page.evaluate("[DFSignals.window, DFSignals.headers()]") == [
        "W",
        {"DFWS-Window": "FRESH"},
    ]


@pytest.mark.usefixtures("own_stage")
def test_a_frame_waits_for_its_function(bed: Bed) -> None:
    page = bed.open_clocked()
    for number in range(3):
        bed.push("late", number=number)
    bed.run(
        "DFSignals.connect('late', o => prevented.push('a' + o.number));"
        "DFSignals.connect('late', o => prevented.push('b' + o.number))"
    )
    assert page.evaluate("prevented") == ["a0", "b0", "a1", "b1", "a2", "b2"]
    assert bed.codes() == []


@pytest.mark.usefixtures("own_stage")
def test_no_more_than_a_hundred_frames_wait(bed: Bed) -> None:
    page = bed.open_clocked()
    for number in range(101):
        bed.send(signal="late", opts={"number": number})
    bed.flush()
    assert bed.codes() == ["no-function"]
    bed.run("DFSignals.connect('late', o => prevented.push(o.number))")
    assert page.evaluate("prevented") == list(range(100))


@pytest.mark.usefixtures("own_stage")
def test_two_seconds_after_load_frames_wait_no_more(bed: Bed) -> None:
    page = bed.open_clocked()
    bed.push("late")
    assert bed.codes() == []
    page.clock.run_for(2000)
    assert [(e["code"], e["signal"]) for e in bed.events("error")] == [("no-function", "late")]
    bed.push("late")
    assert bed.codes() == ["no-function", "no-function"]
    bed.run("DFSignals.connect('late', () => prevented.push('never'))")
    assert page.evaluate("prevented") == []


@pytest.mark.usefixtures("own_stage")
def test_a_script_added_after_load_holds_frames_two_seconds_too(bed: Bed) -> None:
    page = bed.open(META, head="", wait=False)
    page.evaluate("new Promise(done => setTimeout(done))")  # the load event's task is over
    stop_clock(page)
    page.add_script_tag(url="/static/js/df_websockets.min.js")
    page.clock.run_for(100)
    bed.until(lambda: bed.hellos)
    bed.push("late")
    assert bed.codes() == []
    page.clock.run_for(2000)
    assert bed.codes() == ["no-function"]


@pytest.mark.usefixtures("own_stage")
def test_a_page_that_is_prerendered_connects_when_it_is_shown(bed: Bed) -> None:
    bed.page.add_init_script(
        "Object.defineProperty(document, 'prerendering', {get: () => window.unseen ?? true})"
    )
    page = bed.open(wait=False)
    page.evaluate("new Promise(done => setTimeout(() => setTimeout(done)))")  # its task is over
    assert bed.hellos == []
    bed.run("window.unseen = false; document.dispatchEvent(new Event('prerenderingchange'))")
    bed.until(lambda: bed.hellos)


def test_a_page_without_a_window(bed: Bed) -> None:
    page = bed.open(f"<p {signal(name='s')}>x</p>", head=SCRIPT, wait=False)
    bed.run("DFSignals.connect('local', () => prevented.push('ran'))")
    page.evaluate("DFSignals.call('local')")
    page.click("p")
    page.wait_for_function("events.some(event => event.name === 'undelivered')")
    page.evaluate("DFSignals.call('local')")
    assert page.evaluate("[prevented, DFSignals.window, DFSignals.headers()]") == [
        ["ran", "ran"],
        None,
        {},
    ]
    assert [(e["signal"], e["code"]) for e in bed.events("undelivered")] == [("s", "no-window")]
    assert bed.sockets == []


def test_what_is_no_json_still_reaches_the_page(bed: Bed) -> None:
    page = bed.open()
    bed.run("DFSignals.connect('html.focus', o => prevented.push(o.fn()))")
    page.evaluate("DFSignals.call('html.focus', {selector: 'html', fn: () => 1})")
    assert page.evaluate("prevented") == [1]
