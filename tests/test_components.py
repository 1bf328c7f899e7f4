"""Components: called by their elements, brought back with their arguments, rendered again."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.template import engines
from django.test import RequestFactory, override_settings
from django.test.utils import isolate_apps
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, override

from dfws_html import decorators
from dfws_html.decorators import everyone, is_authenticated
from dfws_html.delivery.publishing import publisher
from dfws_html.exceptions import InvalidArguments, SignalNotAllowed
from dfws_html.page.attributes import Call, parse
from dfws_html.page.subscriptions import page_of
from dfws_html.tasks import SERVER, WINDOW, trigger
from dfws_html.testing import SignalQueue
from dfws_html.topics import topic_ids, topic_names
from dfws_html.work.execution import run
from dfws_html.work.registry import registry
from tests.models import Line
from tests.working import admitted, answers, window

FENCED = re.MULTILINE | re.DOTALL

# All of them, so that they run side by side, with one site.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def site(tmp_path_factory):
    """A site with some components."""
    # Apps are made ready before an override's other settings hold.
    first = override_settings(
        BASE_DIR=tmp_path_factory.mktemp("site"),
        COMPONENTS={"dirs": [], "app_dirs": [], "autodiscover": False},
        ROOT_URLCONF="django_components.urls",
    )
    apps = ["django_components", *settings.INSTALLED_APPS]
    with first, override_settings(INSTALLED_APPS=apps), registry.isolated():
        yield SimpleNamespace(**_components())


def _components():
    from django_components import Component, register

    from dfws_html.components import SignalComponent, signal

    ran = []

    def is_small(connection, window_info, kwargs):
        return kwargs["component"].kwargs.number < 10

    @register("badge")
    class Badge(Component):
        template = "<i>badge</i>"
        css = "i { color: red }"

        class Media:
            js = ["badge.js"]

    @register("counter")
    class Counter(SignalComponent):
        template_file = "components/counter.html"

        class Kwargs:
            number: int
            step: int = 1

        @signal(is_allowed_to=everyone)
        def add(self, window_info, by: int = 1):
            ran.append((self.kwargs.number, self.kwargs.step, by))
            self.refresh()
            return self.kwargs.number + by

        @signal
        def reset(self, window_info):
            ran.append("reset")

        @signal(is_allowed_to=is_small)
        def small(self, window_info):
            ran.append("small")

        @signal(is_allowed_to=everyone)
        async def later(self, window_info):
            return "later"

    @register("other")
    class Other(Counter):
        js = "console.log('other')"

    @register("group")
    class GroupCard(SignalComponent):
        template = """{% load component_tags %}
            <li>{{ self.kwargs.group.name }}{% component 'badge' / %}</li>"""

        @signal(is_allowed_to=everyone)
        def rename(self, window_info, name: str):
            if not window_info.is_authenticated:
                raise PermissionDenied
            self.kwargs["group"].name = name
            return self.kwargs["group"].pk

    @register("any")
    class Any_(SignalComponent):
        template = "{% load component_tags %}{{ self.kwargs.html }}{% slot 'x' default / %}"

    return locals()


def rendered(source, request=None, **context):
    source = f"{{% load component_tags %}}{source}"
    return engines["django"].from_string(source).render(context, request)


def calls_in(html):
    [text] = re.findall(r"data-df-signal='([^']*)'", html)
    return parse(unescape(text))


def ids_of(topic):
    return topic_ids(topic_names(None, [topic]))


def test_what_a_page_shows_is_marked_and_heard(site):
    request = RequestFactory().get("/")
    html = rendered("<body>{% component 'counter' number=4 / %}</body>", request)
    [mark] = re.findall(r'<p data-df-component="([^"]*)" class="counter"[^>]*>4', html)
    assert ids_of(site.Counter.of(number=4)) == [mark]
    assert page_of(request).changes == [("add", [mark])]
    assert ids_of(site.Counter.of(number=5)) != [mark] != ids_of(site.Other.of(number=4))
    assert ids_of(site.Counter.of(step=1, number=4)) == [mark]


def test_a_call_brings_the_component_back(site):
    [call] = calls_in(rendered("{% component 'counter' number=4 step=3 / %}"))
    assert call.name == f"{site.Counter.__module__}.{site.Counter.__qualname__}.add"
    who = window()
    site.ran.clear()
    with SignalQueue() as queue:
        for job in admitted(call.name, {**call.opts, "by": "5"}, of=who):
            run(job)
    assert site.ran == [(4, 3, 5)]
    assert [answer["result"] for answer in answers(who)] == [9]
    [[(verb, opts)]] = queue.ws_signals.values()
    assert verb == "html.replace_with"
    [mark] = ids_of(site.Counter.of(number=4, step=3))
    assert opts["selector"] == f'[data-df-component="{mark}"]'
    assert opts["content"].startswith(f'<p data-df-component="{mark}" class="counter">')
    assert opts["content"].endswith("</p>")
    assert "_RENDERED" not in opts["content"]
    assert "data-djc-id" not in opts["content"]
    assert [again.name for again in calls_in(opts["content"])] == [call.name]


def test_a_call_can_t_name_another_component(site):
    component = site.Counter.of(number=4)
    call = Call(component.add, opts={"component": "another", "by": 2})
    assert site.Counter.brought_back(call.opts["component"]).kwargs == component.kwargs
    assert call.opts["by"] == 2
    assert type(call.name) is str


def opts_of(component, **more):
    return {"component": component.signed(), **more}


def test_what_was_signed_for_another_class_or_not_at_all_is_refused(site, settings):
    add = str(site.Counter.of(number=4).add)
    good = site.Counter.of(number=4).signed()
    for text in (site.Other.of(number=4).signed(), good[:-1], "", None, 3, [good], "x:y:z"):
        [job] = admitted(add, {"component": text})
        with pytest.raises(InvalidArguments, match='argument "component": its element is not ours'):
            run(job)
    [job] = admitted(add, {"component": good})
    settings.WEBSOCKET_TOKEN_AGE = -1
    with pytest.raises(InvalidArguments, match="load the page again"):
        run(job)
    with pytest.raises(InvalidArguments, match="it is missing"):
        admitted(add, {})


def test_arguments_of_an_older_release_are_refused(site):
    from django.core import signing

    salt = f"dfws_html.component {site.Counter.__module__}.{site.Counter.__qualname__}"
    text = signing.dumps({"k": {"amount": 4}, "m": {}}, salt=salt)
    with pytest.raises(ValueError, match="others now"):
        site.Counter.brought_back(text)


def test_no_browser_may_unless_the_method_says_so(site):
    component = site.Counter.of(number=4)
    with pytest.raises(SignalNotAllowed):
        admitted(str(component.reset), opts_of(component))
    site.ran.clear()
    with SignalQueue() as queue:
        trigger(None, str(component.reset), to=SERVER, **component.reset.opts)
        queue.execute_delayed_signals()
    assert site.ran == ["reset"]


def test_a_permission_sees_the_component(site):
    small, big = site.Counter.of(number=4), site.Counter.of(number=40)
    assert admitted(str(small.small), opts_of(small))
    for text in (big.signed(), "forged"):
        with pytest.raises(SignalNotAllowed, match="is_small"):
            admitted(str(small.small), {"component": text})


def test_an_asynchronous_method(site):
    who = window()
    component = site.Counter.of(number=4)
    [job] = admitted(str(component.later), opts_of(component), of=who)
    run(job)
    assert [answer["result"] for answer in answers(who)] == ["later"]


def test_in_python_it_is_a_method(site):
    site.ran.clear()
    with SignalQueue():
        assert site.Counter.of(number=1).add(None, by=2) == 3
    assert site.ran == [(1, 1, 2)]


def test_an_instance_comes_back(site):
    group = Group.objects.create(name="a <b>")
    card = site.GroupCard.of(group=group)
    html = rendered("{% component 'group' group=group / %}", group=group)
    assert escape("a <b>") in html
    assert ids_of(card)[0] in html
    who = window(User.objects.create(username="ada"))
    [job] = admitted(str(card.rename), opts_of(card, name="c"), of=who)
    run(job)
    assert [answer["result"] for answer in answers(who)] == [group.pk]
    [job] = admitted(str(card.rename), opts_of(card, name="c"))
    with pytest.raises(PermissionDenied):
        run(job)
    [job] = admitted(str(card.rename), opts_of(card, name="c"), of=who, n=2)
    group.delete()
    with pytest.raises(InvalidArguments, match="gone"):
        run(job)


@pytest.mark.parametrize("value", [object(), (1, 2), {1: 2}, b"x", {"a": float("nan")}])
def test_what_could_not_come_back_is_refused(site, value):
    with pytest.raises(TypeError, match="argument 'html'"):
        rendered("{% component 'any' html=value / %}", value=value)


def test_an_unsaved_instance_is_refused(site):
    with pytest.raises(TypeError, match="Group is not saved"):
        rendered("{% component 'group' group=group / %}", group=Group(name="x"))


def test_an_unsaved_instance_that_has_its_key_already_is_refused(site):
    with pytest.raises(TypeError, match="Line is not saved"):
        rendered("{% component 'group' group=group / %}", group=Line(name="x"))


@isolate_apps("tests")
def test_an_instance_with_a_key_of_several_columns_is_refused(site):
    class Place(models.Model):
        pk = models.CompositePrimaryKey("row", "seat")
        row = models.IntegerField()
        seat = models.IntegerField()

        def __str__(self):
            return f"{self.row}, {self.seat}"

    place = Place(row=1, seat=2)
    place._state.adding = False
    with pytest.raises(TypeError, match="argument 'group': Place has a primary key of several"):
        rendered("{% component 'group' group=group / %}", group=place)


def test_safe_text_comes_back_safe(site):
    safe = SafeString("<p>x</p>")
    assert ">x</p>" in rendered("{% component 'any' html=safe / %}", safe=safe)
    back = site.Any_.brought_back(site.Any_.of(html=safe).signed())
    assert ">x</p>" in back.html(window())


@pytest.mark.parametrize(
    "source",
    [
        "{% component 'any' html='x' %}filled{% endcomponent %}",
        "{% component 'any' 'x' / %}",
    ],
)
def test_what_no_one_would_give_again_is_refused(site, source):
    with pytest.raises(TypeError, match="Any_ can't take"):
        rendered(source)


def test_it_is_one_element(site):
    with pytest.raises(ValueError, match="Any_ must render one element"):
        rendered("{% component 'any' html='text' / %}")


def test_for_everybody_it_is_rendered_for_nobody(site):
    ada = window(User.objects.create(username="ada"), language_code="fr")
    component = site.Counter.of(number=4)
    with SignalQueue() as queue, ada.around(), override("fr"):
        component.refresh()
        component.refresh(ada)
        assert get_language() == "fr"
    [topic] = topic_names(None, [component])
    [[_, shared]] = queue.ws_signals.pop(topic)
    [[[_, own]]] = queue.ws_signals.values()
    assert "for ada" not in shared["content"]
    assert "4 for ada" in own["content"]
    assert shared["selector"] == own["selector"]


def test_files_go_before_what_needs_them(site):
    group = Group.objects.create(name="a")
    with SignalQueue() as queue:
        site.GroupCard.of(group=group).refresh()
        site.Other.of(number=1).refresh()
        site.Counter.of(number=1).refresh()
    card, other, counter = queue.ws_signals.values()
    assert [name for name, _ in card] == ["html.assets", "html.replace_with"]
    files = card[0][1]
    assert files["link"] == [f"/components/cache/{site.Badge.class_id}.css"]
    assert files["script"] == ["/static/badge.js"]
    assert other[0][1] == {"link": [], "script": [f"/components/cache/{site.Other.class_id}.js"]}
    assert [name for name, _ in counter] == ["html.replace_with"]


def test_a_page_names_its_files_by_the_same_addresses(site):
    html = rendered("<body>{% component 'other' number=1 / %}</body>")
    assert f'<script src="/components/cache/{site.Other.class_id}.js">' in html


def test_a_window_that_is_given_one_hears_it(site):
    who = window()
    component = site.Other.of(number=7)
    html = component.html(who)
    assert html.lstrip().startswith("<!-- a counter -->")
    assert f'data-df-component="{ids_of(component)[0]}"' in html
    [own] = topic_ids(topic_names(who, [WINDOW]))
    reading = async_to_sync(publisher().history.read)({own: 0})
    order, assets = reading.topics[own].entries
    assert json.loads(order.body)["ids"] == ids_of(component)
    assert '"html.assets"' in assets.body


def test_the_other_decorator_is_refused(site):
    from dfws_html.components import SignalComponent

    with pytest.raises(TypeError, match="of dfws_html.components, not of dfws_html.decorators"):

        class Wrong(SignalComponent):
            @decorators.signal(is_allowed_to=everyone)
            def add(self): ...


def test_methods_that_can_be_no_signal(site):
    from dfws_html.components import SignalComponent, signal

    def no_window(self): ...
    def taken(self, window_info, component): ...
    def by_place(self, window_info, x, /): ...
    def unknown(self, window_info, x: "Nowhere"): ...  # noqa: F821

    wrong = {
        no_window: "needs the window",
        taken: "the component's own",
        by_place: "positional-only",
        unknown: "can't be evaluated",
    }
    for method, reason in wrong.items():
        with pytest.raises(TypeError, match=reason):
            type("Wrong", (SignalComponent,), {"go": signal(method), "__module__": __name__})


def test_any_arguments(site):
    from dfws_html.components import SignalComponent, signal

    class Open(SignalComponent):
        @signal(is_allowed_to=~is_authenticated)
        def go(self, window_info, first: int, *, second: str = "", **rest: int):
            return [first, second, rest]

    who = window()
    component = Open.of()
    [job] = admitted(str(component.go), opts_of(component, first="1", x="2"), of=who)
    run(job)
    assert [answer["result"] for answer in answers(who)] == [[1, "", {"x": 2}]]
    with pytest.raises(InvalidArguments, match="the window's own place"):
        admitted(str(component.go), opts_of(component, first=1, window_info=2))


def test_without_django_components_it_says_what_is_missing():
    code = (
        "import sys; sys.modules['django_components'] = None\n"
        "import django; django.setup()\n"
        "import dfws_html.html, dfws_html.live\n"
        "try:\n    import dfws_html.components\n"
        "except ImportError as error: print(error)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout == (
        "dfws_html.components needs django-components: pip install 'dfws-html[components]'\n"
    )


def test_names():
    from dfws_html import components

    assert set(components.__all__) == {"SignalComponent", "signal"}


@pytest.fixture
def readers_names(site):
    """Names of components, which are ours again after the test."""
    from django_components import registry as names

    yield names
    names.unregister("counter")
    names.register("counter", site.Counter)


def test_what_the_documentation_shows_runs(site, readers_names, tmp_path, settings):
    text = (Path(__file__).parent.parent / "docs/components.md").read_text()
    [template] = re.findall(r"^```html\n<!-- counter.html -->\n(.*?)^```", text, FENCED)
    (tmp_path / "counter.html").write_text(template)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    readers_names.unregister("counter")
    space = {"__name__": "tests.the_readers_components"}
    with SignalQueue() as queue:
        for block in re.findall(r"^```python\n(.*?)^```", text, FENCED):
            exec(compile(block, "docs/components.md", "exec"), space)
        [call] = calls_in(rendered("{% component 'counter' number=7 / %}"))
        run(admitted(call.name, call.opts)[0])
    [(_, before), (_, after)] = queue.ws_signals[
        topic_names(None, [space["Counter"].of(number=7)])[0]
    ]
    assert ">0 <" in before["content"]
    assert ">1 <" in after["content"]
