"""Live models: after the commit, once, for nobody; and when nothing is told."""

import json
import time
import uuid

import django
import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.deletion import Collector
from django.template import TemplateSyntaxError, engines
from django.test import RequestFactory
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject

from dfws_html import live as module
from dfws_html.live import live
from dfws_html.page.fragments import PersonalValueRead
from dfws_html.page.subscriptions import page_of
from dfws_html.tasks import lost_after_commit
from dfws_html.testing import SignalQueue
from dfws_html.topics import topic_ids, topic_names
from tests.models import Line, ShortLine, Tag
from tests.working import window

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(autouse=True)
def queue(handlers):
    """What is triggered; what a test makes live is so no more after it."""
    with SignalQueue() as queue:
        yield queue
    for kept in (module._plans, module._models, module._due):
        kept.clear()


def pushed(queue):
    """Run what waits, and return what pages are told, by topic."""
    queue.execute_delayed_signals()
    found = {topic: list(signals) for topic, signals in queue.ws_signals.items()}
    queue.ws_signals.clear()
    module._due.clear()
    return found


def jobs(queue):
    return [row[2]["changes"] for row in queue.python_signals.get("celery", [])]


def topic(thing):
    [name] = topic_names(None, [thing])
    return name


REFRESH = [("html.refresh", {})]


def test_pages_on_its_topic_fetch_themselves(queue):
    assert live(Line) is Line
    line = Line.objects.create(name="a")
    mine = topic(line)
    assert pushed(queue) == {mine: REFRESH}
    line.save()
    assert pushed(queue) == {mine: REFRESH}
    ShortLine.objects.get().save()
    assert pushed(queue) == {mine: REFRESH}
    line.delete()
    assert pushed(queue) == {mine: REFRESH}
    Tag.objects.create(name="t")
    assert pushed(queue) == {}


def test_lists_fetch_themselves_and_get_no_content(queue):
    live(lists=True, parts=["live/title.html"])(Line)
    one, two = (Line.objects.create(name=name) for name in "ab")
    found = pushed(queue)
    assert found.pop(topic(Line)) == REFRESH
    assert set(found) == {topic(one), topic(two)}
    one.delete()
    assert pushed(queue)[topic(Line)] == REFRESH


def shown(source, request=None, **context):
    source = f"{{% load dfws_html %}}{source}"
    return engines["django"].from_string(source).render(context, request)


def test_a_part_is_shown_heard_and_replaced(queue):
    live(Line, parts=["live/line.html", "live/title.html"])
    line = Line.objects.create(name="<a>")
    pushed(queue)
    request = RequestFactory().get("/")
    html = shown(
        "{% live line 'live/line.html' %}|{% live line 'live/title.html' %}", request, line=line
    )
    assert page_of(request).changes == [("add", topic_ids([topic(line)]))] * 2
    keys = [piece.split('data-df-live="')[1].split('"')[0] for piece in html.split("|")]
    assert len(set(keys)) == 2
    assert html.startswith(f'<li data-df-live="{keys[0]}">&lt;a&gt;</li>')
    line.name = "b"
    line.save()
    Line.objects.update(name="c")  # what is there when it is rendered
    assert pushed(queue) == {
        topic(line): [
            (
                "html.replace_with",
                {
                    "selector": f'[data-df-live="{keys[0]}"]',
                    "content": f'<li data-df-live="{keys[0]}">c</li>',
                },
            ),
            (
                "html.replace_with",
                {
                    "selector": f'[data-df-live="{keys[1]}"]',
                    "content": f'<b data-df-live="{keys[1]}">c</b>',
                },
            ),
        ]
    }
    mine = topic(line)
    line.delete()
    told = pushed(queue)[mine]
    assert [opts["content"] for _, opts in told] == ["", ""]


def test_a_key_may_be_given_as_text(queue):
    live(Line, parts=["live/title.html"])
    line = Line.objects.create(name="a")
    mark = shown("{% live line %}", line=line).split('"')[1]
    pushed(queue)
    same = Line(pk=line.pk.hex, name="b")
    same.save(force_update=True)
    [[(_, opts)]] = pushed(queue).values()
    assert opts["selector"] == f'[data-df-live="{mark}"]'
    same.delete()
    [[(_, opts)]] = pushed(queue).values()
    assert opts["selector"] == f'[data-df-live="{mark}"]'


