"""Who says hello, where he stands, and what is known of his window."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.test import RequestFactory
from django.urls import path
from django.utils import timezone, translation

from dfws_html.consumers import DFConsumer
from dfws_html.delivery.publishing import publisher
from dfws_html.page.metas import script_tag
from dfws_html.page.origins import request_of
from dfws_html.page.subscriptions import page_of
from dfws_html.page.tokens import PageToken, sign, verify
from dfws_html.protocol import Hello
from dfws_html.sockets.guests import VOID, recognise, standing
from dfws_html.topics import topic_id
from tests.sockets import Page, line, scope_of, visit

urlpatterns = i18n_patterns(path("page/", lambda request: None))


def hello(token=None, **changes):
    frame = {"load": "load-one", "life": "l1", "positions": {}, "url": ""}
    token = sign(token or PageToken(window="w", topics=(topic_id("-window.w"), "a")))
    return Hello(**{**frame, "token": token, **changes})


def recognised(token=None, *, request=None, **changes):
    told = hello(token, **changes)
    return recognise(request or request_of(scope_of()), told, verify(told.token))


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
    stands = standing(token(**page), hello(**said))
    assert stands.positions == expected
    assert stands.life == "l1"


def test_ids_by_another_key_stand_nowhere():
    assert standing(token(key="another"), hello()).life == ""


def test_the_first_load_has_the_window_and_keeps_it(each_history):
    window = made("claimed")

    def come(load):
        return recognised(window, load=load)

    first, second, again = come("load-one"), come("load-two"), come("load-one")
    assert (first.fresh, first.token) == (False, window)
    assert (again.fresh, again.token) == (False, window)
    assert second.fresh
    assert second.token.window != "claimed"
    assert second.window_info.window_key == second.token.window
    assert second.token.topics == (topic_id(f"-window.{second.token.window}"), "a")


def made(window, **changes):
    """The token of a page that was made now."""
    life, position = publisher().history.position()
    values = {"topics": (topic_id(f"-window.{window}"), "a"), "position": position, "life": life}
    return PageToken(window=window, **{**values, **changes})


@pytest.mark.parametrize("life", ["one that is over", ""])
def test_a_first_hello_in_another_life_gets_a_fresh_window(each_history, life):
    window = made("of another life", life=life, position=7)
    guest = recognised(window, life=life)
    assert guest.fresh
    assert guest.token.window == guest.window_info.window_key != window.window
    # What it shows is of the old life still; so it is resynced.
    assert (guest.token.life, guest.token.position) == (life, 7)
    assert standing(guest.token, hello(window, life=life)).life == life
    # From its welcome on it is the fresh one's.
    again = recognised(guest.token, life="now", positions={0: 3})
    assert (again.fresh, again.token.window) == (False, guest.token.window)


def test_who_was_welcomed_before_keeps_the_window_in_another_life(each_history):
    window = made("returning", life="one that is over")
    back = recognised(window, positions={0: 3})
    assert (back.fresh, back.token) == (False, window)
    other = recognised(window, load="load-two", positions={0: 3})
    assert other.fresh


def test_who_was_welcomed_and_has_yet_to_be_resynced_keeps_the_window(each_history):
    # It stands nowhere, so it names no position; its life is one that only a welcome told it.
    window = made("welcomed", life="one that is over")
    back = recognised(window, life="the next one")
    assert (back.fresh, back.token) == (False, window)


async def test_the_answer_to_a_living_page_is_no_first_hello(redis, settings, client):
    settings.ROOT_URLCONF = "tests.sockets"
    page = await visit(client, "/?topic=a")
    twin = page.again()
    application = DFConsumer.as_asgi()
    async with line(application, page) as wire:
        window = (await wire.hello(page))["w"]
    with redis.client() as seen:
        seen.flushall()
    answer = await visit(client, "/?topic=a", headers={"DFWS-Window": page.token})
    assert (answer.life != page.life, verify(answer.token).window) == (True, window)
    # The twin was never welcomed. If it came first, it would have what is the other's.
    async with line(application, twin) as wire:
        welcome = await wire.hello(twin)
        assert welcome["w"] != window
        assert verify(welcome["token"]).window == welcome["w"]
        assert (await wire.frame("resync"))["t"] == [0, 1, 2]
    refreshed = Page(**{**answer.__dict__, "load": page.load})
    async with line(application, refreshed) as wire:
        pos = dict.fromkeys("012", answer.position)
        welcome = await wire.hello(refreshed, pos=pos)
        assert (welcome["w"], "token" in welcome) == (window, False)
        await wire.heartbeat()
        assert [frame["df"] for frame in wire.frames] == ["welcome", "hb"]


def test_what_is_known_of_the_window():
    request = request_of(scope_of(headers={"accept-language": "fr"}))
    info = recognised(request=request, url="http://testserver/page/?a=1").window_info
    assert (info.page_url, info.user_agent) == ("http://testserver/page/?a=1", "tests")
    assert (info.language_code, info.is_anonymous) == ("fr", True)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", ""])
def test_the_page_s_time_zone_is_that_of_its_calls(settings, zone):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override(zone or None):  # as a middleware of the project does, for the page only
        page = page_of(RequestFactory().get("/")).token(RequestFactory().get("/"))
    assert recognised(page).window_info.time_zone == (zone or "Europe/Berlin")
    assert page.zone == zone


@pytest.mark.parametrize("language", ["de", "en"])  # the site's own, too
def test_the_page_s_language_is_that_of_its_calls(language):
    request = RequestFactory().get("/")
    request.LANGUAGE_CODE = "fr"  # as Django's middleware found it in the headers
    with translation.override(language):  # by the user's profile
        page = page_of(request).token(request)
    socket = request_of(scope_of(headers={"accept-language": "fr"}))
    assert recognised(verify(sign(page)), request=socket).window_info.language_code == language


def test_what_is_in_force_where_the_tag_stands_counts():
    request = RequestFactory().get("/")
    with translation.override("de"), timezone.override("Asia/Tokyo"):
        script_tag(request)
    page = page_of(request).token(request)
    assert (page.language, page.zone) == ("de", "Asia/Tokyo")


def test_a_site_of_one_language_says_none(settings):
    settings.USE_I18N = False
    request = RequestFactory().get("/")
    assert page_of(request).token(request).language == ""


def test_the_page_s_path_tells_its_language(settings):
    settings.ROOT_URLCONF = __name__
    request = request_of(scope_of(headers={"accept-language": "fr"}))
    info = recognised(request=request, url="http://x/de/page/").window_info
    assert info.language_code == "de"
    request = request_of(scope_of(headers={"accept-language": "fr"}, root_path="/sub"))
    info = recognised(request=request, url="http://x/sub/de/page/").window_info
    assert info.language_code == "de"


@pytest.mark.parametrize("url", ["", "http://[::1", "javascript:alert(1)", "x" * 60_000, "//"])
def test_an_address_that_is_none_does_no_harm(url):
    info = recognised(url=url).window_info
    assert info.page_url == url[:2048]
