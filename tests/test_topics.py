"""Topics: names alike in every process, no name for two things, ids that tell no name."""

import enum
import subprocess
import sys
import uuid
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AbstractUser, AnonymousUser, Group, User
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from dfws_html.topics import (
    BROADCAST,
    SERVER,
    SESSION,
    SYNC,
    USER,
    WINDOW,
    each_destination,
    key_fingerprint,
    serialize_topic,
    topic_id,
    topic_ids,
    topic_names,
)
from tests.models import Line

with isolate_apps("tests"):

    class Staff(User):
        class Meta:
            proxy = True
            app_label = "tests"


class Colour(enum.Enum):
    RED = 1
    RUBY = 1  # noqa: PIE796 - an alias is the same topic


class Word(enum.StrEnum):
    RED = "red"


class Room:
    def __init__(self, name):
        self.name = name

    def __topic__(self):
        return ("room", self.name)


class First:
    class Item:
        pass


class Second:
    class Item:
        pass


# Of another module, with the names of those above.
Item = type("Item", (), {"__module__": "shop", "__qualname__": "First.Item"})
Paint = enum.Enum("Colour", {"RED": 1}, module="shop", qualname="Colour")


def saved(model, pk):
    instance = model(pk=pk)
    instance._state.adding = False
    return instance


THINGS = [
    "3",
    3,
    True,
    "True",
    "-int.3",
    "a.b",
    ("a", "b"),
    ("a", "b", "c"),
    (("a", "b"), "c"),
    ("a", ("b", "c")),
    ("a1.b",),
    ("ab",),
    (),
    "",
    0,
    uuid.UUID(int=3),
    str(uuid.UUID(int=3)),
    Colour.RED,
    Word.RED,
    "red",
    Colour,
    First.Item,
    Second.Item,
    Item,
    Paint,
    Paint.RED,
    User,
    Group,
    AbstractUser,
    saved(User, 3),
    saved(User, 33),
    saved(Group, 3),
    Room("3"),
    Room(3),
    BROADCAST,
]


def test_no_two_things_share_a_name():
    names = [serialize_topic(None, thing) for thing in THINGS]
    assert len(set(names)) == len(THINGS)
    assert len(set(topic_ids(names))) == len(THINGS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (mark_safe("a"), "a"),
        (gettext_lazy("a"), "a"),
        (Colour.RED, Colour.RUBY),
        (Staff, User),
        (saved(Staff, 3), saved(User, 3)),
        (SimpleLazyObject(lambda: saved(User, 3)), saved(User, 3)),
        (SimpleLazyObject(lambda: "a"), "a"),
        (Room("3"), ("room", "3")),
        (("room", saved(Staff, 3)), ("room", saved(User, 3))),
    ],
)
def test_one_thing_has_one_name(one, other):
    assert serialize_topic(None, one) == serialize_topic(None, other)


@pytest.mark.parametrize(
    "thing",
    [object(), 1.5, b"a", None, ["a"], {"a"}, {"a": 1}, ("a", 1.5), print, AnonymousUser()],
)
def test_what_has_no_name_of_its_own_is_refused(thing):
    with pytest.raises(TypeError, match="can't be a topic"):
        serialize_topic(None, thing)


@pytest.mark.parametrize("thing", [User(), User(pk=3)])
def test_what_is_not_saved_is_refused(thing):
    with pytest.raises(ValueError, match="not saved"):
        serialize_topic(None, thing)


@pytest.mark.django_db
def test_a_saved_and_a_deleted_instance():
    group = Group.objects.create(name="g")
    assert serialize_topic(None, group) == f"-model.auth.group.{group.pk}"
    group.delete()
    with pytest.raises(ValueError, match="not saved"):
        serialize_topic(None, group)


def window(**values):
    return SimpleNamespace(**{"window_key": "w", "user_pk": 7, "session_id": "s", **values})


def test_the_constants_are_the_windows_own():
    names = topic_names(window(), [WINDOW, USER, SESSION, BROADCAST])
    assert names == ["-window.w", "-user.7", "-session.s", "-broadcast"]
    assert serialize_topic(window(), (WINDOW, "a")) == "-tuple.9.-window.w6.-str.a"


