"""A batch: several verbs, one frame, in order, or nothing."""

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import SynchronousOnlyOperation
from django.db import transaction
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation import gettext_lazy

from dfws_html import html
from dfws_html.testing import SignalQueue
from dfws_html.topics import BROADCAST, WINDOW
from tests.working import told, window


def ops(queue, topic="-str.room"):
    [(name, arguments)] = queue.ws_signals[topic]
    assert name == "html.batch"
    return arguments["ops"]


def test_one_frame_in_order():
    own = window()
    with SignalQueue() as queue:
        with html.batch(own, to=["room", WINDOW]) as page:
            page.append("#log", template="fragments/plain.html", context={"text": "<"})
            page.text("#count", 3)
            page.morph("#all", "x", outer=True)
            page.forms_set("#f", {"title": ""})
            assert queue.ws_signals == {}
        assert ops(queue) == [
            ["html.append", {"selector": "#log", "content": "<b>&lt;</b>"}],
            ["html.text", {"selector": "#count", "content": "3"}],
            ["html.morph", {"selector": "#all", "content": "x", "outer": True}],
            ["html.forms.set", {"selector": "#f", "values": [{"name": "title", "value": ""}]}],
        ]
        assert queue.ws_signals.keys() == {"-str.room", f"-window.{own.window_key}"}


def test_the_window_alone_unless_somebody_is_named():
    request = RequestFactory().get("/")
    request.window_key = "view"
    with SignalQueue() as queue, html.batch(request, transition=True) as page:
        page.refresh()
    assert queue.ws_signals == {
        "-window.view": [("html.batch", {"ops": [["html.refresh", {}]], "transition": True})]
    }


def test_the_verbs_of_the_module_take_it_for_a_window():
    with SignalQueue() as queue, html.batch(window(), to="room") as page:
        html.add_class(page, "#a", "b")
    assert ops(queue) == [["html.add_class", {"selector": "#a", "class_name": "b"}]]


def test_nothing_leaves_a_block_that_raises_or_does_nothing():
    with SignalQueue() as queue:
        with pytest.raises(KeyError), html.batch(window(), to="room") as page:
            page.text("#a", "x")
            raise KeyError
        with html.batch(window(), to="room"):
            pass
    assert queue.ws_signals == {}


def test_one_verb_that_can_t_be_is_told_where_it_stands():
    with SignalQueue() as queue, html.batch(window(), to="room") as page:
        with pytest.raises(TypeError, match="signal 'html.dispatch': the argument 'detail'"):
            page.dispatch("x", object())
        with pytest.raises(TypeError, match="html.text: in a batch it is the batch that says"):
            page.text("#a", "x", to="elsewhere")
        with pytest.raises(TypeError, match="html.append: in a batch"):
            page.append("#a", "x", to=WINDOW)
        with pytest.raises(TypeError, match="html.append: in a batch .* has a transition"):
            page.append("#a", "x", transition=True)
        with pytest.raises(TypeError, match="a batch can't go into a batch"):
            html.batch(page)
        page.title("kept")
    assert ops(queue) == [["html.title", {"content": "kept"}]]


def test_outside_of_its_block_it_takes_nothing():
    with SignalQueue():
        page = html.batch(window(), to="room")
        with pytest.raises(RuntimeError, match="html.text: .* inside its with block"):
            page.text("#a", "x")
        with page:
            page.text("#a", "x")
        with pytest.raises(RuntimeError, match="html.focus: .* inside its with block"):
            page.focus("#a")


def test_it_is_rendered_for_whom_it_is_sent_to():
    with SignalQueue() as queue, translation.override("fr"):
        for to in (WINDOW, "room"):
            own = window(window_key="me", language_code="fr")
            with html.batch(own, to=to) as page:
                page.append("#a", gettext_lazy("January"))
                page.text("#a", gettext_lazy("January"))
                page.announce(gettext_lazy("January"))
                page.append(
                    "#a", template="fragments/personal.html", context={"day": None}, as_sender=True
                )
    shown = {topic: [op[1]["content"] for op in ops(queue, topic)] for topic in queue.ws_signals}
    assert shown["-window.me"][:3] == ["janvier"] * 3
    assert shown["-str.room"][:3] == ["January"] * 3
    assert shown["-str.room"][3] == shown["-window.me"][3]


@pytest.mark.django_db(transaction=True)
def test_it_leaves_after_the_commit():
    own = window()
    with transaction.atomic():
        with html.batch(own) as page:
            page.empty("#a")
        assert told(WINDOW, own) == []
    [frame] = told(WINDOW, own)
    assert frame["signal"] == "html.batch"
    assert frame["opts"] == {"ops": [["html.empty", {"selector": "#a"}]]}


def test_what_is_too_big_is_said(settings):
    settings.WEBSOCKET_LIMITS = {"frame_out": 100}
    too_big = pytest.raises(ValueError, match="signal 'html.batch': .* too much")
    with too_big, html.batch(window(), to=BROADCAST) as page:
        page.text("#a", "x" * 100)


async def test_asynchronous_code():
    with SignalQueue() as queue:
        async with html.batch(window(), to="room") as page:
            await html.asend(html.append, page, "#a", "x")
            await html.asend(html.text, page, "#b", "y")
            with pytest.raises(SynchronousOnlyOperation, match=r"await html.asend\(html.text"):
                page.text("#c", "z")
        with pytest.raises(KeyError):
            async with html.batch(window(), to="room") as page:
                await html.asend(html.text, page, "#b", "lost")
                raise KeyError
        found = await sync_to_async(ops)(queue)
    assert [name for name, _ in found] == ["html.append", "html.text"]


@pytest.mark.django_db(transaction=True)
async def test_an_asynchronous_view_s_session_may_be_unread():
    request = RequestFactory().get("/")
    request.session = SessionStore("a-key-of-a-session-not-yet-read")
    with SignalQueue() as queue:
        async with html.batch(request, to="room") as page:
            await html.asend(html.text, page, "#a", "x")
        assert await sync_to_async(ops)(queue) == [
            ["html.text", {"selector": "#a", "content": "x"}]
        ]


async def test_on_a_loop_the_other_door_is_named():
    refused = pytest.raises(SynchronousOnlyOperation, match=r"async with html\.batch\(\.\.\.\)")
    with refused, html.batch(window()):
        pass
