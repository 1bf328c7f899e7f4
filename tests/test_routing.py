"""Which sockets reach the windows' consumer, under which paths, and the server's own end."""

import pytest

from dfws_html import routing
from dfws_html.routing import with_websockets
from tests.sockets import Line, scope_of


async def http(scope, receive, send):
    await send({"type": "http", "path": scope["path"]})


async def reaches(path, **scope):
    """Whether a socket for this path is accepted."""
    wire = Line(with_websockets(http), scope_of(path=path, **scope))
    answer = await wire._outward.get()
    wire.leave()
    await wire.over()
    return answer["type"] == "websocket.accept" or answer


async def test_the_path_of_the_setting(settings):
    assert await reaches("/ws/") is True
    for path in ("/ws", "/ws/x", "/x/ws/", "//ws/", "/", ""):
        assert await reaches(path) == {"type": "websocket.close", "code": 4404}
    settings.WEBSOCKET_URL = "/live/socket"
    assert await reaches("/live/socket") is True
    assert await reaches("/ws/") is not True


async def test_an_absolute_address_is_reached_by_its_path(settings):
    settings.WEBSOCKET_URL = "wss://sockets.example.org/ws/"
    assert await reaches("/ws/") is True


@pytest.mark.parametrize("root", ["/sub", "/sub/"])
async def test_a_sub_path_that_the_server_tells(root):
    assert await reaches("/sub/ws/", root_path=root) is True
    assert await reaches("/ws/", root_path=root) is True
    assert await reaches("/other/ws/", root_path=root) is not True


async def test_a_sub_path_that_the_settings_tell(settings):
    settings.FORCE_SCRIPT_NAME = "/sub"
    assert await reaches("/sub/ws/") is True
    assert await reaches("/ws/") is True
    assert await reaches("/subws/") is not True


async def test_another_path_is_named_in_the_log(caplog):
    await reaches("/else\nwhere/")
    assert caplog.messages == ["a websocket for '/else\\nwhere/': WEBSOCKET_URL is '/ws/'"]


async def test_all_else_is_the_project_s():
    sent = []

    async def send(message):
        sent.append(message)

    await with_websockets(http)({"type": "http", "path": "/page/"}, None, send)
    assert sent == [{"type": "http", "path": "/page/"}]


async def test_the_server_s_beginning_and_end_are_answered():
    messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message["type"])

    await with_websockets(http)({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_application_is_made_once():
    assert routing.application is routing.application
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        routing.nothing  # noqa: B018
