"""The meta's text and its place in a page, whole or in pieces."""

import re
from itertools import pairwise

import pytest
from django.urls import set_script_prefix
from hypothesis import given
from hypothesis import strategies as st

from dfws_html.page import metas
from dfws_html.page.metas import (
    PLACEHOLDER,
    fill,
    fill_async_stream,
    fill_stream,
    insert,
    is_document,
    meta,
    names_script,
    script_tag,
)
from dfws_html.page.subscriptions import open_page
from dfws_html.page.tokens import verify

MARK = PLACEHOLDER.encode()


@pytest.fixture
def request_(rf):
    return rf.get("/")


def test_the_meta_says_all_that_the_script_needs(request_):
    text = meta(request_)
    found = re.fullmatch(
        r'<meta name="dfws" content="([^"]+)" data-url="/ws/" data-w="([^"]+)" data-pos="(\d+)" '
        r'data-life="([^"]+)" data-csrf="(\w+)">',
        text,
    )
    token = verify(found[1])
    assert (token.window, str(token.position), token.life) == found.group(2, 3, 4)
    assert request_.META["CSRF_COOKIE"]


def test_a_page_that_a_form_was_sent_to_says_so(rf):
    assert ' data-post="">' in meta(rf.post("/"))


def test_the_address_of_the_socket(request_, settings):
    set_script_prefix("/sub/")
    assert 'data-url="/sub/ws/"' in meta(request_)
    settings.WEBSOCKET_URL = "wss://sockets.example.org/ws/?a=1&b"
    assert 'data-url="wss://sockets.example.org/ws/?a=1&amp;b"' in meta(request_)
    set_script_prefix("/")


# ------------------------------------------------------------------ the tag


def test_the_tag_leaves_a_placeholder_and_a_place_for_messages(request_):
    assert script_tag(request_) == (
        '<meta name="dfws" content="">'
        '<script src="/static/js/df_websockets.min.js" defer></script>'
        '<div data-df-status role="status" data-df-text-error="Something went wrong."'
        ' data-df-text-undelivered="That could not be sent."'
        ' data-df-text-unknown="There was no answer: it may have happened, or not."'
        ' data-df-text-refused="This page is out of date: please load it again."></div>'
    )
    assert request_._cache_update_cache is False


def test_without_the_middleware_the_log_says_why_nothing_works(request_, caplog):
    open_page(request_)
    script_tag(request_)
    assert caplog.text == ""
    del request_.dfws_page
    script_tag(request_)
    assert "'/': the page gets no window" in caplog.text
    assert "add 'dfws_html.middleware.WebsocketMiddleware'" in caplog.text


def test_under_debug_the_script_for_developers_comes_first(request_, settings):
    settings.DEBUG = True
    request_.csp_nonce = "n"
    assert (
        '<script src="/static/js/df_websockets.debug.js" defer nonce="n"></script>'
        '<script src="/static/js/df_websockets.min.js" defer nonce="n"></script>'
    ) in script_tag(request_)


class LazyNonce:
    """As Django's: it is made when it becomes a text, and false before."""

    def __bool__(self):
        return False

    def __str__(self):
        return 'n"1'


@pytest.mark.parametrize("attribute", ["csp_nonce", "_csp_nonce"])
@pytest.mark.parametrize("nonce", ['n"1', LazyNonce()])
def test_the_script_has_the_request_s_nonce(request_, attribute, nonce):
    setattr(request_, attribute, nonce)
    assert ' defer nonce="n&quot;1"></script>' in script_tag(request_)


def test_no_nonce_is_no_attribute(request_):
    request_.csp_nonce = ""
    assert "nonce" not in script_tag(request_)


def test_a_tag_in_a_stream_signs_for_itself_once(request_):
    page = metas.page_of(request_)
    page.streaming = True
    assert verify(re.search('content="([^"]+)"', script_tag(request_))[1]).window == page.window
    assert script_tag(request_).startswith("<script")