@pytest.mark.parametrize(
    ("constant", "values", "words"),
    [
        (USER, {"user_pk": None}, "SESSION names the windows of an anonymous visitor"),
        (SESSION, {"session_id": ""}, "no session"),
        (WINDOW, {"window_key": None}, "no window"),
        (SERVER, {}, "no topic of windows"),
        (SYNC, {}, "no topic of windows"),
    ],
)
def test_a_constant_that_the_window_lacks(constant, values, words):
    with pytest.raises(ValueError, match=words):
        serialize_topic(window(**values), constant)


def test_no_window_at_all():
    with pytest.raises(ValueError, match="no window"):
        serialize_topic(None, WINDOW)


@pytest.mark.parametrize("write", [str, str.upper, lambda text: text.replace("-", "")])
def test_a_key_that_was_given_as_text(write):
    pk = uuid.uuid4()
    one, other = Line(pk=pk), Line(pk=write(str(pk)))
    one._state.adding = other._state.adding = False
    assert serialize_topic(None, other) == serialize_topic(None, one)


def test_names_each_once_in_order():
    assert topic_names(None, ["b", "a", "b"]) == ["-str.b", "-str.a"]


def brackets(window_info, obj):
    return f"[{obj}]"


def test_the_projects_serializer(settings):
    settings.WEBSOCKET_TOPIC_SERIALIZER = f"{__name__}.brackets"
    assert topic_names(None, ["a"]) == ["[a]"]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (WINDOW, [WINDOW]),
        ([SERVER, WINDOW], [SERVER, WINDOW]),
        ((SERVER, "a"), [SERVER, "a"]),
        ([("room", 3)], [("room", 3)]),
        ("abc", ["abc"]),
        (mark_safe("abc"), ["abc"]),
        (3, [3]),
        (Colour, [Colour]),
        ((one for one in "ab"), ["a", "b"]),
        ([], []),
    ],
)
def test_destinations(to, expected):
    assert each_destination(to) == expected


def test_destinations_that_look_like_iterables():
    lazy = gettext_lazy("abc")
    assert each_destination(lazy) == [lazy]
    user = SimpleLazyObject(lambda: saved(User, 3))
    assert each_destination(user) == [user]
    room = Room("a")
    assert each_destination(room) == [room]


@pytest.mark.django_db
def test_a_queryset_is_its_instances():
    groups = [Group.objects.create(name=name) for name in "ab"]
    assert each_destination(Group.objects.order_by("name")) == groups


# ------------------------------------------------------------------ ids


def test_an_id_is_short_and_goes_into_a_frame():
    name = "-str." + "é" * 1000
    assert topic_id(name) == topic_ids([name])[0]
    assert len(topic_id(name)) == 20
    assert topic_id(name).replace("-", "").replace("_", "").isalnum()


def test_an_id_is_the_same_in_another_process(settings):
    code = (
        "import sys; from django.conf import settings; settings.configure(SECRET_KEY=sys.argv[1]);"
        "from dfws_html.topics import topic_id; print(topic_id('-str.a'))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, settings.SECRET_KEY],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == topic_id("-str.a")


def test_ids_depend_on_the_secret(settings):
    before, fingerprint = topic_id("a"), key_fingerprint()
    settings.SECRET_KEY = "another"
    assert topic_id("a") != before
    assert key_fingerprint() != fingerprint


def test_ids_survive_a_rotation_as_long_as_tokens_do(settings):
    before, fingerprint = topic_id("a"), key_fingerprint()
    settings.SECRET_KEY_FALLBACKS = ["younger", settings.SECRET_KEY]
    settings.SECRET_KEY = "new"
    assert (topic_id("a"), key_fingerprint()) == (before, fingerprint)
    settings.SECRET_KEY_FALLBACKS = []
    assert topic_id("a") != before
    assert key_fingerprint() != fingerprint


def test_a_key_of_their_own(settings):
    settings.WEBSOCKET_TOPIC_KEY = "k"
    before = topic_id("a")
    settings.SECRET_KEY = "another"
    assert topic_id("a") == before
    settings.WEBSOCKET_TOPIC_KEY = b"k"
    assert topic_id("a") == before
