"""What is done to the site: a table of faults, each of which ends by itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.chaos.bed import Bed
from tests.chaos.clients import Window
from tests.chaos.plan import Plan
from tests.chaos.records import Fault, Record, now


@dataclass
class Scene:
    """What a fault may touch."""

    bed: Bed
    windows: list[Window]
    dice: random.Random
    pid: int = 0  # of the worker that was hit


Do = Callable[[Scene], Awaitable[None]]


async def kill_server(scene: Scene) -> None:
    await scene.bed.start_again(scene.dice.choice(scene.bed.servers), signal.SIGKILL)


async def kill_worker(scene: Scene) -> None:
    worker = scene.dice.choice(scene.bed.workers)
    scene.pid = worker.pid or 0
    await scene.bed.start_again(worker, signal.SIGKILL)


async def kill_child(scene: Scene) -> None:
    worker = scene.dice.choice(scene.bed.workers)
    scene.pid = worker.pid or 0
    if children := scene.bed.children(worker):
        with contextlib.suppress(ProcessLookupError):
            os.kill(scene.dice.choice(children), signal.SIGKILL)


async def kill_redis(scene: Scene) -> None:
    scene.bed.redis.kill()
    await asyncio.sleep(scene.dice.uniform(0, 2))
    await asyncio.to_thread(scene.bed.redis.start)


async def stall_redis(scene: Scene) -> None:
    scene.bed.redis.stop_answering()
    await asyncio.sleep(scene.dice.uniform(2, 10))
    scene.bed.redis.answer_again()


async def empty_redis(scene: Scene) -> None:
    await asyncio.to_thread(scene.bed.redis.flush)


async def roll_back_redis(scene: Scene) -> None:
    redis, dump = scene.bed.redis, scene.bed.folder / "dump.rdb"

    def save() -> None:
        with redis.client() as client:
            client.save()

    await asyncio.to_thread(save)
    await asyncio.sleep(scene.dice.uniform(0.5, 3))
    redis.kill()
    await asyncio.to_thread(redis.start)
    dump.unlink()


async def part_from_redis(scene: Scene) -> None:
    async with _held(scene.bed.to_redis.flows):
        await asyncio.sleep(scene.dice.uniform(2, 8))


async def cut_from_redis(scene: Scene) -> None:
    scene.bed.to_redis.cut()


async def part_from_windows(scene: Scene) -> None:
    async with _held(scene.dice.choice(scene.bed.proxies).flows):
        await asyncio.sleep(scene.dice.uniform(2, 8))


async def cut_in_a_frame(scene: Scene) -> None:
    for proxy in scene.bed.proxies:
        proxy.cut_in_a_frame()
    await asyncio.sleep(0.5)
    for proxy in scene.bed.proxies:
        proxy.cut_no_more()


async def delay(scene: Scene) -> None:
    proxy = scene.dice.choice(scene.bed.proxies)
    proxy.delay = scene.dice.uniform(0.1, 0.5)
    await asyncio.sleep(6)
    proxy.delay = 0.0


async def slow_reader(scene: Scene) -> None:
    proxy = scene.dice.choice(scene.bed.proxies)
    proxy.pace = 1000.0
    await asyncio.sleep(12)
    proxy.pace = 0.0


async def rolling_restart(scene: Scene) -> None:
    for server in scene.bed.servers:
        await scene.bed.start_again(server, signal.SIGTERM)
        await asyncio.sleep(1)


async def reset_all_sockets(scene: Scene) -> None:
    for window in scene.windows:
        window.cut()


async def same_task_twice(scene: Scene) -> None:
    """Copy what waits in the queue while no worker takes it."""
    stopped = [pid for worker in scene.bed.workers if (pid := worker.pid)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(0.7)
        await asyncio.to_thread(_copy_the_queue, scene.bed)
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _copy_the_queue(bed: Bed) -> None:
    with bed.redis.client() as client:
        for text in client.lrange("celery", 0, -1):
            # Once at once, once under another delivery tag, as a broker would bring it again.
            again = json.loads(text)
            again["properties"]["delivery_tag"] += "-again"
            client.rpush("celery", json.dumps(again))


@contextlib.asynccontextmanager
async def _held(flows: asyncio.Event) -> AsyncIterator[None]:
    flows.clear()
    try:
        yield
    finally:
        flows.set()


#: By name: what it does, and what no other fault may touch meanwhile.
FAULTS: dict[str, tuple[Do, frozenset[str]]] = {
    "kill server": (kill_server, frozenset({"servers"})),
    "kill worker": (kill_worker, frozenset({"workers"})),
    "kill child": (kill_child, frozenset({"workers"})),
    "kill redis": (kill_redis, frozenset({"redis"})),
    "stall redis": (stall_redis, frozenset({"redis"})),
    "empty redis": (empty_redis, frozenset({"redis"})),
    "roll back redis": (roll_back_redis, frozenset({"redis"})),
    "part from redis": (part_from_redis, frozenset({"line"})),
    "cut from redis": (cut_from_redis, frozenset({"line"})),
    "part from windows": (part_from_windows, frozenset({"proxies"})),
    "cut in a frame": (cut_in_a_frame, frozenset({"proxies"})),
    "delay": (delay, frozenset({"proxies"})),
    "slow reader": (slow_reader, frozenset({"proxies"})),
    "rolling restart": (rolling_restart, frozenset({"servers"})),
    "reset all sockets": (reset_all_sockets, frozenset()),
    "same task twice": (same_task_twice, frozenset({"workers", "redis"})),
}


async def make_trouble(scene: Scene, plan: Plan, records: list[Record]) -> None:
    """Let faults happen for as long as the plan says, and return when the last is over."""
    names = list(FAULTS if plan.faults is None else plan.faults)
    bag: list[str] = []
    busy: set[str] = set()
    running: set[asyncio.Task[None]] = set()
    loop = asyncio.get_running_loop()
    start = loop.time()
    for turn in range(int((plan.seconds - 1) // plan.every)):
        await asyncio.sleep(start + (turn + 1) * plan.every - loop.time())
        if not any(_free(name, busy) for name in bag):
            bag += scene.dice.sample(names, len(names))  # each comes before one comes again
        name = next((name for name in bag if _free(name, busy)), None)
        if name is None:
            continue
        bag.remove(name)
        running.add(asyncio.create_task(_do(name, scene, busy, records)))
    if running:
        await asyncio.gather(*running)


def _free(name: str, busy: set[str]) -> bool:
    return not FAULTS[name][1] & busy


async def _do(name: str, scene: Scene, busy: set[str], records: list[Record]) -> None:
    do, touched = FAULTS[name]
    busy |= touched
    own = Scene(scene.bed, scene.windows, random.Random(scene.dice.random()))
    at = now()
    try:
        await do(own)
    finally:
        busy -= touched
        records.append(Fault(at=at, kind=name, until=now(), pid=own.pid))


def names(given: Sequence[str]) -> tuple[str, ...]:
    """Return the names if all are known.

    Raises:
        ValueError: one is not.
    """
    if unknown := set(given) - FAULTS.keys():
        raise ValueError(f"no such fault: {unknown}; there are {sorted(FAULTS)}")
    return tuple(given)
