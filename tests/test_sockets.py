"""The door over real sockets, of uvicorn and daphne: who gets in, what is refused, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.core import signing
from django.test import Client
from websockets.exceptions import InvalidStatus

from dfws_html.decorators import everyone, is_authenticated, signal
from dfws_html.delivery import connections
from dfws_html.page.tokens import PageToken, sign, verify
from dfws_html.tasks import BROADCAST, WINDOW, atrigger, remove_websocket_topics
from dfws_html.window_info import WindowInfo
from tests.sockets import PATIENCE, Page, process, visit

pytestmark = pytest.mark.usefixtures("each_history")

database = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ran(handlers):
    """Signals that say what has run."""
    names = []

    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info, count: int = 0, secret: str = ""):
        names.append(("test.open", count))
        return count

    @signal(path="test.members", is_allowed_to=is_authenticated)
    def test_members(window_info):
        names.append("test.members")

    @signal(path="test.inside")
    def test_inside(window_info):
        names.append("test.inside")

    return names


def nobody(window=None):
    window_info = WindowInfo()
    window_info.window_key = window
    return window_info


# ------------------------------------------------------------------ a window's day


async def test_a_window_is_welcomed_and_told(server, client):
    page, other = await visit(client, "/?topic=room"), await visit(client)
    async with server.wire(page) as wire, server.wire(other) as elsewhere:
        welcome = await wire.hello(page)
        await elsewhere.hello(other)
        assert welcome["w"] == verify(page.token).window
        assert welcome["t"] == list(verify(page.token).topics)
        assert "token" not in welcome
        await atrigger(nobody(), "to.room", to=["room"], a=1)
        await atrigger(nobody(welcome["w"]), "to.window", to=WINDOW, a=2)
        await atrigger(nobody(), "to.all", to=BROADCAST, a=3)
        await wire.frame("push", signal="to.all")
        await elsewhere.frame("push", signal="to.all")
        names = [name for name, _ in wire.pushes()]
        assert names == ["to.room", "to.window", "to.all"]
        assert elsewhere.pushes() == [("to.all", {"a": 3})]
        # Of the room nobody has compared anything since its only frame.
        in_room = next(f for f in wire.frames if f.get("signal") == "to.room")
        assert await wire.heartbeat() == {"df": "hb", "pos": in_room["o"]}


async def test_what_the_page_s_own_view_pushes_reaches_it(server):
    page = await asyncio.to_thread(server.page, "/triggering/")
    async with server.wire(page) as wire:
        await wire.hello(page)
        await wire.heartbeat()
        pushes = [("to.window", 1), ("to.topic", 2), ("to.both", 3), ("to.topic", 4)]
        assert wire.pushes() == [(name, {"n": n}) for name, n in pushes]
        numbers = [frame["o"] for frame in wire.frames if "o" in frame]
        assert numbers == sorted(numbers)
        assert "resync" not in {frame.get("df") for frame in wire.frames}


async def test_a_call_bears_the_life_that_its_window_knows(server, client, handlers, settings):
    settings.WEBSOCKET_WORKERS = "tests.test_sockets.Recording"
    recorded.clear()

    @signal(path="test.any", is_allowed_to=everyone)
    def any_signal(window_info):
        pass

    page = await visit(client)
    async with server.wire(page) as wire:
        welcome = await wire.hello(page)
        await wire.call("test.any", 1)
        if not connections.is_configured():
            assert [job.life for job in recorded] == [welcome["life"]]
            return
        client = connections.client()
        client.hset("ws:seq", "run", "of another server")
        await atrigger(nobody(), "to.all", to=BROADCAST)
        resync = await wire.frame("resync")
        await wire.call("test.any", 2)
        assert [job.life for job in recorded] == [welcome["life"], resync["life"]]
        assert resync["life"] != welcome["life"]


recorded = []


class Recording:
    """An engine that runs nothing."""

    blocking = False

    def submit(self, *jobs):
        recorded.extend(jobs)

    def stop(self, seconds):
        pass


async def test_a_slow_function_is_left_out_of_the_wait(server, client, handlers):
    goes_on, ended = threading.Event(), threading.Event()

    def slow(window_info):
        assert goes_on.wait(PATIENCE)
        ended.set()

    signal(path="test.slow", is_allowed_to=everyone, reply=False, queue="slow")(slow)
    signal(path="test.both", is_allowed_to=everyone, reply=False, queue="slow")(slow)

    @signal(path="test.both", is_allowed_to=everyone)
    def quick(window_info):
        return "quick"

    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        for n, (name, result) in enumerate([("test.slow", None), ("test.both", "quick")]):
            await wire.send(signal=name, n=n, opts={}, reply=True)
            assert (await wire.frame("done", call=f"{page.load}.{n}"))["result"] == result
            await wire.heartbeat()
            assert {"df": "ack", "n": n} in wire.frames
        assert not ended.is_set()
        goes_on.set()
        assert await asyncio.to_thread(ended.wait, PATIENCE)


# ------------------------------------------------------------------ who gets in


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "https://testserver",
        "http://testserver:8000",
        "http://testserver.evil.example",
        "http://eviltestserver",
        "http://testserver@evil.example",
        "http://evil.example/testserver",
        "http://testserver, http://evil.example",
        "https://shop.example.com",
        "https://shop.example.org:444",
        "https://shopexample.org",
        "https://shop.example.org.evil.example",
        "http://shop.example.org",
    ],
)
async def test_a_foreign_page_is_refused(server, client, caplog, settings, origin):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.org"]
    page = await visit(client)
    with pytest.raises(InvalidStatus) as refused:
        async with server.wire(page, origin=origin):
            pass
    assert refused.value.response.status_code == 403
    refusals = [record for record in caplog.records if "refused" in record.message]
    assert [record.levelname for record in refusals] == ["WARNING"]
    assert page.token not in caplog.text


async def test_a_trusted_origin_gets_in(server, client, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.org"]
    page = await visit(client)
    async with server.wire(page, origin="https://shop.example.org") as wire:
        await wire.hello(page)


async def test_two_origins_are_none(server, client):
    page = await visit(client)
    with pytest.raises(InvalidStatus) as refused:
        async with server.wire(page, headers={"Origin": "http://evil.example"}):
            pass
    assert refused.value.response.status_code in {400, 403}  # uvicorn itself says 400


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "127.0.0.1"])
async def test_a_foreign_host_is_refused(server, client, host):
    """As when a name of the attacker's own leads here: then page and socket have one origin."""
    page = await visit(client)
    with pytest.raises(InvalidStatus) as refused:
        async with server.wire(page, host=host, origin=f"http://{host}"):
            pass
    assert refused.value.response.status_code == 403


