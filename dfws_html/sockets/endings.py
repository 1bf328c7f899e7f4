"""How a socket ends: for a reason that the browser gets as a number and the log as a sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from dfws_html.protocol import CLOSE
from dfws_html.quoting import one_line

__all__ = ["SERVER_FAILED", "Closed"]

#: The server's own fault; the browser comes back.
SERVER_FAILED = 1011

# What happens to honest windows every day is no warning.
_LEVELS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(("no_hello", "silent", "revoked"), logging.INFO)
)
_CODES: Mapping[str, int] = MappingProxyType(
    {**CLOSE, "silent": CLOSE["later"], "revoked": CLOSE["identity"]}
)


class Closed(Exception):
    """The socket ends here.

    Args:
        why: a key of ``protocol.CLOSE``, or ``silent`` or ``revoked``.
        message: for the log; it may quote a browser.

    >>> end = Closed("slow", "it reads too slowly")
    >>> end.code, str(end)
    (4008, 'it reads too slowly')
    """

    def __init__(self, why: str, message: str) -> None:
        super().__init__(one_line(message))
        self.code = _CODES[why]
        self.level = _LEVELS.get(why, logging.WARNING)
