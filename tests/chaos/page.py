"""The script's rules for a window without a browser: positions, the outbox, when to come back.

They are those of `positions.js`, `outbox.js` and `backoff.js`, line by line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_REMEMBERED = 4096
_VOID = -1
_WAITING = 100
_WAITING_BYTES = 262144
_AGE = 60.0
_TIMEOUT = 30.0
_FINAL = (4400, 4401, 4403, 4406)


def retry_delay(code: int, attempt: int, random: float) -> float | None:
    """Return the seconds until the next try, None for never."""
    if code in _FINAL:
        return None
    return random * (5.0 if code % 1000 == 12 else min(30.0, 0.5 * 2**attempt))


class Positions:
    """Which numbered frames the window still lacks."""

    def __init__(self, life: str, base: int | None) -> None:
        self.life = life
        self.of: dict[int, int | None] = {}
        self._base = base
        self._applied: dict[int, None] = {}

    def adopt(self, life: str) -> None:
        """Another life voids every position."""
        if life == self.life:
            return
        self.life = life
        self._base = None
        self._applied.clear()
        self.of = dict.fromkeys(self.of)

    def set_topics(self, topics: Sequence[str | None], named: Mapping[str, int]) -> None:
        """Have these topics from now on."""
        before = self.of
        self.of = {
            index: named.get(str(index), before.get(index, self._base))
            for index, topic in enumerate(topics)
            if topic
        }
        for index, position in self.of.items():
            if position is None:
                self.of[index] = self._base

    def raise_to(self, number: int, topics: Iterable[int] | None = None) -> None:
        """Raise positions; none is lowered."""
        for index in list(self.of) if topics is None else topics:
            known = self.of.get(index)
            self.of[index] = max(_VOID if known is None else known, number)

    def take(self, number: int, topics: Sequence[int]) -> bool:
        """Return whether a frame is to be applied, and count it as applied."""
        stand = [self.of.get(index) for index in topics]
        if number in self._applied or all((-1 if p is None else p) >= number for p in stand):
            return False
        self._applied[number] = None
        if len(self._applied) > _REMEMBERED:
            del self._applied[next(iter(self._applied))]
        self.raise_to(number, topics)
        return True

    def told(self) -> dict[str, int]:
        """Return the positions as a hello says them."""
        return {str(index): at for index, at in self.of.items() if at is not None}


@dataclass
class _Entry:
    n: int
    text: str
    reply: bool
    since: float
    sent: int = 0
    life: str | None = None


class Outbox:
    """Calls from their event to their one outcome.

    Args:
        send: hands a text to the network, if there is one.
        settle: told the call's number, its outcome, the code and how often it was sent.
    """

    def __init__(
        self, send: Callable[[str], bool], settle: Callable[[int, str, str, int], None]
    ) -> None:
        self._send = send
        self._settle = settle
        self._entries: dict[int, _Entry] = {}
        self.life = ""
        self.limit = 65536

    def __len__(self) -> int:
        return len(self._entries)

    def post(self, n: int, frame: Mapping[str, Any], now: float) -> None:
        """Take a call."""
        text = json.dumps({**frame, "n": n})
        entry = self._entries[n] = _Entry(n, text, bool(frame.get("reply")), now)
        waiting = [one.text for one in self._entries.values() if one.text]
        if len(waiting) > _WAITING or sum(map(len, waiting)) > _WAITING_BYTES:
            self._drop(entry, "full")
        else:
            self._advance(entry, now, sending=True)

    def sweep(self, now: float, *, sending: bool = False) -> None:
        """End what waited too long, or send again what is not acknowledged."""
        for entry in list(self._entries.values()):
            self._advance(entry, now, sending=sending)

    def _advance(self, entry: _Entry, now: float, *, sending: bool) -> None:
        if now - entry.since > (_AGE if entry.text else _TIMEOUT):
            if not entry.text and not entry.reply:
                del self._entries[entry.n]
            else:
                self._drop(entry, "timeout")
        elif entry.text and sending:
            if entry.life is not None and entry.life != self.life:
                self._drop(entry, "life")
            elif len(entry.text) > self.limit:
                self._drop(entry, "big")
            elif self._send(f'{entry.text[:-1]},"life":{json.dumps(self.life)}}}'):
                entry.life = self.life
                entry.sent += 1

    def _drop(self, entry: _Entry, code: str) -> None:
        self.settle(entry.n, "undelivered", code, doubt=1)

    def acknowledge(self, n: int, now: float) -> bool:
        """Note an ack; return whether it is news."""
        entry = self._entries.get(n)
        if entry is None or not entry.text:
            return False
        entry.text = ""
        entry.since = now
        return True

    def settle(self, n: int, outcome: str, code: str, *, doubt: int | None = None) -> None:
        """End a call; sent `doubt` times, it may have run."""
        entry = self._entries.pop(n, None)
        if entry is None:
            return
        if doubt is not None and entry.sent >= doubt:
            outcome = "unknown"
        self._settle(n, outcome, code, entry.sent)
