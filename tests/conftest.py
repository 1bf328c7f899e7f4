"""What tests share: real servers in this process, and handlers that end with their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def _servers() -> Iterator[dict[str, object]]:
    from django.core.asgi import get_asgi_application

    from dfws_html.routing import with_websockets
    from tests.sockets import daphne_here, uvicorn_here

    application = with_websockets(get_asgi_application())
    with uvicorn_here(application) as uvicorn:
        yield {"uvicorn": uvicorn, "daphne": daphne_here(application)}


@pytest.fixture(params=["uvicorn", "daphne"])
def server(request, _servers, settings):
    """Each of the two servers; settings that a test changes hold in them, too."""
    settings.ROOT_URLCONF = "tests.sockets"
    return _servers[request.param]


@pytest.fixture
def handlers():
    """The registry; what is registered is forgotten after the test."""
    from dfws_html.work.registry import registry

    with registry.isolated() as isolated:
        yield isolated
