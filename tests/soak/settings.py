"""The benchmarked site with a short memory, so that what is bounded is full soon."""

from benchmarks.settings import *  # noqa: F403

WEBSOCKET_HISTORY = {"seconds": 10}
