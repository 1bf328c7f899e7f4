"""The rights of a socket are those of now, at most a minute old."""

import asyncio

import pytest
from django.contrib.auth.models import AnonymousUser, User

from dfws_html.decorators import everyone, is_staff, signal
from dfws_html.exceptions import ProtocolError
from dfws_html.page.tokens import TokenRefused
from dfws_html.page.visitors import Visitor
from dfws_html.protocol import Call
from dfws_html.sockets.calls import RIGHTS_SECONDS, Calls
from dfws_html.window_info import WindowInfo
from dfws_html.work.ledger import ledger


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def calls_of(user, again):
    window_info = WindowInfo()
    window_info.window_key = "w"
    window_info.user = user
    clock = Clock()
    return clock, Calls(load="load-one", window_info=window_info, again=again, clock=clock)


def call(n, signal="test.staff", **opts):
    return Call(signal=signal, arguments=opts, n=n)


@pytest.fixture
def staff_only(handlers):
    @signal(path="test.staff", is_allowed_to=is_staff, queue="test-calls")
    def test_staff(window_info):
        pass


@pytest.mark.django_db(transaction=True)
async def test_rights_are_read_again_when_they_are_old(staff_only):
    user = await User.objects.acreate(username="ann", is_staff=True)
    asked = []

    async def again():
        asked.append(1)
        return Visitor(session={}, user=await User.objects.aget(pk=user.pk))

    clock, calls = calls_of(user, again)
    await User.objects.filter(pk=user.pk).aupdate(is_staff=False)
    clock.now += RIGHTS_SECONDS
    await calls.take(call(1))
    assert asked == []
    clock.now += 1
    with pytest.raises(ProtocolError) as refused:
        await calls.take(call(2))
    assert (refused.value.code, refused.value.n) == ("forbidden", 2)
    with pytest.raises(ProtocolError):
        await calls.take(call(3))
    assert asked == [1]


async def test_who_is_not_himself_any_more_calls_nothing(staff_only):
    async def again():
        raise TokenRefused("identity", "somebody logged out")

    clock, calls = calls_of(User(pk=1, is_staff=True), again)
    clock.now += RIGHTS_SECONDS + 1
    for n in (1, 2):  # and it stays so
        with pytest.raises(TokenRefused):
            await calls.take(call(n))


async def test_a_queue_that_is_chosen_may_wait_too(handlers):
    chosen_in = []

    def queue(connection, window_info, kwargs):
        chosen_in.append(asyncio._get_running_loop())
        return "test-calls"

    @signal(path="test.chosen", is_allowed_to=everyone, queue=queue)
    def test_chosen(window_info):
        pass

    _, calls = calls_of(AnonymousUser(), None)
    await calls.take(call(1, "test.chosen"))
    assert chosen_in == [None]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (call(1, "test.none"), "unknown"),
        (call(1, "test.inside"), "forbidden"),
        (call(1, "test.open", wrong=1), "invalid"),
    ],
)
async def test_a_refusal_has_its_word_and_the_signal_s_name(handlers, asked, code):
    @signal(path="test.inside")
    def test_inside(window_info):
        pass

    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info):
        pass

    _, calls = calls_of(AnonymousUser(), None)
    with pytest.raises(ProtocolError) as refused:
        await calls.take(asked)
    assert (refused.value.code, refused.value.n) == (code, 1)
    assert asked.signal in refused.value.message


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("asked", "details"), [("test.stuff", "test.staff"), ("test.staff", "is_staff")]
)
async def test_names_that_a_page_did_not_say_are_for_developers(
    staff_only, settings, debug, asked, details
):
    settings.DEBUG = debug
    _, calls = calls_of(AnonymousUser(), None)
    with pytest.raises(ProtocolError) as refused:
        await calls.take(call(1, asked))
    assert asked in refused.value.message
    assert (details in refused.value.message.replace(f'"{asked}"', "")) is debug
    assert details in str(refused.value.__cause__)  # which is what the log says


@pytest.mark.parametrize("debug", [True, False])
async def test_whose_argument_it_is_is_for_developers(handlers, settings, debug):
    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info, hidden: bool = False):
        pass

    settings.DEBUG = debug
    _, calls = calls_of(AnonymousUser(), None)
    with pytest.raises(ProtocolError) as refused:
        await calls.take(call(1, "test.open", hiden=True))
    for detail in (test_open.__module__, '"hidden"'):
        assert (detail in refused.value.message) is debug
        assert detail in str(refused.value.__cause__)


async def test_what_was_sent_in_another_life_is_refused_before_anything_is_asked(handlers):
    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info):
        pass

    clock, calls = calls_of(AnonymousUser(), None)
    clock.now += RIGHTS_SECONDS + 1  # rights are old, and nobody could read them again
    with pytest.raises(ProtocolError) as refused:
        await calls.take(Call(signal="test.open", arguments={}, n=1, life="before"), life="now")
    assert (refused.value.code, refused.value.n) == ("life", 1)


async def test_who_is_withdrawn_is_a_call_of_this_load(handlers):
    @signal(path="test.open", is_allowed_to=everyone)
    def test_open(window_info):
        pass

    _, calls = calls_of(AnonymousUser(), None)
    await calls.take(Call(signal="test.open", arguments={}, n=5, supersedes=3))
    await calls.cancel(4)
    known = [n for n in range(1, 7) if ledger().is_withdrawn(f"w.load-one.{n}")]
    assert known == [3, 4]
    assert not ledger().is_withdrawn("w.load-two.3")


async def test_without_redis_a_cancelled_call_goes_on(redis, caplog):
    redis.kill()
    _, calls = calls_of(AnonymousUser(), None)
    await calls.cancel(4)
    assert "the call w.load-one.4 is not withdrawn: WEBSOCKET_REDIS_CONNECTION" in caplog.text
