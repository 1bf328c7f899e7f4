"""A page takes another's place under the same script; frames wait for what is on its way."""

from __future__ import annotations

from typing import Any

from playwright_tests.script.conftest import META, SCRIPT, Bed

OTHER = META.replace("TOKEN", "OTHER").replace('data-pos="17"', 'data-pos="30" data-w="W2"')


def show(bed: Bed, meta: str = OTHER) -> None:
    """Do what Turbo does when it shows another page."""
    bed.page.evaluate(
        "meta => { const tell = (type, detail) =>"
        " document.dispatchEvent(new CustomEvent(`turbo:${type}`, {bubbles: true, detail}));"
        " tell('before-render', {}); document.querySelector('meta[name=dfws]')?.remove();"
        " document.head.insertAdjacentHTML('beforeend', meta);"
        " document.body = document.createElement('body'); tell('render', {}) }",
        meta,
    )


def log(bed: Bed) -> None:
    bed.run("window.log = []; DFSignals.connect('s', ({n}) => log.push(n))")


def ask(bed: Bed, url: str = "/", **detail: Any) -> dict[str, str]:
    """Do what Turbo does when it asks for a page: the headers that it would send."""
    headers: dict[str, str] = bed.page.evaluate(
        "([url, detail]) => { window.stop = new AbortController();"
        " const fetchOptions = {headers: {}, signal: stop.signal, ...detail};"
        " document.dispatchEvent(new CustomEvent('turbo:before-fetch-request',"
        " {bubbles: true, detail: {url: new URL(url, location), fetchOptions}}));"
        " return {...fetchOptions.headers, mode: fetchOptions.mode} }",
        [url, detail],
    )
    return headers