async def test_another_path_is_refused(server, caplog):
    with pytest.raises(InvalidStatus) as refused:
        async with server.wire(path="/else/"):
            pass
    assert refused.value.response.status_code == 403
    assert "'/else/'" in caplog.text
    assert "WEBSOCKET_URL is '/ws/'" in caplog.text


@database
async def test_a_page_under_a_sub_path_and_its_socket(server, settings):
    settings.FORCE_SCRIPT_NAME = "/sub"
    page = await asyncio.to_thread(server.page, "/sub/?topic=room")
    assert page.url == "/sub/ws/"
    async with server.wire(page, path=page.url) as wire:
        await wire.hello(page)
        await atrigger(nobody(), "to.room", to=["room"])
        await wire.frame("push")


async def test_a_token_with_any_byte_changed_is_refused(server, client):
    token = (await visit(client)).token
    changed = [
        token[:at] + ("A" if one != "A" else "B") + token[at + 1 :] for at, one in enumerate(token)
    ]
    # The last character of a signature holds bits that are not used: other text, same bytes.
    changed = [one for one in changed if not _is_good(one)]
    assert len(changed) >= len(token) - 1

    async def refused(text):
        async with server.wire() as wire:
            await wire.send_hello(Page(text))
            return await wire.end()

    for start in range(0, len(changed), 20):
        codes = await asyncio.gather(*map(refused, changed[start : start + 20]))
        assert set(codes) == {4401}


def _is_good(text):
    with contextlib.suppress(ValueError):
        return bool(verify(text))
    return False


