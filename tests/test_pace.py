"""The pace of a window outlives its socket, for a while and within bounds."""

import gc
import logging

import pytest

from dfws_html.consumers import DFConsumer
from dfws_html.sockets.pace import Paces
from tests.sockets import line, new_page

LIMITS = {"rate": 1, "burst": 2}


def spent(pace, now=0.0):
    """Whether it has nothing left, after taking what it has."""
    return not all(pace.allows(now) for _ in range(LIMITS["burst"]))


def test_a_pace_is_forgotten_when_nobody_keeps_it():
    paces = Paces()
    spent(paces.of("w", **LIMITS))
    gc.collect()
    assert not spent(paces.of("w", **LIMITS))


def test_a_pace_is_kept_for_some_seconds():
    paces = Paces(seconds=10)
    pace = paces.of("w", **LIMITS)
    assert not spent(pace)
    paces.keep(pace, 0.0)
    del pace
    assert spent(paces.of("w", **LIMITS))
    paces.keep(paces.of("v", **LIMITS), 9.9)
    assert spent(paces.of("w", **LIMITS))
    paces.keep(paces.of("v", **LIMITS), 10.0)
    assert not spent(paces.of("w", **LIMITS))


def test_no_more_are_kept_than_fit():
    paces = Paces(most=2)
    for name in "abc":
        pace = paces.of(name, **LIMITS)
        spent(pace)
        paces.keep(pace, 0.0)
    del pace
    assert [spent(paces.of(name, **LIMITS)) for name in "abc"] == [False, True, True]


@pytest.mark.parametrize("twin", [False, True], ids=["the same load", "another load"])
async def test_who_comes_back_goes_on_at_the_old_pace(settings, caplog, twin):
    settings.WEBSOCKET_LIMITS = {"rate": 0.001, "burst": 3}
    caplog.set_level(logging.CRITICAL, "dfws_html.sockets")  # a record would keep the window
    page = new_page()
    async with line(DFConsumer.as_asgi(), page) as wire:
        await wire.hello(page)
        assert [(await wire.call("nobody's", n))["code"] for n in range(1, 5)] == [
            *["unknown"] * 3,
            "rate",
        ]
    del wire
    gc.collect()  # nobody else keeps the window
    back = page.again() if twin else page
    async with line(DFConsumer.as_asgi(), back) as wire:
        await wire.hello(back)
        assert (await wire.call("nobody's", 5))["code"] == "rate"


async def test_a_window_id_of_its_own_is_no_pace_of_its_own(settings):
    settings.WEBSOCKET_LIMITS = {"rate": 0.001, "burst": 3}
    page = new_page()
    async with line(DFConsumer.as_asgi(), page) as wire:
        await wire.hello(page)
        twin = page.again()
        async with line(DFConsumer.as_asgi(), twin) as other:
            twin.token = (await other.hello(twin))["token"]
        async with line(DFConsumer.as_asgi(), twin) as other:
            await other.hello(twin)
            for n in range(3):
                await other.call("nobody's", n)
        assert (await wire.call("nobody's", 1))["code"] == "rate"
