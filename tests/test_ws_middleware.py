"""The window middlewares: what each takes from a request, and what it undoes."""

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.test import RequestFactory
from django.urls import get_script_prefix, path, reverse, set_script_prefix
from django.utils import timezone, translation

from dfws_html.window_info import WindowInfo
from dfws_html.ws_middleware import EmptyToken

urlpatterns = i18n_patterns(
    path("page/", lambda request: HttpResponse(), name="page"), prefix_default_language=False
)


def get(address="/", **headers):
    return RequestFactory().get(address, **headers)


def language(request):
    return WindowInfo.from_request(request).language_code


# ------------------------------------------------------------------ language


def test_the_language_that_a_middleware_gave_the_request():
    request = get(HTTP_ACCEPT_LANGUAGE="de")
    request.LANGUAGE_CODE = "fr"
    assert language(request) == "fr"


def test_the_language_of_django_s_middleware():
    seen = []

    def view(request):
        seen.append(language(request))
        return HttpResponse()

    with translation.override("en"):
        LocaleMiddleware(view)(get(HTTP_ACCEPT_LANGUAGE="fr"))
    assert seen == ["fr"]


def test_a_handshake_is_read_as_django_s_middleware_would(settings):
    assert language(get(HTTP_ACCEPT_LANGUAGE="fr")) == "fr"
    assert language(get(HTTP_ACCEPT_LANGUAGE="xx")) == "en"
    request = get(HTTP_ACCEPT_LANGUAGE="fr")
    request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = "de"
    assert language(request) == "de"


def test_without_django_s_middleware_the_browser_is_not_asked(settings):
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "Locale" not in name]
    assert language(get(HTTP_ACCEPT_LANGUAGE="fr")) == "en"
    with translation.override("de"):
        assert language(get(HTTP_ACCEPT_LANGUAGE="fr")) == "de"


def test_a_language_in_the_path_counts_first(settings):
    settings.ROOT_URLCONF = __name__
    assert language(get("/de/page/", HTTP_ACCEPT_LANGUAGE="fr")) == "de"
    assert language(get("/page/", HTTP_ACCEPT_LANGUAGE="fr")) == "en"


@pytest.mark.parametrize("default", ["en", "fr"])
def test_nobody_s_language_is_the_site_s(settings, default):
    settings.LANGUAGE_CODE = default
    assert WindowInfo().language_code == default
    assert WindowInfo.from_dict({"language_code": None}).language_code == default


# ------------------------------------------------------------------ time zone


@pytest.mark.parametrize(
    ("zone", "offset"),
    [
        ("Asia/Tokyo", 9),
        ("UTC", 0),
        (timezone.get_fixed_timezone(120), 2),
        (timezone.get_fixed_timezone(-210), -3.5),
    ],
)
def test_time_zones_travel(zone, offset):
    with timezone.override(zone):
        values = WindowInfo.from_request(get()).to_dict()
    with WindowInfo.from_dict(values).around():
        assert timezone.localtime().utcoffset().total_seconds() == offset * 3600


@pytest.mark.parametrize("name", ["", "No/Such", "../../etc/passwd", "\0"])
def test_a_time_zone_that_is_none_is_the_site_s(settings, name):
    settings.TIME_ZONE = "Europe/Berlin"
    with timezone.override("Asia/Tokyo"):
        window_info = WindowInfo()
        window_info.time_zone = name
        with window_info.around():
            assert timezone.get_current_timezone_name() == "Europe/Berlin"
        assert timezone.get_current_timezone_name() == "Asia/Tokyo"


def test_a_site_without_a_time_zone(settings):
    settings.TIME_ZONE, settings.USE_TZ = None, False
    window_info = WindowInfo.from_dict(WindowInfo().to_dict())
    with window_info.around():
        assert window_info.time_zone == ""
    assert WindowInfo.from_request(RequestFactory().get("/")).time_zone == ""


# ------------------------------------------------------------------ sub-path


def test_reverse_begins_with_the_sub_path(settings):
    settings.ROOT_URLCONF = __name__
    window_info = WindowInfo.from_request(get(SCRIPT_NAME="/shop"))
    again = WindowInfo.from_dict(window_info.to_dict())
    assert reverse("page") == "/page/"
    with again.around():
        assert reverse("page") == "/shop/page/"
    assert reverse("page") == "/page/"


def test_the_sub_path_goes_with_a_failing_handler():
    window_info = WindowInfo.from_request(get(SCRIPT_NAME="/shop/"))
    with pytest.raises(KeyError), window_info.around():
        raise KeyError
    assert get_script_prefix() == "/"


def test_nobody_s_sub_path_is_the_one_in_force():
    set_script_prefix("/shop/")
    try:
        values = WindowInfo().to_dict()
    finally:
        set_script_prefix("/")
    with WindowInfo.from_dict(values).around():
        assert get_script_prefix() == "/shop/"


# ------------------------------------------------------------------ browser, key, user


def test_a_foreign_host_is_no_error(settings):
    settings.ALLOWED_HOSTS = ["example.org"]
    assert WindowInfo.from_request(get()).page_url == ""
    assert WindowInfo.from_request(get(HTTP_HOST="example.org")).page_url == "http://example.org/"


def test_a_request_without_session_user_and_key():
    window_info = WindowInfo.from_request(get())
    assert window_info.window_key is window_info.session_id is window_info.user is None


def test_an_inactive_user_is_nobody_in_a_worker(db):
    user = User.objects.create_user("ada", is_active=False, is_staff=True)
    window_info = WindowInfo.from_dict({"user_pk": user.pk})
    assert window_info.user is None
    assert not window_info.is_staff


def test_the_empty_token():
    assert EmptyToken()
    assert f"{EmptyToken()}" == ""
