"""How a living window's topics change: the order in its own topic, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from dfws_html import conf
from dfws_html.delivery.history import Entry
from dfws_html.page.tokens import PageToken

__all__ = ["changed_token", "topics_order"]


def topics_order(change: str, ids: Sequence[str], own: Sequence[str]) -> str:
    """Return the body of a control entry.

    Args:
        change: ``set``, ``add`` or ``remove``.
        ids: of the topics named.
        own: ids of the topics that every window of this visitor keeps.
    """
    return json.dumps({"topics": change, "ids": list(ids), "own": list(own)})


def changed_token(token: PageToken, entry: Entry) -> PageToken:
    """Return the window's token after a control entry.

    Topics that are new are heard from the entry on. Those that every window of its visitor keeps,
    its own the first, can't be removed.

    Raises:
        ValueError: they are more than a window may hear.

    >>> entry = Entry(number=9, life="l", previous={}, body=topics_order("add", ["b"], []))
    >>> changed_token(PageToken(window="w", topics=("w", "a")), entry).topics
    ('w', 'a', 'b')
    """
    order = json.loads(entry.body)
    now = [topic for topic in token.topics if topic is not None]
    ids = order["ids"]
    kept = {*now[:1], *order["own"]}
    topics = {
        "set": [*now[:1], *order["own"], *ids],
        "add": [*now, *ids],
        "remove": [topic for topic in now if topic in kept or topic not in ids],
    }[order["topics"]]
    count, limit = len(set(topics)), conf.limit("topics")
    if count > limit:
        raise ValueError(
            f"a window hears {limit:.0f} topics at most (WEBSOCKET_LIMITS['topics']), not {count}"
        )
    return replace(token.with_topics(topics), position=entry.number, life=entry.life)
