"""When calls run: pauses, rates, changes, polls; whose memory it is, and what is never lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from .conftest import Bed, Stage, signal, stop_clock

TEXT = {"value": "v"}


@pytest.fixture(scope="module")
def clocked(browser: Any) -> Any:
    """A tab whose time the tests drive."""
    stage = Stage(browser)
    stop_clock(stage.page)
    # Whether the page is hidden, as the test says.
    stage.page.add_init_script(
        "Object.defineProperty(document, 'hidden', {get: () => !!window.away})"
    )
    yield stage
    stage.context.close()


@pytest.fixture
def bed(clocked: Stage) -> Any:
    bed = clocked.bed = Bed(clocked.page)
    yield bed
    clocked.page.goto("about:blank")
    assert bed.crashes == []


def start(bed: Bed, body: str, *, connected: bool = True) -> Page:
    """Show a page; its socket is open unless it is not to be."""
    bed.welcoming = connected
    return bed.open_stopped(body)


def reconnect(bed: Bed) -> None:
    """Welcome the page that waits for it."""
    bed.welcome()
    bed.page.wait_for_selector("html[data-df-connection=open]", state="attached")


def sent(bed: Bed) -> list[Any]:
    """What the calls said until now, in short."""
    return [opts.get("v", name) for name, opts in bed.called()]


def type_text(page: Page, text: str, selector: str = "#i") -> None:
    """As a user types: without a frame of time in between."""
    page.evaluate(
        """([selector, text]) => { const field = document.querySelector(selector);
          field.value = text; field.dispatchEvent(new Event("input", {bubbles: true})) }""",
        [selector, text],
    )


def field(on: str, **more: Any) -> str:
    return f"<input id=i {signal(name='s', on=on, **{**TEXT, **more})}>"


# ------------------------------------------------------------------ delay, throttle, changed, once


def test_a_pause_begins_anew_with_each_event_and_the_value_is_the_last(bed: Bed) -> None:
    page = start(bed, field("input delay:300ms"))
    type_text(page, "a")
    page.clock.run_for(200)
    type_text(page, "ab")
    page.clock.run_for(200)
    page.evaluate("i.value = 'abc'")
    assert sent(bed) == []
    page.clock.run_for(101)
    assert sent(bed) == ["abc"]
    page.clock.run_for(1000)
    assert sent(bed) == ["abc"]


def test_a_rate_sends_the_first_at_once_and_the_last_at_its_end(bed: Bed) -> None:
    page = start(bed, field("input throttle:500ms"))
    for text in ["a", "ab", "abc"]:
        type_text(page, text)
    assert sent(bed) == ["a"]
    page.clock.run_for(501)
    assert sent(bed) == ["a", "abc"]
    type_text(page, "abcd")  # the time begins anew with what was sent at its end
    assert sent(bed) == ["a", "abc"]
    page.clock.run_for(501)
    assert sent(bed) == ["a", "abc", "abcd"]
    page.clock.run_for(501)
    type_text(page, "x")
    assert sent(bed) == ["a", "abc", "abcd", "x"]


def test_where_both_stand_the_pause_counts(bed: Bed) -> None:
    page = start(bed, field("input delay:100ms throttle:1s"))
    type_text(page, "a")
    assert sent(bed) == []
    page.clock.run_for(101)
    assert sent(bed) == ["a"]


def test_changed_compares_with_what_this_call_sent_last(bed: Bed) -> None:
    page = start(bed, field("input changed delay:100ms"))
    for text in ["a", "a", "b"]:
        type_text(page, text)
        page.clock.run_for(101)
    type_text(page, "c")
    type_text(page, "b")  # back before anything was sent
    page.clock.run_for(101)
    assert sent(bed) == ["a", "b"]


def test_changed_without_an_argument_looks_at_the_control(bed: Bed) -> None:
    page = start(bed, f"<input id=i {signal(name='s', on='keyup changed')}>")
    page.press("#i", "a")
    page.press("#i", "ArrowLeft")
    page.press("#i", "b")
    assert bed.names() == ["s", "s"]


def test_once_is_spent_by_what_was_sent(bed: Bed) -> None:
    page = start(bed, field("input once delay:100ms"))
    type_text(page, "a")
    page.clock.run_for(50)
    type_text(page, "ab")
    page.clock.run_for(101)
    type_text(page, "abc")
    page.clock.run_for(101)
    assert sent(bed) == ["ab"]


def test_calls_of_one_element_do_not_share_what_they_remember(bed: Bed) -> None:
    calls = [{"name": "s", "on": "input delay:100ms", "opts": {"v": n}} for n in (1, 2)] + [
        {"name": "s", "on": "input delay:300ms", "opts": {"v": 3}}
    ]
    page = start(bed, f"<input id=i data-df-signal='{json.dumps(calls)}'>")
    type_text(page, "a")
    page.clock.run_for(101)
    assert sent(bed) == [1, 2]
    page.clock.run_for(201)
    assert sent(bed) == [1, 2, 3]


# ------------------------------------------------------------------ nothing is lost


def test_the_last_values_are_sent_though_the_element_has_gone(bed: Bed) -> None:
    page = start(bed, f"<div id=d><form>{field('input delay:300ms', form='f')}</form></div>")
    page.evaluate("i.name = 'n'")
    type_text(page, "last")
    # What becomes of it outside the page is nothing that a user wrote.
    page.evaluate("window.gone = i; d.innerHTML = ''; gone.value = 'cleared'")
    page.clock.run_for(301)
    assert bed.called() == [("s", {"v": "last", "f": [{"name": "n", "value": "last"}]})]
    assert bed.codes() == []


def test_a_pause_goes_on_in_the_successor_which_speaks_for_itself(bed: Bed) -> None:
    page = start(bed, f"<main><div id=d>{field('input delay:300ms')}</div></main>")
    type_text(page, "old")
    page.clock.run_for(200)
    heir = field("input delay:300ms", opts={"fresh": True})
    bed.push("html.content", selector="#d", content=heir)
    page.evaluate("i.value = 'new'")
    assert sent(bed) == []
    page.clock.run_for(101)
    assert bed.called() == [("s", {"v": "new", "fresh": True})]
    type_text(page, "newer")  # one timer, not two
    page.clock.run_for(301)
    assert sent(bed) == ["new", "newer"]


def test_a_successor_remembers_what_was_sent(bed: Bed) -> None:
    page = start(bed, f"<main><div id=d>{field('input changed')}</div></main>")
    type_text(page, "a")
    bed.push("html.content", selector="#d", content=field("input changed", opts={"x": 1}))
    type_text(page, "b")
    bed.push("html.content", selector="#d", content=field("input changed", opts={"x": 1}))
    type_text(page, "b")
    assert sent(bed) == ["a", "b"]


def test_another_attribute_of_the_same_element_goes_on_with_the_same_calls(bed: Bed) -> None:
    page = start(bed, field("input once"))
    type_text(page, "a")
    page.evaluate(
        "text => i.setAttribute('data-df-signal', text)",
        json.dumps({"name": "s", "on": "input once", "opts": {"v": "same"}}),
    )
    type_text(page, "b")
    page.evaluate(
        "text => i.setAttribute('data-df-signal', text)",
        json.dumps({"name": "s", "on": "input  once, input", "opts": {"v": "other"}}),
    )
    type_text(page, "c")
    assert sent(bed) == ["a", "other"]


def test_submitting_cancels_what_the_fields_were_going_to_send(bed: Bed) -> None:
    page = start(
        bed,
        f"<form id=f {signal(name='submit')}>{field('input delay:300ms')}"
        f"<p {signal(name='inside', on='input delay:300ms')}><input id=j></p></form>"
        f"<input id=o form=f {signal(name='belongs', on='input delay:300ms')}>"
        f"<input id=p {signal(name='other', on='input delay:300ms')}>",
    )
    for selector in ["#i", "#j", "#o", "#p"]:
        type_text(page, "a", selector)
    page.evaluate("f.requestSubmit()")
    page.clock.run_for(301)
    assert bed.names() == ["submit", "other"]
    type_text(page, "b")  # afterwards all is as before
    page.clock.run_for(301)
    assert sent(bed)[2:] == ["b"]


def test_submitting_cancels_what_waits_for_its_turn(bed: Bed) -> None:
    check = signal(name="check", on="input", value="v", sync="queue last")
    step = signal(name="step", sync="queue all")
    page = start(
        bed,
        f"<form id=f {signal(name='submit')}><input id=i {check}>"
        f"<button type=button id=b {step}>x</button></form>",
    )
    page.click("#b")
    page.click("#b")
    for text in "ab":
        type_text(page, text, "#i")
    assert bed.names() == ["step", "check"]
    page.evaluate("f.requestSubmit()")
    for rank in (1, 0):  # what a click asked for is not what a field was going to send
        bed.done(rank)
    assert bed.names() == ["step", "check", "submit", "step"]
    type_text(page, "c", "#i")  # afterwards all is as before
    assert bed.called()[4:] == [("check", {"v": "c"})]


def test_so_does_submitting_without_a_call(bed: Bed) -> None:
    page = start(
        bed,
        f"<iframe name=n></iframe><form id=f target=n>{field('input delay:300ms')}</form>"
        f"<form id=g onsubmit='return false'>"
        f"<input id=j {signal(name='no', on='input delay:300ms')}></form>",
    )
    type_text(page, "a")
    type_text(page, "a", "#j")
    page.evaluate("f.requestSubmit(); g.requestSubmit()")
    page.clock.run_for(301)
    assert bed.names() == ["no"]


def test_a_form_that_is_not_valid_cancels_nothing(bed: Bed) -> None:
    page = start(
        bed,
        f"<form>{field('input delay:300ms')}<input required>"
        f"<button id=b {signal(name='go')}>x</button></form>",
    )
    type_text(page, "a")
    page.click("#b")
    page.clock.run_for(301)
    assert sent(bed) == ["a"]


def test_a_form_that_is_not_sent_cancels_nothing(bed: Bed) -> None:
    page = start(
        bed,
        f"<form id=f {signal(name='submit', confirm='?')}>{field('input delay:300ms')}</form>",
    )
    page.once("dialog", lambda dialog: dialog.dismiss())
    type_text(page, "a")
    page.evaluate("f.requestSubmit()")
    page.clock.run_for(301)
    assert sent(bed) == ["a"]
    page.once("dialog", lambda dialog: dialog.accept())
    type_text(page, "b")
    page.evaluate("f.requestSubmit()")
    page.clock.run_for(301)
    assert sent(bed) == ["a", "submit"]
    type_text(page, "c")  # while that is in flight, the form is not sent once more
    page.evaluate("f.requestSubmit()")
    page.clock.run_for(301)
    assert sent(bed) == ["a", "submit", "c"]


def test_a_form_s_own_pause_is_not_its_end(bed: Bed) -> None:
    page = start(bed, f"<form id=f {signal(name='s', on='submit delay:100ms')}></form>")
    page.evaluate("f.requestSubmit()")
    page.clock.run_for(101)
    assert bed.names() == ["s"]


def test_leaving_the_page_sends_what_waits(bed: Bed) -> None:
    page = start(bed, field("input delay:10s") + f"<p {signal(name='poll', on='every 1s')}>x</p>")
    type_text(page, "last")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    bed.until(lambda: bed.calls)
    assert [(call["signal"], call["opts"]) for call in bed.calls] == [("s", {"v": "last"})]
    page.evaluate("dispatchEvent(new Event('pageshow'))")  # and back again
    bed.until(lambda: len(bed.hellos) == 2)
    page.wait_for_selector("html[data-df-connection=open]", state="attached")
    page.clock.run_for(20_000)
    bed.flush()
    # The very call may come again, as its acknowledgement may have missed the page.
    assert {call["n"] for call in bed.calls if call["signal"] == "s"} == {1}


def test_what_waits_is_sent_while_firefox_has_a_socket(bed: Bed) -> None:
    page = start(bed, field("input delay:10s") + f"<p {signal(name='poll', on='every 1s')}>x</p>")
    type_text(page, "last")
    page.evaluate("dispatchEvent(new Event('beforeunload'))")  # it closes it after that
    bed.until(lambda: bed.calls)
    page.clock.run_for(900)  # the user has stayed
    assert bed.called() == [("s", {"v": "last"})]


# ------------------------------------------------------------------ every, load


def test_every(bed: Bed) -> None:
    page = start(bed, f"<p {signal(name='s', on='every 1s')}>x</p>")
    page.clock.run_for(900)
    assert bed.names() == []
    page.clock.run_for(2200)
    assert bed.names() == ["s", "s", "s"]


def test_every_ends_with_its_element_and_begins_again(bed: Bed) -> None:
    page = start(bed, f"<div id=d><p id=p {signal(name='s', on='every 1s')}>x</p></div>")
    page.clock.run_for(1001)
    page.evaluate("window.kept = p; p.remove()")
    page.clock.run_for(5000)
    assert bed.names() == ["s"]
    page.evaluate("d.append(kept)")
    page.clock.run_for(999)
    assert bed.names() == ["s"]
    page.clock.run_for(1)
    assert bed.names() == ["s", "s"]
    page.evaluate("p.removeAttribute('data-df-signal')")
    page.clock.run_for(5000)
    assert bed.names() == ["s", "s"]


def test_a_poll_goes_on_in_the_successor_with_one_timer(bed: Bed) -> None:
    html = f"<p id=p {signal(name='s', on='every 1s')}>x</p>"
    page = start(bed, f"<div id=d>{html}</div>")
    page.clock.run_for(600)
    bed.push("html.content", selector="#d", content=html)
    page.clock.run_for(401)
    assert bed.names() == ["s"]
    page.clock.run_for(2000)
    assert bed.names() == ["s", "s", "s"]


def test_every_pauses_while_the_page_is_hidden_and_fires_once_if_due(bed: Bed) -> None:
    page = start(bed, f"<p {signal(name='s', on='every 1s')}>x</p>")
    see = "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))"
    page.evaluate(f"window.away = true; {see}")
    page.clock.run_for(5000)
    assert bed.names() == []
    page.evaluate(f"window.away = false; {see}")
    assert bed.names() == ["s"]
    page.clock.run_for(999)
    assert bed.names() == ["s"]
    page.clock.run_for(1)
    assert bed.names() == ["s", "s"]
    page.evaluate(f"window.away = true; {see}")
    page.clock.run_for(500)
    page.evaluate(f"window.away = false; {see}")
    assert bed.names() == ["s", "s"]  # not due yet


def test_what_the_page_calls_itself_is_not_collected_while_disconnected(bed: Bed) -> None:
    page = start(
        bed,
        f"<p {signal(name='poll', on='every 1s')}>x</p><p {signal(name='load', on='load')}>x</p>"
        f"<p id=p {signal(name='gone', on='load')}>x</p>"
        f"<p {signal(name='seen', on='intersect')}>x</p>"
        f"<p {signal(name='shown', on='revealed')}>x</p>",
        connected=False,
    )
    page.clock.run_for(3000)
    page.evaluate("p.remove()")
    assert bed.calls == []
    reconnect(bed)
    bed.until(lambda: len(bed.calls) == 4)
    assert sorted(bed.names()) == ["load", "poll", "seen", "shown"]


def test_load_once_for_each_element(bed: Bed) -> None:
    html = f"<p id=p {signal(name='s', on='load', opts={'v': 1})}>x</p>"
    page = start(bed, f"<div id=d>{html}</div>")
    bed.until(lambda: sent(bed) == [1])
    page.clock.run_for(1000)
    # Kept, moved, or given other arguments, it is the same element.
    page.evaluate("d.append(p)")
    page.evaluate(
        "text => p.setAttribute('data-df-signal', text)",
        json.dumps({"name": "s", "on": "load", "opts": {"v": 2}}),
    )
    page.evaluate("p.dispatchEvent(new CustomEvent('DOMContentAdded', {bubbles: true}))")
    page.clock.run_for(1000)
    assert sent(bed) == [1]
    # Replaced, it is another one.
    bed.push("html.content", selector="#d", content=html.replace("1}", "3}"))
    assert sent(bed) == [1, 3]


def test_elements_that_replace_themselves_load_at_most_every_100_ms(bed: Bed) -> None:
    page = start(bed, "<div id=d></div>")
    for n in range(1, 4):
        html = f"<p id=p {signal(name='s', on='load', opts={'v': n})}>x</p>"
        bed.push("html.content", selector="#d", content=html)
    assert sent(bed) == [1]
    page.clock.run_for(101)
    assert sent(bed) == [1, 3]


def test_load_after_a_pause(bed: Bed) -> None:
    page = start(bed, f"<p {signal(name='s', on='load delay:1s, click')}>x</p>")
    page.clock.run_for(900)
    assert bed.names() == []
    page.clock.run_for(200)
    assert bed.names() == ["s"]
    page.click("p")
    assert bed.names() == ["s", "s"]


# ------------------------------------------------------------------ revealed, intersect


def seen(page: Page, selector: str) -> None:
    """Scroll there and wait until the browser has told its observers."""
    page.evaluate(
        """selector => new Promise(done => {
          const element = document.querySelector(selector);
          element.scrollIntoView();
          new IntersectionObserver((entries, observer) => {
            if (entries.some(one => one.isIntersecting)) { observer.disconnect(); done() }
          }).observe(element);
        })""",
        selector,
    )


def test_revealed_once_intersect_each_time(bed: Bed) -> None:
    page = start(
        bed,
        "<div id=top style='height:3000px'></div>"
        f"<p id=a {signal(name='revealed', on='revealed')}>x</p>"
        f"<p id=b {signal(name='each', on='intersect')}>x</p>"
        f"<p id=c {signal(name='once', on='intersect once')}>x</p>",
    )
    assert bed.names() == []
    for _ in range(2):
        seen(page, "#c")
        seen(page, "#top")
    assert sorted(bed.names()) == ["each", "each", "once", "revealed"]


def test_intersect_counts_how_much_is_seen_and_from_where(bed: Bed) -> None:
    page = start(
        bed,
        "<div id=top style='height:800px'></div>"
        f"<p id=near {signal(name='near', on='intersect rootMargin:300px')}>x</p>"
        "<div style='height:3000px'></div>"
        f"<div id=a style='height:400px' {signal(name='half', on='intersect threshold:0.5')}></div>"
        "<div style='height:3000px'></div>",
    )
    bed.until(lambda: bed.names() == ["near"])
    page.evaluate("scrollTo(0, a.offsetTop - innerHeight + 100)")
    page.evaluate(
        "new Promise(done => new IntersectionObserver(done, {threshold: 0.1}).observe(a))"
    )
    assert bed.names() == ["near"]
    page.evaluate("scrollTo(0, a.offsetTop - innerHeight + 300)")
    bed.until(lambda: bed.names() == ["near", "half"])
