"""The histories under test: one contract, whatever keeps it."""

from __future__ import annotations

import secrets

import pytest

from dfws_html.delivery.history import MemoryHistory
from dfws_html.delivery.redis_history import RedisHistory


@pytest.fixture(params=["memory", "redis"])
def made_history(request):
    """Makes a new, empty history with the bounds given."""
    if request.param == "memory":
        return MemoryHistory
    request.getfixturevalue("redis")
    return lambda **bounds: RedisHistory(prefix=secrets.token_hex(4), **bounds)
