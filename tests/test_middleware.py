"""Pages through the whole stack: sync and async, streamed, compressed, cached, living."""

import asyncio
import gzip
import io
import json
import pickle
import re
from wsgiref.handlers import SimpleHandler

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model, login, logout
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.wsgi import get_wsgi_application
from django.http import (
    FileResponse,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
    JsonResponse,
    StreamingHttpResponse,
)
from django.template import TemplateSyntaxError, engines
from django.template.response import TemplateResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import sync_only_middleware
from django.views.decorators.cache import cache_page
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import etag

from dfws_html.delivery.publishing import publisher
from dfws_html.middleware import WebsocketMiddleware
from dfws_html.page.metas import PLACEHOLDER
from dfws_html.page.tokens import verify
from dfws_html.tasks import set_websocket_topics
from dfws_html.topics import topic_id
from tests.sockets import read_page

TAG = (
    "{% load dfws_html %}<!doctype html><html><head>{% dfws_html_script %}</head>"
    "<body>é</body></html>"
)
SCRIPT = '<html><head><script src="/static/js/df_websockets.min.js"></script></head>é</html>'


def render(source, request):
    return engines["django"].from_string(source).render({}, request)


def tag(request):
    return HttpResponse(render(TAG, request))


def only_script(request):
    return HttpResponse(SCRIPT)


def big(request):
    return HttpResponse(render(TAG, request) + " " * 1000)


def topics(request):
    set_websocket_topics(request, "room")
    return HttpResponse(request.GET.get("body", "<html><body>own bundle</body></html>"))


async def async_tag(request):
    set_websocket_topics(request, "room")
    return HttpResponse(await sync_to_async(render)(TAG, request))


async def async_script(request):
    return HttpResponse(SCRIPT)


def late_topics(request):
    def later():
        set_websocket_topics(request, "late")
        return ""

    template = engines["django"].from_string(TAG + "{{ later }}")
    return HttpResponse(template.render({"later": later}, request))


def stream(request):
    """The tag ran before the stream began."""
    page = render(TAG, request).encode()
    response = StreamingHttpResponse(page[at : at + 7] for at in range(0, len(page), 7))
    response["Content-Length"] = str(len(page))
    return response


def late_stream(request):
    """The tag runs while the stream is on its way."""

    def chunks():
        yield "<html>"
        set_websocket_topics(request, "late")
        yield render("{% load dfws_html %}{% dfws_html_script %}", request)

    return StreamingHttpResponse(chunks())


def script_stream(request):
    """No tag at all: the seed's own way, streamed."""
    set_websocket_topics(request, "room")
    return StreamingHttpResponse(SCRIPT[at : at + 7] for at in range(0, len(SCRIPT), 7))


async def async_script_stream(request):
    set_websocket_topics(request, "room")

    async def chunks():
        for at in range(0, len(SCRIPT), 7):
            yield SCRIPT[at : at + 7]

    return StreamingHttpResponse(chunks())


async def async_stream(request):
    page = (await sync_to_async(render)(TAG, request)).encode()

    async def chunks():
        for at in range(0, len(page), 7):
            yield page[at : at + 7]

    return StreamingHttpResponse(chunks())


async def async_late_stream(request):
    async def chunks():
        yield "<html>"
        yield render("{% load dfws_html %}{% dfws_html_script %}", request)

    return StreamingHttpResponse(chunks())


def events(request):
    return StreamingHttpResponse([PLACEHOLDER], content_type="text/event-stream")


def file(request):
    return FileResponse(io.BytesIO(b"df_websockets.min."), content_type="text/plain")


def json_of_script(request):
    return JsonResponse({"html": SCRIPT, "placeholder": PLACEHOLDER})


def mentions(request):
    return HttpResponse("<html><body><code>df_websockets.min.js</code></body></html>")


def fragment(request):
    set_websocket_topics(request, "room")
    return HttpResponse("<p>piece</p>")


@etag(lambda request: "same")
def tagged_fragment(request):
    return fragment(request)


def leads(request):
    return HttpResponseRedirect(request.GET["to"])


def not_modified(request):
    return HttpResponseNotModified()


def raw(request):
    return HttpResponse(b"\xff\xfedf_websockets.min.", content_type="application/octet-stream")


