"""Who stands behind a cookie, in every kind of session store, and that looking changes nothing."""

import contextlib
from importlib import import_module

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.cache import caches

from dfws_html.page.tokens import PageToken, TokenRefused
from dfws_html.page.visitors import Visitor, _only_read, check_identity, visitor, visitors
from dfws_html.ws_middleware import SESSION_ID

pytestmark = pytest.mark.django_db

ENGINES = ["db", "cache", "cached_db", "file", "signed_cookies"]
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ann", password="a")


@pytest.fixture(params=ENGINES)
def engine(request, settings, tmp_path):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    settings.SESSION_COOKIE_AGE = 1000
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for kept in (store, _only_read(store)):  # it keeps the first folder that it was given
        if "_storage_path" in vars(kept):
            del kept._storage_path
    caches["default"].clear()
    return store


def logged_in(store, user, **changes):
    session = store()
    session[SESSION_ID] = "s1"
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = MODEL_BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.update(changes)
    session.save()
    return {"sessionid": session.session_key}


def everything(folder):
    """All that a session store has written anywhere."""
    return (
        sorted(Session.objects.values_list()),
        sorted((path.name, path.read_bytes()) for path in folder.iterdir()),
        dict(caches["default"]._cache),
    )


def test_a_logged_in_visitor(engine, user, tmp_path):
    cookies = logged_in(engine, user)
    visitor(cookies)  # one that reads through a cache has filled it now
    before = everything(tmp_path)
    who = visitor(cookies)
    assert (who.user, who.user_pk, who.session_id) == (user, str(user.pk), "s1")
    assert not who.session.modified
    assert everything(tmp_path) == before


@pytest.mark.parametrize(
    "cookies", [{}, {"sessionid": ""}, {"sessionid": "x" * 32}, {"sessionid": "../a"}]
)
def test_nobody(engine, cookies, tmp_path):
    before = everything(tmp_path)
    who = visitor(cookies)
    assert (who.user.is_authenticated, who.user_pk, who.session_id) == (False, "", "")
    assert everything(tmp_path) == before


def test_a_session_that_has_expired_is_left_as_it_is(engine, user, settings, tmp_path):
    cookies = logged_in(engine, user)
    settings.SESSION_COOKIE_AGE = -1
    Session.objects.update(expire_date="2000-01-01T00:00:00Z")
    caches["default"].clear()
    before = everything(tmp_path)
    assert visitor(cookies).user_pk == ""
    assert everything(tmp_path) == before


def test_nothing_can_be_written(engine, user, tmp_path):
    session = visitor(logged_in(engine, user)).session
    before = everything(tmp_path)
    session["a"] = 1
    with pytest.raises(RuntimeError, match="only read"):
        session.save()
    for change in (session.delete, session.cycle_key, session.flush, session.create):
        with contextlib.suppress(RuntimeError):  # those that save
            change()
    assert everything(tmp_path) == before


# ------------------------------------------------------------------ the user


@pytest.fixture
def store(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    return import_module(settings.SESSION_ENGINE).SessionStore


@pytest.mark.parametrize(
    "changes",
    [
        {SESSION_KEY: "no number"},
        {SESSION_KEY: "999999"},
        {BACKEND_SESSION_KEY: "no.such.Backend"},
        {BACKEND_SESSION_KEY: "django.contrib.auth.backends.RemoteUserBackend"},
        {HASH_SESSION_KEY: ""},
        {HASH_SESSION_KEY: None},
        {HASH_SESSION_KEY: "another"},
    ],
)
def test_a_session_that_does_not_verify_is_anonymous_and_stays(store, user, changes):
    cookies = logged_in(store, user, **changes)
    who = visitor(cookies)
    assert (who.user_pk, who.session_id) == ("", "s1")
    assert Session.objects.filter(pk=cookies["sessionid"]).exists()


def test_a_user_who_may_not_log_in_is_nobody(store, user):
    cookies = logged_in(store, user)
    user.is_active = False
    user.save()
    assert visitor(cookies).user_pk == ""


def test_a_new_password_ends_the_other_sessions(store, user):
    cookies = logged_in(store, user)
    user.set_password("new")
    user.save()
    assert visitor(cookies).user_pk == ""
    assert Session.objects.filter(pk=cookies["sessionid"]).exists()


def test_a_rotated_secret_logs_nobody_out(store, user, settings):
    cookies = logged_in(store, user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new secret, which is long enough as well, as it should be"
    before = list(Session.objects.values_list())
    assert visitor(cookies).user == user
    assert list(Session.objects.values_list()) == before
    settings.SECRET_KEY_FALLBACKS = []
    assert visitor(cookies).user_pk == ""


# ------------------------------------------------------------------ the token


def who(session, user=None):
    return Visitor(session={SESSION_ID: session} if session else {}, user=user or AnonymousUser())


def test_a_token_and_its_visitor(user):
    pk = str(user.pk)
    good = [
        (PageToken(window="w"), who("")),
        (PageToken(window="w"), who("s1")),
        (PageToken(window="w", session="s1"), who("s1")),
        (PageToken(window="w", session="s1", user=pk), who("s1", user)),
    ]
    bad = [
        (PageToken(window="w", session="s1"), who("")),
        (PageToken(window="w", session="s1"), who("s2")),
        (PageToken(window="w"), who("s1", user)),  # somebody has logged in
        (PageToken(window="w", session="s1"), who("s1", user)),
        (PageToken(window="w", session="s1", user=pk), who("s1")),
        (PageToken(window="w", session="s1", user=pk), who("s2", user)),
        (PageToken(window="w", session="s1", user="0"), who("s1", user)),
        (PageToken(window="w", session="é"), who("s1")),
    ]
    for token, visiting in good:
        check_identity(token, visiting)
    for token, visiting in bad:
        with pytest.raises(TokenRefused) as refused:
            check_identity(token, visiting)
        assert refused.value.code == "identity"


def test_many_are_read_as_each_alone(engine, user, tmp_path):
    make = get_user_model().objects.create_user
    gone = make("gone", is_active=False)
    others = [make(f"u{n}") for n in range(5)]
    jars = [logged_in(engine, one) for one in (user, gone, *others, user)]
    jars += [{}, {"sessionid": "x" * 32}, logged_in(engine, user, **{HASH_SESSION_KEY: "other"})]
    before = everything(tmp_path)
    found = visitors(jars)
    alone = [visitor(cookies) for cookies in jars]
    assert [(who.user_pk, who.session_id) for who in found] == [
        (who.user_pk, who.session_id) for who in alone
    ]
    assert [who.user_pk for who in found[:2]] == [str(user.pk), ""]
    assert everything(tmp_path) == before


def test_rows_of_many_are_read_together(user, django_assert_num_queries):
    store = import_module("django.contrib.sessions.backends.db").SessionStore
    users = [get_user_model().objects.create_user(f"u{n}") for n in range(20)]
    jars = [logged_in(store, one) for one in users]
    with django_assert_num_queries(2):
        found = visitors(jars)
        assert [who.user for who in found] == users
