"""The verbs: each sends its signal, with the argument names of the wire."""

import inspect

import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.core.exceptions import SynchronousOnlyOperation
from django.test import RequestFactory
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from dfws_html import html
from dfws_html.page.fragments import PersonalValueRead
from dfws_html.testing import SignalQueue
from dfws_html.topics import BROADCAST, USER, WINDOW
from dfws_html.work.registry import WINDOW_SIGNALS
from tests.working import window

BRINGING = ["after", "append", "before", "content", "morph", "prepend", "replace_with", "upsert"]


class OrderForm(forms.Form):
    count = forms.IntegerField()


BRINGING_NONE = {
    "text": (("#a", "<b>"), {"selector": "#a", "content": "<b>"}),
    "empty": (("#a",), {"selector": "#a"}),
    "remove": (("#a",), {"selector": "#a"}),
    "add_class": (("#a", "b c"), {"selector": "#a", "class_name": "b c"}),
    "remove_class": (("#a", "b"), {"selector": "#a", "class_name": "b"}),
    "add_attribute": (
        ("#a", "title", 3),
        {"selector": "#a", "attr_name": "title", "attr_value": "3"},
    ),
    "remove_attr": (("#a", "title"), {"selector": "#a", "attr_name": "title"}),
    "boolean_attribute": (
        ("#a", "disabled", True),
        {"selector": "#a", "name": "disabled", "value": True},
    ),
    "focus": (("#a",), {"selector": "#a"}),
    "download_file": (("/f.csv", "g.csv"), {"url": "/f.csv", "filename": "g.csv"}),
    "refresh": ((), {}),
    "reload": ((), {}),
    "toggle_class": (("#a", "b c"), {"selector": "#a", "class_name": "b c"}),
    "dialog": (("#a",), {"selector": "#a", "action": "modal"}),
    "dispatch": (("cart:add", {"n": 1}), {"event": "cart:add", "detail": {"n": 1}}),
    "scroll": (("#a", "end"), {"selector": "#a", "block": "end"}),
    "announce": (("<b>",), {"content": "<b>", "level": "polite"}),
    "title": (("<b>",), {"content": "<b>"}),
    "push_url": (("?page=2",), {"url": "?page=2"}),
    "replace_url": (("/a#b",), {"url": "/a#b"}),
    "redirect": (("https://example.org/",), {"url": "https://example.org/"}),
    "form_errors": (
        (OrderForm({"count": "x"}), "#f"),
        {
            "selector": "#f",
            "errors": {"count": ["Enter a whole number."]},
            "non_field": [],
            "focus": True,
        },
    ),
    "forms_set": (
        ("#a", {"title": "x", "tags": ["y"]}),
        {
            "selector": "#a",
            "values": [{"name": "title", "value": "x"}, {"name": "tags", "value": ["y"]}],
        },
    ),
}
VERBS = [*BRINGING, *BRINGING_NONE]


def sent(verb, *args, **options):
    """Use a verb; return what it pushed: topics to (signal, arguments)."""
    with SignalQueue() as queue:
        verb(*args, **options)
    return {topic: pushed for topic, [pushed] in queue.ws_signals.items()}


def wire_name(verb):
    names = {"forms_set": "html.forms.set", "form_errors": "forms.errors"}
    return names.get(verb, f"html.{verb}")


def test_every_signal_of_the_windows_is_a_verb():
    assert {*map(wire_name, VERBS), "html.batch"} <= WINDOW_SIGNALS
    assert len(VERBS) == 17 + 14
    others = {"Batch", "NoSuchPiece", "Options", "asend", "batch", "render"}
    assert set(html.__all__) == {*VERBS, *others}
    assert {verb for verb in VERBS if not hasattr(html.Batch, verb)} == set()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_and_typed(verb):
    function = getattr(html, verb)
    assert function.__doc__.partition("\n")[0].endswith(".")
    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())
    assert parameters[0].name == "window_info"
    assert all(one.annotation is not one.empty for one in parameters)


@pytest.mark.parametrize("verb", BRINGING)
def test_verbs_that_bring_html(verb):
    own = window()
    topic = f"-window.{own.window_key}"
    function = getattr(html, verb)
    assert sent(function, own, "#a", "<b>") == {
        topic: (f"html.{verb}", {"selector": "#a", "content": "&lt;b&gt;"})
    }
    found = sent(function, own, "#a", mark_safe("<b>"), to=[WINDOW, "room"])
    assert found.keys() == {topic, "-str.room"}
    assert found[topic][1]["content"] == "<b>"
    found = sent(function, own, "#a", template="fragments/plain.html", context={"text": "<"})
    assert found[topic][1]["content"] == "<b>&lt;</b>"
    assert sent(function, own, "#a")[topic][1]["content"] == ""