@gzip_page
def compressed(request):
    return HttpResponse(render(TAG, request) + " " * 1000)


@gzip_page
def compressed_topics(request):
    set_websocket_topics(request, "room")
    return HttpResponse(SCRIPT + " " * 1000)


@gzip_page
def compressed_piece(request):
    return HttpResponse("<p>" + " " * 1000)


@etag(lambda request: "same")
def tagged(request):
    return HttpResponse(SCRIPT)


@cache_page(600)
def cached_tag(request):
    return HttpResponse(render(TAG, request))


@cache_page(600)
def cached_topics(request):
    set_websocket_topics(request, "room")
    return HttpResponse(SCRIPT)


@cache_page(600)
def cached_script(request):
    return HttpResponse(SCRIPT)


@cache_page(600)
def cached_template(request):
    return TemplateResponse(request, engines["django"].from_string(TAG))


def cached_piece(request):
    piece = "{% load dfws_html cache %}{% cache 600 head %}{% dfws_html_script %}{% endcache %}"
    return HttpResponse(render(f"<html><head>{piece}</head></html>", request))


def two_tags(request):
    return HttpResponse(render(TAG + TAG, request))


def twice(request):
    """Renders a page and throws it away."""
    render(TAG, request)
    return HttpResponse(render(TAG, request))


def append(request):
    """A view that writes before it answers."""
    publisher().publish([topic_id("-str.room")], "{")
    return HttpResponse(SCRIPT)


def session(request):
    request.session["a"] = 1
    return HttpResponse(SCRIPT)


def public(request):
    response = HttpResponse(SCRIPT)
    response["Cache-Control"] = "public, max-age=60"
    response["Content-Length"] = str(len(response.content))
    return response


def log_in(request):
    user = get_user_model().objects.get(username=request.GET["name"])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    set_websocket_topics(request, "room")
    return HttpResponse("<p>in</p>")


def log_out(request):
    logout(request)
    return HttpResponse(SCRIPT)


def window_key(request):
    return JsonResponse({"key": request.window_key, "path": request.path_info})


VIEWS = (
    big, tag, only_script, topics, async_tag, async_script, late_topics, stream, late_stream,
    script_stream, async_script_stream, async_stream, async_late_stream, events, file,
    json_of_script, mentions, fragment, tagged_fragment, leads, not_modified, raw,
    compressed, compressed_topics,
    compressed_piece, tagged, cached_tag, cached_topics, cached_script, cached_template,
    cached_piece, two_tags, twice, append, session, public, log_in, log_out, window_key,
)  # fmt: skip
urlpatterns = [path(f"{view.__name__}/", view) for view in VIEWS]


@sync_only_middleware
def only_sync(get_response):
    return get_response


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__
    caches["default"].clear()


@pytest.fixture(params=["sync", "async", "sync below async"])
def get(request, settings):
    """Ask the site as a browser does: under WSGI, under ASGI, with middleware of either kind."""
    if request.param == "sync below async":
        settings.MIDDLEWARE = [f"{__name__}.only_sync", *settings.MIDDLEWARE]
    client = Client() if request.param == "sync" else AsyncClient()

    def ask(address, method="get", **options):
        response = getattr(client, method)(f"/{address}", **options)
        if not asyncio.iscoroutine(response):
            return response

        async def asked():
            answer = await response
            if answer.streaming:
                # The content has to be fetched in the loop of its request.
                if answer.is_async:
                    body = b"".join([chunk async for chunk in answer.streaming_content])
                else:
                    body = await sync_to_async(b"".join)(answer.streaming_content)
                answer.getvalue = lambda: body
            return answer

        return asyncio.run(asked())

    ask.client = client
    return ask


def page_of(response):
    return read_page(response)


