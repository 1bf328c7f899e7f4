"""What is prevented by default, and what is left alone and sends nothing."""

from __future__ import annotations

import pytest

from .conftest import Bed, signal

# Says at the very end whether the event was prevented, and keeps the browser from leaving the page.
WITNESS = """<script>
for (const type of ["click", "submit", "keydown", "toggle2"]) {
  addEventListener(type, (event) => {
    event.witness = () => { prevented.push(event.type + ":" + event.defaultPrevented) };
    const prevent = event.preventDefault.bind(event);
    setTimeout(() => event.witness());
  }, true);
}
</script>"""


def outcome(bed: Bed, count: int = 1) -> list[str]:
    bed.page.wait_for_function("count => prevented.length >= count", arg=count)
    return bed.page.evaluate("prevented")


def test_submit_is_prevented_and_sent(bed: Bed) -> None:
    page = bed.open(f"{WITNESS}<form {signal(name='s')}><input name=a><button>go</button></form>")
    page.fill("[name=a]", "1")
    page.press("[name=a]", "Enter")
    assert bed.names() == ["s"]
    assert "submit:true" in outcome(bed, 3)
    assert bed.requests == ["GET /"]


def test_request_submit_counts(bed: Bed) -> None:
    page = bed.open(f"<form id=f {signal(name='s')}></form>")
    page.evaluate("f.requestSubmit()")
    assert bed.names() == ["s"]


def test_submit_of_a_dialog_form_is_sent_and_not_prevented(bed: Bed) -> None:
    page = bed.open(
        f"<dialog id=d open><form method=dialog {signal(name='one')}>"
        "<button id=b>close</button></form></dialog>"
        f"<dialog id=e open><form {signal(name='two')}>"
        "<button id=c formmethod=dialog>close</button></form></dialog>"
    )
    page.evaluate("b.click()")
    page.evaluate("c.click()")
    assert bed.names() == ["one", "two"]
    assert page.evaluate("[d.open, e.open]") == [False, False]
    assert bed.requests == ["GET /"]


def test_a_submit_with_prevent_false_goes_on(bed: Bed) -> None:
    page = bed.open(f"<form action=/next method=post {signal(name='s', prevent=False)}><button>x")
    with page.expect_navigation():
        page.click("button")
    bed.until(lambda: "s" in [call["signal"] for call in bed.calls])
    assert bed.requests == ["GET /", "POST /next"]


def test_a_plain_click_on_a_link_is_prevented(bed: Bed) -> None:
    page = bed.open(f"<a href=/next {signal(name='s')}>x</a>")
    page.click("a")
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]


@pytest.mark.parametrize(
    ("attributes", "init"),
    [
        ("", {"ctrlKey": True}),
        ("", {"shiftKey": True}),
        ("", {"metaKey": True}),
        ("", {"altKey": True}),
        ("", {"button": 1}),
        ("download", {}),
        ("target=_blank", {}),
        ("target=frame", {}),
    ],
)
def test_other_clicks_on_a_link_are_left_alone(bed: Bed, attributes: str, init: dict) -> None:
    page = bed.open(
        f"{WITNESS}<a id=a href=/next {attributes} {signal(name='s')}>x</a>"
        "<script>a.addEventListener('click', e => { e.witness = () => {}; })</script>"
    )
    # The last listener of all notes the state, then keeps the browser here.
    page.evaluate(
        """init => {
          const event = new MouseEvent("click", { bubbles: true, cancelable: true, ...init });
          event.composedPath();
          a.addEventListener("click", () => {
            addEventListener("click", (e) => {
              prevented.push(e.defaultPrevented); e.preventDefault();
            }, { once: true });
          }, { once: true });
          a.dispatchEvent(event);
        }""",
        init,
    )
    assert page.evaluate("prevented")[0] is False
    assert bed.names() == []


def test_target_self_is_a_plain_link_and_an_anchor_without_href_is_none(bed: Bed) -> None:
    page = bed.open(
        f"<a id=a href=/next target=_SELF {signal(name='self')}>x</a>"
        f"<a id=b {signal(name='none')}>x</a>"
    )
    page.click("#a")
    page.click("#b", modifiers=["Control"])
    assert bed.names() == ["self", "none"]
    assert bed.requests == ["GET /"]


def test_a_link_with_prevent_false_goes_on(bed: Bed) -> None:
    page = bed.open(f"<a href=/next {signal(name='s', prevent=False)}>x</a>")
    with page.expect_navigation(url="**/next"):
        page.click("a")
    bed.until(lambda: bed.calls)


