"""A living window's topics: the order, what it makes of the token, and what no order can do."""

import pytest

from dfws_html.delivery.history import Entry
from dfws_html.page.living import changed_token, topics_order
from dfws_html.page.tokens import PageToken

TOKEN = PageToken(
    window="w",
    user="7",
    session="s",
    topics=("own", "all", "user", "a", None),
    position=3,
    life="l",
)
OWN = ["own", "all", "user"]


def after(change, ids, token=TOKEN, number=9):
    body = topics_order(change, ids, OWN)
    entry = Entry(number=number, life="m", previous={"own": 4}, body=body, control=True)
    return changed_token(token, entry)


@pytest.mark.parametrize(
    ("change", "ids", "topics"),
    [
        ("set", ["b"], (*OWN, None, None, "b")),
        ("set", ["a", "b"], (*OWN, "a", None, "b")),
        ("set", [], (*OWN, None, None)),
        ("add", ["b", "a", "b"], (*OWN, "a", None, "b")),
        ("remove", ["a"], (*OWN, None, None)),
        ("remove", ["never heard"], (*OWN, "a", None)),
        ("remove", OWN, (*OWN, "a", None)),  # what every window keeps can't be removed
    ],
)
def test_orders(change, ids, topics):
    assert after(change, ids).topics == topics


def test_a_window_that_lacks_its_visitors_topics_gets_them():
    token = PageToken(window="w", topics=("own",))
    assert after("set", ["a"], token).topics == (*OWN, "a")


def test_the_same_order_twice_is_once():
    for change in ("set", "add", "remove"):
        once = after(change, ["a", "b"])
        assert after(change, ["a", "b"], once) == once


def test_the_rest_of_the_token():
    token = after("add", ["b"])
    assert (token.position, token.life) == (9, "m")
    assert (token.window, token.user, token.session, token.key) == ("w", "7", "s", TOKEN.key)


def test_too_many_topics_are_an_error_that_says_so(settings):
    settings.WEBSOCKET_LIMITS = {"topics": 5}
    assert after("add", ["b"]).topics == ("own", "all", "user", "a", None, "b")
    with pytest.raises(ValueError, match=r"5 topics at most .*, not 6"):
        after("add", ["b", "c"])