@pytest.mark.parametrize("verb", BRINGING_NONE)
def test_verbs_that_bring_none(verb):
    own = window()
    args, arguments = BRINGING_NONE[verb]
    expected = (wire_name(verb), arguments)
    assert sent(getattr(html, verb), own, *args) == {f"-window.{own.window_key}": expected}
    assert sent(getattr(html, verb), own, *args, to=[BROADCAST]) == {"-broadcast": expected}


def test_fields_of_a_form_as_the_wire_has_them():
    pairs = [{"name": "a", "value": True}]
    found = sent(html.forms_set, window(), "#f", iter(pairs), to="room")
    assert found["-str.room"][1]["values"] == pairs
    assert sent(html.download_file, window(), "/f", to="room")["-str.room"][1]["filename"] == ""


@pytest.mark.parametrize("verb", BRINGING)
def test_a_mistyped_option_is_named(verb):
    with pytest.raises(TypeError, match=rf"html\.{verb}\(\) got an unexpected .* 'templte'"):
        getattr(html, verb)(window(), "#a", templte="x.html")


def test_options_of_the_verbs_that_bring_html():
    own = window()
    topic = f"-window.{own.window_key}"
    found = sent(html.morph, own, "#a", mark_safe("<b id=b>x</b>"), outer=True)
    expected = {"selector": "#a", "content": "<b id=b>x</b>", "outer": True}
    assert found == {topic: ("html.morph", expected)}
    # Batches have transitions: this is one of one verb.
    found = sent(html.morph, own, "#a", "x", transition=True)
    ops = [["html.morph", {"selector": "#a", "content": "x"}]]
    assert found == {topic: ("html.batch", {"ops": ops, "transition": True})}
    found = sent(html.upsert, own, "#a", template="fragments/plain.html", select="b")
    assert found[topic][1] == {"selector": "#a", "content": "<b></b>"}
    with pytest.raises(html.NoSuchPiece):
        html.upsert(own, "#a", template="fragments/plain.html", select="i")


@pytest.mark.parametrize("verb", ["push_url", "replace_url", "redirect", "download_file"])
@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " \x00JavaScript:x", "java\nscript:x", "vbscript:x", "mailto:a@b"],
)
def test_addresses_of_another_scheme(verb, url):
    with pytest.raises(ValueError, match=rf"html\.{verb}: an address may begin with http: or .*:$"):
        getattr(html, verb)(window(), url)


def test_addresses():
    found = sent(html.redirect, window(), "//example.org/x", external=True, to="room")
    assert found["-str.room"][1] == {"url": "//example.org/x", "external": True}
    found = sent(html.push_url, window(), format_lazy("/{}/", gettext_lazy("January")), to="room")
    assert found["-str.room"][1] == {"url": "/January/"}
    found = sent(html.download_file, window(), "data:text/plain,x", to="room")
    assert found["-str.room"][1]["url"] == "data:text/plain,x"
    with pytest.raises(ValueError, match="not with data:"):
        html.redirect(window(), "data:text/html,x")
    assert sent(html.push_url, window(), "HTTPS://a/b:c?d:e", to="room")
    assert sent(html.push_url, window(), "/a:b", to="room")


@pytest.mark.parametrize(
    ("verb", "args", "message"),
    [
        ("dialog", ("#a", "modl"), '"action" is modal or show or close, not "modl"; did you mean'),
        ("scroll", ("#a", "middle"), '"block" is start or center or end or nearest, not "middle"'),
        ("announce", ("x", "assertiv"), 'not "assertiv"; did you mean "assertive"'),
    ],
)
def test_words_that_are_one_of_a_few(verb, args, message):
    with pytest.raises(ValueError, match=f"html.{verb}: .*{message}"):
        getattr(html, verb)(window(), *args)


def test_an_event_on_the_document_and_on_an_element():
    found = sent(html.dispatch, window(), "saved", to="room")
    assert found["-str.room"][1] == {"event": "saved"}
    found = sent(html.dispatch, window(), "saved", selector="#a", detail=0, to="room")
    assert found["-str.room"][1] == {"event": "saved", "selector": "#a", "detail": 0}


