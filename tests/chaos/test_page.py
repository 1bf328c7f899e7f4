"""The windows without a browser keep the script's rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dfws_html
from tests.chaos import page
from tests.chaos.page import Outbox, Positions, retry_delay

SCRIPT = Path(dfws_html.__file__).parent / "static/dfws_html"


def made() -> tuple[Outbox, list[str], list[tuple[int, str, str, int]]]:
    sent, settled = [], []
    outbox = Outbox(lambda text: sent.append(text) or True, lambda *told: settled.append(told))
    return outbox, sent, settled


def test_its_numbers_are_the_script_s():
    outbox = (SCRIPT / "outbox.js").read_text()
    numbers = dict(re.findall(r"const (\w+) = (\d+);", outbox))
    assert [int(numbers[name]) for name in ("WAITING", "WAITING_BYTES", "AGE", "TIMEOUT")] == [
        page._WAITING,
        page._WAITING_BYTES,
        page._AGE * 1000,
        page._TIMEOUT * 1000,
    ]
    backoff = (SCRIPT / "backoff.js").read_text()
    assert f"[{', '.join(map(str, page._FINAL))}]" in backoff
    assert "random * (code % 1000 === 12 ? 5000 : Math.min(30000, 500 * 2 ** attempt))" in backoff
    positions = (SCRIPT / "positions.js").read_text()
    assert f"REMEMBERED = {page._REMEMBERED};" in positions


@pytest.mark.parametrize(
    ("code", "attempt", "delay"), [(4403, 0, None), (1012, 7, 2.5), (1006, 2, 1.0), (1006, 9, 15)]
)
def test_when_to_come_back(code, attempt, delay):
    assert retry_delay(code, attempt, 0.5) == delay


def test_a_frame_is_taken_once_if_a_topic_lacks_it():
    positions = Positions("l", 5)
    positions.set_topics(["w", "all", "a", "b"], {"3": 9})
    assert positions.take(7, [2, 3])
    assert not positions.take(7, [2, 3])
    assert not positions.take(6, [2])
    assert not positions.take(9, [3])
    assert positions.told() == {"0": 5, "1": 5, "2": 7, "3": 9}


def test_another_life_voids_all_positions():
    positions = Positions("l", 5)
    positions.set_topics(["w", "all"], {})
    positions.adopt("m")
    assert positions.told() == {}
    positions.raise_to(3, [0])
    positions.set_topics(["w", None, "b"], {})
    assert positions.told() == {"0": 3}


def test_a_call_is_sent_again_until_it_is_acknowledged():
    outbox, sent, settled = made()
    outbox.post(1, {"signal": "s", "reply": True}, 0.0)
    outbox.sweep(1.0, sending=True)
    assert outbox.acknowledge(1, 2.0)
    assert not outbox.acknowledge(1, 2.0)
    outbox.sweep(3.0, sending=True)
    assert len(sent) == 2
    outbox.sweep(33.0)
    assert settled == [(1, "unknown", "timeout", 2)]


def test_a_call_that_was_never_sent_is_undelivered():
    settled: list[tuple[int, str, str, int]] = []
    outbox = Outbox(lambda _: False, lambda *told: settled.append(told))
    outbox.post(1, {"signal": "s"}, 0.0)
    outbox.sweep(61.0)
    assert settled == [(1, "undelivered", "timeout", 0)]


def test_a_call_of_another_life_is_not_sent_again():
    outbox, sent, settled = made()
    outbox.life = "l"
    outbox.post(1, {"signal": "s"}, 0.0)
    outbox.life = "m"
    outbox.sweep(1.0, sending=True)
    assert len(sent) == 1
    assert settled == [(1, "unknown", "life", 1)]


def test_a_refusal_of_what_was_sent_twice_leaves_doubt():
    outbox, _, settled = made()
    outbox.post(1, {"signal": "s"}, 0.0)
    outbox.settle(1, "error", "forbidden", doubt=2)
    outbox.post(2, {"signal": "s"}, 0.0)
    outbox.sweep(1.0, sending=True)
    outbox.settle(2, "error", "forbidden", doubt=2)
    assert [told[1] for told in settled] == ["error", "unknown"]
