"""How long a page takes to become another one of a thousand rows: ours, in Chromium."""

from __future__ import annotations

import os
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

_SCRIPTS = Path(__file__).parent.parent / "dfws_html/static"
_TIMES = 15
_MEASURE = """async (times) => {
    const { plan, perform } = await import("/dfws_html/morph.js");
    const row = (n, word) =>
        `<li id=row${n} class="${word}"><b>Name ${n}</b> <span title="${word}">Note ${word}</span>
        <button type=button data-df-signal=x>Edit</button></li>`;
    const rows = (word) => Array.from({ length: 1000 }, (_, n) => row(n, word));
    const before = rows("old");
    const others = {
        "nothing changed": before,
        "each row changed": rows("new"),
        "one row more on top": [row(1000, "new"), ...before],
        "the order reversed": [...before].reverse(),
    };
    const inert = document.implementation.createHTMLDocument();
    const parse = (html) => {
        const list = inert.createElement("ul");
        list.innerHTML = html.join("");
        return list;
    };
    return Object.entries(others).map(([name, after]) => {
        const spent = Array.from({ length: times }, () => {
            const list = document.importNode(parse(before), true);
            document.body.replaceChildren(list);
            const wanted = parse(after);
            const begin = performance.now();
            const steps = plan(list, wanted, false, () => true);
            perform(steps);
            return [performance.now() - begin, steps.length];
        });
        spent.sort(([one], [other]) => one - other);
        return [name, spent[times >> 1][1], spent[times >> 1][0]];
    });
}"""


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the figures are what is printed."""


def main() -> None:
    """Print the milliseconds of a morph, the median of several."""
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if browser is None:
        print("morphs: not measured, Chromium is needed (CHROMIUM names it)")
        return
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=_SCRIPTS))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        # Any page of this server can import the modules.
        page.goto(f"http://127.0.0.1:{server.server_port}/dfws_html/")
        for name, steps, spent in page.evaluate(_MEASURE, _TIMES):
            print(f"a morph of 1,000 rows, {name}: {steps} steps, {spent:.1f} ms")
        chromium.close()
    server.shutdown()


if __name__ == "__main__":
    main()
