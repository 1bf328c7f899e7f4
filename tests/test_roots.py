"""Root elements: marked whatever they look like, and told when there is none or more than one."""

import pytest
from django.utils.safestring import SafeString

from dfws_html import roots
from dfws_html.roots import excepted, mark, replace
from dfws_html.testing import SignalQueue


@pytest.mark.parametrize(
    ("html", "marked"),
    [
        ("<p>a</p>", '<p m="1">a</p>'),
        (" \n<!-- <b> -->\n<p class='>'>a</p> ", " \n<!-- <b> -->\n<p m=\"1\" class='>'>a</p> "),
        ("<my-tag\n a=1\n>b</my-tag>", '<my-tag m="1"\n a=1\n>b</my-tag>'),
        ("<img src=x>", '<img m="1" src=x>'),
        ("<a href=/x/>", '<a m="1" href=/x/>'),
        ("<input />", '<input m="1" />'),
        ("<li>a<li>b", '<li m="1">a<li>b'),  # who leaves ends out is not told apart
        ("<p><br>a<br/><img></p>", '<p m="1"><br>a<br/><img></p>'),
    ],
)
def test_the_root_is_marked(settings, html, marked):
    settings.DEBUG = True
    found = mark(html, "m", "1", what="it")
    assert found == marked
    assert isinstance(found, SafeString)


@pytest.mark.parametrize(
    "html", ["", "text", "text <p></p>", "<!-- <p> -->", "<!doctype html>", "</p>"]
)
def test_without_an_element(html):
    with pytest.raises(ValueError, match="page.html must render one element"):
        mark(html, "m", "1", what="page.html")


@pytest.mark.parametrize("html", ["<p></p><p></p>", "<p></p>text", "<br><br>", "<p></p><br/>"])
def test_more_than_one_is_told_while_developing(settings, html):
    mark(html, "m", "1", what="page.html")
    settings.DEBUG = True
    with pytest.raises(ValueError, match="page.html renders more than one element"):
        mark(html, "m", "1", what="page.html")


def test_one_that_is_marked_already():
    with pytest.raises(ValueError, match="an element of its own"):
        mark('<p m="2"></p>', "m", "1", what="page.html")


def test_what_stands_around_is_not_pushed():
    with SignalQueue() as queue:
        replace("m", "1", "\n<!-- x -->\n <p>a <!-- y --></p>\n", to=["room"], but="w")
        replace("m", "1", "", to=["room"])
    assert queue.ws_signals["-str.room"] == [
        (
            "html.replace_with",
            {"selector": '[m="1"]', "content": "<p>a <!-- y --></p>", "$but": "w"},
        ),
        ("html.replace_with", {"selector": '[m="1"]', "content": ""}),
    ]


def test_names():
    assert set(roots.__all__) == {"excepted", "mark", "replace"}
    assert excepted(None) == {}