def test_the_only_part_needs_no_name_and_none_shows_nothing():
    line = Line.objects.create(name="a")
    live(Line, parts=["live/title.html"])
    assert "<b data-df-live" in shown("{% live line %}", line=line)
    live(Line)
    request = RequestFactory().get("/")
    assert shown("{% live line %}", request, line=line) == ""
    assert page_of(request).changes == [("add", topic_ids([topic(line)]))]


@pytest.mark.skipif(django.VERSION < (6, 0), reason="partials came with Django 6")
def test_a_part_may_be_a_partial():
    live(Line, parts=["live/parts.html#name"])
    line = Line.objects.create(name="a")
    assert shown("{% live line %}", line=line).endswith(">a</b>")


def test_a_tag_that_can_t_be_live():
    line = Line.objects.create(name="a")
    with pytest.raises(TemplateSyntaxError, match=r"Line is not live: say live\(Line\)"):
        shown("{% live line %}", line=line)
    live(Line, parts=["live/line.html", "live/title.html"])
    for source in ("{% live line %}", "{% live line 'x.html' %}"):
        with pytest.raises(TemplateSyntaxError, match="has the parts"):
            shown(source, line=line)
    with pytest.raises(TemplateSyntaxError, match="live: '' is no instance of a model"):
        shown("{% live lime %}", line=line)


def test_a_tag_of_an_instance_that_is_read_late(rf):
    live(Line)
    line = Line.objects.create(name="a")
    request = rf.get("/")
    shown("{% live line %}", line=SimpleLazyObject(lambda: line), request=request)
    assert page_of(request).changes == [("add", topic_ids([topic(line)]))]


def test_a_part_is_nobody_s_from_the_beginning(settings):
    live(Line, parts=["live/personal.html"])
    line = Line.objects.create(name="a")
    user = User(username="ada")
    assert "ada" not in shown("{% live line %}", line=line, user=user)
    settings.DEBUG = True
    with pytest.raises(PersonalValueRead):
        shown("{% live line %}", line=line, user=user)


def test_a_part_of_two_elements_is_an_error_while_developing(settings):
    settings.DEBUG = True
    live(Line, parts=["live/two.html"])
    with pytest.raises(ValueError, match=r"live/two.html renders more than one element"):
        shown("{% live line %}", line=Line.objects.create(name="a"))


def test_after_the_commit_and_once(queue):
    live(Line)
    with transaction.atomic():
        line = Line.objects.create(name="a")
        line.save()
        assert jobs(queue) == []
        other = Line.objects.create(name="b")
    rows = [["tests.line", str(each.pk), "default", None] for each in (line, other)]
    assert jobs(queue) == [rows]
    line.save()  # it will be seen by the one that waits
    assert jobs(queue) == [rows]
    with transaction.atomic():
        other.save()
        transaction.set_rollback(True)
    assert jobs(queue) == [rows]
    assert pushed(queue) == {topic(line): REFRESH, topic(other): REFRESH}


def test_a_queue_does_not_know_what_another_one_keeps(queue):
    live(Line)
    line = Line.objects.create(name="a")
    with SignalQueue() as another:
        line.save()
        line.save()
    assert len(jobs(another)) == 1
    line.save()  # it will be seen by the one that waits here
    assert len(jobs(queue)) == 1


def test_what_was_run_before_its_time_covers_nothing(queue):
    live(Line)
    line = Line.objects.create(name="a")
    queue.execute_delayed_signals()
    queue.ws_signals.clear()
    line.save()
    queue.execute_delayed_signals()
    assert queue.ws_signals == {topic(line): REFRESH}
    with SignalQueue(immediate_execution=True) as at_once:
        line.save()
        line.save()
    assert at_once.ws_signals == {topic(line): REFRESH * 2}


