"""From one tree to another: what is planned, and that it comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from .conftest import ORIGIN, Stage

TREES = Path(__file__).with_name("morphing.js")


@pytest.fixture(scope="module")
def page(shared_stage: Stage) -> Page:
    """A page without our script, where its modules can be imported."""
    shared_stage.page.goto(ORIGIN + "/modules")
    shared_stage.page.add_script_tag(path=TREES)
    return shared_stage.page


def morph(page: Page, old: str, new: str, **options: Any) -> tuple[list[str], str]:
    planned, html = page.evaluate("args => morph(...args)", [old, new, options])
    return planned, html


def test_random_trees(page: Page) -> None:
    kept, wrong = page.evaluate(
        """async () => {
        const { plan, perform } = await import("/static/dfws_html/morph.js");
        const ids = Array.from({ length: 8 }, (_, n) => `i${n}`);
        const wrong = [];
        let kept = 0;
        for (let seed = 1; seed <= 2000; seed++) {
            const draw = random(seed * 7919);
            const [from, to] = [tree(draw, ids), tree(draw, ids)];
            document.body.replaceChildren(from);
            const olds = new Map([...from.querySelectorAll("[id]")].map((node) => [node.id, node]));
            const [before, goal] = [from.cloneNode(true), to.cloneNode(true)];
            const operations = plan(from, to);
            if (!from.isEqualNode(before)) wrong.push(`${seed}: planning changed the page`);
            perform(operations);
            if (!from.isEqualNode(goal)) wrong.push(`${seed}: ${from.outerHTML}`);
            for (const node of from.querySelectorAll("[id]")) {
                const old = olds.get(node.id);
                if (old?.nodeName !== node.nodeName) continue;
                kept += 1;
                if (old !== node) wrong.push(`${seed}: ${node.id} is another`);
            }
            if (plan(from, goal).length) wrong.push(`${seed}: it goes on`);
        }
        return [kept, wrong.slice(0, 3)];
    }"""
    )
    assert wrong == []
    assert kept > 500


def rows(*ids: str) -> str:
    return "".join(f"<li id={i}>{i}</li>" for i in ids)


def words(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


FIELD = "<li id=b><input data-focus></li>"


@pytest.mark.parametrize(
    ("old", "new", "planned"),
    [
        (rows(*"abc"), rows(*"abc"), []),
        (rows(*"ab"), rows(*"abc"), ["insert c root null"]),
        (rows(*"ab"), rows(*"cab"), ["insert c root a"]),
        (rows(*"abc"), rows(*"ac"), ["remove b"]),
        (rows(*"abcd"), rows(*"dcba"), ["move d root a", "move c root a", "move b root a"]),
        (rows(*"abcd"), rows(*"adcb"), ["move d root b", "move c root b"]),
        (rows(*"abcd"), rows(*"bcda"), ["move a root null"]),
        (rows(*"abc"), rows(*"ab") + "<li id=c>x</li>", ["text #textc x"]),
        # What has the focus stays, and others move around it.
        (rows("a") + FIELD + rows(*"cd"), rows(*"acd") + FIELD, ["move c root b", "move d root b"]),
        (rows(*"ac") + FIELD + rows("d"), FIELD + rows(*"acd"), ["move a root d", "move c root d"]),
        # Without ids: equal ones stay, others become each other in their order.
        (words(*"abc"), words(*"xabc"), ["insert px root pa"]),
        (words(*"abc"), words(*"bc"), ["remove pa"]),
        (words(*"abc"), words(*"axc"), ["text #textb x"]),
        ("<p>a</p><b>a</b>", "<b>a</b><p>a</p>", ["move ba root pa"]),
        # Blanks between rows are all equal, and are not carried about.
        ("\n<li id=a></li>\n<li id=b></li>\n", "\n<li id=n></li>\n<li id=a></li>\n<li id=b></li>\n",
         ["insert n root a", "insert #text\n root a"]),
        # A wrapper is told by the ids in it.
        ("<div><i id=a></i></div><div><i id=b></i></div>", "<div><i id=b></i></div>",
         ["remove div"]),
        ("<div class=x><i id=a></i></div><div><i id=b></i></div>", "<div><i id=b></i></div>",
         ["remove div"]),
        # From one parent to another, deep, and out of what leaves.
        ("<ul id=u><li id=a></li></ul><ul id=v></ul>", "<ul id=u></ul><ul id=v><li id=a></li></ul>",
         ["move a v null"]),
        ("<p id=a></p>", "<div id=d><p id=a></p></div>", ["insert d root null", "move a d null"]),
        ("<div id=d><p id=a></p></div>", "<p id=a></p>", ["move a root null", "remove d"]),
        ("<p id=a><b id=b></b></p>", "<b id=b><p id=a></p></b>",
         ["move b root null", "move a b null"]),
        # An id on another kind of element is another element.
        ("<p id=a></p>", "<b id=a></b>", ["insert a root null", "remove a"]),
        ("<input id=a name=n>", "<input id=a name=m>", ["insert a root null", "remove a"]),
        ("<input type=radio name=r value=1>", "<input type=radio name=r value=2>",
         ["insert input root null", "remove input"]),
        # Attributes
        ("<p id=a class=x title=t></p>", "<p id=a class=y hidden></p>",
         ["attribute a class=y", "attribute a hidden=", "removeAttribute a title"]),
        ("<p id=a style='color:red'></p>", "<p id=a style='color:red'></p>", []),
        ("<p id=a></p>", "<p id=a style='color:red'></p>", ["attribute a style=color:red"]),
        ("<p id=a nonce=x></p>", "<p id=a nonce=y></p>", []),
        ("<details id=a open></details>", "<details id=a></details>", []),
        ("<dialog id=a></dialog>", "<dialog id=a open></dialog>", []),
        ("<x-a id=a open></x-a>", "<x-a id=a></x-a>", ["removeAttribute a open"]),
        # Scripts did run, or never will; data in one is no script.
        ("<script>1</script><b>x</b>", "<b>x</b><script>2</script><noscript>x</noscript>", []),
        ("<script id=a type=application/json>1</script>",
         "<script id=a type=application/json>2</script>", ["text #text1 2"]),
        # Left alone
        ("<p id=a data-df-keep class=x>old</p>", "<p id=a>new</p>", []),
        ("<p id=a data-df-keep=self>old</p><b>x</b>", "<b>x</b>", []),
        ("<p id=a data-df-keep=children class=x>old</p>", "<p id=a data-df-keep=children>new</p>",
         ["removeAttribute a class"]),
        ("<p id=a data-df-keep='class title' class=x lang=en>old</p>",
         "<p id=a data-df-keep='class title' title=t>new</p>",
         ["removeAttribute a lang", "text #textold new"]),
    ],
)  # fmt: skip
def test_plans(page: Page, old: str, new: str, planned: list[str]) -> None:
    assert morph(page, old, new)[0] == planned


UNSAFE = [
    ("onclick", "steal()"),
    ("ONERROR", "steal()"),
    ("srcdoc", "<script>steal()</script>"),
    ("href", "javascript:steal()"),
    ("xlink:href", " JaVa\nScript\t:steal()"),
    ("formaction", "\x01javascript:steal()"),
    ("values", "#;javascript:steal()"),
]


def test_what_could_run_a_script_is_left_out(page: Page) -> None:
    page.evaluate(
        "window.seen = []; addEventListener('df:error', e => seen.push(e.detail.message))"
    )
    for name, value in UNSAFE:
        text = value.replace("<", "&lt;")
        new = f"<a id=a {name}='{text}' title=t></a><p><b {name}='{text}' lang=en></b></p>"
        _, html = morph(page, "<a id=a class=x></a>", new)
        assert html == '<a id="a" title="t"></a><p><b lang="en"></b></p>'
    names = [name.lower() for name, _ in UNSAFE]
    assert page.evaluate("seen") == [f"{tag} {name}" for name in names for tag in "AB"]
    # Told once. What the page itself came with, stays as long as the server says so.
    old = "<a id=a onclick=its()>x</a>"
    assert morph(page, old, old.replace("x", "y"))[0] == ["text #textx y"]
    assert morph(page, old, old.replace("its", "other"))[0] == ["refuse a onclick=other()"]
    assert morph(page, old, "<a id=a>x</a>")[0] == ["removeAttribute a onclick"]
    assert len(page.evaluate("seen")) == 2 * len(UNSAFE)


def test_one_that_fails_harms_no_other(page: Page) -> None:
    assert page.evaluate(
        """async () => {
        const { perform } = await import("/static/dfws_html/morph.js");
        const seen = [];
        document.body.innerHTML = "<p id=p></p>";
        const [stranger, node] = [document.createElement("i"), document.querySelector("#p")];
        addEventListener("df:error", (event) => seen.push(event.detail.code), { once: true });
        const attribute = document.createAttribute("a");
        perform([["insert", stranger, node, stranger], ["attribute", node, attribute]]);
        return [seen, node.outerHTML];
    }"""
    ) == [["morph"], '<p id="p" a=""></p>']


def test_names_that_only_a_parser_makes(page: Page) -> None:
    new = "<svg id=s><a id=a xlink:href='#x' @click=x></a></svg>"
    morph(page, "<svg id=s><a id=a></a></svg>", new)
    assert page.evaluate("[a.href.baseVal, a.getAttribute('@click')]") == ["#x", "x"]


def test_fields_that_shadow_the_form(page: Page) -> None:
    names = [
        "id",
        "childNodes",
        "remove",
        "attributes",
        "parentNode",
        "isEqualNode",
        "insertBefore",
    ]
    fields = "".join(f"<input name={name}>" for name in names)
    old = f"<form id=f class=x>{fields}</form><form id=g>{fields}</form>"
    planned, html = morph(page, old, f"<form id=f><b>x</b>{fields}</form>")
    assert planned == ["removeAttribute f class", "insert bx f input", "remove g"]
    assert html.count("<form") == 1


def test_without_move_before(page: Page) -> None:
    page.evaluate(
        "() => { window.kept = Element.prototype.moveBefore; delete Element.prototype.moveBefore }"
    )
    try:
        dialog = "<dialog id=b></dialog>"
        planned, _ = morph(page, rows("a") + dialog + rows("c"), rows("c") + dialog + rows("a"))
        assert planned == ["move c root b", "move a root null"]
        assert morph(page, rows(*"abc"), rows(*"cab"))[1][8:].startswith("c")
    finally:
        page.evaluate("() => { Element.prototype.moveBefore = kept }")
