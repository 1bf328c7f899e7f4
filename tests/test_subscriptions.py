"""The topics that a request chooses, for a page that is to be and for one that lives."""

import asyncio

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory

from dfws_html.delivery.publishing import publisher
from dfws_html.page.subscriptions import (
    add_websocket_topics,
    ensure_session_id,
    open_page,
    page_of,
    remove_websocket_topics,
    set_websocket_topics,
)
from dfws_html.page.tokens import PageToken
from dfws_html.tasks import SESSION, USER, WINDOW
from dfws_html.topics import topic_id
from dfws_html.window_info import WindowInfo
from dfws_html.ws_middleware import SESSION_ID


def get(living=None, session=None, user=None):
    request = RequestFactory().get("/")
    request.user = user or AnonymousUser()
    if session is not None:
        request.session = session
    open_page(request, living=living)
    return request


def ids(*names):
    return [topic_id(name) for name in names]


def own(request):
    return ids(f"-window.{page_of(request).window}", "-broadcast")


def topics(request):
    return list(page_of(request).token(request).topics)


def test_a_page_hears_its_window_and_what_all_hear():
    request = get()
    assert topics(request) == own(request)


@pytest.mark.parametrize(
    "named",
    [
        (["room 1", "room 2"], "news"),
        ("room 1", "room 2", "news"),
        (iter(["room 1", "room 2"]), ["news", "news"]),
    ],
)
def test_topics_one_by_one_or_in_lists(named):
    request = get()
    set_websocket_topics(request, *named)
    assert topics(request) == own(request) + ids("-str.room 1", "-str.room 2", "-str.news")


def test_a_tuple_is_one_topic():
    request = get()
    set_websocket_topics(request, ("room", 1))
    assert topics(request) == own(request) + ids("-tuple.9.-str.room6.-int.1")


@pytest.mark.django_db
def test_a_queryset_is_what_it_holds():
    make = get_user_model().objects.create_user
    people = [make("ann"), make("bob")]
    request = get()
    set_websocket_topics(request, get_user_model().objects.order_by("pk"))
    assert topics(request)[2:] == ids(*(f"-model.auth.user.{one.pk}" for one in people))


def test_set_add_and_remove_one_after_the_other():
    request = get()
    set_websocket_topics(request, "a", "b")
    add_websocket_topics(request, "c", "a")
    remove_websocket_topics(request, "b")
    assert topics(request)[2:] == ids("-str.a", "-str.c")
    set_websocket_topics(request, "d")
    assert topics(request)[2:] == ids("-str.d")


@pytest.mark.parametrize("wrong", [object(), 1.5, None, USER, SESSION, get_user_model()(pk=None)])
def test_what_can_t_be_named_is_refused_where_it_was_said(wrong):
    request = get()
    set_websocket_topics(request, "a")
    with pytest.raises((TypeError, ValueError)):
        set_websocket_topics(request, "b", wrong)
    assert topics(request)[2:] == ids("-str.a")


def test_too_many_are_refused_where_they_were_said(settings):
    settings.WEBSOCKET_LIMITS = {"topics": 10}
    request = get()
    set_websocket_topics(request, *range(6))
    with pytest.raises(ValueError, match="10 topics at most"):
        add_websocket_topics(request, "one more")
    assert len(topics(request)) == 8


def test_a_response_with_topics_is_kept_out_of_caches():
    request = get()
    request._cache_update_cache = True
    set_websocket_topics(request)
    assert request._cache_update_cache is False


# ------------------------------------------------------------------ a living page


def living(*names, window="w", **identity):
    own_ids = ids(f"-window.{window}", "-broadcast")
    return PageToken(window=window, topics=(*own_ids, *ids(*names)), **identity)


def test_a_living_page_keeps_its_indices():
    request = get(living("-str.a", "-str.b"))
    set_websocket_topics(request, "c", "b")
    assert topics(request) == [*own(request), None, *ids("-str.b", "-str.c")]


