from playwright.sync_api import Page, expect
from playwright_tests.conftest import Site, is_open

def test_click(site: Site, page: Page):
    page.on("console", lambda m: print("CONSOLE", m.text))
    site.bodies["click"] = """<p id=p>hello</p>{% load dfws_html %}<button {% js_call "echo" text="hi" %}>go</button>"""
    page.goto(site.address("/?body=click"))
    is_open(page)
    page.get_by_text("go").click()
    expect(page.locator("#p")).to_have_text("hi")
