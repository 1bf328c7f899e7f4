"""Whether a socket may come from where it comes from, by the rules of Django's CSRF check."""

from __future__ import annotations

import io
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.utils.http import is_same_domain

__all__ = ["request_of", "why_foreign"]

_SCHEMES = {"ws": "http", "wss": "https"}
_LONGEST = 300  # of what a log quotes of a stranger


def request_of(scope: MutableMapping[str, Any]) -> ASGIRequest:
    """Return the HTTP request that a socket's handshake was."""
    scheme = scope.get("scheme", "ws")
    request = ASGIRequest(
        {**scope, "type": "http", "method": "GET", "scheme": _SCHEMES.get(scheme, scheme)},
        io.BytesIO(),
    )
    if settings.SECURE_PROXY_SSL_HEADER:
        # Some proxies name a socket's scheme where others name that of its page.
        header = settings.SECURE_PROXY_SSL_HEADER[0]
        if (told := request.META.get(header)) in _SCHEMES:
            request.META[header] = _SCHEMES[told]
    return request


def why_foreign(request: ASGIRequest) -> str | None:
    """Return why the request's Origin is foreign, None if it is welcome.

    Args:
        request: the handshake; its Host and scheme are taken as Django takes them, so
            ``ALLOWED_HOSTS``, ``SECURE_PROXY_SSL_HEADER``, ``USE_X_FORWARDED_HOST`` and
            ``CSRF_TRUSTED_ORIGINS`` count.
    """
    origin = request.META.get("HTTP_ORIGIN")
    if not origin:
        return "the handshake has no Origin, so it does not come from a page"
    try:
        host = request.get_host()
    except DisallowedHost as error:
        return str(error)[:_LONGEST]
    own = f"{'https' if request.is_secure() else 'http'}://{host}"
    if origin == own or origin in settings.CSRF_TRUSTED_ORIGINS:
        return None
    try:
        parsed = urlsplit(origin)
        _ = parsed.port  # may be no number
    except ValueError:
        return f"the Origin {origin!r:.200} is no address"
    if any(_matches(parsed, trusted) for trusted in settings.CSRF_TRUSTED_ORIGINS):
        return None
    lacks = _what_a_proxy_lacks(request, parsed, host)
    return f"the Origin {origin!r:.200} is neither {own!r} nor in CSRF_TRUSTED_ORIGINS{lacks}"


def _what_a_proxy_lacks(request: ASGIRequest, origin: SplitResult, host: str) -> str:
    """Return what would make the Origin the site's own, if a proxy stands before it."""
    if origin.netloc == host:
        if not settings.SECURE_PROXY_SSL_HEADER:
            return (
                "; only the scheme differs: behind a proxy that ends TLS, SECURE_PROXY_SSL_HEADER"
            )
        header, https = settings.SECURE_PROXY_SSL_HEADER
        name = header.removeprefix("HTTP_").replace("_", "-").title()
        return (
            f"; only the scheme differs: SECURE_PROXY_SSL_HEADER wants {https!r} in {name}, and "
            f"the proxy sent {request.META.get(header)!r:.50}"
        )
    if origin.netloc and request.META.get("HTTP_X_FORWARDED_HOST") == origin.netloc:
        return "; the proxy names it in X-Forwarded-Host: USE_X_FORWARDED_HOST"
    if origin.hostname and origin.hostname == urlsplit(f"//{host}").hostname:
        return "; only the port differs: a proxy has to pass the whole Host on (nginx: $http_host)"
    return "; if it is this site's, a proxy has to pass Host on (nginx: proxy_set_header)"


def _matches(origin: SplitResult, trusted: str) -> bool:
    """Return whether a trusted origin with a wildcard (``https://*.example.org``) covers it."""
    wanted = urlsplit(trusted)
    return (
        "*" in trusted
        and origin.scheme == wanted.scheme
        and is_same_domain(origin.netloc, wanted.netloc.lstrip("*"))
    )