def test_what_a_living_page_has_stays_when_something_is_added_or_removed():
    request = get(living("-str.a", "-str.b"))
    add_websocket_topics(request, "c")
    assert topics(request)[2:] == ids("-str.a", "-str.b", "-str.c")
    request = get(living("-str.a", "-str.b"))
    remove_websocket_topics(request, "a")
    assert topics(request)[2:] == [None, *ids("-str.b")]


def test_a_living_page_that_names_nothing_has_nothing():
    request = get(living("-str.a"))
    assert topics(request) == [*own(request), None]


@pytest.mark.django_db
def test_who_logs_in_while_the_page_lives_leaves_the_old_topics_behind():
    make = get_user_model().objects.create_user
    ann, bob = make("ann"), make("bob")
    session = SessionStore()
    session[SESSION_ID] = "s2"
    before = living("-str.a", f"-user.{ann.pk}", user=str(ann.pk), session="s1")
    request = get(before, session, bob)
    add_websocket_topics(request, "b")
    token = page_of(request).token(request)
    assert (token.user, token.session) == (str(bob.pk), "s2")
    assert {topic for topic in token.topics if topic} == {
        *own(request),
        *ids("-str.b", f"-user.{bob.pk}", "-session.s2"),
    }


@pytest.mark.django_db
def test_a_session_that_was_made_meanwhile_does_not_bind_the_window():
    session = SessionStore()
    session[SESSION_ID] = "s2"
    request = get(living("-str.a"), session)
    set_websocket_topics(request, "b")
    token = page_of(request).token(request)
    assert token.session == ""
    assert topic_id("-session.s2") not in token.topics


# ------------------------------------------------------------------ sessions


@pytest.mark.django_db
def test_a_session_gets_its_id_once():
    session = SessionStore()
    session["a"] = 1
    request = get(session=session)
    ensure_session_id(request)
    first = session[SESSION_ID]
    assert len(first) >= 16
    session.cycle_key()
    ensure_session_id(request)
    assert session[SESSION_ID] == first
    session.flush()
    ensure_session_id(request)
    assert SESSION_ID not in session


@pytest.mark.django_db
@pytest.mark.parametrize("cookie", [None, "x" * 32])
def test_no_session_is_made_for_who_has_none(cookie):
    session = SessionStore(cookie)
    ensure_session_id(get(session=session))
    ensure_session_id(get())
    assert not session.modified


@pytest.mark.django_db
def test_a_session_and_its_user_are_topics():
    session = SessionStore()
    session["a"] = 1
    user = get_user_model().objects.create_user("ann")
    request = get(session=session, user=user)
    set_websocket_topics(request, SESSION, USER, WINDOW)
    token = page_of(request).token(request)
    assert token.session == session[SESSION_ID]
    assert set(token.topics) == {
        *own(request),
        *ids(f"-user.{user.pk}", f"-session.{token.session}"),
    }


@pytest.mark.django_db
async def test_an_asynchronous_view_needs_no_session_to_choose_topics():
    session = SessionStore("x" * 32)
    request = get(session=session)
    set_websocket_topics(request, "a")
    assert not session.accessed


# ------------------------------------------------------------------ a living window


async def test_a_living_window_is_told_in_its_own_topic():
    window_info = WindowInfo()
    window_info.window_key = "w"
    history = publisher().history
    _, position = history.position()
    await asyncio.to_thread(set_websocket_topics, window_info, "a", ["b"])
    reading = await history.read({topic_id("-window.w"): position})
    (entry,) = reading.topics[topic_id("-window.w")].entries
    assert entry.control
    assert list(entry.previous) == ids("-window.w")
    for name in ids("-str.a", "-str.b", "-broadcast"):
        assert name in entry.body


def test_nobody_s_window_has_no_topics():
    with pytest.raises(ValueError, match="no window"):
        add_websocket_topics(WindowInfo(), "a")