def topics_of(response):
    return verify(page_of(response).token).topics[2:]


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    "view",
    ["tag", "only_script", "topics", "async_tag", "async_script", "stream", "late_stream",
     "async_stream", "script_stream", "async_script_stream", "two_tags", "twice", "public",
     "late_topics"],
)  # fmt: skip
def test_a_page_gets_its_window(get, view):
    if view in ("async_stream", "async_script_stream") and type(get.client) is Client:
        pytest.skip("WSGI has no asynchronous streams")
    response = get(f"{view}/")
    page = page_of(response)
    token = verify(page.token)
    assert (page.url, page.position, page.life) == ("/ws/", token.position, token.life)
    assert token.topics[0] == topic_id(f"-window.{token.window}")
    assert "private" in response["Cache-Control"]
    assert "public" not in response["Cache-Control"]
    assert "Cookie" in response["Vary"]
    assert response.cookies["csrftoken"]
    if not response.streaming:
        assert response["Content-Length"] == str(len(response.content))
    else:
        assert "Content-Length" not in response


def test_a_tag_that_comes_while_an_asynchronous_stream_is_on_its_way():
    async def asked():
        response = await AsyncClient().get("/async_late_stream/")
        return b"".join([chunk async for chunk in response.streaming_content])

    content = asyncio.run(asked()).decode()
    assert verify(re.search('name="dfws" content="([^"]+)"', content)[1])


def test_every_page_is_another_window(get):
    windows = {verify(page_of(get("tag/")).token).window for _ in range(3)}
    assert len(windows) == 3


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("tag", []),
        ("topics", ["room"]),
        ("async_tag", ["room"]),
        ("late_topics", ["late"]),
        ("late_stream", ["late"]),
    ],
)
def test_topics_count_whenever_they_are_chosen(get, view, names):
    assert list(topics_of(get(f"{view}/"))) == [topic_id(f"-str.{name}") for name in names]


def test_the_position_is_that_of_before_the_view(get):
    _, before = publisher().history.position()
    assert page_of(get("append/")).position == before
    assert publisher().history.position()[1] == before + 1


def test_the_meta_stands_before_the_first_script(get):
    content = get("only_script/").content
    assert content.index(b"<meta") < content.index(b"<script")
    assert content.startswith(b"<html><head><meta")


UNTOUCHED = [
    "events/", "file/", "json_of_script/", "mentions/", "fragment/", "not_modified/", "raw/",
    "window_key/", "topics/?body=", "missing/",
]  # fmt: skip


@pytest.mark.parametrize("address", UNTOUCHED)
def test_what_is_no_page_is_left_alone(get, address):
    response = get(address)
    content = response.getvalue() if response.streaming else response.content
    assert b"data-life" not in content
    assert "DFWS-Window" not in response
    assert "private" not in response.get("Cache-Control", "")
    assert not response.cookies
    if "Content-Length" in response:
        assert response["Content-Length"] == str(len(content))


def test_a_tag_without_a_request_is_an_error():
    with pytest.raises(TemplateSyntaxError, match="needs the request"):
        engines["django"].from_string(TAG).render({})


def test_head_is_get_without_a_body(get):
    response = get("only_script/", "head")
    assert response.content == b""
    assert int(response["Content-Length"]) > len(SCRIPT)
    assert "private" in response["Cache-Control"]


def test_a_post_s_answer_is_a_page_too(get):
    get.client.handler.enforce_csrf_checks = False
    assert page_of(get("only_script/", "post")).token


@pytest.mark.django_db
def test_a_sub_path_is_the_socket_s_too():
    answer, errors = ask_wsgi("/only_script/", SCRIPT_NAME="/sub")
    assert 'data-url="/sub/ws/"' in answer.decode()
    assert errors == ""


def ask_wsgi(address, **environ):
    """Ask the site in a real WSGI server's handler; return what it wrote, and its errors."""
    out, errors = io.BytesIO(), io.StringIO()
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        **environ,
    }
    SimpleHandler(io.BytesIO(), out, errors, environ).run(get_wsgi_application())
    return out.getvalue(), errors.getvalue()


# ------------------------------------------------------------------ above and below


