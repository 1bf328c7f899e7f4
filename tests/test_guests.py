"""Who says hello, where he stands, and what is known of his window."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.urls import path

from dfws_html.delivery.publishing import publisher
from dfws_html.page.origins import request_of
from dfws_html.page.tokens import PageToken, sign
from dfws_html.protocol import Hello
from dfws_html.sockets.guests import VOID, recognise, standing
from dfws_html.topics import topic_id
from tests.sockets import scope_of

urlpatterns = i18n_patterns(path("page/", lambda request: None))


def hello(token=None, **changes):
    frame = {"version": 1, "load": "load-one", "life": "l1", "positions": {}, "url": ""}
    token = sign(token or PageToken(window="w", topics=(topic_id("-window.w"), "a")))
    return Hello(**{**frame, "token": token, **changes})


def token(**changes):
    return PageToken(**{"window": "w", "topics": ("w", "a", None, "b"), "life": "l1", **changes})


@pytest.mark.parametrize(
    ("page", "said", "expected"),
    [
        # What the hello says goes before what the page began with.
        ({"position": 5}, {}, {"w": 5, "a": 5, "b": 5}),
        ({"position": 5}, {"positions": {1: 9, 3: 2}}, {"w": 5, "a": 9, "b": 2}),
        ({"position": 5}, {"positions": {2: 9, 77: 9}}, {"w": 5, "a": 5, "b": 5}),
        ({"position": 5}, {"life": ""}, {"w": 5, "a": 5, "b": 5}),
        # A position of another life than the hello's says nothing.
        ({"position": 5, "life": "l0"}, {"positions": {1: 9}}, {"w": VOID, "a": 9, "b": VOID}),
    ],
)
def test_where_a_window_stands(page, said, expected):
    stands = standing(token(**page), hello(**said), fresh=False)
    assert stands.positions == expected
    assert stands.life == "l1"


def test_a_fresh_window_has_seen_nothing_of_its_own():
    stands = standing(token(position=5), hello(positions={0: 9, 1: 9}), fresh=True)
    assert stands.positions == {"w": VOID, "a": 9, "b": 5}


def test_ids_by_another_key_stand_nowhere():
    assert standing(token(key="another"), hello(), fresh=False).life == ""


def test_the_first_load_has_the_window_and_keeps_it():
    window = PageToken(window="claimed", topics=(topic_id("-window.claimed"), "a"))

    def come(load):
        return recognise(request_of(scope_of()), hello(window, load=load))

    first, second, again = come("load-one"), come("load-two"), come("load-one")
    assert (first.fresh, first.token) == (False, window)
    assert (again.fresh, again.token) == (False, window)
    assert second.fresh
    assert second.token.window != "claimed"
    assert second.window_info.window_key == second.token.window
    assert second.token.topics == (topic_id(f"-window.{second.token.window}"), "a")


def test_after_a_lost_history_a_first_hello_can_t_be_told_from_a_second_load_s():
    window = PageToken(window="lost", topics=(topic_id("-window.lost"), "a"), life="l0")

    def come(load, **said):
        return recognise(request_of(scope_of()), hello(window, load=load, **said))

    now = publisher().history.position()[0]
    assert come("load-one", life="l0").fresh
    assert come("load-two", life="l0").fresh
    # One that was welcomed has sent calls by this id: it keeps it, in the next life too.
    assert not come("load-one", life="l0", positions={0: 3}).fresh
    assert not come("load-one", life=now).fresh
    assert come("load-two", life=now).fresh


def test_what_is_known_of_the_window():
    request = request_of(scope_of(headers={"accept-language": "fr"}))
    info = recognise(request, hello(url="http://testserver/page/?a=1")).window_info
    assert (info.page_url, info.user_agent) == ("http://testserver/page/?a=1", "tests")
    assert (info.language_code, info.is_anonymous) == ("fr", True)


def test_the_page_s_path_tells_its_language(settings):
    settings.ROOT_URLCONF = __name__
    request = request_of(scope_of(headers={"accept-language": "fr"}))
    assert recognise(request, hello(url="http://x/de/page/")).window_info.language_code == "de"
    request = request_of(scope_of(headers={"accept-language": "fr"}, root_path="/sub"))
    told = hello(url="http://x/sub/de/page/")
    assert recognise(request, told).window_info.language_code == "de"


@pytest.mark.parametrize("url", ["", "http://[::1", "javascript:alert(1)", "x" * 60_000, "//"])
def test_an_address_that_is_none_does_no_harm(url):
    info = recognise(request_of(scope_of()), hello(url=url)).window_info
    assert info.page_url == url[:2048]
