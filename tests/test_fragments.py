"""Pieces of HTML: escaped, and rendered for a window or for nobody."""

import subprocess
import sys
from datetime import UTC, datetime

import django
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse, StreamingHttpResponse
from django.template import TemplateDoesNotExist, engines
from django.test import override_settings
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from dfws_html.page import fragments
from dfws_html.page.fragments import PersonalValueRead, as_nobody, fragment
from dfws_html.page.pieces import NoSuchPiece
from dfws_html.window_info import WindowInfo
from tests.working import window

DAY = datetime(2024, 1, 15, 23, tzinfo=UTC)


class Marked:
    def __html__(self):
        return "<i>"


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        (mark_safe("<b>"), "<b>"),
        (format_html("<b>{}</b>", "<"), "<b>&lt;</b>"),
        (format_lazy("<{}>", gettext_lazy("January")), "&lt;January&gt;"),
        (Marked(), "<i>"),
        (3, "3"),
        (None, ""),
    ],
)
def test_a_content_is_escaped_unless_it_is_safe(content, html):
    found = fragment(WindowInfo(), content)
    assert found == html
    assert isinstance(found, SafeString)


def test_a_template_escapes():
    context = {"text": "<"}
    assert fragment(WindowInfo(), template="fragments/plain.html", context=context) == "<b>&lt;</b>"
    assert context == {"text": "<"}


@pytest.mark.parametrize(
    "options",
    [
        {"content": "x", "template": "fragments/plain.html"},
        {"content": "", "template": "fragments/plain.html"},
        {"content": "x", "context": {}},
        {"content": "x", "component": "card"},
        {"template": "fragments/plain.html", "component": "card"},
        {"component": "card", "context": {}},
        {"template": "fragments/plain.html", "kwargs": {}},
    ],
)
def test_a_content_or_a_template_or_a_component(options):
    with pytest.raises(TypeError, match="either a content|a context goes|kwargs go"):
        fragment(WindowInfo(), **options)


@pytest.fixture
def ada(db):
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="add_group"))
    return window(user, language_code="fr", time_zone="Asia/Tokyo")


PERSONAL = {"template": "fragments/personal.html", "context": {"day": DAY}}


def test_as_the_window_sees_it(ada):
    with ada.around():
        assert fragment(ada, **PERSONAL) == "<i>ada|may||fr|janvier|08</i>"


def test_for_everybody_without_the_sender(ada):
    with ada.around():
        assert fragment(ada, **PERSONAL, shared=True) == "<i>|||en|January|23</i>"
        assert translation.get_language() == "fr"
        assert timezone.get_current_timezone_name() == "Asia/Tokyo"


def test_for_everybody_with_what_every_page_knows(settings):
    settings.LANGUAGE_CODE, settings.TIME_ZONE = "de", "Europe/Berlin"
    context = {"day": DAY, "who": "all"}
    with translation.override("fr"), timezone.override("Asia/Tokyo"):
        html = fragment(window(), template="fragments/common.html", context=context, shared=True)
    assert html == "de|Europe/Berlin|Januar|00|all"


@pytest.mark.parametrize(
    "source",
    [
        "{{ user }}",
        "{{ user.username }}",
        "{{ user|default:'x' }}",
        "{% if user %}{% endif %}",
        "{% if user.is_staff and True %}{% endif %}",
        "{% if not user.is_staff %}{% endif %}",
        "{% if user == 3 %}{% endif %}",
        "{% if perms.auth.add_group %}{% endif %}",
        "{% if 'auth' in perms %}{% endif %}",
        "{% for x in request.GET %}{% endfor %}",
        "{{ request.path }}",
    ],
)
def test_reading_the_sender_raises_while_developing(settings, tmp_path, source):
    (tmp_path / "reads.html").write_text(source)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    assert engines.all()
    assert fragment(window(), template="reads.html", shared=True) in ("", "x")
    settings.DEBUG = True
    with pytest.raises(PersonalValueRead, match="as_sender=True"):
        fragment(window(), template="reads.html", shared=True)
    given = {"user": "u", "perms": {"auth": {"add_group": 1}}, "request": {"path": "/", "GET": ()}}
    fragment(window(), template="reads.html", context=given, shared=True)


