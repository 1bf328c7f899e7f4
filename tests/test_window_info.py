"""What is known of a window, and how it comes from a request to a worker."""

import json
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.serializers.json import DjangoJSONEncoder
from django.test import RequestFactory

from dfws_html.window_info import WindowInfo, get_window_context, render_to_string
from dfws_html.ws_middleware import WindowInfoMiddleware

USER_ATTRIBUTES = {
    "user": None,
    "user_pk": None,
    "username": None,
    "is_authenticated": False,
    "is_anonymous": True,
    "is_active": False,
    "is_staff": False,
    "is_superuser": False,
    "perms": set(),
}


def attributes(window_info):
    return {name: getattr(window_info, name) for name in USER_ATTRIBUTES}


def travelled(window_info):
    """Return what a worker makes of it."""
    return WindowInfo.from_dict(
        json.loads(json.dumps(window_info.to_dict(), cls=DjangoJSONEncoder))
    )


@pytest.fixture
def ada(db):
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="add_group"))
    return user


def request_of(user=None, **headers):
    request = RequestFactory().get("/page/?q=1", **headers)
    request.window_key = "w"
    request.session = {"_dfws": "s"}
    request.user = user or AnonymousUser()
    return request


def test_nobody_s_window():
    window_info = WindowInfo()
    assert attributes(window_info) == USER_ATTRIBUTES
    assert not window_info.has_perm("auth.add_group")
    assert window_info.window_key is None
    assert window_info.session_id is None
    assert window_info.language_code == "en"
    assert window_info.time_zone == "UTC"
    assert window_info.user_agent == window_info.page_url == ""
    assert window_info.script_prefix == "/"
    assert window_info.call is window_info.action_id is None


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_an_anonymous_visitor_s(user):
    window_info = WindowInfo.from_request(request_of(user))
    assert attributes(window_info) == USER_ATTRIBUTES
    assert attributes(travelled(window_info)) == USER_ATTRIBUTES


def test_a_user_s(ada):
    window_info = WindowInfo.from_request(request_of(ada, HTTP_USER_AGENT="Lynx"))
    for one in (window_info, travelled(window_info)):
        assert attributes(one) == {
            "user": ada,
            "user_pk": ada.pk,
            "username": "ada",
            "is_authenticated": True,
            "is_anonymous": False,
            "is_active": True,
            "is_staff": True,
            "is_superuser": False,
            "perms": {"auth.add_group"},
        }
        assert one.has_perm("auth.add_group")
        assert not one.has_perm("auth.delete_group")
        assert (one.window_key, one.session_id) == ("w", "s")
        assert one.user_agent == "Lynx"
        assert one.page_url == "http://testserver/page/?q=1"


def test_a_superuser_s(db):
    user = User.objects.create_superuser("root")
    window_info = travelled(WindowInfo.from_request(request_of(user)))
    assert window_info.is_superuser
    assert window_info.has_perm("any.thing")


def test_only_the_key_travels(ada):
    values = WindowInfo.from_request(request_of(ada)).to_dict()
    assert values.keys() == {
        "window_key",
        "session_id",
        "user_pk",
        "language_code",
        "time_zone",
        "user_agent",
        "page_url",
        "script_prefix",
    }
    assert "ada" not in json.dumps(values)


def test_the_call_travels():
    window_info = WindowInfo()
    window_info.call = "load.3"
    assert travelled(window_info).call == "load.3"
    assert travelled(WindowInfo()).call is None


def test_an_empty_dict_is_nobody():
    assert attributes(WindowInfo.from_dict({})) == USER_ATTRIBUTES
    assert WindowInfo.from_dict({}).language_code == "en"


def test_from_what_trigger_takes():
    window_info = WindowInfo()
    assert WindowInfo.from_request(window_info) is window_info
    assert isinstance(WindowInfo.from_request(None), WindowInfo)


def test_repr_tells_no_more_than_keys(ada):
    window_info = WindowInfo.from_request(request_of(ada))
    assert repr(window_info) == f"<WindowInfo w, user {ada.pk}>"
    assert repr(WindowInfo()) == "<WindowInfo of no window, anonymous>"


def test_what_templates_see(ada):
    window_info = WindowInfo.from_request(request_of(ada))
    context = get_window_context(window_info)
    assert context["user"] == ada
    assert context["perms"]["auth"]["add_group"]
    assert context["LANGUAGE_CODE"] == "en"
    assert get_window_context(None) == {}


def test_render_to_string(ada):
    window_info = WindowInfo.from_request(request_of(ada))
    template = "fragments/personal.html"
    assert render_to_string(template, {"day": None}, window_info) == "<i>ada|may||en||</i>"
    assert render_to_string(template, window_info=window_info) == "<i>ada|may||en||</i>"
    assert render_to_string(template, {"user": {"username": "x"}}, window_info)[:4] == "<i>x"
    assert render_to_string(template) == "<i>|||||</i>"
    assert render_to_string("fragments/plain.html", using="django") == "<b></b>"


# ------------------------------------------------------------------ a project's own middlewares


class Tenant(WindowInfoMiddleware):
    def new_window_info(self, window_info):
        window_info.tenant = "none"

    def from_request(self, request, window_info):
        window_info.tenant = request.get_host()

    def to_dict(self, window_info):
        return {"tenant": window_info.tenant}

    def from_dict(self, window_info, values):
        window_info.tenant = values["tenant"]

    def get_context(self, window_info):
        return {"who": window_info.tenant}


STEPS = []


class Outer(WindowInfoMiddleware):
    @contextmanager
    def around(self, window_info):
        STEPS.append("outer in")
        try:
            yield
        finally:
            STEPS.append("outer out")


class Inner(WindowInfoMiddleware):
    def before_process(self, window_info):
        STEPS.append("inner")


def test_a_middleware_of_the_project_s(settings):
    settings.WINDOW_INFO_MIDDLEWARES = ["tests.test_window_info.Tenant"]
    assert WindowInfo().tenant == "none"
    window_info = WindowInfo.from_request(RequestFactory().get("/"))
    assert window_info.tenant == "testserver"
    assert travelled(window_info).tenant == "testserver"
    html = render_to_string("fragments/common.html", {}, window_info)
    assert html == "||||testserver"
    assert window_info.window_key is None
    assert not window_info.is_authenticated


def test_the_first_is_outermost(settings):
    settings.WINDOW_INFO_MIDDLEWARES = [
        "tests.test_window_info.Outer",
        "tests.test_window_info.Inner",
    ]
    STEPS.clear()
    with pytest.raises(KeyError), WindowInfo().around():
        STEPS.append("handler")
        raise KeyError
    assert STEPS == ["outer in", "inner", "handler", "outer out"]