def test_compression_above(settings, get):
    settings.MIDDLEWARE = ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE]
    response = get("big/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    content = gzip.decompress(response.content).decode()
    assert verify(re.search('content="([^"]+)"', content)[1])
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize("view", ["compressed", "compressed_topics"])
def test_compression_by_the_view_is_said(get, caplog, view):
    response = get(f"{view}/", headers={"accept-encoding": "gzip"})
    assert b'name="dfws" content="' not in gzip.decompress(response.content).replace(
        PLACEHOLDER.encode(), b""
    )
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert f"'/{view}/'" in record.message
    assert "compresses" in record.message


def test_compression_of_what_wants_no_window_is_nobody_s_business(get, caplog):
    get("compressed_piece/", headers={"accept-encoding": "gzip"})
    # A living page hears of its topics by a header.
    living = headers(page_of(get("topics/")).token)
    assert "DFWS-Window" in get("compressed_topics/", headers={"accept-encoding": "gzip", **living})
    assert not caplog.records


def test_a_strong_etag_becomes_a_weak_one(get):
    response = get("tagged/")
    assert response["ETag"] == 'W/"same"'
    again = get("tagged/", headers={"if-none-match": 'W/"same"'})
    assert (again.status_code, again.content) == (304, b"")


def test_a_conditional_get_above_sees_two_pages(settings, get):
    settings.MIDDLEWARE = ["django.middleware.http.ConditionalGetMiddleware", *settings.MIDDLEWARE]
    first = get("only_script/")
    assert get("only_script/", headers={"if-none-match": first["ETag"]}).status_code == 200


def stored():
    """The pages that Django's cache holds."""
    kept = [pickle.loads(value) for value in caches["default"]._cache.values()]
    return b"".join(getattr(one, "content", b"") for one in kept).decode()


@pytest.mark.parametrize("html", [SCRIPT, [SCRIPT]], ids=["whole", "streamed"])
def test_a_page_is_one_visitor_s_own_whatever_stands_above(rf, html):
    """Without session and CSRF above it, nobody else says so."""
    kind = StreamingHttpResponse if isinstance(html, list) else HttpResponse
    response = WebsocketMiddleware(lambda request: kind(html))(rf.get("/"))
    assert response["Vary"] == "Cookie, DFWS-Window"
    assert response["Cache-Control"] == "private"


OURS = "Cookie, DFWS-Window"


@pytest.mark.parametrize(
    ("own", "cache", "vary"),
    [
        ({"Cache-Control": "public, max-age=600"}, {"max-age=600", "private"}, OURS),
        ({"Cache-Control": "public, s-maxage=600"}, {"s-maxage=600", "private"}, OURS),
        ({"Cache-Control": "no-store"}, {"no-store", "private"}, OURS),
        ({"Cache-Control": "private"}, {"private"}, OURS),
        ({"Vary": "Accept-Language"}, {"private"}, f"Accept-Language, {OURS}"),
        ({"Vary": "cookie"}, {"private"}, "cookie, DFWS-Window"),
        ({"Vary": "*"}, {"private"}, "*"),
    ],
)
@pytest.mark.parametrize("html", [SCRIPT, [SCRIPT]], ids=["whole", "streamed"])
def test_what_a_view_says_of_caches_makes_its_page_nobody_else_s(rf, html, own, cache, vary):
    kind = StreamingHttpResponse if isinstance(html, list) else HttpResponse
    response = WebsocketMiddleware(lambda request: kind(html, headers=own))(rf.get("/"))
    assert set(response["Cache-Control"].split(", ")) == cache
    assert response["Vary"] == vary


@pytest.mark.parametrize(
    "view", ["cached_tag", "cached_topics", "cached_script", "cached_template", "cached_piece"]
)
def test_a_view_s_cache_keeps_no_token(get, view):
    first, second = page_of(get(f"{view}/")), page_of(get(f"{view}/"))
    assert verify(first.token).window != verify(second.token).window
    assert verify(first.token).topics[2:] == verify(second.token).topics[2:]
    assert first.token not in stored()
    assert 'data-life="' not in stored()


@pytest.mark.parametrize("view", ["tag", "topics", "only_script", "async_tag", "stream", "public"])
def test_a_site_s_cache_keeps_no_token(settings, get, view):
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    windows = {verify(page_of(get(f"{view}/")).token).window for _ in range(2)}
    assert len(windows) == 2
    assert 'data-life="' not in stored()


def test_a_site_s_cache_still_keeps_what_is_no_page(settings, get):
    settings.MIDDLEWARE = [
        "django.middleware.cache.UpdateCacheMiddleware",
        *settings.MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
    get("mentions/")
    assert "df_websockets" in stored()


# ------------------------------------------------------------------ sessions


@pytest.fixture
def users(db):
    make = get_user_model().objects.create_user
    return make("ann", password="a"), make("bob", password="b")


@pytest.mark.parametrize("engine", ["db", "signed_cookies", "cached_db"])
def test_a_page_is_bound_to_the_session_that_it_has(client, users, settings, engine):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    token = verify(page_of(client.get("/only_script/")).token)
    assert (token.user, token.session, "sessionid" in client.cookies) == ("", "", False)
    token = verify(page_of(client.get("/session/")).token)
    assert (token.user, bool(token.session)) == ("", True)
    assert topic_id(f"-session.{token.session}") in token.topics
    assert verify(page_of(client.get("/only_script/")).token).session == token.session
    client.get("/log_in/?name=ann")  # a new session key, the same session
    inside = verify(page_of(client.get("/only_script/")).token)
    assert (inside.user, inside.session) == (str(users[0].pk), token.session)
    assert topic_id(f"-user.{inside.user}") in inside.topics
    outside = verify(page_of(client.get("/log_out/")).token)
    assert (outside.user, outside.session) == ("", "")


def test_a_cookie_whose_session_is_gone_makes_none(client, users):
    client.cookies["sessionid"] = "x" * 32
    assert verify(page_of(client.get("/only_script/")).token).session == ""
    assert not Session.objects.exists()


@pytest.mark.parametrize("view", ["mentions", "json_of_script", "file"])
def test_what_is_no_page_reads_no_session(client, users, django_assert_num_queries, view):
    client.force_login(users[0])
    with django_assert_num_queries(0):
        response = client.get(f"/{view}/")
    assert "Vary" not in response or "Cookie" not in response["Vary"]


# ------------------------------------------------------------------ living pages


def headers(token):
    return {"DFWS-Window": token}


def test_a_living_page_s_request_is_of_its_window(get):
    page = page_of(get("topics/"))
    window = verify(page.token).window
    assert json.loads(get("window_key/", headers=headers(page.token)).content)["key"] == window
    response = get("fragment/", headers=headers(page.token))
    assert response.content == b"<p>piece</p>"
    token = verify(response["DFWS-Window"])
    assert (token.window, token.topics) == (window, verify(page.token).topics)
    assert {"Cookie", "DFWS-Window"} <= set(re.split(", *", response["Vary"]))
    assert "private" in response["Cache-Control"]


def test_a_living_page_s_refresh_is_of_its_window(get):
    page = page_of(get("topics/"))
    for view in ("tag", "only_script", "topics", "stream", "async_tag"):
        response = get(f"{view}/", headers=headers(page.token))
        assert verify(page_of(response).token).window == verify(page.token).window


def test_an_answer_without_topics_bears_no_token(get):
    page = page_of(get("tag/"))
    assert "DFWS-Window" not in get("mentions/", headers=headers(page.token))


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 9000])
def test_a_forged_header_is_another_window(get, caplog, token):
    response = get("fragment/", headers=headers(token))
    assert "DFWS-Window" not in response
    assert response.content == b"<p>piece</p>"
    assert bool(caplog.records) == bool(token)
    assert not token or token not in caplog.text