def test_handing_it_on_is_no_reading(settings, tmp_path):
    (tmp_path / "hands.html").write_text("{% with who=user %}{{ text }}{% endwith %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.DEBUG = True
    assert fragment(window(), template="hands.html", context={"text": 1}, shared=True) == "1"


@pytest.mark.parametrize("shared", [False, True])
def test_the_csrf_field_is_empty(shared):
    html = fragment(window(), template="fragments/form.html", shared=shared)
    assert html == '<form><input type="hidden" name="csrfmiddlewaretoken" value=""></form>'


def test_a_lazy_content_for_everybody_is_in_the_site_s_language():
    with translation.override("fr"):
        assert fragment(window(), gettext_lazy("January")) == "janvier"
        assert fragment(window(), gettext_lazy("January"), shared=True) == "January"


@pytest.mark.parametrize("content", [b"<b>", HttpResponse("<b>"), StreamingHttpResponse()])
def test_what_is_no_text_is_refused_by_its_name(content):
    name = type(content).__name__
    with pytest.raises(TypeError, match=f"a content is text, not {name}: render what"):
        fragment(window(), content)


def test_a_piece_of_what_was_rendered(settings, tmp_path):
    (tmp_path / "page.html").write_text("<h1>{{ text }}</h1><ul id=lines><li>{{ text }}</ul>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    options = {"template": "page.html", "context": {"text": "<"}}
    assert fragment(window(), **options, select="h1") == "<h1>&lt;</h1>"
    found = fragment(window(), **options, select="#lines", shared=True)
    assert found == '<ul id="lines"><li>&lt;</li></ul>'
    assert isinstance(found, SafeString)
    assert fragment(window(), mark_safe("<b><i>x</i></b>"), select="i") == "<i>x</i>"
    with pytest.raises(NoSuchPiece):
        fragment(window(), "<i>", select="i")  # escaped


# ------------------------------------------------------------------ partials


@pytest.mark.skipif(django.VERSION >= (6,), reason="Django has partials of its own")
def test_what_is_missing_for_a_partial_is_named():
    missing = "'fragments/plain.html#b' names a partial, .*install django-template-partials"
    with pytest.raises(ImproperlyConfigured, match=missing):
        fragment(window(), template="fragments/plain.html#b")


WITH_PARTIALS = """
import sys
import django
from django.conf import settings

ours = [] if django.VERSION >= (6,) else ["template_partials"]
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "dfws_html", *ours],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [sys.argv[1]],
        "APP_DIRS": True,
    }],
)
django.setup()

from dfws_html.page.fragments import fragment
from dfws_html.window_info import WindowInfo

for shared in (False, True):
    options = {"context": {"text": "<"}, "shared": shared}
    print(fragment(WindowInfo(), template="cart.html#line", **options))
    print(fragment(WindowInfo(), template="cart.html", select="h1", **options))
"""


def test_partials(tmp_path):
    # In a process of its own: that app changes the settings when it is made ready.
    load = "" if django.VERSION >= (6,) else "{% load partials %}"
    source = "<h1>x</h1>{% partialdef line %}<li>{{ text }}</li>{% endpartialdef %}"
    (tmp_path / "cart.html").write_text(load + source)
    command = [sys.executable, "-c", WITH_PARTIALS, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    assert shown.stdout.split() == ["<li>&lt;</li>", "<h1>x</h1>"] * 2, shown.stderr


def test_a_template_that_is_not_there_is_said_as_ever():
    with pytest.raises(TemplateDoesNotExist, match="nowhere.html"):
        fragment(window(), template="nowhere.html")


# ------------------------------------------------------------------ components


@pytest.fixture
def card(tmp_path):
    """A component's class, registered as "card", in a site that has some."""
    # Apps are made ready before an override's other settings hold.
    first = override_settings(
        BASE_DIR=tmp_path,
        COMPONENTS={"dirs": [], "app_dirs": [], "autodiscover": False},
        ROOT_URLCONF="django_components.urls",
    )
    apps = ["django_components", *django_settings.INSTALLED_APPS]
    with first, override_settings(INSTALLED_APPS=apps):
        from django_components import Component, registry

        class Card(Component):
            template = "<h2 class='a b'>{{ title }}</h2>{% if user %}<i>{{ user }}</i>{% endif %}"
            js = "console.log('never sent')"

            def get_template_data(self, args, kwargs, slots, context):
                return {"title": kwargs["title"]}

        registry.register("card", Card)
        yield Card
        registry.unregister("card")


def test_a_component_by_class_and_by_name(card, ada):
    kwargs = {"title": "<"}
    expected = "<h2 class='a b'>&lt;</h2><i>ada</i>"
    for component in (card, "card"):
        assert fragment(ada, component=component, kwargs=kwargs) == expected
        assert fragment(ada, component=component, kwargs=kwargs, select="i") == "<i>ada</i>"
        shared = fragment(ada, component=component, kwargs=kwargs, shared=True)
        assert shared == "<h2 class='a b'>&lt;</h2>"
    assert kwargs == {"title": "<"}


def test_a_component_does_not_show_the_sender_either(card, settings):
    settings.DEBUG = True
    with pytest.raises(PersonalValueRead, match="as_sender=True"):
        fragment(window(), component=card, kwargs={"title": "x"}, shared=True)


def test_a_component_in_a_template_leaves_no_traces(card, settings, tmp_path):
    # Into a body, django-components would write the component's script.
    source = "{% load component_tags %}<body>{% component 'card' title=text / %}</body>"
    (tmp_path / "cards.html").write_text(source)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    context = {"text": " data-djc-id-x "}
    found = fragment(window(), template="cards.html", context=context, shared=True)
    assert found == "<body><h2 class='a b'> data-djc-id-x </h2></body>"


def test_a_component_that_nobody_knows(card):
    with pytest.raises(Exception, match='"nobody" is not registered'):
        fragment(window(), component="nobody")


def test_as_nobody_ends_with_its_block():
    with translation.override("fr"):
        with pytest.raises(KeyError), as_nobody():
            raise KeyError
        assert translation.get_language() == "fr"


def test_names():
    assert set(fragments.__all__) == {
        "PersonalValueRead",
        "as_nobody",
        "fragment",
        "without_traces",
    }