async def test_a_token_of_another_release_is_refused(server):
    raw = {"v": 99, "w": "w", "u": "", "s": "", "t": [], "p": 0, "l": "", "k": ""}
    async with server.wire() as wire:
        await wire.send_hello(Page(signing.dumps(raw, salt="dfws_html.page", compress=True)))
        assert await wire.end() == 4406


@pytest.fixture
def users(transactional_db):
    make = get_user_model().objects.create_user
    return make("ann", password="a"), make("bob", password="b")


@database
async def test_a_token_is_good_for_its_own_session_only(server, users):
    ann, bob, anonymous = Client(), Client(), Client()
    await sync_to_async(ann.force_login)(users[0])
    await sync_to_async(bob.force_login)(users[1])
    pages = [await visit(one) for one in (ann, bob, anonymous)]

    async def ends(page, cookies):
        async with server.wire(Page(**{**page.__dict__, "cookies": cookies})) as wire:
            await wire.send_hello(page)
            text = await wire.hear()
            return wire.code if text is None else json.loads(text)["df"]

    outcome = {
        (whose, bearer): await ends(page, other.cookies)
        for whose, page in zip("ab-", pages, strict=True)
        for bearer, other in zip("ab-", pages, strict=True)
    }
    assert {pair for pair, end in outcome.items() if end == "welcome"} == {
        ("a", "a"),
        ("b", "b"),
        ("-", "-"),
    }
    assert {end for end in outcome.values() if end != "welcome"} == {4401}


@database
async def test_logout_and_login_make_old_pages_strangers(server, users):
    client = Client()
    await sync_to_async(client.force_login)(users[0])
    before = await visit(client)
    cookies = before.cookies
    await sync_to_async(client.logout)()
    after = await visit(client)
    await sync_to_async(client.force_login)(users[0])
    again = await visit(client)
    for page, cookie in [(before, cookies), (before, again.cookies), (after, again.cookies)]:
        async with server.wire(Page(**{**page.__dict__, "cookies": cookie})) as wire:
            await wire.send_hello(page)
            assert await wire.end() == 4401
    async with server.wire(again) as wire:
        await wire.hello(again)


@database
async def test_a_new_password_makes_old_pages_strangers(server, users):
    client, elsewhere = Client(), Client()
    for one in (client, elsewhere):
        await sync_to_async(one.force_login)(users[0])
    before, far = await visit(client), await visit(elsewhere)
    # By a way that Django tells nobody of, so that this is the door's alone.
    stored = get_user_model().objects.filter(pk=users[0].pk)
    await sync_to_async(stored.update)(password="another")
    for page in (before, far):
        async with server.wire(page) as wire:
            await wire.send_hello(page)
            assert await wire.end() == 4401
    # Who comes back with the new one is welcome, and that is no good to the old page.
    await sync_to_async(client.force_login)(await sync_to_async(stored.get)())
    after = await visit(client)
    async with server.wire(after) as wire:
        await wire.hello(after)
    async with server.wire(far) as wire:
        await wire.send_hello(far)
        assert await wire.end() == 4401


@database
async def test_an_expired_token_is_refused(server, users, settings):
    client = Client()
    await sync_to_async(client.force_login)(users[0])
    page = await visit(client)
    settings.WEBSOCKET_TOKEN_AGE = -1
    async with server.wire(page) as wire:
        await wire.send_hello(page)
        assert await wire.end() == 4401


async def test_a_second_load_gets_a_window_of_its_own(server, client):
    first = await visit(client)
    second = first.again()
    async with server.wire(first) as one, server.wire(second) as two:
        window = (await one.hello(first))["w"]
        welcome = await two.hello(second)
        assert welcome["w"] != window
        assert verify(welcome["token"]).window == welcome["w"]
        # What went to the first window was never its own, so what its page shows is in doubt.
        assert (await two.frame("resync"))["t"] == [0]
        await atrigger(nobody(window), "first", to=WINDOW)
        await atrigger(nobody(welcome["w"]), "second", to=WINDOW)
        await atrigger(nobody(), "all", to=BROADCAST)
        await one.frame("push", signal="all")
        await two.frame("push", signal="all")
        assert [name for name, _ in one.pushes()] == ["first", "all"]
        assert [name for name, _ in two.pushes()] == ["second", "all"]
    # Both come back as who they are.
    renewed = Page(**{**second.__dict__, "token": welcome["token"]})
    async with server.wire(first) as one, server.wire(renewed) as two:
        assert (await one.hello(first))["w"] == window
        assert (await two.hello(renewed))["w"] == welcome["w"]