def test_an_expired_header_is_another_window(get, settings, caplog):
    page = page_of(get("tag/"))
    window = verify(page.token).window
    settings.WEBSOCKET_TOKEN_AGE = -1
    response = get("window_key/", headers=headers(page.token))
    assert json.loads(response.content)["key"] != window
    assert "expired" in caplog.text
    assert page.token not in caplog.text


def test_a_header_of_somebody_else_is_another_window(users, caplog):
    ann, bob, nobody = Client(), Client(), Client()
    ann.force_login(users[0])
    bob.force_login(users[1])
    token = page_of(ann.get("/tag/")).token
    window = verify(token).window
    for client, own in ((ann, True), (bob, False), (nobody, False)):
        response = client.get("/fragment/", headers=headers(token))
        assert ("DFWS-Window" in response) is own
        if own:
            assert verify(response["DFWS-Window"]).window == window
    assert caplog.text.count("is ignored") == 2


@pytest.mark.django_db(transaction=True)
async def test_a_living_page_of_somebody_may_ask_an_asynchronous_site():
    user = await get_user_model().objects.acreate(username="ann")
    client = AsyncClient()
    await client.aforce_login(user)
    page = page_of(await client.get("/async_tag/"))
    response = await client.get("/async_tag/", headers=headers(page.token))
    token = verify(response["DFWS-Window"])
    assert (token.window, token.user) == (verify(page.token).window, str(user.pk))


