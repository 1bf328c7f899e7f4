"""What a browser has said, as it can stand in a log or in an answer."""

from __future__ import annotations

__all__ = ["one_line"]

_LONGEST = 300


def one_line(text: str) -> str:
    r"""Return a text that may quote a browser as it can stand in a log: bounded, on one line.

    >>> one_line("a\nCRITICAL b")
    'a\\nCRITICAL b'
    """
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
