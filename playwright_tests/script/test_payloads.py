"""Forty texts that want to run as a script, through each verb, under a strict policy."""

from __future__ import annotations

from playwright.sync_api import expect

from playwright_tests.script.conftest import Bed

POLICY = (
    "<meta http-equiv=Content-Security-Policy content=\"default-src 'self';"
    " require-trusted-types-for 'script'; trusted-types dfws\">"
)
HEAD = (
    POLICY + "<script src=/static/js/df_websockets.min.js></script>"
    "<meta name=dfws content=T data-url=ws://bed.test/ws/>"
)
RUN = "document.title=1"
EVENTS = [
    *("<img src=x onerror={}>", "<svg onload={}></svg>", "<details open ontoggle={}>x</details>"),
    *("<input autofocus onfocus={}>", "<body onload={}>", "<video><source onerror={}></video>"),
    *("<audio src=x onerror={}></audio>", "<object data=x onerror={}></object>"),
    *("<link rel=stylesheet href=x onerror={}>", "<style onload={}>p{{}}</style>"),
    *("<marquee onstart={}>x</marquee>", "<select autofocus onfocus={}></select>"),
    *(
        "<textarea autofocus onfocus={}></textarea>",
        "<p style='animation:x 1ms' onanimationend={}>",
    ),
    *("<svg><animate onbegin={} attributeName=x dur=1s /></svg>", "<iframe onload={}></iframe>"),
    *("<svg><set onbegin={} attributeName=x /></svg>", "<img srcset=x onerror={}>"),
    *("<picture><img src=x onerror={}></picture>", "<button autofocus onfocus={}>x</button>"),
    *("<a tabindex=0 autofocus onfocus={}>x</a>", "<p id=x contenteditable autofocus onfocus={}>"),
]
SCRIPTS = [
    *("<script>{}</script>", "<svg><script>{}</script></svg>", "<math><script>{}</script></math>"),
    *("<template><script>{}</script></template>", "<table><script>{}</script></table>"),
    # The policy lets these run: they come from the page's own site, as what somebody uploaded.
    *("<script src=/evil.js></script>", "<script type=module src=/evil.js></script>"),
    *("<script type=module>{}</script>", "<noscript><p title='</noscript><script>{}</script>'>"),
    "<math><mtext><table><mglyph><style><!--</style><img title='--><script>{}</script>'>",
]
ADDRESSES = [
    "<iframe src='javascript:top.{}'></iframe>",
    "<object data='javascript:{}'></object>",
    "<embed src='javascript:{}'>",
    "<iframe srcdoc='<script>top.{}</script>'></iframe>",
    "<script src='data:text/javascript,{}'></script>",
    "<meta http-equiv=refresh content='0;javascript:{}'>",
    "<iframe src='data:text/html,<script>top.{}</script>'></iframe>",
    "<link rel=import href='javascript:{}'>",
    "<base href='javascript:{}//'>",
    "<svg><use href='data:image/svg+xml,<svg onload={} />#a'/></svg>",
]
PAYLOADS = [one.format(RUN) for one in EVENTS + SCRIPTS + ADDRESSES]
VERBS = [
    *("content", "replace_with", "append", "prepend", "before", "after", "upsert", "morph", "text"),
]


def test_nothing_runs(bed: Bed) -> None:
    assert len(set(PAYLOADS)) >= 40
    bed.pages = {"/evil.js": RUN, "/own.js": RUN, "/x": "no page of ours"}
    page = bed.open("<title>0</title><div id=d></div><form id=f><input name=t></form>", head=HEAD)
    for verb in VERBS:
        for payload in PAYLOADS:
            content = (
                f"<div id=d>{payload}</div>" if verb in ("replace_with", "upsert") else payload
            )
            bed.send(signal=f"html.{verb}", opts={"selector": "#d", "content": content})
    for payload in PAYLOADS:
        bed.send(signal="html.announce", opts={"content": payload})
        bed.send(signal="html.title", opts={"content": payload})
        bed.send(signal="forms.errors", opts={"selector": "#f", "errors": {"t": [payload]}})
        for name in ("onclick", "srcdoc", "href"):
            value = f"javascript:{RUN}"
            opts = {"selector": "#d", "attr_name": name, "attr_value": value}
            bed.send(signal="html.add_attribute", opts=opts)
    bed.send(signal="html.title", opts={"content": "0"})
    bed.push("html.content", selector="#d", content="<b id=end>x</b>")
    page.wait_for_selector("#end", state="attached")
    page.wait_for_load_state("networkidle")
    assert page.title() == "0"
    assert set(bed.codes()) == {"unsafe"}
    assert page.evaluate("d.getAttributeNames().join()") == "id"
    # Else this test is void: by the server's own word such a file runs.
    bed.send(signal="html.assets", opts={"link": [], "script": ["/own.js"]}, signal_id="s")
    expect(page).to_have_title("1")