# ------------------------------------------------------------------ its place


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<head><script></script></head>", "<head>*<script></script></head>"),
        ("<head><title></title></head><script>", "<head><title></title>*</head><script>"),
        ("<HEAD></HEAD >", "<HEAD>*</HEAD >"),
        ("<!-- <script> </head> --><head><script>", "<!-- <script> </head> --><head>*<script>"),
        ("<!--\n<script>\n--><body a>b<script>", "<!--\n<script>\n--><body a>*b<script>"),
        ("<html lang=en><p>", "<html lang=en>*<p>"),
        ("<!doctype html>\n<html><p>", "<!doctype html>\n<html>*<p>"),
        ("<!DOCTYPE html><title></title><p>", "<!DOCTYPE html>*<title></title><p>"),
        ("<p>", "*<p>"),
        ("<header></header><p>", "*<header></header><p>"),
        ("<scripture><script>", "<scripture>*<script>"),
        ("", "*"),
    ],
)
def test_it_stands_before_the_first_script(page, expected):
    assert insert(page.encode(), "*") == expected.encode()


def test_it_fills_the_first_placeholder_and_drops_the_others():
    assert fill(b"a" + MARK + b"b" + MARK + b"c", "*") == b"a*bc"
    assert fill(b"abc", "*") == b"abc"


@pytest.mark.parametrize(
    ("page", "named"),
    [
        ('<script src="/static/js/df_websockets.min.js"></script>', True),
        ("<SCRIPT defer src=js/df_websockets.min.0a1b.js></SCRIPT>", True),
        ("<p>df_websockets.min.js</p>", False),
        ("&lt;script src=df_websockets.min.js&gt;", False),
        ("<script></script><p>df_websockets.min.js", False),
        ("", False),
    ],
)
def test_whether_a_page_includes_the_script(page, named):
    assert names_script(page.encode()) is named


def test_what_is_a_whole_page():
    for page in ("<!doctype html><p>", "\n<html>", "<head>", "<!-- a --><body class=b>"):
        assert is_document(page.encode())
    for piece in ("", "<p>", "<header>", "<tr><td>", "<!doctype svg>", " " * 1024 + "<html>"):
        assert not is_document(piece.encode())


# ------------------------------------------------------------------ in pieces


def cut(content, places):
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[a:b] for a, b in pairwise(edges)]


pages = st.lists(
    st.sampled_from([b"<p>", b"<meta name=", b'<meta name="dfws" content="', MARK, b"<", b"m"]),
    max_size=8,
).map(b"".join)
cuts = st.lists(st.integers(0, 500), max_size=12)


@given(pages, cuts)
def test_a_stream_is_filled_wherever_it_is_cut(page, places):
    assert b"".join(fill_stream(cut(page, places), "*")) == fill(page, "*")


OURS = b'<script defer src="/static/js/df_websockets.min.1a2b.js">'
untagged = st.lists(
    st.sampled_from([b"<p>", b"<script src=x>", b"<scr", b"df_websockets.min.", b"<", b"m", b">"]),
    max_size=8,
).map(b"".join)


@given(untagged.filter(lambda page: not names_script(page + OURS[:7])), untagged, cuts)
def test_a_stream_without_a_tag_gets_it_before_the_script(before, after, places):
    before += b">"
    chunks = cut(before + OURS + after, places)
    assert b"".join(fill_stream(chunks, "*", tagged=False)) == before + b"*" + OURS + after


@given(cuts)
def test_a_stream_whose_tag_comes_late_has_one_meta(places):
    page = b'<html><meta name="dfws" content="signed">' + OURS
    assert b"".join(fill_stream(cut(page, places), "*", tagged=False)) == page


@given(untagged.filter(lambda page: not names_script(page)), cuts)
def test_a_stream_without_the_script_is_left_as_it_is(page, places):
    assert b"".join(fill_stream(cut(page, places), "*", tagged=False)) == page


async def test_an_asynchronous_stream_is_filled_too():
    page = b"a" + MARK + b"b" + MARK + b"c<meta"

    async def chunks():
        for chunk in cut(page, range(0, 60, 7)):
            yield chunk

    assert b"".join([one async for one in fill_async_stream(chunks(), "*")]) == b"a*bc<meta"


def test_nothing_is_kept_back_that_can_t_be_a_placeholder():
    stream = fill_stream(iter([b"<p>", b"</p>"]), "*")
    assert next(stream) == b"<p>"
    assert next(stream) == b"</p>"
