"""The page token: whole or refused."""

import pytest
from django.core import signing
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dfws_html.page.tokens import PageToken, TokenRefused, new_window_id, sign, verify
from dfws_html.protocol import VERSION
from dfws_html.topics import key_fingerprint

WHOLE = PageToken(window="w", user="7", session="s", topics=("a", None, "b"), position=17, life="L")
RAW = {"v": VERSION, "w": "w", "u": "7", "s": "s", "t": ["a"], "p": 17, "l": "L", "k": "k"}


def signed(raw, salt="dfws_html.page"):
    return signing.dumps(raw, salt=salt, compress=True)


def refused(text, **options):
    with pytest.raises(TokenRefused) as error:
        verify(text, **options)
    return error.value.code


def test_there_and_back():
    assert verify(sign(WHOLE)) == WHOLE
    assert verify(signed(RAW)).topics == ("a",)
    assert WHOLE.key == key_fingerprint()


def test_no_byte_may_change():
    text = sign(WHOLE)
    for at in range(len(text)):
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        assert refused(changed) == "identity", at
    for other in (text[:-1], text + "A", text[1:], text[: text.rindex(":")]):
        assert refused(other) == "identity"


@pytest.mark.parametrize(
    "text",
    ["", ":", "::", "a:b:c", "é:é:é", "\ud800:a:b", "a:b:\ud800", "\0", "." * 10_000, "eyJ9:1:x"],
)
def test_what_is_no_token(text):
    assert refused(text) == "identity"


def test_what_was_signed_for_something_else():
    assert refused(signed(RAW, salt="django.contrib.messages")) == "identity"


def test_age(settings):
    text = sign(WHOLE)
    assert verify(text, max_age=100) == WHOLE
    assert refused(text, max_age=-1) == "identity"
    settings.WEBSOCKET_TOKEN_AGE = -1
    assert refused(text) == "identity"


def test_the_secret_may_be_rotated(settings):
    text = sign(WHOLE)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "new"
    assert verify(text) == WHOLE
    settings.SECRET_KEY_FALLBACKS = []
    assert refused(text) == "identity"


def test_another_release_is_told_apart():
    assert refused(signed({**RAW, "v": VERSION + 1, "new": 1})) == "version"
    assert refused(signed({"v": VERSION + 1})) == "version"


@pytest.mark.parametrize(
    "raw",
    [None, [], "text", 17, {}, *({k: v for k, v in RAW.items() if k != gone} for gone in RAW)],
    ids=repr,
)
def test_a_signed_payload_of_another_shape(raw):
    assert refused(signed(raw)) == "version"


@pytest.mark.parametrize(
    "changed",
    [{"w": 1}, {"u": 7}, {"s": None}, {"t": "ab"}, {"t": [1]}, {"p": "17"}, {"p": True}, {"l": []}],
    ids=repr,
)
def test_a_signed_payload_with_a_value_of_another_type(changed):
    assert refused(signed({**RAW, **changed})) == "version"


def test_a_refusal_tells_no_secret(settings):
    with pytest.raises(TokenRefused) as error:
        verify(sign(WHOLE)[:-2])
    assert settings.SECRET_KEY not in str(error.value)


def test_topics_keep_their_index_for_ever():
    token = PageToken(window="w", topics=("own", "a", "b"))
    token = token.with_topics(["own", "b", "c"])
    assert token.topics == ("own", None, "b", "c")
    token = token.with_topics(["own", "a", "c", "c"])
    assert token.topics == ("own", None, None, "c", "a")
    assert token.with_topics(["own", "c", "a"]) == token


def test_window_ids_are_128_bits():
    ids = {new_window_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {22}


# ------------------------------------------------------------------ properties

TEXT = st.text(max_size=24)
TOKENS = st.builds(
    PageToken,
    window=TEXT,
    user=TEXT,
    session=TEXT,
    topics=st.lists(st.none() | TEXT, max_size=8).map(tuple),
    position=st.integers(-1, 2**53),
    life=TEXT,
    key=TEXT,
)
SPOILT = "ABab09-_.:= \0\ud800é"


@settings(max_examples=700, deadline=None)
@given(TOKENS)
def test_any_token_comes_back_whole(token):
    assert verify(sign(token)) == token


@settings(max_examples=700, deadline=None)
@given(TOKENS, st.integers(0), st.integers(0, 3), st.text(SPOILT, max_size=3))
def test_any_token_that_was_changed_is_refused(token, at, gone, come):
    text = sign(token)
    at %= len(text) + 1
    changed = text[:at] + come + text[at + gone :]
    # The last character of a signature holds bits that are not used: other text, same bytes.
    assume(changed[:-1] != text[:-1] or len(changed) != len(text))
    assert refused(changed) == "identity"


NAMES = st.lists(st.sampled_from("abcdef"), max_size=6)


@settings(max_examples=700, deadline=None)
@given(NAMES, st.lists(NAMES, max_size=6))
def test_an_index_means_one_topic_whatever_is_chosen(first, changes):
    token = PageToken(window="w", topics=tuple(dict.fromkeys(first)))
    meant = dict(enumerate(token.topics))
    for wanted in changes:
        token = token.with_topics(wanted)
        assert {topic for topic in token.topics if topic is not None} == set(wanted)
        assert len(token.topics) >= len(meant)
        for index, topic in enumerate(token.topics):
            assert topic is None or meant.setdefault(index, topic) == topic
            meant.setdefault(index, topic)
