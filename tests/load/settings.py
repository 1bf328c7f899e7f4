"""The benchmarked site with the limits that every site has, and a view that pushes."""

from benchmarks.settings import *  # noqa: F403

ROOT_URLCONF = "tests.load.site"
WEBSOCKET_LIMITS: dict[str, float] = {}