def test_what_is_due_no_longer_covers_nothing(queue):
    live(Line, wait=0.001)
    line = Line.objects.create(name="a")
    until = time.time() + 0.001
    while time.time() <= until:
        pass
    line.save()
    assert len(jobs(queue)) == 2
    live(Line, wait=0)
    module._due.clear()
    line.save()
    line.save()
    assert len(jobs(queue)) == 4
    assert module._due == {}
    with transaction.atomic():
        line.save()
        line.save()
    assert len(jobs(queue)[4]) == 1


def test_many_changes_are_several_jobs(queue):
    live(Line)
    with transaction.atomic():
        Line.objects.bulk_create(Line(name=str(n)) for n in range(101))
        live.tell(Line.objects.all())
    assert [len(changes) for changes in jobs(queue)] == [100, 1]


def test_who_caused_it_gets_no_echo_and_the_others_do(queue):
    live(Line, parts=["live/title.html"])
    me = window()
    line = Line.objects.create(name="a")
    pushed(queue)
    with live.without_echo(me):
        line.save()
    assert jobs(queue)[0][0][3] == me.window_key
    with live.without_echo(window()):
        line.save()  # mine, too, has to learn of this one
    line.save()
    with live.without_echo(me):
        line.save()  # the one before it reaches everybody
    with live.without_echo(window()):
        line.save()
    assert len(jobs(queue)) == 3
    [signals] = pushed(queue).values()
    assert [opts.get("$but") for _, opts in signals] == [me.window_key, signals[1][1]["$but"], None]
    assert signals[1][1]["$but"] not in (None, me.window_key)


def test_one_window_s_own_changes_are_told_once(queue):
    live(Line)
    with live.without_echo(window()):
        Line.objects.create(name="a").save()
    assert len(jobs(queue)) == 1


def test_no_echo_of_a_refresh(queue):
    live(Line)
    me = window()
    with live.without_echo(me):
        line = Line.objects.create(name="a")
        assert pushed(queue) == {topic(line): [("html.refresh", {"$but": me.window_key})]}


def test_off_and_told_at_the_end(queue):
    live(Line)
    live(Tag)
    with live.off(ShortLine):
        line = Line.objects.create(name="a")
        tag = Tag.objects.create(name="t")
        with live.off():
            tag.save()
        line.save()
    assert [row[0] for [row] in jobs(queue)] == ["tests.tag"]
    pushed(queue)
    live.tell(line)
    assert pushed(queue) == {topic(line): REFRESH}
    live.tell([line, tag])
    assert set(pushed(queue)) == {topic(line), topic(tag)}
    live.tell(SimpleLazyObject(lambda: line))
    assert pushed(queue) == {topic(line): REFRESH}
    live.tell([])
    assert pushed(queue) == {}
    with pytest.raises(TypeError, match="User is not live"):
        live.tell(User.objects.create(username="x"))


def test_bulk_operations_tell_nothing(queue):
    live(Line)
    Line.objects.bulk_create([Line(name="a")])
    Line.objects.update(name="b")
    assert pushed(queue) == {}


def test_many_to_many(queue):
    live(Line, m2m=["tags"], parts=["live/line.html"])
    line, tag = Line.objects.create(name="a"), Tag.objects.create(name="t")
    pushed(queue)
    line.tags.add(tag)
    [[(_, opts)]] = pushed(queue).values()
    assert ">a t</li>" in opts["content"]
    tag.lines.remove(line)
    [[(_, opts)]] = pushed(queue).values()
    assert ">a</li>" in opts["content"]
    line.tags.add(tag)
    pushed(queue)
    line.tags.clear()
    assert set(pushed(queue)) == {topic(line)}


def test_many_to_many_of_one_model(queue):
    live(Tag, m2m=["similar"])
    one, two = (Tag.objects.create(name=name) for name in "ab")
    pushed(queue)
    one.similar.add(two)
    assert set(pushed(queue)) == {topic(one), topic(two)}
    two.similar.remove(one)
    assert set(pushed(queue)) == {topic(one), topic(two)}


