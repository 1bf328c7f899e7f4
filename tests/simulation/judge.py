"""The judge: looks at what everybody wrote down, and objects where a promise was broken."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

__all__ = ["Broken", "judge", "objections"]


class Broken(AssertionError):
    """A promise was not kept; the first word says which of them."""


def judge(record):
    """Object to the record of a world that has become calm.

    Raises:
        Broken: the first promise that was found broken.
    """
    for broken in objections(record):
        raise broken


def objections(record):
    """Yield each promise that a record breaks: one a page, one a call."""
    numbers = defaultdict(list)
    for (life, number), published in record.published.items():
        for topic in published.topics:
            numbers[life, topic].append(number)
    for page in record.pages:
        try:
            _Witness(page, record, numbers).listen()
        except Broken as broken:
            yield broken
        for call in page.calls:
            try:
                _judge_call(page, call, record)
            except Broken as broken:
                yield broken
    if record.waiting:
        yield Broken(f"silence: nobody takes the calls {sorted(record.waiting)}")


def _check(kept, broken):
    if not kept:
        raise Broken(broken)


class _Witness:
    """Follows one page: where it stands in each topic, as it could know it without the server."""

    def __init__(self, page, record, numbers):
        self.page, self.record, self.numbers = page, record, numbers
        self.life = page.life
        self.at = {}  # None: void, so that only a resync helps
        self.seen = set()

    def listen(self):
        for word, life, *rest in self.page.events:
            getattr(self, f"on_{word}")(life, *rest)
        if self.page.left:
            return
        _check(self.life == self.record.life, f"gap: {self.page.load} lives in the past")
        for topic, at in self.at.items():
            _check(at is not None, f"gap: {self.page.load} was never resynced on {topic}")
            self._none_after(topic, at, float("inf"))

    def on_void(self, life):
        self.life = life
        self.at = dict.fromkeys(self.at)

    def on_topics(self, life, starts, topics, requested):
        known = {place for place_life, place in self.page.asked if place_life == life}
        for topic, start in starts.items():
            if requested and start is not None and start >= 0:
                _check(start in known, f"gap: {topic} begins at {start}, not where it was asked")
            self.at[topic] = None if start is None or start < 0 else start
        self.at = {topic: self.at[topic] for topic in topics}

    def on_told(self, life, number, topics, mark):
        who = f"{self.page.load} and {number} on {topics}"
        entry = self.record.published.get((life, number))
        _check(entry is not None, f"isolation: {who} was never published")
        _check(set(topics) <= set(entry.topics), f"isolation: {who} went to {entry.topics}")
        _check(entry.load in {None, self.page.load}, f"isolation: {who} is {entry.load}'s")
        _check(mark is None or f"{mark}" in entry.mark, f"order: {who} is another frame elsewhere")
        _check((life, number) not in self.seen, f"twice: {who}")
        for topic in topics:
            at = self.at[topic]
            if at is not None and number > at:
                self._none_after(topic, at, number)
                self.at[topic] = number
        self.seen.add((life, number))

    def on_checked(self, life, number):
        for topic, at in self.at.items():
            if at is not None and number > at:
                self._none_after(topic, at, number + 1)
                self.at[topic] = number

    def on_resync(self, life, number, topics):
        for topic in topics:
            self.at[topic] = max(number, -1 if self.at[topic] is None else self.at[topic])

    def _none_after(self, topic, at, before):
        all_numbers = self.numbers[self.life, topic]
        missed = [
            number
            for number in all_numbers[bisect_right(all_numbers, at) :]
            # One that came by another topic, before this one was heard, is not told again.
            if number < before and (self.life, number) not in self.seen
        ]
        _check(not missed, f"gap: {self.page.load} misses {missed} on {topic}")


def _judge_call(page, call, record):
    who = f"the call {call.mark} of {page.load}"
    jobs = [(call.mark, handler) for handler in record.handlers]
    runs = [record.runs[job] for job in jobs]
    for (_, handler), times in zip(jobs, runs, strict=True):
        _check(times <= 1 or record.handlers[handler], f"acknowledged: {who} ran {times} times")
    if call.acked:
        lost = [job for job in jobs if not record.runs[job] and job not in record.excused]
        _check(not lost, f"acknowledged: {who} never ran in {[job[1] for job in lost]}")
    if call.mark in record.withdrawn:
        late = {job for job in jobs if record.runs[job]} - record.withdrawn[call.mark]
        _check(not late, f"withdrawn: {who} began afterwards as {sorted(late)}")
    if not page.left:
        _check(call.outcomes, f"outcome: {who} has none")
    _check(len(call.outcomes) <= 1, f"outcome: {who} has {call.outcomes}")
    for outcome in call.outcomes:
        if outcome in {"undelivered", "refused", "unsent"}:
            _check(not any(runs), f"outcome: {who} ran, and is {outcome}")
        if outcome == "done" and call.reply:
            _check(all(runs), f"outcome: {who} did not run everywhere, and is done")
