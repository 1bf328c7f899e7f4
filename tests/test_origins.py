"""Where a socket may come from: the matrix of Origins, hosts, schemes and proxies."""

import pytest
from django.middleware.csrf import CsrfViewMiddleware

from dfws_html.page.origins import request_of, why_foreign
from tests.sockets import scope_of


def reason(origin, host="example.org", scheme="ws", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return why_foreign(
        request_of(scope_of(scheme=scheme, headers={"host": host, "origin": origin, **headers}))
    )


@pytest.fixture(autouse=True)
def _hosts(settings):
    settings.ALLOWED_HOSTS = ["example.org", ".example.net", "127.0.0.1", "[::1]"]


WELCOME = [
    ("http://example.org", "example.org", "ws"),
    ("https://example.org", "example.org", "wss"),
    ("http://example.org", "example.org", "http"),
    ("http://example.org:8000", "example.org:8000", "ws"),
    ("http://127.0.0.1:8000", "127.0.0.1:8000", "ws"),
    ("http://[::1]:8000", "[::1]:8000", "ws"),
    ("http://a.example.net", "a.example.net", "ws"),
]


@pytest.mark.parametrize(("origin", "host", "scheme"), WELCOME)
def test_its_own_pages_are_welcome(origin, host, scheme):
    assert reason(origin, host, scheme) is None


FOREIGN = [
    None,
    "",
    "null",
    "http://evil.example",
    "https://example.org",  # another scheme
    "ws://example.org",
    "http://example.org:8000",  # another port
    "http://example.org:80",
    "http://sub.example.org",
    "http://example.org.evil.example",
    "http://evilexample.org",
    "http://example.orgevil",
    "http://example.org@evil.example",
    "http://evil.example/example.org",
    "http://evil.example#example.org",
    "http://example.org/",
    "http://example.org, http://evil.example",
    "//example.org",
    "example.org",
    "file://",
    "http://",
    "http://[::1",
    "http://example.org:port",
    "x" * 5000,
]


@pytest.mark.parametrize("origin", FOREIGN)
def test_other_pages_are_foreign(origin):
    told = reason(origin)
    assert told
    assert len(told) < 500
    assert "\n" not in told


@pytest.mark.parametrize("host", ["evil.example", "a.example.org", "example.org:8000:1", "a b"])
def test_a_host_that_is_not_allowed_is_refused_whatever_the_origin(settings, host):
    settings.CSRF_TRUSTED_ORIGINS = [f"http://{host}"]
    assert "Invalid HTTP_HOST header" in reason(f"http://{host}", host)


TRUSTED = [
    ("https://friend.example", True),
    ("https://shop.example.com", True),
    ("https://a.shop.example.com", True),
    ("https://example.com", True),
    ("http://shop.example.com", False),
    ("https://shop.example.com:444", False),
    ("https://shopexample.com", False),
    ("https://shop.example.com.evil.example", False),
    ("http://friend.example", False),
    ("https://a.friend.example", False),
    ("https://friend.example:444", False),
    ("http://[::1", False),
    ("https://any.port.example:8443", True),
    ("https://any.port.example", False),
]


@pytest.mark.parametrize(("origin", "welcome"), TRUSTED)
def test_trusted_origins_are_those_of_django(settings, origin, welcome):
    settings.CSRF_TRUSTED_ORIGINS = [
        "https://friend.example",
        "https://*.example.com",
        "https://*.port.example:8443",
    ]
    assert (reason(origin) is None) is welcome


@pytest.mark.parametrize("trusted", [[], ["https://*.example.com", "https://friend.example"]])
def test_it_agrees_with_django_s_own_check(settings, trusted):
    settings.CSRF_TRUSTED_ORIGINS = trusted
    origins = [origin for origin, *_ in WELCOME] + [origin for origin, _ in TRUSTED]
    for origin in [*origins, *filter(None, FOREIGN)]:
        for scheme in ("ws", "wss"):
            request = request_of(
                scope_of(scheme=scheme, headers={"host": "example.org", "origin": origin})
            )
            django = CsrfViewMiddleware(lambda request: None)._origin_verified(request)
            assert (why_foreign(request) is None) == django, (origin, scheme)


# ------------------------------------------------------------------ proxies


def test_a_proxy_that_ends_tls(settings):
    behind = {"x_forwarded_proto": "https"}
    told = reason("https://example.org", **behind)
    assert "only the scheme differs" in told
    assert "SECURE_PROXY_SSL_HEADER" in told
    assert "'http://example.org'" in told
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert reason("https://example.org", **behind) is None
    assert reason("https://example.org", x_forwarded_proto="wss") is None  # as some say
    assert reason("http://example.org", x_forwarded_proto="ws") is None
    assert reason("http://example.org", **behind)
    assert "wants 'https' in X-Forwarded-Proto, and the proxy sent None" in reason(
        "https://example.org"
    )
    assert "the proxy sent 'http'" in reason("https://example.org", x_forwarded_proto="http")


def test_a_proxy_that_names_the_host(settings):
    behind = {"host": "127.0.0.1", "x_forwarded_host": "example.org"}
    assert "USE_X_FORWARDED_HOST" in reason("http://example.org", **behind)
    assert "USE_X_FORWARDED_HOST" not in reason("http://evil.example", **behind)
    settings.USE_X_FORWARDED_HOST = True
    assert reason("http://example.org", **behind) is None
    assert reason("http://127.0.0.1", **behind)


def test_a_proxy_that_changes_the_host():
    assert "has to pass Host on" in reason("http://example.org", "127.0.0.1")
    assert "has to pass Host on" in reason("https://example.org", "127.0.0.1:8000")
    for host in ("example.org", "example.org:8000"):
        told = reason("http://example.org:8080", host)
        assert "only the port differs" in told
        assert "$http_host" in told


def test_a_server_that_tells_no_scheme():
    scope = scope_of(headers={"host": "example.org", "origin": "http://example.org"})
    del scope["scheme"]
    assert why_foreign(request_of(scope)) is None
