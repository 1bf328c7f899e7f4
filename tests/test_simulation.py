"""Nothing lost, nothing twice, never silent: thousands of seeds, and mutants that must not pass."""

import pytest

from dfws_html.decorators import everyone, signal
from tests.simulation.walks import walk
from tests.simulation.world import SIGNAL


@pytest.fixture(autouse=True)
def two_handlers(handlers):
    @signal(path=SIGNAL, is_allowed_to=everyone)
    def first(window_info, mark):
        pass

    @signal(path=SIGNAL, is_allowed_to=everyone)
    def second(window_info, mark):
        pass


@pytest.mark.parametrize(("way", "seeds"), [("down", 5000), ("up", 3000)])
def test_no_seed_breaks_a_promise(way, seeds):
    for seed in range(seeds):
        walk(way, seed)
