"""The script for developers: the corner, the hints, recordings, bad weather on purpose."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import META, SCRIPT, Bed, Stage, signal, stop_clock

DEBUG = SCRIPT.replace("min", "debug")
HEAD = META + DEBUG.replace("<script", "<script defer") + SCRIPT.replace("<script", "<script defer")


@pytest.fixture
def page(bed: Bed, own_stage: Stage) -> Page:
    page = bed.open(
        f"<ul id=log></ul><button id=b {signal(name='s')}>x</button>"
        f"<button id=broken data-df-signal='[{{'>y</button>",
        head=HEAD,
    )
    page.wait_for_selector("dfws-debug .badge")
    return page


def test_a_problem_is_counted_explained_and_found_in_the_page(page: Page, bed: Bed) -> None:
    badge = page.locator(".badge")
    expect(badge).to_have_text("dfws: 1 problem")
    badge.click()
    problem = page.locator(".panel li").first
    expect(problem).to_contain_text("error attribute")
    expect(problem).to_contain_text("none of this element's calls is made")
    expect(problem.get_by_role("button")).to_have_text("<button> in the page")
    bed.push("html.text", selector="#nowhere", content="x")
    expect(badge).to_have_text("dfws: 2 problems")
    expect(problem).to_contain_text("no-target")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"vlaue": "q"}, "Is `value` meant?"),
        ({"on": "input chnged"}, "Is `changed` meant?"),
        ({"on": "input delya:1s"}, "Is `delay` meant?"),
        ({"value": 1}, "`value` can't hold what is written."),
        ({"trigger": "load"}, "`trigger` is htmx's: here it is `on`."),
        ({"on": "click queue:last"}, "`queue` is htmx's: here it is `sync`."),
        ({"something": "q"}, "none of this element's calls is made."),
    ],
)
def test_a_mistyped_word_is_guessed(
    bed: Bed, own_stage: Stage, call: dict[str, object], said: str
) -> None:
    page = bed.open(f"<button id=x {signal(name='s', **call)}>x</button>", head=HEAD)
    page.click(".badge")
    expect(page.locator(".panel li p").nth(1)).to_have_text(re.compile(re.escape(said) + "$"))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ({"swap": "none swap:1s"}, "`swap` is htmx's: here it is `transition`."),
        ({"swap": "innerMorph"}, "`innerMorph` is htmx's: here it is `morph`."),
        ({"sync": "this:replace"}, "Write `replace`."),
        ({"sync": "closest form:drop"}, "Write `drop closest form`."),
        ({"include": "#nowhere"}, "Is the element rendered under another id?"),
        ({"form": "data"}, "post the form to a view (docs/html.md, Files)."),
    ],
)
def test_what_a_call_leaves_out_and_words_of_htmx(
    bed: Bed, own_stage: Stage, call: dict[str, object], said: str
) -> None:
    button = f"<button type=button id=x {signal(name='s', **call)}>x</button>"
    page = bed.open(f"<form><input type=file name=f id=f>{button}</form>", head=HEAD)
    page.set_input_files("#f", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    page.click("#x")
    page.click(".badge")
    expect(page.locator(".panel li p").nth(1)).to_have_text(re.compile(re.escape(said) + "$"))


def test_a_mistyped_attribute_is_told_once(page: Page, bed: Bed) -> None:
    names = "data-df-singal data-df-keep data-df-text-error"
    bed.push("html.append", selector="#log", content=f"<li {names}>1</li><li data-df-singal>2</li>")
    page.click(".badge")
    expect(page.locator(".badge")).to_have_text("dfws: 2 problems")
    problem = page.locator(".panel li").first
    expect(problem).to_contain_text("error attribute-name")
    expect(problem).to_contain_text("data-df-singal")
    expect(problem.get_by_role("button")).to_have_text("<li> in the page")


def test_the_corner_stands_where_no_swap_reaches_it(page: Page, bed: Bed) -> None:
    bed.push("html.content", selector="body", content="<p>new</p>")
    expect(page.locator(".badge")).to_be_visible()
    assert page.evaluate("document.querySelector('dfws-debug').parentNode.localName") == "html"


def test_frames_are_noted_with_their_way(page: Page, bed: Bed) -> None:
    page.click("#b")
    bed.until(lambda: bed.calls)
    bed.flush()
    ways = page.evaluate("DFSignals.debug.frames.map(({way, text}) => [way, text])")
    assert ["in", '{"df": "ack", "n": 1}'] in ways
    assert [way for way, text in ways if '"signal":"s"' in text] == ["out"]


def test_a_recording_is_shown_again_without_the_server(page: Page, bed: Bed) -> None:
    bed.run("window.stop = DFSignals.debug.record()")
    bed.send(signal="html.append", opts={"selector": "#log", "content": "<li>1"}, o=18, t=[0])
    bed.push("html.append", selector="#log", content="<li>2")
    sent = len(bed.frames)
    positions = "DFSignals.debug.replay(stop(), {speed: Infinity})"
    assert page.evaluate(positions) >= 2
    expect(page.locator("#log li")).to_have_text(["1", "2", "1", "2"])
    assert len(bed.frames) == sent


def test_late_frames_are_late_and_keep_their_order(page: Page, bed: Bed) -> None:
    stop_clock(page)
    bed.run("DFSignals.debug.chaos({latency: 50, jitter: 50})")
    items = page.locator("#log li")
    for number in range(20):
        bed.send(signal="html.append", opts={"selector": "#log", "content": f"<li>{number}"})
    arrived = "DFSignals.debug.frames.filter(({text}) => text.includes('html.append')).length"
    bed.until(lambda: page.evaluate(arrived) == 20)
    page.clock.run_for(49)
    assert items.count() == 0
    bed.until(lambda: page.clock.run_for(50) or items.count() == 20)
    expect(items).to_have_text([str(number) for number in range(20)])


def test_a_cut_connection_comes_back_and_no_call_is_lost(page: Page, bed: Bed) -> None:
    bed.acking = False
    page.click("#b")
    bed.until(lambda: bed.calls)
    bed.acking = True
    bed.run("DFSignals.debug.cut()")
    bed.until(lambda: len(bed.hellos) == 2)
    bed.until(lambda: [event["call"] for event in bed.events("ack")])
    assert [frame["n"] for frame in bed.calls] == [1, 1]


def test_a_lost_frame_takes_the_connection_with_it(page: Page, bed: Bed) -> None:
    bed.run("DFSignals.debug.chaos({cut: 1})")
    page.click("#b")
    bed.until(lambda: bed.events("disconnected"))
    assert bed.calls == []
    bed.run("DFSignals.debug.chaos({})")
    bed.until(lambda: bed.calls)


def test_a_doubled_frame_is_applied_once(page: Page, bed: Bed) -> None:
    bed.run("DFSignals.debug.chaos({duplicate: 1})")
    bed.send(signal="html.append", opts={"selector": "#log", "content": "<li>1"}, o=18, t=[0])
    bed.flush()
    expect(page.locator("#log li")).to_have_text(["1"])


def test_the_weather_outlives_a_reload_and_refuses_unknown_words(page: Page, bed: Bed) -> None:
    bed.run("DFSignals.debug.chaos({latency: 7})")
    page.reload()
    page.wait_for_selector("dfws-debug .badge")
    assert page.evaluate("DFSignals.debug.chaos().latency") == 7
    message = page.evaluate(
        "() => { try { DFSignals.debug.chaos({lag: 1}) } catch (e) { return e.message } }"
    )
    assert message.startswith("lag: chaos knows latency")


def test_sockets_of_other_scripts_are_left_alone(page: Page, bed: Bed) -> None:
    count = page.evaluate("DFSignals.debug.frames.length")
    page.evaluate(
        "() => new Promise((done) => { const other = new WebSocket('ws://bed.test/other/');"
        " other.onopen = () => { other.send('{}'); done(); } })"
    )
    assert page.evaluate("DFSignals.debug.frames.length") == count


@pytest.mark.parametrize(
    ("on", "is_told"), [("click", True), ("click capture", False), ("keydown", False)]
)
def test_an_event_that_a_widget_stops_is_told(
    bed: Bed, own_stage: Stage, on: str, is_told: bool
) -> None:
    page = bed.open(
        f"<div onclick='event.stopPropagation()'><b id=b {signal(name='s', on=on)}>x</b></div>",
        head=HEAD,
    )
    page.wait_for_selector("dfws-debug .badge")
    page.evaluate("window.told = []; addEventListener('df:error', (e) => told.push(e.detail))")
    page.click("#b")
    # A task of the page's comes behind the look that is taken after the click.
    page.evaluate("new Promise((done) => setTimeout(() => setTimeout(done)))")
    told = page.evaluate("told.map(({code, signal, message}) => [code, signal, message])")
    assert (
        told == [["stopped", "s", "Another script stopped this click: s was not called."]] * is_told
    )


def test_an_event_that_arrives_is_not_told(page: Page, bed: Bed) -> None:
    page.click("#b")
    bed.until(lambda: bed.calls)
    expect(page.locator(".badge")).to_have_text("dfws: 1 problem")