async def test_a_topic_that_is_taken_away_is_not_heard_whatever_the_window_says(server, client):
    page = await visit(client, "/?topic=room")
    async with server.wire(page) as wire:
        window_info = nobody((await wire.hello(page, pos={"0": 2**53 - 1}))["w"])
        await sync_to_async(remove_websocket_topics)(window_info, "room")
        await wire.frame("topics")
        await atrigger(window_info, "secret", to=["room"])
        await atrigger(window_info, "end", to=WINDOW)
        await wire.frame("push", signal="end")
        assert wire.pushes() == [("end", {})]


# ------------------------------------------------------------------ what is refused


async def test_a_burst_is_taken_and_what_is_over_it_refused(server, client, settings, ran):
    settings.WEBSOCKET_LIMITS = {"rate": 0.001, "burst": 10}
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        for n in range(15):
            await wire.send(signal="test.open", n=n, opts={"count": n})
        answers = [await wire.answer(n) for n in range(15)]
        assert [frame["df"] for frame in answers] == ["ack"] * 10 + ["nack"] * 5
        assert {frame["code"] for frame in answers[10:]} == {"rate"}
        # Neither heartbeats nor nonsense are a way around it, and who goes on is sent away.
        for text in ["--heartbeat--", "{", "--heartbeat--", '{"df":"topics","token":"x"}', "[]"]:
            await wire.say(text)
            assert (await wire.frame("nack"))["n"] is None
        await wire.say("--heartbeat--")
        assert await wire.end() == 4429


@database
async def test_a_forbidden_call_reaches_no_queue(server, users, ran):
    client = Client()
    page = await visit(client)
    await sync_to_async(client.force_login)(users[0])
    member = await visit(client)
    async with server.wire(page) as wire, server.wire(member) as inside:
        await wire.hello(page)
        await inside.hello(member)
        assert (await wire.call("test.members", 1))["code"] == "forbidden"
        assert (await inside.call("test.inside", 1))["code"] == "forbidden"
        await inside.send(signal="test.members", n=2, opts={}, reply=True)
        await inside.frame("done")
    assert ran == ["test.members"]


async def test_a_permission_that_may_wait_is_asked_off_the_loop(server, client, handlers):
    asked_in = []
    answered = threading.Event()

    def allowed(connection, window_info, kwargs):
        asked_in.append(asyncio._get_running_loop())
        # The other window is served meanwhile; on the loop this would wait for itself.
        return answered.wait(PATIENCE)

    @signal(path="test.slow", is_allowed_to=allowed)
    def test_slow(window_info):
        pass

    page, other = await visit(client), await visit(client)
    async with server.wire(page) as wire, server.wire(other) as elsewhere:
        await wire.hello(page)
        await elsewhere.hello(other)
        await wire.send(signal="test.slow", n=1, opts={})
        await elsewhere.heartbeat()
        answered.set()
        assert (await wire.answer(1))["df"] == "ack"
    assert asked_in[0] is None


# ------------------------------------------------------------------ how it ends


def code(server, number):
    """Daphne refuses to send these; then it is the same in the private range."""
    return number + 3000 if server.name == "daphne" else number


@pytest.mark.parametrize("server", ["uvicorn"], indirect=True)  # daphne's send never waits
async def test_a_slow_reader_is_closed_and_the_others_do_not_feel_it(
    server, client, settings, caplog
):
    # By the bytes, or, where bodies are read from the history as there is room, by the seconds.
    settings.WEBSOCKET_LIMITS = {"behind_bytes": 500_000, "behind_seconds": 3}
    slow, quick = await visit(client), await visit(client)
    # It takes one frame and reads nothing more from its socket until that is fetched.
    async with server.wire(slow, max_queue=1) as stuck, server.wire(quick) as wire:
        await stuck.hello(slow)
        await wire.hello(quick)
        content = "x" * 200_000
        number = 0
        while "reads too slowly" not in caplog.text:
            await atrigger(nobody(), "big", to=BROADCAST, number=number, content=content)
            assert (await wire.frame("push"))["opts"]["number"] == number
            wire.frames.clear()
            number += 1
        assert await stuck.end() == 4008
        numbers = [opts["number"] for _, opts in stuck.pushes()]
        assert numbers == list(range(len(numbers)))
        await wire.heartbeat()


