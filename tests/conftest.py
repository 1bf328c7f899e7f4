"""What tests share: real servers in this process, and handlers that end with their test."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfws_html.delivery import connections
from dfws_html.delivery.history import MemoryHistory
from dfws_html.delivery.redis_history import RedisHistory
from tests.redis_server import RedisServer
from tests.relay import Relay


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


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis for all tests; who needs it empty, or the settings to name it, takes `redis`."""
    with tempfile.TemporaryDirectory(prefix="dfws-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def redis(redis_server, settings):
    """An empty Redis, which the settings name."""
    redis_server.start()  # another test may have killed it
    redis_server.answer_again()
    redis_server.flush()
    settings.WEBSOCKET_REDIS_CONNECTION = redis_server.url
    return redis_server


@pytest.fixture
async def relay(redis, settings):
    """The empty Redis behind a `Relay`, which the settings name."""
    relay = Relay(redis.url)
    await relay.start()
    settings.WEBSOCKET_REDIS_CONNECTION = f"redis://127.0.0.1:{relay.port}"
    yield relay
    await relay.close()


@pytest.fixture(params=["memory", "redis"])
def made_history(request):
    """Makes a new, empty history with the bounds given: one contract, whatever keeps it."""
    if request.param == "memory":
        return MemoryHistory
    request.getfixturevalue("redis")
    return lambda **bounds: RedisHistory(
        connections.configured(), prefix=secrets.token_hex(4), **bounds
    )


@pytest.fixture(params=["memory", "redis"])
def each_history(request, settings):
    """The settings as they are, and with a Redis beside the threads: nothing may differ."""
    if request.param == "redis":
        request.getfixturevalue("redis")
        settings.WEBSOCKET_WORKERS = "thread"


_LAYERS = {
    "redis": {},
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer"},
    # With redis-py 8 an idle consumer of this one dies every 5 seconds.
    "core": {"BACKEND": "channels_redis.core.RedisChannelLayer"},
}


@pytest.fixture(params=_LAYERS)
def carrier(request, redis, settings):
    """The name of each carrier between processes, which the settings want."""
    layer = _LAYERS[request.param]
    if layer:
        layer = {"default": {**layer, "CONFIG": {"hosts": [redis.url]}}}
    settings.CHANNEL_LAYERS = layer
    return request.param
