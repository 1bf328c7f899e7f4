"""Bells through a Channels layer: one group a topic, whose members are the processes' hubs."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine, Iterable
from typing import Any, cast

from channels.layers import get_channel_layer

from dfws_html.delivery.carriers import Ear, Line, Look
from dfws_html.delivery.history import Entry, Reading
from dfws_html.delivery.redis_carrier import delay_before
from dfws_html.exceptions import Unreachable

__all__ = ["LayerCarrier"]

logger = logging.getLogger("dfws_html.delivery")

_BELL = 8 * 1024  # characters of a body that a bell carries
_RING_SECONDS = 2.0
_RENEWAL = 3600.0  # seconds; groups expire, after a day by default
_EARLY = 1.0  # seconds; what fails later than that had worked


class LayerCarrier:
    """The carrier over the default layer of ``CHANNEL_LAYERS``.

    Whatever the layer loses, the history heals: at the next bell, or when hubs compare.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def ring(self, entry: Entry) -> None:
        """See :meth:`Carrier.ring`."""
        future = asyncio.run_coroutine_threadsafe(_send(entry), self._running_loop())
        try:
            future.result(_RING_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever a layer raises: the frame is in the history
            logger.warning(
                "CHANNEL_LAYERS: a bell was not rung: %s: %s", type(error).__name__, error
            )

    def open(self, ear: Ear) -> Line:
        """See :meth:`Carrier.open`."""
        return _LayerLine(ear)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Return a loop of the carrier's own: layers keep their connections by loop."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=self._loop.run_forever, name="dfws-bells", daemon=True
                ).start()
            return self._loop


async def _send(entry: Entry) -> None:
    layer = get_channel_layer()
    message = {"type": "dfws.bell", "entry": entry.encode(limit=_BELL)}
    for topic in entry.previous:
        await layer.group_send(_group(topic), message)


def _group(topic: str) -> str:
    return f"dfws.{topic}"


class _LayerLine:
    """A channel of the layer that is in the group of each topic."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._wanted: set[str] = set()
        # One after the other: over several connections a layer keeps no order.
        self._moving = asyncio.Lock()
        self._channel: str | None = None
        self._life: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._last = ""

    async def hear(self, topics: Iterable[str], look: Look) -> Reading:
        """See :meth:`Line.hear`. First all groups, then the look: a layer tells no order."""
        new = set(topics) - self._wanted
        if new:
            await self._enter(new)
        return await look(None)

    async def _enter(self, new: set[str]) -> None:
        try:
            if self._channel is None:
                self._channel = await get_channel_layer().new_channel("dfws")
            if self._life is None:
                self._life = asyncio.get_running_loop().create_task(self._live())
            async with self._moving:
                await self._join(new)
                self._wanted |= new
        except Exception as error:
            raise _unreachable(error) from error

    def forget(self, topics: Iterable[str]) -> None:
        """See :meth:`Line.forget`."""
        left = self._wanted.intersection(topics)
        self._wanted -= left
        if left:
            self._spawn(self._leave(left))

    def renew(self) -> None:
        """See :meth:`Line.renew`."""
        self._spawn(self._rejoin())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -------------------------------------------------------------- groups

    async def _join(self, topics: Iterable[str]) -> None:
        layer = get_channel_layer()
        for topic in list(topics):
            await layer.group_add(_group(topic), self._channel)

    async def _join_again(self) -> None:
        async with self._moving:
            await self._join(self._wanted)

    async def _leave(self, topics: set[str]) -> None:
        layer = get_channel_layer()
        async with self._moving:
            for topic in topics - self._wanted:
                try:
                    await layer.group_discard(_group(topic), self._channel)
                except Exception as error:  # noqa: BLE001 - it expires, and harms nobody until then
                    logger.debug("CHANNEL_LAYERS: a group was not left: %r", error)

    async def _rejoin(self) -> None:
        try:
            await self._join_again()
        except Exception as error:  # noqa: BLE001 - the next look tries again
            logger.warning("%s", _unreachable(error))

    # -------------------------------------------------------------- its life

    async def _live(self) -> None:
        attempt = 0
        # A layer may raise something else when its reader is cancelled, so that has to be asked.
        me = cast("asyncio.Task[None]", asyncio.current_task())
        while not me.cancelling():
            since = time.monotonic()
            try:
                await self._join_again()
                if attempt:
                    self._ear.returned()
                async with asyncio.timeout(_RENEWAL):
                    await self._listen()
            except TimeoutError:
                pass  # time to renew; a layer that says nothing for long is listened to again, too
            except Exception as error:  # noqa: BLE001 - whatever a layer raises: it is asked again
                logger.warning("%s", _unreachable(error))
            if time.monotonic() - since > _EARLY:
                attempt = 0
            await asyncio.sleep(delay_before(attempt))
            attempt += 1

    async def _listen(self) -> None:
        layer = get_channel_layer()
        while True:
            text = (await layer.receive(self._channel))["entry"]
            # An entry of several topics rings for each.
            if text != self._last:
                self._last = text
                self._ear.ring(Entry.decode(text))


def _unreachable(error: Exception) -> Unreachable:
    return Unreachable(f"CHANNEL_LAYERS: {type(error).__name__}: {error}")