async def test_a_browser_that_leaves_at_any_moment_leaves_nothing(server, client, caplog):
    page = await visit(client)
    for frames in range(3):
        async with server.wire(page) as wire:
            if frames > 0:
                await wire.send_hello(page)
            if frames > 1:
                await wire.say("--heartbeat--")
            wire.connection.transport.abort()
    async with server.wire(page) as wire:  # it is this load's still
        assert "token" not in await wire.hello(page)
        await atrigger(nobody(), "all", to=BROADCAST)
        await wire.frame("push", signal="all")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_no_secret_is_logged(server, client, caplog, ran):
    caplog.set_level(logging.DEBUG)  # Django's, daphne's and all others', but:
    caplog.set_level(logging.WARNING, "websockets.client")  # this test's own
    caplog.set_level(logging.INFO, "uvicorn")  # at DEBUG it writes all that it carries
    canary = "canary-5f1d0c"
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        await wire.call("test.open", 1, secret=canary)
        await wire.call("test.open", 2, secret=canary, wrong=canary)
        await wire.call("test.open", 3, count=canary)
        await wire.frame("fail")
        await wire.call("test.inside", 4, secret=canary)
        await wire.call("test.none", 5, secret=canary)
        await wire.say(f'{{"signal":"test.open","opts":"{canary}","n":6}}')
        await wire.answer(6)
        await wire.say(f'{{"df":"topics","token":["{canary}"]}}')
        await wire.answer(None)
        await wire.say(f"{{{canary}")
        await wire.answer(None)
        await wire.send(df="topics", token=page.token[:-2])
        await wire.answer(None)
    async with server.wire(page) as wire:
        await wire.send(df="hello", v=1, token=[page.token], c=page.load)
        await wire.end()
    assert len(caplog.records) >= 7
    assert canary not in caplog.text
    for secret in (page.token, *page.token.split(":"), page.csrf):
        assert secret not in caplog.text


async def test_a_browser_writes_no_lines_of_its_own_into_the_log(server, client, caplog, ran):
    page = await visit(client)
    async with server.wire(page) as wire:
        await wire.hello(page)
        await wire.call("x\nCRITICAL all is lost", 1)
        await wire.call("test.open", 2, **{"y" * 5000 + "\nz": 1})
    with pytest.raises(InvalidStatus):
        async with server.wire(path="/x%0ACRITICAL/"):
            pass
    assert len(caplog.records) == 3
    assert all(len(record.getMessage().splitlines()) == 1 for record in caplog.records)
    assert all(len(record.getMessage()) < 1000 for record in caplog.records)


# ------------------------------------------------------------------ other processes


@pytest.mark.parametrize(("first", "second"), [("uvicorn", "daphne"), ("daphne", "uvicorn")])
async def test_a_second_process_is_refused_and_says_why(tmp_path, first, second):
    page = Page(sign(PageToken(window="w", topics=("a",))))
    with process(first, tmp_path) as holds, process(second, tmp_path) as late:
        async with holds.wire() as wire:
            await wire.hello(page)
            async with late.wire() as refused:
                assert await refused.end() == code(late, 1013)
            assert "WEBSOCKET_REDIS_CONNECTION" in late.said()
            await wire.heartbeat()


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
async def test_a_server_that_ends_says_that_it_starts_again(tmp_path, name):
    page = Page(sign(PageToken(window="w", topics=("a",))))
    with process(name, tmp_path) as server:
        async with server.wire() as wire:
            await wire.hello(page)
            if name == "daphne":
                # In a connection's first second or two it can't end its applications: it stumbles
                # over the HTTP request that the socket was, until its own timer has swept that.
                await asyncio.sleep(3)
            server.process.terminate()
            assert await wire.end() == code(server, 1012)
    assert "Traceback" not in server.said()