def test_another_database(queue):
    live(Line, parts=["live/title.html"])
    with transaction.atomic():
        line = Line.objects.using("other").create(name="there")
        assert jobs(queue) == [[["tests.line", str(line.pk), "other", None]]]
    [[(_, opts)]] = pushed(queue).values()
    assert ">there</b>" in opts["content"]
    live.tell(line)
    live.tell(Line.objects.using("other"))
    assert jobs(queue) == [[["tests.line", str(line.pk), "other", None]]]


def test_fixtures_tell_nothing(queue):
    live(Line)
    Line(name="a").save_base(raw=True)
    assert pushed(queue) == {}


def test_one_that_can_t_be_rendered_keeps_no_other_back(queue, tmp_path, settings):
    (tmp_path / "odd.html").write_text("{% if line.name == 'bad' %}no{% else %}<b></b>{% endif %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    live(Line, parts=["odd.html"], lists=True)
    with transaction.atomic():
        Line.objects.create(name="bad")
        good = Line.objects.create(name="good")
    with pytest.raises(ExceptionGroup, match="1 of 3 changes were not pushed"):
        queue.execute_delayed_signals()
    assert set(queue.ws_signals) == {topic(good), topic(Line)}


class Broken(json.JSONEncoder):
    def iterencode(self, o, _one_shot=False):
        raise TypeError("it is broken")

    encode = iterencode


def test_what_can_t_be_told_harms_no_save(queue, settings, caplog):
    live(Line)
    queue.deactivate()  # it would raise what is lost
    settings.WEBSOCKET_SIGNAL_ENCODER = f"{__name__}.Broken"
    lost = []

    def note(error, count, **_):
        lost.append(count)

    lost_after_commit.connect(note)
    try:
        line = Line.objects.create(name="a")
    finally:
        lost_after_commit.disconnect(note)
    assert lost == [1]
    assert "not told of 1 changes" in caplog.text
    assert module._due == {}
    assert Line.objects.get().pk == line.pk


@pytest.mark.parametrize(
    ("args", "options"),
    [
        (["Line"], {}),
        ([type("NoModel", (), {})], {}),
        ([Line], {"parts": "live/line.html"}),
        ([Line], {"m2m": ["name"]}),
        ([Line], {"part": ["x"]}),
    ],
)
def test_what_can_t_be_live(args, options):
    with pytest.raises(TypeError):
        live(*args, **options)
    assert not module._plans.get(Line) or "m2m" in options


def test_a_worker_that_knows_no_such_model_leaves_it(queue):
    live(Line)
    module.follow(window(), changes=[["gone.model", "1", "default", None]])
    module.follow(window(), changes=[["tests.line", str(uuid.uuid4()), "default", None]])
    assert len(queue.ws_signals) == 1


def test_an_instance_may_be_lazy(queue):
    live(Line)
    line = Line.objects.create(name="a")
    pushed(queue)
    lazy = SimpleLazyObject(lambda: Line.objects.get())
    request = RequestFactory().get("/")
    assert shown("{% live line %}", request, line=lazy) == ""
    live.tell(lazy)
    assert pushed(queue) == {topic(line): REFRESH}


def test_models_that_are_not_live_are_deleted_without_being_read():
    live(Line)
    for model, reads in ((Session, False), (ShortLine, True)):
        assert Collector("default").can_fast_delete(model.objects.all()) is not reads


@isolate_apps("tests")
def test_a_proxy_may_come_later(queue):
    live(Line)

    class LateLine(Line):
        class Meta:
            proxy = True

    line = LateLine.objects.create(name="a")
    assert set(pushed(queue)) == {topic(line)}


async def test_asynchronous_code_names_its_request(queue):
    live(Line)
    request = RequestFactory().get("/")
    request.session = SessionStore("a-key-of-a-session-not-yet-read")
    with live.without_echo(request):
        await Line.objects.acreate(name="a")
    assert [row[3] for [row] in await sync_to_async(jobs)(queue)] == [None]


def test_no_browser_may_ask_for_it(handlers):
    live(Line)
    [handler] = handlers.handlers("dfws_html.live")
    assert not handler.allows(window(User(username="x", is_superuser=True)), {})


def test_names():
    assert set(module.__all__) == {"live", "part_of"}
