"""Files of what is pushed: each once, from this origin, by the server's word alone; and no echo."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from .conftest import META, SCRIPT, Bed, signal
from .test_payloads import HEAD

PAGE = (
    "<script>var ran = []</script><script src='/there.js'></script>"
    "<link rel=stylesheet href=/t.css>"
)


def load(bed: Bed, *, link: tuple[str, ...] = (), script: tuple[str, ...] = ()) -> None:
    bed.send(signal="html.assets", opts={"link": link, "script": script}, signal_id="s")


def test_each_file_comes_once_and_in_order(bed: Bed) -> None:
    bed.pages = {f"/{name}.js": f"ran.push('{name}')" for name in ("there", "two")}
    page = bed.open(head=META + SCRIPT + PAGE)
    held: list[Route] = []
    page.route("**/one.js", lambda route: held.append(route))
    with page.expect_response("**/two.js"):
        for _ in range(2):
            files = ("/there.js", "/one.js", "/two.js")
            load(bed, link=("/t.css", "/a.css"), script=files)
        bed.flush()
    [first] = held
    first.fulfill(body="ran.push('one')", content_type="text/javascript")
    page.unroute("**/one.js")
    page.wait_for_function("ran.length > 2")
    bed.flush()
    assert page.evaluate("ran") == ["there", "one", "two"]
    sheets = "[...document.querySelectorAll('link[rel=stylesheet]')].map(one => one.href.slice(-6))"
    assert page.evaluate(sheets) == ["/t.css", "/a.css"]
    assert page.locator("head script").count() == 5


def test_no_file_of_another_origin(bed: Bed) -> None:
    page = bed.open()
    load(bed, link=("//elsewhere.test/a.css",))
    load(bed, script=("https://elsewhere.test/a.js",))
    load(bed, script=("javascript:alert(1)",))
    bed.flush()
    assert bed.codes() == ["function"] * 3
    assert page.locator("head script, head link").count() == 1


def test_a_strict_policy_lets_them_in(bed: Bed) -> None:
    bed.pages = {"/one.js": "document.title = 'ran'"}
    page = bed.open(head=HEAD)
    load(bed, link=("/a.css",), script=("/one.js",))
    expect(page).to_have_title("ran")
    assert bed.codes() == []


def test_markup_loads_nothing(bed: Bed) -> None:
    page = bed.open(
        f"<p {signal(name='html.assets', opts={'link': [], 'script': ['/evil.js']})}>x</p>"
    )
    page.click("p")
    bed.run("DFSignals.call('html.assets', {link: [], script: ['/evil.js']})")
    bed.flush()
    assert page.locator("head script").count() == 1
    assert bed.requests == ["GET /"]


def test_a_window_ignores_the_echo_of_what_it_did(bed: Bed) -> None:
    page = bed.open("<p id=p>before</p>")
    bed.push("html.text", selector="#p", content="echo", **{"$but": "W"})
    assert page.inner_text("p") == "before"
    bed.push("html.text", selector="#p", content="of others", **{"$but": "V"})
    assert page.inner_text("p") == "of others"
    assert bed.codes() == []