class User:
    pk = 7
    username = "ada"
    is_authenticated = True

    def get_username(self):
        return self.username

    def has_module_perms(self, app_label):
        return True

    def has_perm(self, perm, obj=None):
        return True


PERSONAL = {"template": "fragments/personal.html", "context": {"day": None}}


@pytest.mark.parametrize(
    ("to", "options", "is_personal"),
    [
        (WINDOW, {}, True),
        (USER, {}, True),
        ([WINDOW, USER], {}, True),
        (BROADCAST, {}, False),
        ("room", {}, False),
        ([WINDOW, "room"], {}, False),
        ("room", {"as_sender": True}, True),
    ],
)
def test_who_sees_the_sender_s_name(to, options, is_personal):
    own = window(User(), language_code="fr")
    found = sent(html.append, own, "#a", to=to, **PERSONAL, **options)
    assert [("ada|may" in arguments["content"]) for _, arguments in found.values()] == [
        is_personal
    ] * len(found)


def test_developers_are_told(settings):
    settings.DEBUG = True
    with pytest.raises(PersonalValueRead):
        html.append(window(User()), "#a", to="room", **PERSONAL)


def test_translations_for_everybody_are_the_site_s():
    with translation.override("fr"):
        own = window()
        for verb in (html.text, html.append):
            found = sent(verb, own, "#a", gettext_lazy("January"), to="room")
            assert found["-str.room"][1]["content"] == "January"
            found = sent(verb, own, "#a", gettext_lazy("January"))
            assert found[f"-window.{own.window_key}"][1]["content"] == "janvier"


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        (html.add_attribute, ["#a", "title", gettext_lazy("January")]),
        (html.dispatch, ["cart:changed", [gettext_lazy("January")]]),
        (html.forms_set, ["#a", {"month": gettext_lazy("January")}]),
    ],
)
def test_lazy_texts_are_those_of_whoever_gets_them(verb, args):
    own = window()
    with translation.override("fr"), SignalQueue() as queue:
        for to in (WINDOW, ["room"]):
            verb(own, *args, to=to)
            with html.batch(own, to=to) as page:
                verb(page, *args)
    mine, everybody = (str(signals) for signals in queue.ws_signals.values())
    assert mine.count("janvier") == everybody.count("January") == 2


def test_destinations_are_read_once():
    found = sent(html.append, window(), "#a", "x", to=(name for name in ["a", "b"]))
    assert list(found) == ["-str.a", "-str.b"]


def test_from_a_view():
    request = RequestFactory().get("/")
    request.window_key = "view"
    assert list(sent(html.append, request, "#a", "x")) == ["-window.view"]


def test_no_window():
    with pytest.raises(ValueError, match="WINDOW"):
        html.append(window(window_key=None), "#a", "x")


def test_render():
    own = window(User(), language_code="fr")
    found = html.render(own, "fragments/personal.html", {"day": None})
    assert found == "<i>ada|may||fr||</i>"
    assert hasattr(found, "__html__")


@pytest.mark.parametrize("verb", VERBS)
async def test_on_a_loop_each_verb_names_the_other_door(verb):
    args = BRINGING_NONE[verb][0] if verb in BRINGING_NONE else ("#a", "x")
    with pytest.raises(SynchronousOnlyOperation) as refused:
        getattr(html, verb)(window(), *args)
    assert f"await html.asend(html.{verb}, ...)" in str(refused.value)


async def test_asend():
    own = window()
    with SignalQueue() as queue:
        await html.asend(html.append, own, "#a", "x", to="room")
        await html.asend(html.text, own, "#a", "y", to="room")
        pushed = await sync_to_async(lambda: queue.ws_signals)()
    assert [name for name, _ in pushed["-str.room"]] == ["html.append", "html.text"]


def test_render_takes_the_same_sources():
    own = window()
    assert html.render(own, "fragments/plain.html", {"text": "x"}, select="b") == "<b>x</b>"
    with pytest.raises(TypeError, match="a template or a component"):
        html.render(own)
    with pytest.raises(TypeError, match="either"):
        html.render(own, "fragments/plain.html", component="card")


async def test_render_on_a_loop():
    with pytest.raises(SynchronousOnlyOperation, match="sync_to_async"):
        html.render(window(), "fragments/plain.html")