def test_who_logs_in_by_a_living_page_gets_a_token_as_himself(client, users):
    page = page_of(client.get("/session/"))
    token = verify(client.get("/log_in/?name=ann", headers=headers(page.token))["DFWS-Window"])
    assert token.window == verify(page.token).window
    assert (token.user, bool(token.session)) == (str(users[0].pk), True)


# ------------------------------------------------------------------ a living page's answers


def test_caches_keep_answers_of_different_windows_apart(get):
    page = page_of(get("topics/"))
    for view in ("tag", "only_script", "stream", "fragment"):
        assert "DFWS-Window" in get(f"{view}/")["Vary"]
    assert "no-store" in get("fragment/", headers=headers(page.token))["Cache-Control"]
    assert "Cache-Control" not in get("fragment/")
    assert "Vary" not in get("mentions/") or "DFWS-Window" not in get("mentions/")["Vary"]


def test_a_living_page_is_answered_in_full_whatever_its_browser_has_kept(get):
    kept = get("tagged_fragment/")["ETag"]
    conditions = {"If-None-Match": kept, "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert get("tagged_fragment/", headers=conditions).status_code == 304
    token = page_of(get("topics/")).token
    answer = get("tagged_fragment/", headers={**conditions, **headers(token)})
    assert (answer.status_code, answer.content) == (200, b"<p>piece</p>")
    assert "DFWS-Window" in answer


PLACES = [
    ("/elsewhere/", 302),
    ("http://testserver/elsewhere/", 302),
    ("http://evil.test/", 403),
    ("//evil.test/", 403),
    ("http://testserver:81/", 403),
    ("http:///evil.test", 403),
    ("", 302),
]


@pytest.mark.parametrize(("place", "status"), PLACES)
def test_a_living_page_s_request_is_not_led_elsewhere(get, place, status):
    token = page_of(get("topics/")).token
    assert get(f"leads/?to={place}").status_code == 302
    answer = get(f"leads/?to={place}", headers=headers(token))
    assert answer.status_code == status
    assert answer.get("HX-Redirect") == (place if status == 403 else None)
    assert ("Location" in answer) is (status == 302)


# ------------------------------------------------------------------ a handshake in the wrong place


HANDSHAKE = {"upgrade": "WebSocket", "connection": "Upgrade"}


def test_a_websocket_that_comes_as_a_request_is_told_so(get, caplog):
    response = get("ws/", headers=HANDSHAKE)
    assert response.status_code == 426
    assert "ASGI_APPLICATION" in response.content.decode()
    assert "ASGI_APPLICATION" in caplog.text


CUT = [{"upgrade": "websocket", "connection": "close"}, {"connection": "close"}, {}]


@pytest.mark.parametrize("headers", CUT)
def test_a_proxy_that_takes_the_upgrade_away_is_named(get, caplog, headers):
    response = get("ws/", headers={"sec-websocket-key": "x", **headers})
    assert response.status_code == 426
    for text in (response.content.decode(), caplog.text):
        assert "a proxy does not pass" in text
        assert "proxy_set_header Upgrade $http_upgrade" in text
        assert "ASGI_APPLICATION" not in text


@pytest.mark.parametrize("address", ["mentions/", "x/ws/"])
def test_other_upgrades_are_not_ours(get, address):
    assert get(address, headers=HANDSHAKE).status_code in (200, 404)
    assert get("ws/", headers={"upgrade": "h2c"}).status_code == 404
    assert get("ws/").status_code == 404


@pytest.mark.django_db
def test_it_is_told_by_a_real_wsgi_server_too():
    answer, errors = ask_wsgi("/ws/", HTTP_UPGRADE="websocket")
    assert b" 426 Upgrade Required\r\n" in answer
    assert errors == ""
