"""The ledger that processes share, in Redis: each entry is made in one step and ends by itself."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dfws_html.delivery import connections
from dfws_html.work.jobs import CallName

__all__ = ["CALL_SECONDS", "Beginning", "RedisLedger"]

#: After so long the rest of a call's handlers is no longer expected.
CALL_SECONDS: Final = 3 * 3600.0


class Beginning(enum.Enum):
    """What a ledger says of a job that is about to run; true if it may."""

    FIRST = "nobody has begun it"
    AGAIN = "it has begun and may not have ended, and it may run again"
    HAD = "it has had its run"
    OVER = "the life of the history in which it was sent is over"
    VOID = "this sending of it has failed, and its sender was told"

    def __bool__(self) -> bool:
        return self in (Beginning.FIRST, Beginning.AGAIN)


# The life of the history beside the ledger, as `delivery/lua/sequence.lua` knows it; here nobody
# begins a new one.
_LIFE = """
local function life(sequence)
    local known = redis.call("HMGET", sequence, "run", "life")
    local run = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
    return known[1] == run and known[2] or ""
end
"""

_CLAIM = f"""{_LIFE}
local owner = redis.call("GET", KEYS[1])
if owner and owner ~= ARGV[1] then
    return 0
end
if not owner and ARGV[3] and (ARGV[3] == "" or ARGV[3] ~= life(KEYS[2])) then
    return 0
end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
"""

# A mark says that a job has had its run, or that it has begun and would run again.
_BEGIN = f"""{_LIFE}
if ARGV[4] ~= "" and redis.call("EXISTS", KEYS[3]) == 1 then
    return "VOID"
end
local mark = redis.call("GET", KEYS[1])
if mark then
    return (mark == "begun" and ARGV[2] == "begun") and "AGAIN" or "HAD"
end
if ARGV[3] ~= "" and ARGV[2] ~= "begun" and ARGV[3] ~= life(KEYS[2]) then
    redis.call("SET", KEYS[1], "had", "PX", ARGV[1])
    return "OVER"
end
redis.call("SET", KEYS[1], ARGV[2], "PX", ARGV[1])
return "FIRST"
"""

_FINISH = """
local mark = redis.call("GET", KEYS[1])
redis.call("SET", KEYS[1], "had", "PX", ARGV[1])
return mark == "had" and 0 or 1
"""

# A result stands behind a "+", so that an empty text is a failure.
_END = """
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
if redis.call("HLEN", KEYS[1]) < tonumber(ARGV[3]) then
    redis.call("PEXPIRE", KEYS[1], ARGV[4])
    return false
end
local results = redis.call("HVALS", KEYS[1])
redis.call("DEL", KEYS[1])
return results
"""


@dataclass(frozen=True, kw_only=True)
class RedisLedger:
    """The ledger in the Redis that ``WEBSOCKET_REDIS_CONNECTION`` names.

    Args:
        prefix: of all keys.
        claim_seconds: for which a window id stays with its load: longer than any token lives.

    Raises:
        Unreachable: each step, if Redis does not answer.
    """

    prefix: str = "ws"
    claim_seconds: float = 72_000

    def claim(self, window: str, load: str, *, life: str | None = None) -> bool:
        """See :meth:`Ledger.claim`."""
        told = [] if life is None else [life]
        return bool(self._run(_CLAIM, f"w:{window}", load, _ms(self.claim_seconds), *told))

    def begin(
        self,
        task_id: str,
        *,
        seconds: float,
        life: str = "",
        again: bool = False,
        sending: str = "",
    ) -> Beginning:
        """See :meth:`Ledger.begin`.

        Tried once: if the answer was lost, the mark may be there, and whoever comes next must not
        take it for another's.
        """
        mark = "begun" if again else "had"
        void = _void_key(task_id, sending)
        found = self._run(_BEGIN, f"x:{task_id}", _ms(seconds), mark, life, sending, also=[void])
        return Beginning[found]

    def void(self, task_id: str, sending: str, *, seconds: float) -> None:
        """See :meth:`Ledger.void`."""
        with connections.reaching():
            key = f"{self.prefix}:{_void_key(task_id, sending)}"
            connections.client().set(key, "1", px=_ms(seconds))

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.finish`."""
        return bool(self._run(_FINISH, f"x:{task_id}", _ms(seconds)))

    def end(self, call: CallName, handler: str, result: str | None) -> list[str] | None:
        """See :meth:`Ledger.end`."""
        value = "" if result is None else f"+{result}"
        key = f"c:{call.window}.{call}"
        found = self._run(_END, key, handler, value, call.handlers, _ms(CALL_SECONDS))
        if found is None:
            return None
        results = [text[1:] for text in found if text]
        return results if len(results) == call.handlers else None

    def _run(self, script: str, key: str, *arguments: Any, also: Sequence[str] = ()) -> Any:
        with connections.reaching():
            run = connections.client().register_script(script)
            keys = [f"{self.prefix}:{name}" for name in (key, "seq", *also)]
            return run(keys=keys, args=list(arguments))


def _void_key(task_id: str, sending: str) -> str:
    return f"v:{task_id}.{sending}"


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
