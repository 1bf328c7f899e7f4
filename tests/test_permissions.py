"""Permissions: who gets in, how they combine, and that no mistake opens a door."""

from dataclasses import FrozenInstanceError
from itertools import product
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfws_html.work.permissions import (
    everyone,
    has_perm,
    is_allowed,
    is_anonymous,
    is_authenticated,
    is_staff,
    is_superuser,
    server_side,
)


def window(**known):
    nobody = {"is_authenticated": False, "is_staff": False, "is_superuser": False}
    known = {**nobody, "is_active": bool(known), "perms": (), **known}
    known["is_anonymous"] = not known["is_authenticated"]
    return SimpleNamespace(**known, has_perm=lambda perm: perm in known["perms"])


NOBODY = window()
USER = window(is_authenticated=True)
STAFF = window(is_authenticated=True, is_staff=True)
ROOT = window(is_authenticated=True, is_superuser=True)
FORMER = window(is_authenticated=True, is_staff=True, is_superuser=True, is_active=False)
WINDOWS = [NOBODY, USER, STAFF, ROOT, FORMER]


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (server_side, [False, False, False, False, False]),
        (everyone, [True, True, True, True, True]),
        (is_authenticated, [False, True, True, True, True]),
        (is_anonymous, [True, False, False, False, False]),
        (is_staff, [False, False, True, False, False]),
        (is_superuser, [False, False, False, True, False]),
    ],
)
def test_who_gets_in(permission, expected):
    assert [permission(None, one, {}) for one in WINDOWS] == expected
    assert permission.local


def test_has_perm_asks_the_window():
    permission = has_perm("shop.change_item")
    assert permission(None, window(perms=["shop.change_item"]), {}) is True
    assert permission(None, window(perms=["shop.add_item"]), {}) is False
    assert not permission.local


@pytest.mark.parametrize("perm", ["", None, is_staff])
def test_has_perm_wants_a_name(perm):
    with pytest.raises(TypeError, match="has_perm needs a permission's name"):
        has_perm(perm)


def owner(connection, window_info, kwargs):
    return kwargs.get("owner") == "me"


@pytest.mark.parametrize(
    ("permission", "text", "local"),
    [
        (is_staff & has_perm("app.change_x"), "is_staff & has_perm('app.change_x')", False),
        (is_staff | is_superuser, "is_staff | is_superuser", True),
        (~is_staff, "~is_staff", True),
        (~(is_staff & everyone), "~(is_staff & everyone)", True),
        ((is_staff | everyone) & is_anonymous, "(is_staff | everyone) & is_anonymous", True),
        (is_staff | everyone & is_anonymous, "is_staff | everyone & is_anonymous", True),
        (owner & is_staff, "owner & is_staff", False),
        (is_staff | owner, "is_staff | owner", False),
        (~(owner | is_staff), "~(owner | is_staff)", False),
    ],
)
def test_text_and_locality(permission, text, local):
    assert repr(permission) == text
    assert permission.local is local


def test_plain_callables_combine_on_both_sides():
    for permission in (owner & is_staff, is_staff & owner):
        assert permission(None, STAFF, {"owner": "me"}) is True
        assert permission(None, STAFF, {"owner": "you"}) is False
        assert permission(None, USER, {"owner": "me"}) is False
    for permission in (owner | is_staff, is_staff | owner):
        assert permission(None, USER, {"owner": "me"}) is True
        assert permission(None, USER, {}) is False


def test_the_predicate_gets_connection_window_and_arguments():
    seen = []
    permission = everyone & (lambda *asked: seen.append(asked) or True)
    assert permission("handler", USER, {"x": 1}) is True
    assert seen == [("handler", USER, {"x": 1})]


def test_the_second_is_not_asked_in_vain():
    def boom(connection, window_info, kwargs):
        raise AssertionError

    assert (server_side & boom)(None, USER, {}) is False
    assert (everyone | boom)(None, USER, {}) is True


async def coroutine(connection, window_info, kwargs):
    return False


@pytest.mark.parametrize(
    "mistake",
    [
        lambda connection, window_info, kwargs: has_perm("a.b"),
        coroutine,
        lambda connection, window_info, kwargs: window_info.has_perm,
    ],
)
def test_what_is_no_answer_opens_no_door(mistake):
    for predicate in (mistake, everyone & mistake, server_side | mistake, ~(everyone & mistake)):
        with pytest.raises(TypeError, match="must answer True or False"):
            is_allowed(predicate, None, USER, {})


def test_none_is_a_no():
    assert is_allowed(lambda *asked: None, None, USER, {}) is False


def test_an_error_is_no_yes():
    def broken(connection, window_info, kwargs):
        raise KeyError("id")

    with pytest.raises(KeyError):
        (broken | everyone)(None, USER, {})


def test_python_s_own_words_open_no_door():
    for combine in (
        lambda: is_authenticated and is_staff,
        lambda: is_staff or everyone,
        lambda: not is_anonymous,
    ):
        with pytest.raises(TypeError, match="write &, | and ~ instead of 'and', 'or' and 'not'"):
            combine()


@pytest.mark.parametrize("other", [True, "is_staff", None])
def test_only_callables_combine(other):
    with pytest.raises(TypeError, match="combines with callables"):
        is_staff & other
    with pytest.raises(TypeError, match="combines with callables"):
        other | is_staff


def test_a_permission_is_frozen():
    with pytest.raises(FrozenInstanceError):
        everyone.test = None


leaves = st.sampled_from([server_side, everyone, is_authenticated, is_anonymous, is_staff])
trees = st.recursive(
    leaves.map(lambda leaf: (leaf, leaf)),
    lambda inner: st.one_of(
        inner.map(lambda one: (~one[0], ("not", one[1]))),
        st.tuples(inner, inner).map(
            lambda two: (two[0][0] & two[1][0], ("and", two[0][1], two[1][1]))
        ),
        st.tuples(inner, inner).map(
            lambda two: (two[0][0] | two[1][0], ("or", two[0][1], two[1][1]))
        ),
    ),
    max_leaves=8,
)


def truth(tree, window_info):
    if not isinstance(tree, tuple):
        return tree(None, window_info, {})
    word, *parts = tree
    answers = [truth(part, window_info) for part in parts]
    return {"not": lambda: not answers[0], "and": lambda: all(answers), "or": lambda: any(answers)}[
        word
    ]()


@given(trees)
@settings(max_examples=200, deadline=None)
def test_combinations_follow_logic_and_their_text_is_the_expression(tree):
    permission, shape = tree
    again = eval(repr(permission))
    for window_info in WINDOWS:
        assert permission(None, window_info, {}) is truth(shape, window_info)
        assert again(None, window_info, {}) is truth(shape, window_info)
    assert permission.local


def test_de_morgan():
    for window_info, one, other in product(WINDOWS, [is_staff, everyone], [is_anonymous, is_staff]):
        asked = (None, window_info, {})
        assert (~(one & other))(*asked) is (~one | ~other)(*asked)