def test_another_page_is_another_window(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    bed.acking = False
    bed.run("DFSignals.call('sent'); DFSignals.ask('asked').catch(() => {})")
    bed.until(lambda: len(bed.calls) == 2)
    bed.send(df="ack", n=2)
    show(bed)
    # Nothing more goes over the old socket; what it still brings is heard.
    page.evaluate("DFSignals.call('later')")
    bed.send(signal="s", opts={"n": "old"}, t=[0], o=40)
    bed.send(df="ack", n=1)
    bed.until(lambda: len(bed.hellos) == 2)
    hello = bed.hellos[1]
    assert (hello["token"], hello["pos"], hello["life"]) == ("OTHER", {}, "L")
    bed.until(lambda: bed.calls[-1]["signal"] == "later")
    assert [frame["signal"] for frame in bed.calls] == ["sent", "asked", "later"]
    assert [(e["signal"], e["code"]) for e in bed.events("unknown")] == [("asked", "window")]
    bed.acking = True
    bed.send(signal="s", opts={"n": 30}, t=[0], o=30)
    bed.send(signal="s", opts={"n": 31}, t=[0], o=31)
    bed.flush()
    assert page.evaluate("log") == [31]


def test_what_is_not_acknowledged_in_time_is_unknown(own_stage: Any, bed: Bed) -> None:
    page = bed.open_clocked()
    bed.acking = False
    page.evaluate("DFSignals.call('sent')")
    bed.until(lambda: bed.calls)
    show(bed)
    page.clock.run_for(1500)
    assert len(bed.hellos) == 1
    page.clock.run_for(1000)
    bed.until(lambda: len(bed.hellos) == 2)
    assert [(e["signal"], e["code"]) for e in bed.events("unknown")] == [("sent", "window")]
    assert len(bed.calls) == 1


def test_what_was_never_sent_keeps_nobody_waiting(own_stage: Any, bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open_clocked()
    page.evaluate("DFSignals.call('later')")
    show(bed)
    bed.until(lambda: len(bed.hellos) == 2)  # no time has passed
    bed.welcome()
    bed.until(lambda: bed.calls)
    assert bed.events("unknown") + bed.events("undelivered") == []


def test_an_outcome_that_waits_is_told_before_its_window_ends(bed: Bed) -> None:
    bed.open()
    bed.run("DFSignals.ask('asked')")
    bed.until(lambda: bed.events("ack"))
    for _ in range(2):
        ask(bed)
    bed.send(df="done", call=bed.call(), result=1, t=[0], o=18)
    bed.flush()
    assert bed.events("done") == []
    show(bed)
    bed.until(lambda: len(bed.hellos) == 2)
    assert [e["result"] for e in bed.events("done")] == [1]
    assert bed.events("unknown") == []


def test_topics_that_were_asked_for_end_with_their_window(bed: Bed) -> None:
    page = bed.open()
    page.evaluate("DFSignals.topics('T2')")
    bed.until(lambda: bed.frames[-1] == {"df": "topics", "token": "T2"})
    show(bed)
    bed.until(lambda: len(bed.hellos) == 2)
    bed.flush()
    assert [frame.get("df") for frame in bed.frames].count("topics") == 1


def test_a_page_without_a_window_closes_and_another_opens(bed: Bed) -> None:
    page = bed.open()
    show(bed, "")
    page.wait_for_selector("html[data-df-connection=closed]", state="attached")
    show(bed)
    bed.until(lambda: len(bed.hellos) == 2)
    page.wait_for_selector("html[data-df-connection=open]", state="attached")
    assert bed.hellos[1]["token"] == "OTHER"


def test_a_window_that_comes_back_stands_where_its_page_was_made(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    show(bed, "")
    page.wait_for_selector("html[data-df-connection=closed]", state="attached")
    bed.body = bed.body.replace('data-pos="17"', 'data-pos="30" data-w="W"')
    show(bed, META)
    page.wait_for_selector("html[data-df-connection=open]", state="attached")
    for number in [30, 31]:
        bed.send(signal="s", opts={"n": number}, t=[1], o=number)
    bed.flush()
    assert page.evaluate("log") == [31]


def test_headers_are_for_this_origin_and_for_no_prefetch(bed: Bed) -> None:
    bed.open()
    assert ask(bed, "/") == {"DFWS-Window": "TOKEN", "mode": "same-origin"}
    bed.run("stop.abort()")
    for url in ("http://other.test/", "//other.test/", "http://bed.test:81/"):
        assert ask(bed, url) == {"mode": None}
    prefetch = {"X-Sec-Purpose": "prefetch"}
    assert ask(bed, "/", headers=prefetch) == {**prefetch, "mode": None}


def test_a_page_without_a_window_has_no_headers(bed: Bed) -> None:
    bed.open(head=SCRIPT, wait=False)
    assert ask(bed) == {"mode": None}


def test_events_of_the_same_names_that_say_nothing_do_no_harm(bed: Bed) -> None:
    page = bed.open()
    bed.run(
        "for (const name of ['turbo:before-fetch-request', 'htmx:beforeSend', 'htmx:after:swap'])"
        " for (const event of [new Event(name), new CustomEvent(name),"
        " new CustomEvent(name, {detail: {ctx: {}, fetchOptions: {headers: {}}, url: '/'}})])"
        " dispatchEvent(event)"
    )
    bed.flush()
    assert page.evaluate("document.documentElement.dataset.dfConnection") == "open"


def test_a_page_that_was_fetched_in_advance_is_not_waited_for(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    bed.run(
        "document.dispatchEvent(new CustomEvent('turbo:before-fetch-request', {bubbles: true,"
        " detail: {url: new URL(location), fetchOptions: {headers: {}}, fetchRequest: {}}}))"
    )
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.flush()
    assert page.evaluate("log") == [18]


TELL = (
    "window.tell = (type, detail = {}, target = document) =>"
    " target.dispatchEvent(new CustomEvent(`turbo:${type}`, {bubbles: true, detail}));"
)


def test_a_stream_ends_the_request_that_it_answers_once_and_no_other(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    bed.run(
        f"{TELL} window.answer = headers =>"
        " tell('before-fetch-response', {fetchResponse: {response: new Response('', {headers})}});"
        "const render = async () => { await new Promise(requestAnimationFrame);"
        " prevented.push(log.length) };"
        "window.stream = async () => { const detail = {render};"
        " tell('before-stream-render', detail); await detail.render() }"
    )
    ask(bed)
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.flush()
    page.evaluate("async () => { answer({'Content-Type': 'text/html'}); await stream() }")
    assert page.evaluate("log") == []
    words = {"Content-Type": "text/vnd.turbo-stream.html"}
    page.evaluate("async words => { answer(words); await stream() }", words)
    assert (page.evaluate("prevented"), page.evaluate("log")) == ([0, 0], [18])
    ask(bed)
    words["DFWS-Window"] = "T2"
    page.evaluate("async words => { answer(words); await stream(); await stream() }", words)
    bed.flush()
    assert [frame["token"] for frame in bed.frames if frame.get("df") == "topics"] == ["T2"]


def test_a_page_ends_no_request_of_a_frame(bed: Bed) -> None:
    page = bed.open("<turbo-frame id=f></turbo-frame>")
    log(bed)
    bed.run(
        f"{TELL} const url = new URL(location), fetchOptions = {{headers: {{}}}};"
        "tell('before-fetch-request', {url, fetchOptions}, f)"
    )
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.run("tell('before-render'); tell('render', {renderMethod: 'morph'})")
    bed.flush()
    assert page.evaluate("log") == []
    bed.run("tell('fetch-request-error', {}, f)")
    assert page.evaluate("log") == [18]


def test_a_preview_is_no_page_nor_is_a_head_alone_but_a_morph_is(bed: Bed) -> None:
    bed.open()
    bed.run(
        f"{TELL} window.preview = on => document.documentElement.toggleAttribute("
        "'data-turbo-preview', on); window.render = renderMethod => { tell('before-render');"
        " document.querySelector('meta[name=dfws]').content = 'OTHER';"
        " tell('render', {renderMethod}) }; preview(true); render('morph')"
    )
    bed.flush()
    bed.run("preview(false); render('replace')")
    bed.flush()
    assert len(bed.hellos) == 1
    bed.run("render('morph')")
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.hellos[1]["token"] == "OTHER"


def test_frames_wait_for_an_answer_but_not_for_ever(own_stage: Any, bed: Bed) -> None:
    page = bed.open_clocked()
    log(bed)
    ask(bed)
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.flush()
    assert page.evaluate("log") == []
    bed.run("stop.abort()")
    assert page.evaluate("log") == [18]
    ask(bed)
    bed.run("window.first = stop")
    ask(bed)
    bed.send(signal="s", opts={"n": 19}, t=[0], o=19)
    bed.flush()
    page.clock.run_for(9000)
    assert page.evaluate("log") == [18]
    page.clock.run_for(2000)
    assert page.evaluate("log") == [18, 19]
    bed.run("first.abort()")
    assert bed.events("resync") == []
    # What comes now was made before: the page may lack it.
    show(bed, META)
    page.clock.run_for(1)
    bed.until(lambda: bed.events("resync"))


PIECE = (
    "window.tell = type => document.dispatchEvent(new CustomEvent(`htmx:${type}`,"
    " {bubbles: true, detail: {ctx}}));"
    "window.ctx = {request: {action: '/', headers: {}},"
    " response: new Response('', {headers: {'DFWS-Window': 'T2'}})};"
    "addEventListener('df:resync', event => event.preventDefault()); tell('before:request')"
)


def test_a_piece_that_was_asked_for_before_the_welcome_brings_its_topics(bed: Bed) -> None:
    bed.welcoming = False
    bed.open(head=META.replace("data-pos", 'data-w="W" data-pos') + SCRIPT, wait=False)
    bed.until(lambda: bed.hellos)
    bed.run(PIECE)
    bed.welcome()
    bed.flush()
    bed.run("tell('after:swap')")
    bed.until(lambda: bed.frames[-1] == {"df": "topics", "token": "T2"})
    assert bed.events("resync") == []


def test_a_piece_for_a_window_that_is_over_brings_no_topics_but_a_fresh_page(bed: Bed) -> None:
    page = bed.open()
    bed.run(PIECE)
    assert page.evaluate("ctx.request.headers") == {"DFWS-Window": "TOKEN"}
    bed.welcoming = False
    bed.body = bed.body.replace("TOKEN", "OTHER").replace("data-pos", 'data-w="W2" data-pos')
    bed.run("DFSignals.call('html.refresh')")
    bed.until(lambda: len(bed.hellos) == 2)
    bed.welcome(w="W2")
    bed.flush()
    bed.run("tell('after:swap')")
    bed.flush()
    assert {"df": "topics", "token": "T2"} not in bed.frames
    assert len(bed.events("resync")) == 1


def test_frames_of_topics_that_are_left_are_skipped(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    page.evaluate("DFSignals.topics('T2')")
    for number, topic in [(18, 0), (19, 1)]:
        bed.send(signal="s", opts={"n": number}, t=[topic], o=number)
    bed.flush()
    assert page.evaluate("log") == []
    bed.send(df="topics", token="T2", t=["t0", None, "t2"], pos={"2": 18})
    bed.send(signal="s", opts={"n": 20}, t=[2], o=20)
    bed.flush()
    assert page.evaluate("log") == [18, 20]


def test_what_raises_positions_waits_behind_the_frames_before_it(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    ask(bed)
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.send(df="hb", pos=18)
    bed.send(signal="s", opts={"n": 19}, t=[0], o=19)
    bed.send(df="resync", t=[0], pos=19, life="L", spread=60)
    bed.flush()
    bed.run("stop.abort()")
    assert page.evaluate("log") == [18, 19]


def test_a_frame_waits_for_what_begins_meanwhile_too(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    ask(bed)
    bed.run("window.first = stop")
    bed.send(signal="s", opts={"n": 18}, t=[0], o=18)
    bed.flush()
    ask(bed)
    bed.run("first.abort()")
    assert page.evaluate("log") == []
    show(bed, META)
    assert page.evaluate("log") == [18]
    # Nothing is on its way any more: what is shown now lacks nothing.
    bed.send(signal="s", opts={"n": 19}, t=[0], o=19)
    bed.flush()
    show(bed, META)
    assert page.evaluate("log") == [18, 19]
    assert (bed.events("resync"), bed.requests) == ([], ["GET /"])