def test_a_submit_button_with_a_call_of_its_own(bed: Bed) -> None:
    page = bed.open(
        f"<form {signal(name='form')}><input name=a required>"
        f"<button name=how value=draft {signal(name='button', form='form')}>x</button></form>"
    )
    page.evaluate(
        "addEventListener('invalid', e => events.push({name: 'invalid', at: e.target.name}), true)"
    )
    page.click("button")
    assert bed.names() == []
    assert len(bed.events("invalid")) == 1
    page.fill("[name=a]", "1")
    page.click("button")
    assert bed.called() == [
        ("button", {"form": [{"name": "a", "value": "1"}, {"name": "how", "value": "draft"}]})
    ]
    assert bed.requests == ["GET /"]


@pytest.mark.parametrize(("form", "button"), [("novalidate", ""), ("", "formnovalidate")])
def test_a_form_that_is_not_validated(bed: Bed, form: str, button: str) -> None:
    page = bed.open(
        f"<form {form}><input name=a required><button {button} {signal(name='s')}>x</button></form>"
    )
    page.click("button")
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]


def test_a_plain_button_is_not_a_submission(bed: Bed) -> None:
    page = bed.open(
        f"{WITNESS}<form><input required><button type=button {signal(name='s')}>x</button></form>"
    )
    page.click("button")
    assert bed.names() == ["s"]
    assert outcome(bed) == ["click:false"]


def test_a_child_of_a_submit_button_counts_as_the_button(bed: Bed) -> None:
    page = bed.open(f"<form><button {signal(name='s')}><b id=b>x</b></button></form>")
    page.click("#b")
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]


def test_keys_are_prevented_only_on_request(bed: Bed) -> None:
    page = bed.open(
        f"<input id=a {signal(name='a', on='keydown')}>"
        f"<input id=b {signal(name='b', on='keydown', prevent=True)}>"
    )
    for selector in ["#a", "#b"]:
        page.focus(selector)
        page.keyboard.press("x")
    assert bed.names() == ["a", "b"]
    assert page.evaluate("[a.value, b.value]") == ["x", ""]


def test_prevent_null_is_the_default(bed: Bed) -> None:
    page = bed.open(f"<a href=/next {signal(name='s', prevent=None)}>x</a>")
    page.click("a")
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]


def test_what_others_prevented_sends_nothing(bed: Bed) -> None:
    page = bed.open(
        f"<form onsubmit='return false' {signal(name='form')}><button id=f>x</button></form>"
        f"<a id=a href=/next onclick='return false' {signal(name='link')}>x</a>"
        f"<form><button id=b onclick='return false' {signal(name='button')}>x</button></form>"
        f"<a id=c href=/next onclick='return false' {signal(name='yes', prevent=False)}>x</a>"
        f"<p id=p onclick='return false' {signal(name='p')}>x</p>"
    )
    for selector in ["#f", "#a", "#b", "#c", "#p"]:
        page.click(selector)
    assert bed.names() == ["yes", "p"]
    assert bed.requests == ["GET /"]


def test_one_prevent_is_enough_and_does_not_silence_the_others(bed: Bed) -> None:
    page = bed.open(
        '<div data-df-signal=\'[{"name": "outer"}]\'><a id=a href=/next data-df-signal='
        '\'[{"name": "one", "prevent": false}, {"name": "two"}, {"name": "three"}]\'>'
        "x</a></div>"
    )
    page.click("a")
    assert bed.names() == ["one", "two", "three", "outer"]
    assert bed.requests == ["GET /"]


def test_a_container_does_not_prevent_the_links_inside(bed: Bed) -> None:
    page = bed.open(f"<div {signal(name='s')}><a href=/next>x</a></div>")
    with page.expect_navigation(url="**/next"):
        page.click("a")


def test_once_goes_on_preventing(bed: Bed) -> None:
    page = bed.open(f"<form {signal(name='s', on='submit once')}><button>x</button></form>")
    page.click("button")
    page.evaluate("document.querySelector('button').click()")  # it is aria-disabled
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]


def test_a_page_can_prevent_a_call(bed: Bed) -> None:
    page = bed.open(f"<form id=f {signal(name='s')}><button>x</button></form>")
    page.evaluate("addEventListener('df:before', e => e.preventDefault(), {once: true})")
    bed.run("DFSignals.connect('s', () => prevented.push('ran'))")
    page.click("button")
    assert page.evaluate("prevented") == []
    page.click("button")
    assert bed.names() == ["s"]
    assert bed.requests == ["GET /"]
    assert bed.events("before")[0]["at"] == "f"
