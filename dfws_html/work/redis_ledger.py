"""The ledger that processes share, in Redis: each entry is made in one step and ends by itself."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from dfws_html.delivery import connections
from dfws_html.work.jobs import CallName

__all__ = ["CALL_SECONDS", "CLOCKS_DIFFER", "Beginning", "Mark", "RedisLedger"]

#: After so long the rest of a call's handlers is no longer expected.
CALL_SECONDS: Final = 3 * 3600.0


class Beginning(enum.Enum):
    """What a ledger says of a job that is about to run; true if it may."""

    FIRST = "nobody has begun it"
    AGAIN = "it has begun and may not have ended, and it may run again"
    HAD = "it has had its run"
    OVER = "the life of the history in which it was sent is over"
    VOID = "this sending of it has failed, and its sender was told"
    SUPERSEDED = "a later call of its page has taken the place of its call"
    CANCELLED = "its call was cancelled, by who made it"

    def __bool__(self) -> bool:
        return self in (Beginning.FIRST, Beginning.AGAIN)


class Mark(enum.Enum):
    """How far a job is that a ledger has heard of."""

    ONCE = "once"  # it has begun, and does not again
    BEGUN = "begun"  # it has begun, and would run again
    ENDED = "ended"


#: Seconds by which the clocks of two machines may differ.
CLOCKS_DIFFER: Final = 60.0


# The life of the history beside the ledger, as `delivery/lua/sequence.lua` knows it; here nobody
# begins a new one.
_LIFE = """
local function life(sequence)
    local known = redis.call("HMGET", sequence, "run", "life", "began")
    local run = string.match(redis.call("INFO", "server"), "run_id:(%x+)")
    if known[1] ~= run then
        return "", math.huge
    end
    return known[2], tonumber(known[3] or math.huge)
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

_BEGIN = f"""{_LIFE}
if ARGV[4] ~= "" and redis.call("EXISTS", KEYS[3]) == 1 then
    return "VOID"
end
local mark = redis.call("GET", KEYS[1])
if mark then
    return (mark == "begun" and ARGV[2] == "begun") and "AGAIN" or "HAD"
end
local withdrawn = ARGV[6] ~= "" and redis.call("GET", KEYS[4])
-- What is withdrawn never runs, if it is handed over once more.
redis.call("SET", KEYS[1], withdrawn and "once" or ARGV[2], "PX", ARGV[1])
if ARGV[3] ~= "" and ARGV[2] ~= "begun" then
    local now, began = life(KEYS[2])
    if ARGV[3] ~= now and tonumber(ARGV[5]) < began then
        return "OVER"
    end
end
return withdrawn or "FIRST"
"""

_VOID = """
if redis.call("EXISTS", KEYS[1]) == 1 then
    return 0
end
redis.call("SET", KEYS[3], "1", "PX", ARGV[1])
return 1
"""

_FINISH = """
local mark = redis.call("GET", KEYS[1])
redis.call("SET", KEYS[1], "ended", "PX", ARGV[1])
return mark == "ended" and 0 or 1
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
        eta: float = 0.0,
        call: str = "",
    ) -> Beginning:
        """See :meth:`Ledger.begin`.

        Tried once: if the answer was lost, the mark may be there, and whoever comes next must not
        take it for another's.
        """
        mark = Mark.BEGUN if again else Mark.ONCE
        late = int((eta - CLOCKS_DIFFER) * 1000)
        given = [_ms(seconds), mark.value, life, sending, late, call]
        also = [_void_key(task_id, sending), _withdrawn_key(call)]
        return Beginning[self._run(_BEGIN, f"x:{task_id}", *given, also=also)]

    def void(self, task_id: str, sending: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.void`."""
        void = _void_key(task_id, sending)
        return bool(self._run(_VOID, f"x:{task_id}", _ms(seconds), also=[void]))

    def finish(self, task_id: str, *, seconds: float) -> bool:
        """See :meth:`Ledger.finish`."""
        return bool(self._run(_FINISH, f"x:{task_id}", _ms(seconds)))

    def withdraw(self, call: str, how: Beginning, *, seconds: float) -> None:
        """See :meth:`Ledger.withdraw`."""
        with connections.reaching():
            key = f"{self.prefix}:{_withdrawn_key(call)}"
            connections.client().set(key, how.name, px=_ms(seconds))

    def is_withdrawn(self, call: str) -> bool:
        """See :meth:`Ledger.is_withdrawn`."""
        with connections.reaching():
            return bool(connections.client().exists(f"{self.prefix}:{_withdrawn_key(call)}"))

    def end(self, call: CallName, handler: str, result: str | None) -> list[str] | None:
        """See :meth:`Ledger.end`."""
        value = "" if result is None else f"+{result}"
        key = f"c:{call.key}"
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


def _withdrawn_key(call: str) -> str:
    return f"s:{call}"


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
