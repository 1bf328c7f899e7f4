"""Both ways over a socket that may break: positions, outbox, reconnecting, heartbeats, resync."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from .conftest import META, SCRIPT, Bed, signal


def connection(bed: Bed) -> str:
    return bed.page.evaluate("document.documentElement.dataset.dfConnection")


def clocked(bed: Bed, body: str = "") -> Any:
    """A page whose time the test drives."""
    bed.page.add_init_script("Math.random = () => window.luck ?? 0.5")
    return bed.open_clocked(body)


def applied(bed: Bed) -> list[Any]:
    bed.flush()
    return bed.page.evaluate("prevented")


def log(bed: Bed) -> None:
    bed.run("DFSignals.connect('s', opts => prevented.push(opts.n))")


def test_hello(bed: Bed) -> None:
    page = bed.open()
    (hello,) = bed.hellos
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", hello.pop("c"))
    assert hello == {
        "df": "hello",
        "v": 1,
        "token": "TOKEN",
        "life": "L",
        "pos": {},
        "url": "http://bed.test/",
    }
    assert bed.frames[0]["df"] == "hello"
    assert bed.sockets[0].url == "ws://bed.test/ws/"
    page.reload()
    bed.until(lambda: len(bed.hellos) == 2)
    assert len({hello.get("c") for hello in bed.hellos}) == 2


@pytest.mark.parametrize(
    ("url", "expected"),
    [("/ws/", "ws://bed.test/ws/"), ("sub/ws/", "ws://bed.test/sub/ws/"),
     ("wss://other.test/ws/", "wss://other.test/ws/")],
)  # fmt: skip
def test_the_sockets_address(bed: Bed, url: str, expected: str) -> None:
    bed.open(head=META.replace("/ws/", url) + SCRIPT)
    assert bed.sockets[0].url == expected


def test_calls_are_numbered_in_order(bed: Bed) -> None:
    page = bed.open()
    page.evaluate("for (const name of 'abc') DFSignals.call(name)")
    bed.until(lambda: len(bed.calls) == 3)
    assert [(call["signal"], call["n"]) for call in bed.calls] == [("a", 1), ("b", 2), ("c", 3)]


def test_each_numbered_frame_is_applied_once_and_moves_its_topics(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    for number, topics in [
        (17, [0]),  # was in the page already
        (18, [0]),
        (18, [0]),  # again
        (18, [0, 1]),  # again, by another topic that still lacks it
        (20, [1]),
        (19, [0, 1]),  # lacked by one topic
        (19, [0]),
        (21, [0, 1]),
        (20, [1]),
        (21, [1]),
    ]:
        bed.send(signal="s", opts={"n": number}, t=topics, o=number)
    assert applied(bed) == [18, 20, 19, 21]
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.hellos[1]["pos"] == {"0": 21, "1": 21}


def test_the_position_moves_after_application_even_if_a_function_throws(bed: Bed) -> None:
    bed.open()
    bed.run("DFSignals.connect('bad', () => { throw 1 })")
    bed.send(signal="bad", opts={}, t=[0], o=30)
    bed.send(signal="bad", opts={}, t=[0], o=30)
    bed.flush()
    assert bed.codes() == ["function"]


def test_welcome_names_positions_and_another_life_voids_the_others(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    bed.until(lambda: bed.hellos)
    bed.welcome(life="M", pos={"1": 5}, t=["t0", "t1", None])
    log(bed)
    for number, topics in [(1, [0]), (4, [1]), (6, [1])]:
        bed.send(signal="s", opts={"n": number}, t=topics, o=number)
    assert applied(bed) == [1, 6]
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    assert (bed.hellos[1]["life"], bed.hellos[1]["pos"]) == ("M", {"0": 1, "1": 6})
    bed.welcome(life="N", pos={"1": 9})
    bed.flush()
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 3)
    assert bed.hellos[2]["pos"] == {"1": 9}


def test_numbers_of_another_life_are_other_numbers(bed: Bed) -> None:
    bed.open()
    log(bed)
    bed.send(signal="s", opts={"n": "old"}, t=[0], o=18)
    bed.send(df="resync", t=[0], pos=3, life="M", spread=60)
    bed.send(signal="s", opts={"n": "new"}, t=[0], o=18)
    assert applied(bed) == ["old", "new"]


def test_a_position_that_the_server_names_counts(bed: Bed) -> None:
    bed.open()
    log(bed)
    bed.send(df="topics", token="T2", t=bed.topics, pos={"0": 30})
    for number in [30, 31]:
        bed.send(signal="s", opts={"n": number}, t=[0], o=number)
    assert applied(bed) == [31]


def test_topics_change(bed: Bed) -> None:
    page = bed.open()
    # In the window's own topic it has the number 40.
    bed.send(df="topics", token="T2", t=["t0", None, "t2"], pos={"2": 40}, o=40)
    bed.flush()
    assert page.evaluate("DFSignals.headers()") == {"DFWS-Window": "T2"}
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.hellos[1]["token"] == "T2"
    assert bed.hellos[1]["pos"] == {"0": 40, "2": 40}


def test_topics_of_a_token_are_asked_for_until_they_are_taken(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    bed.until(lambda: bed.hellos)
    page.evaluate("DFSignals.topics('T2')")
    bed.welcome()
    bed.until(lambda: bed.frames[-1] == {"df": "topics", "token": "T2"})
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    bed.welcome()
    bed.until(lambda: bed.frames[-1] == {"df": "topics", "token": "T2"})
    bed.send(df="topics", token="T2", t=["t0"], pos={})
    bed.flush()
    bed.sockets[-1].close(code=1012)
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 3)
    bed.welcome()
    bed.flush()
    assert sum(frame.get("df") == "topics" for frame in bed.frames) == 2


def test_resync(bed: Bed) -> None:
    page = bed.open()
    log(bed)
    bed.send(df="resync", t=[0, 1], pos=30, life="L", spread=5)
    bed.send(df="resync", t=[0], pos=20, life="L", spread=5)  # never lowers
    for number in [25, 31]:
        bed.send(signal="s", opts={"n": number}, t=[0], o=number)
    assert applied(bed) == [31]
    assert [event["topics"] for event in bed.events("resync")] == [[0, 1], [0]]
    bed.send(df="resync", t=[0], pos=3, life="M", spread=5)
    for number, topic in [(3, 0), (1, 1), (4, 0)]:
        bed.send(signal="s", opts={"n": number}, t=[topic], o=number)
    assert applied(bed) == [31, 1, 4]
    assert page.evaluate("document.body.innerHTML") == ""


def refreshes(bed: Bed) -> int:
    """How often the page has been fetched, its first time aside."""
    return len(bed.requests) - 1


@pytest.mark.usefixtures("own_stage")
def test_a_resync_fetches_the_page_within_its_spread_and_once_a_minute(bed: Bed) -> None:
    page = clocked(bed, "<p id=p>old</p>")
    bed.body = bed.body.replace("old", "new")
    bed.send(df="resync", t=[0], pos=20, life="L", spread=5)
    bed.flush()
    page.clock.run_for(2400)  # luck is 0.5
    assert refreshes(bed) == 0
    page.clock.run_for(200)
    bed.until(lambda: page.inner_text("#p") == "new")
    assert refreshes(bed) == 1
    # The same once more: what does not help is not done again and again.
    bed.send(df="resync", t=[0], pos=30, life="L", spread=5)
    bed.flush()
    page.clock.run_for(2600)
    bed.until(lambda: bed.events("refused"))
    assert (bed.events("refused")[0]["code"], refreshes(bed)) == ("refresh", 1)
    page.clock.run_for(60_000)
    bed.send(df="resync", t=[0], pos=40, life="L", spread=5)
    bed.flush()
    page.clock.run_for(2600)
    bed.until(lambda: refreshes(bed) == 2)


@pytest.mark.usefixtures("own_stage")
def test_a_resync_that_the_page_prevents_fetches_nothing(bed: Bed) -> None:
    page = clocked(bed)
    bed.run("addEventListener('df:resync', (event) => event.preventDefault())")
    bed.send(df="resync", t=[0], pos=20, life="L", spread=5)
    bed.flush()
    page.clock.run_for(6000)
    bed.flush()
    assert refreshes(bed) == 0


@pytest.mark.usefixtures("own_stage")
@pytest.mark.parametrize("window", ["W", "other"])
def test_another_life_in_the_fetched_page_says_hello_anew(bed: Bed, window: str) -> None:
    page = bed.open("<p id=p>old</p>")
    log(bed)
    bed.body = bed.body.replace("old", "new")
    bed.body = bed.body.replace('data-life="L"', f'data-life="M" data-w="{window}"')
    bed.life = "M"
    bed.send(signal="html.refresh", opts={})
    # It waits for the page, and then belongs to a history that is over.
    bed.send(signal="s", opts={"n": 30}, t=[0], o=30)
    bed.until(lambda: len(bed.hellos) == 2)
    assert (bed.hellos[1]["life"], bed.hellos[1]["pos"]) == ("M", {})
    assert page.inner_text("#p") == "new"
    assert applied(bed) == []


def test_a_fetched_page_has_what_its_topics_were_told_but_not_the_window_alone(bed: Bed) -> None:
    page = bed.open("<p id=p>old</p>")
    log(bed)
    bed.body = bed.body.replace("old", "new").replace('data-pos="17"', 'data-pos="30" data-w="W"')
    bed.send(signal="html.refresh", opts={})
    for number, topics in [(20, [1]), (21, [0]), (31, [1])]:
        bed.send(signal="s", opts={"n": number}, t=topics, o=number)
    bed.until(lambda: page.inner_text("#p") == "new")
    bed.until(lambda: bed.frames[-1] == {"df": "topics", "token": "TOKEN"})
    bed.send(df="topics", token="TOKEN", t=bed.topics, pos={})
    assert applied(bed) == [21, 31]
    assert len(bed.hellos) == 1


@pytest.mark.usefixtures("own_stage")
def test_however_many_refreshes_are_wanted_one_more_does_for_all(bed: Bed) -> None:
    bed.open("old")
    bed.body = bed.body.replace("old", "new")
    asked = len(bed.requests)
    bed.run("for (let time = 0; time < 20; time++) DFSignals.call('html.refresh')")
    bed.page.wait_for_function("document.body.textContent.includes('new')")
    bed.until(lambda: len(bed.requests) == asked + 2)
    bed.body = bed.body.replace("new", "newest")
    bed.run("DFSignals.call('html.refresh')")
    bed.page.wait_for_function("document.body.textContent.includes('newest')")
    assert len(bed.requests) <= asked + 4


def test_a_page_that_came_back_is_fetched_at_once_until_it_connects_again(bed: Bed) -> None:
    page = bed.open()
    bed.run(
        "addEventListener('df:resync', event =>"
        " { event.preventDefault(); prevented.push(event.detail.spread) });"
        "for (const type of ['pagehide', 'pageshow'])"
        " dispatchEvent(new PageTransitionEvent(type, {persisted: true}))"
    )
    bed.until(lambda: len(bed.hellos) == 2)
    bed.send(df="resync", t=[0], pos=20, life="L", spread=5)
    bed.flush()
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: page.evaluate("events.at(-1).name") == "disconnected")
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 3)
    bed.send(df="resync", t=[0], pos=30, life="L", spread=5)
    bed.flush()
    assert page.evaluate("prevented") == [0, 5]


def test_an_answer_for_another_address_is_not_shown(bed: Bed) -> None:
    page = bed.open("<p id=p>old</p>")
    bed.pages["/other/"] = bed.body.replace("old", "other")
    bed.run("DFSignals.call('html.refresh'); history.pushState(null, '', '/other/')")
    bed.until(lambda: page.inner_text("#p") == "other")
    assert bed.requests == ["GET /", "GET /", "GET /other/"]
    assert bed.events("refused") == []


def test_a_page_that_is_too_old_is_loaded_again_once(bed: Bed) -> None:
    page = bed.open("<input id=i>")
    with page.expect_navigation():
        bed.sockets[-1].close(code=4406)
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.hellos[0]["c"] != bed.hellos[1]["c"]
    page.wait_for_selector("html[data-df-connection=open]", state="attached")
    bed.sockets[-1].close(code=4406)
    bed.until(lambda: bed.events("refused"))
    assert (bed.events("refused")[0]["code"], len(bed.requests)) == ("4406", 2)


@pytest.mark.usefixtures("own_stage")
def test_a_page_in_which_something_is_typed_is_not_loaded_again(bed: Bed) -> None:
    page = bed.open("<input id=i>")
    page.type("#i", "half a sentence")
    bed.sockets[-1].close(code=4406)
    bed.until(lambda: bed.events("refused"))
    assert (page.input_value("#i"), len(bed.requests)) == ("half a sentence", 1)


@pytest.mark.usefixtures("own_stage")
def test_a_page_that_belongs_to_somebody_else_is_fetched_once(bed: Bed) -> None:
    bed.open()
    bed.welcoming = False
    bed.sockets[-1].close(code=4401)
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.requests == ["GET /", "GET /"]
    bed.sockets[-1].close(code=4401)
    bed.until(lambda: bed.events("refused"))
    assert bed.events("refused")[0]["code"] == "4401"
    assert connection(bed) == "closed"


def test_heartbeats_raise_positions(bed: Bed) -> None:
    bed.open()
    log(bed)
    bed.send(df="hb", pos=40)
    for number in [40, 41]:
        bed.send(signal="s", opts={"n": number}, t=[1], o=number)
    assert applied(bed) == [41]


def test_events_of_a_calls_life(bed: Bed) -> None:
    page = bed.open(f"<form id=f {signal(name='s')}><button>x</button></form>")
    page.click("button")
    (frame,) = bed.until(lambda: bed.calls)
    call = f"{bed.hellos[0]['c']}.{frame['n']}"
    bed.send(df="done", call="another-load.1", result=1, t=[0], o=18)
    bed.send(df="done", call=call, result={"a": 1}, t=[0], o=19)
    bed.flush()
    story = [e for e in bed.events() if e["signal"] == "s"]
    assert [(e["name"], e["at"], e["call"], e["result"]) for e in story] == [
        ("before", "f", None, None),
        ("sent", "f", call, None),
        ("ack", "f", call, None),
        ("done", "f", call, {"a": 1}),
    ]
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.hellos[1]["pos"] == {"0": 19, "1": 17}


def test_events_go_to_the_document_when_the_element_is_gone(bed: Bed) -> None:
    page = bed.open(f"<div id=d><form id=f {signal(name='s')}><button>x</button></form></div>")
    page.click("button")
    (frame,) = bed.until(lambda: bed.calls)
    page.evaluate("d.innerHTML = ''")
    call = f"{bed.hellos[0]['c']}.{frame['n']}"
    bed.send(df="fail", call=call, code="error", error="no", traceback="Tb line", t=[0], o=18)
    bed.flush()
    (error,) = bed.events("error")
    assert (error["code"], error["signal"], error["at"]) == ("error", "s", "document")
    assert any("Tb line" in line for line in bed.console)


def test_a_failure_after_the_acknowledgement_finds_its_element(bed: Bed) -> None:
    page = bed.open(f"<p id=p {signal(name='s')}>x</p>")
    page.click("p")
    bed.flush()
    call = f"{bed.hellos[0]['c']}.{bed.calls[0]['n']}"
    bed.send(df="fail", call=call, code="error", error="no", t=[0], o=18)
    bed.flush()
    assert [(e["signal"], e["at"], e["message"]) for e in bed.events("error")] == [("s", "p", "no")]


@pytest.mark.parametrize(
    "code", ["unknown", "forbidden", "invalid", "rate", "busy", "expired", "life"]
)
def test_nack(bed: Bed, code: str) -> None:
    bed.acking = False
    page = bed.open(f"<p id=p {signal(name='s')}>x</p>")
    page.click("p")
    (frame,) = bed.until(lambda: bed.calls)
    bed.send(df="nack", n=frame["n"], code=code, message="because")
    bed.flush()
    (error,) = bed.events("error")
    assert (error["code"], error["signal"], error["message"], error["at"]) == (
        code, "s", "because", "p",
    )  # fmt: skip
    (line,) = bed.console
    assert line.startswith(f"dfws {code} s because")


def test_an_unknown_signal_is_no_error_where_a_function_ran(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    bed.run("DFSignals.connect('local', () => {})")
    bed.run("DFSignals.call('local'); DFSignals.call('local')")
    bed.until(lambda: len(bed.calls) == 2)
    bed.send(df="nack", n=1, code="unknown", message="no such signal")
    bed.send(df="nack", n=2, code="doubt", message="it may run")
    bed.send(df="nack", n=None, code="invalid", message="what?")
    bed.flush()
    assert bed.codes() == ["invalid"]
    assert [e["code"] for e in bed.events("unknown")] == ["doubt"]
    assert page.evaluate("document.body.textContent") == ""


def test_the_user_is_told(bed: Bed) -> None:
    bed.acking = False
    page = bed.open(
        "<div id=st data-df-status data-df-text-undelivered='Pas parti.'></div>"
        f"<p {signal(name='s')}>x</p>"
    )
    page.click("p")
    (frame,) = bed.until(lambda: bed.calls)
    bed.send(df="nack", n=frame["n"], code="busy", message="x")
    page.wait_for_function("st.textContent === 'Something went wrong.'")
    page.evaluate("addEventListener('df:error', e => e.preventDefault(), {once: true})")
    page.click("p")
    bed.until(lambda: len(bed.calls) == 2)
    assert page.text_content("#st") == "", "the user has gone on"
    bed.send(df="nack", n=bed.calls[1]["n"], code="busy", message="x")
    bed.flush()
    assert page.text_content("#st") == ""
    page.evaluate("DFSignals.call('s', {big: 'x'.repeat(70000)})")
    assert page.text_content("#st") == "Pas parti."


def test_a_frame_as_big_as_the_server_takes_is_sent_and_no_bigger_one(bed: Bed) -> None:
    bed.welcoming = False
    bed.open(wait=False)
    bed.until(lambda: bed.hellos)
    bed.welcome(lim={"frame": 200})
    bed.run("for (let x = 100; x < 180; x++) DFSignals.call('s', {text: `é${'x'.repeat(x)}`})")
    bed.flush()
    frames = [json.dumps(call, ensure_ascii=False, separators=(",", ":")) for call in bed.calls]
    assert max(len(frame.encode()) for frame in frames) == 200
    assert bed.codes() == []
    told = [(e["code"], e["message"]) for e in bed.events("undelivered")]
    assert told == [("big", "big")] * (80 - len(frames))


def test_unacknowledged_calls_are_sent_again_in_order(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    page.evaluate("for (const name of 'abc') DFSignals.call(name)")
    bed.until(lambda: len(bed.calls) == 3)
    bed.send(df="ack", n=2)
    bed.flush()
    bed.sockets[-1].close(code=1012)
    page.wait_for_function("events.some(event => event.name === 'disconnected')")
    page.evaluate("DFSignals.call('d')")
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.calls) >= 6)
    again = [(call["signal"], call["n"]) for call in bed.calls[3:]]
    # `flush` has a number, too.
    assert again == [("a", 1), ("c", 3), ("d", 5)]
    assert [e["signal"] for e in bed.events("sent")] == ["a", "b", "c", "d"]


def test_what_was_acknowledged_or_has_ended_is_neither_acknowledged_nor_sent_again(
    bed: Bed,
) -> None:
    bed.acking = False
    page = bed.open()
    bed.run("for (const name of 'ab') DFSignals.call(name)")
    bed.until(lambda: len(bed.calls) == 2)
    bed.run(f"DFSignals.cancel('{bed.call(1)}')")
    for n in [1, 1, 2]:
        bed.send(df="ack", n=n)
    bed.flush()
    assert [e["signal"] for e in bed.events("ack")] == ["a"]
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) == 2)
    assert bed.names() == ["a", "b"]


def test_what_is_called_when_the_socket_opens_is_sent_once(bed: Bed) -> None:
    bed.acking = False
    head = "<script>addEventListener('df:connected', () => DFSignals.call('s'))</script>"
    bed.open(head=META + head + SCRIPT)
    assert bed.names() == ["s"]


def test_a_refusal_of_what_was_sent_twice_is_unknown(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    page.evaluate("DFSignals.call('s')")
    bed.until(lambda: bed.calls)
    bed.sockets[-1].close(code=1012)
    page.wait_for_function("events.some(event => event.name === 'disconnected')")
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.calls) == 2)
    bed.send(df="nack", n=1, code="forbidden", message="x")
    bed.flush()
    assert [e["signal"] for e in bed.events("unknown")] == ["s"]
    assert bed.codes() == []


def test_what_was_sent_in_another_life_is_not_sent_again(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    page.evaluate("DFSignals.call('sent')")
    bed.until(lambda: bed.calls)
    bed.life = "M"
    bed.sockets[-1].close(code=1012)
    page.wait_for_function("events.some(event => event.name === 'disconnected')")
    page.evaluate("DFSignals.call('new')")
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.calls) == 2)
    assert bed.names() == ["sent", "new"]
    assert [e["signal"] for e in bed.events("unknown")] == ["sent"]


def test_each_frame_bears_the_life_in_which_its_call_was_sent_first(bed: Bed) -> None:
    bed.acking = False
    page = bed.open()
    page.evaluate("DFSignals.call('s')")
    bed.until(lambda: bed.calls)
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.calls) == 2)
    bed.send(df="resync", t=[], pos=3, life="M", spread=60)
    bed.flush()
    page.evaluate("DFSignals.call('s')")
    assert sent(bed) == [(1, "L"), (1, "L"), (3, "M")]


def sent(bed: Bed) -> list[tuple[int, str]]:
    bed.flush()
    return [(frame["n"], frame["life"]) for frame in bed.calls]


def test_a_refusal_in_doubt_is_unknown(bed: Bed) -> None:
    bed.acking = False
    page = bed.open(f"<p id=p {signal(name='s')}>x</p><div id=st data-df-status></div>")
    page.click("p")
    (frame,) = bed.until(lambda: bed.calls)
    bed.send(df="nack", n=frame["n"], code="doubt", message="it may run")
    bed.flush()
    assert bed.codes() == []
    assert page.text_content("#st") == "Something went wrong."
    assert [(e["code"], e["message"], e["at"]) for e in bed.events("unknown")] == [
        ("doubt", "it may run", "p")
    ]


def test_a_hundred_calls_wait_and_no_more(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    page.evaluate("for (let i = 0; i < 102; i++) DFSignals.call('s', {i})")
    assert len(bed.events("undelivered")) == 2
    bed.until(lambda: bed.hellos)
    bed.welcome()
    bed.until(lambda: len(bed.calls) == 100)
    assert [call["opts"]["i"] for call in bed.calls] == list(range(100))


def test_a_quarter_of_a_mebibyte_waits_and_no_more(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    page.evaluate("for (let i = 0; i < 6; i++) DFSignals.call('s', {text: 'é'.repeat(25000)})")
    assert [e["code"] for e in bed.events("undelivered")] == ["full"]


@pytest.mark.usefixtures("own_stage")
def test_a_call_that_waited_a_minute(bed: Bed) -> None:
    bed.acking = False
    page = clocked(bed)
    page.evaluate("DFSignals.call('sent')")
    bed.until(lambda: bed.calls)
    bed.welcoming = False
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate("DFSignals.call('waiting')")
    page.clock.run_for(58_000)
    assert bed.events("unknown") + bed.events("undelivered") == []
    page.clock.run_for(4_000)
    assert [e["signal"] for e in bed.events("unknown")] == ["sent"]
    assert [e["signal"] for e in bed.events("undelivered")] == ["waiting"]


@pytest.mark.usefixtures("own_stage")
def test_a_call_that_grew_old_in_sleep_is_never_sent(bed: Bed) -> None:
    page = clocked(bed)
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate("DFSignals.call('old')")
    page.clock.set_system_time("2030-01-01T02:00:00")  # no timer has fired when it wakes
    page.evaluate("dispatchEvent(new Event('online'))")
    bed.until(lambda: len(bed.hellos) >= 2)
    bed.until(lambda: connection(bed) == "open")
    page.evaluate("DFSignals.call('new')")
    bed.until(lambda: bed.calls)
    assert bed.names() == ["new"]
    assert [e["signal"] for e in bed.events("undelivered")] == ["old"]


@pytest.mark.usefixtures("own_stage")
def test_an_answer_that_never_comes(bed: Bed) -> None:
    page = clocked(bed, f"<form id=f {signal(name='s')}><button>x</button></form>")
    bed.run("f.requestSubmit(); DFSignals.call('plain')")
    bed.run("DFSignals.ask('short', {}, {timeout: 5000}).catch(e => prevented.push(e.code))")
    bed.until(lambda: len(bed.events("ack")) == 3)
    page.clock.run_for(7_000)
    assert page.evaluate("prevented") == ["timeout"]
    page.clock.run_for(25_000)
    assert [e["signal"] for e in bed.events("unknown")] == ["short", "s"]
    bed.send(df="done", call=f"{bed.hellos[0]['c']}.1", result=1, t=[0], o=18)
    # The late answer is dropped, a second outcome too; the failure of what had none is news, once.
    for o, n in enumerate([1, 2, 2, 3, 3], 19):
        bed.send(df="fail", call=f"{bed.hellos[0]['c']}.{n}", code="error", error="", t=[0], o=o)
    bed.flush()
    assert bed.events("done") == []
    assert [e["call"][-2:] for e in bed.events("error")] == [".2"]


def wake(page: Any, time: str) -> None:
    """Let the machine have slept until then, and the page find out at once."""
    page.clock.set_system_time(f"2030-01-01T{time}")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.clock.run_for(2000)


@pytest.mark.usefixtures("own_stage")
def test_ten_minutes_after_its_end_a_call_is_forgotten(bed: Bed) -> None:
    page = clocked(bed)
    log(bed)
    bed.run("DFSignals.call('plain'); DFSignals.ask('asked').catch(() => {})")
    bed.until(lambda: len(bed.events("ack")) == 2)
    plain, asked = bed.call(0), bed.call(1)
    bed.run(f"DFSignals.cancel('{asked}')")
    wake(page, "00:09:00")
    bed.send(signal="s", opts={"n": 1}, re=asked, t=[0], o=18)
    assert applied(bed) == []
    wake(page, "00:12:00")
    bed.send(df="fail", call=plain, code="error", error="late", t=[0], o=19)
    bed.send(signal="s", opts={"n": 2}, re=asked, t=[0], o=20)
    assert applied(bed) == [2]
    assert bed.codes() == []
    assert bed.events("unknown") == []


@pytest.mark.usefixtures("own_stage")
def test_heartbeat(bed: Bed) -> None:
    page = clocked(bed)
    page.clock.run_for(23_000)
    assert bed.beats == 0
    page.clock.run_for(4_000)
    bed.until(lambda: bed.beats == 1)
    bed.send(df="hb", pos=20)
    bed.flush()
    page.clock.run_for(15_000)
    assert bed.beats == 1
    assert connection(bed) == "open"
    page.clock.run_for(12_000)
    bed.until(lambda: bed.beats == 2)
    page.clock.run_for(7_000)
    assert bed.events("disconnected") == []
    page.clock.run_for(4_000)  # nobody answered
    assert len(bed.events("disconnected")) == 1
    bed.until(lambda: len(bed.hellos) == 2)


@pytest.mark.usefixtures("own_stage")
def test_a_jump_of_the_clock_drops_the_socket(bed: Bed) -> None:
    page = clocked(bed)
    page.clock.fast_forward(60_000)
    bed.until(lambda: bed.events("disconnected"))
    page.clock.run_for(2_000)
    bed.until(lambda: len(bed.hellos) == 2)


@pytest.mark.usefixtures("own_stage")
def test_a_hidden_page_ticks_rarely_and_keeps_its_socket(bed: Bed) -> None:
    page = clocked(bed)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    bed.flush()
    assert bed.beats == 0
    page.clock.fast_forward(60_000)
    bed.until(lambda: bed.beats == 1)
    assert bed.events("disconnected") == []
    # It is asked at once whether it lives, when somebody looks again.
    page.clock.set_system_time("2030-01-01T00:05:00")
    page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    bed.until(lambda: bed.beats == 2)
    page.clock.run_for(2000)
    assert bed.events("disconnected") == []


@pytest.mark.usefixtures("own_stage")
def test_a_page_that_is_left_does_not_connect_by_itself(bed: Bed) -> None:
    page = clocked(bed)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    page.clock.run_for(60_000)
    assert len(bed.sockets) == 1


@pytest.mark.usefixtures("own_stage")
def test_nothing_is_tried_after_an_end_that_is_final(bed: Bed) -> None:
    page = clocked(bed)
    bed.sockets[-1].close(code=4403)
    bed.until(lambda: bed.events("refused"))
    page.clock.run_for(60_000)
    assert (len(bed.sockets), connection(bed)) == (1, "closed")


@pytest.mark.usefixtures("own_stage")
def test_a_server_that_does_not_answer_is_asked_less_and_less(bed: Bed) -> None:
    page = clocked(bed)
    page.clock.run_for(31_000)
    bed.welcoming = False
    bed.sockets[-1].close(code=1013)
    bed.until(lambda: bed.events("disconnected"))
    page.clock.run_for(260)
    for count, milliseconds in enumerate([500, 1000, 2000], 2):
        bed.until(lambda count=count: len(bed.hellos) == count)
        page.evaluate("dispatchEvent(new Event('online'))")  # no reason to wait for less
        page.clock.run_for(19_980 + milliseconds)
        assert len(bed.sockets) == count
        page.clock.run_for(20)


@pytest.mark.usefixtures("own_stage")
def test_no_welcome(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open_clocked()
    page.clock.run_for(60_000)
    bed.until(lambda: len(bed.hellos) >= 2)


@pytest.mark.parametrize("code", [4400, 4403])
def test_final_codes(bed: Bed, code: int) -> None:
    page = bed.open("<div id=st data-df-status></div>")
    bed.sockets[-1].close(code=code, reason="go away")
    page.wait_for_selector("html[data-df-connection=closed]", state="attached")
    page.evaluate("dispatchEvent(new Event('online')); DFSignals.call('s')")
    (refused,) = bed.events("refused")
    assert (refused["code"], refused["message"], refused["at"]) == (
        str(code),
        "go away",
        "document",
    )
    assert [e["code"] for e in bed.events("undelivered")] == ["closed"]
    assert len(bed.sockets) == 1


def test_backoff_is_arithmetic(bed: Bed) -> None:
    page = bed.open()
    table = page.evaluate(
        """async () => {
          const { retryDelay } = await import("/static/dfws_html/backoff.js");
          return [[1006, 0, 1], [1006, 3, 1], [1006, 3, 0.25], [1006, 50, 1], [1006, 2000, 1],
            [1012, 9, 1], [4012, 0, 0.5], [1013, 0, 1], [4008, 1, 1], [4010, 1, 1], [4408, 1, 1],
            [4429, 2, 1], [4400, 0, 1], [4401, 0, 1], [4403, 0, 1], [4406, 0, 1]
          ].map((row) => retryDelay(...row));
        }"""
    )
    assert table == [
        500, 4000, 1000, 30000, 30000, 5000, 2500, 500, 1000, 1000, 1000, 2000,
        None, None, None, None,
    ]  # fmt: skip


@pytest.mark.usefixtures("own_stage")
def test_backoff_grows_and_is_reset_by_stability(bed: Bed) -> None:
    page = clocked(bed)

    def lose(milliseconds: int) -> None:
        sockets = len(bed.sockets)
        bed.sockets[-1].close(code=1013)
        bed.until(lambda: page.evaluate("events.at(-1).name") == "disconnected")
        page.clock.run_for(milliseconds - 10)
        assert len(bed.sockets) == sockets
        page.clock.run_for(20)
        bed.until(lambda: len(bed.sockets) > sockets)
        bed.until(lambda: page.evaluate("events.at(-1).name") == "connected")

    for milliseconds in [250, 500, 1000]:
        lose(milliseconds)
    page.clock.run_for(31_000)
    bed.until(lambda: bed.beats)
    bed.send(df="hb", pos=17)
    bed.flush()
    page.evaluate("events.push({name: 'mark'})")
    lose(250)


@pytest.mark.usefixtures("own_stage")
def test_retrying_is_shown_after_a_second(bed: Bed) -> None:
    page = clocked(bed)
    bed.welcoming = False
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.clock.run_for(900)
    assert connection(bed) == "open"
    page.clock.run_for(200)
    assert connection(bed) == "retrying"
    page.clock.run_for(2_000)
    bed.until(lambda: len(bed.hellos) == 2)
    assert connection(bed) == "retrying"
    bed.welcome()
    bed.until(lambda: connection(bed) == "open")


def test_connecting_is_shown_at_once(bed: Bed) -> None:
    bed.welcoming = False
    page = bed.open(wait=False)
    page.wait_for_selector("html[data-df-connection=connecting]", state="attached")
    assert bed.events("disconnected") == []


@pytest.mark.parametrize(
    "wake",
    [
        "dispatchEvent(new Event('online'))",
        "dispatchEvent(new Event('pageshow'))",
        "document.dispatchEvent(new Event('resume'))",
        "document.dispatchEvent(new Event('visibilitychange'))",
    ],
)
@pytest.mark.usefixtures("own_stage")
def test_reasons_to_try_at_once(bed: Bed, wake: str) -> None:
    page = clocked(bed)
    page.evaluate("window.luck = 1")
    bed.sockets[-1].close(code=1012)
    bed.until(lambda: bed.events("disconnected"))
    page.evaluate(wake)
    bed.until(lambda: len(bed.hellos) == 2)


def test_pagehide_closes_and_pageshow_connects(bed: Bed) -> None:
    closed: list[Any] = []
    page = bed.open()
    bed.sockets[0].on_close(lambda *args: closed.append(args))
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    bed.until(lambda: closed)
    page.evaluate("DFSignals.call('s')")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    bed.until(lambda: bed.calls)
    assert len(bed.hellos) == 2
    assert bed.hellos[0]["c"] == bed.hellos[1]["c"]


@pytest.mark.usefixtures("own_stage")
def test_no_listener_stands_in_the_way_of_the_cache(bed: Bed) -> None:
    # One for `beforeunload` does not: tried in Firefox 153, too.
    bed.page.add_init_script(
        """const add = EventTarget.prototype.addEventListener;
        EventTarget.prototype.addEventListener = function (type) {
          if (type === "unload") prevented.push(type);
          return add.apply(this, arguments);
        }"""
    )
    page = bed.open()
    for count in (2, 3):
        bed.sockets[-1].close(code=1012)
        page.wait_for_function("document.documentElement.dataset.dfConnection")
        bed.until(lambda: page.evaluate("events.at(-1).name") == "disconnected")
        page.evaluate("dispatchEvent(new Event('online'))")
        bed.until(lambda count=count: len(bed.hellos) == count)
        bed.flush()
    assert page.evaluate("prevented") == []


def test_a_frame_that_is_no_json_does_no_harm(bed: Bed) -> None:
    bed.open()
    for text in ["{", "null", "3", '"x"', "[]", '{"df": "done"}', '{"df": "welcome"}']:
        bed.sockets[-1].send(text)
    bed.push("html.add_class", selector="html", class_name="alive")
    assert bed.page.get_attribute("html", "class") == "alive"
    assert set(bed.codes()) <= {"frame"}
    assert len(bed.codes()) >= 5
    assert bed.events("done") == []


def test_prototypes_stay_clean(bed: Bed) -> None:
    bed.open()
    text = '{"df": "topics", "token": "T", "t": ["a"], "pos": {"__proto__": {"x": 1}}}'
    bed.sockets[-1].send(text)
    bed.sockets[-1].send(
        '{"signal": "html.text", "opts": {"selector": "#a", "__proto__": {"x": 1}}}'
    )
    bed.flush()
    assert bed.page.evaluate("({}).x") is None
