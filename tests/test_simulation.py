"""Nothing lost, nothing twice, never silent: thousands of seeds, and mutants that must not pass.

Whatever fails names its seed, and the one call that repeats it.
"""

import logging

import pytest

from tests.simulation.judge import Broken, judge
from tests.simulation.mutants import HEALED, MUTANTS
from tests.simulation.record import CallLog, PageLog, Published, Record
from tests.simulation.walks import first_seed, handlers, walk

WITHIN = 2000  # seeds a mutant must be caught


@pytest.fixture(autouse=True)
def registered():
    logging.disable(logging.CRITICAL)  # refusals are warnings, and most of these worlds refuse
    with handlers():
        yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(("way", "seeds"), [("down", 5000), ("up", 3000)])
def test_no_seed_breaks_a_promise(way, seeds):
    for seed in range(seeds):
        walk(way, seed)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_world_without_a_guard_breaks_its_promise(name):
    mutant = MUTANTS[name]
    assert first_seed(mutant.way, WITHIN, mutant.parts, mutant.breaks) is not None


@pytest.mark.parametrize("name", HEALED)
def test_what_another_guard_heals_breaks_nothing(name):
    mutant = HEALED[name]
    assert first_seed(mutant.way, 300, mutant.parts, mutant.breaks) is None


# ------------------------------------------------------------------ the judge


def good():
    """Return a short record that keeps every promise: two frames, two topics, one call."""
    page = PageLog("load-1", "life", 0)
    page.topics("life", {"a": 0, "b": 0}, ["a", "b"], requested=False)
    page.told("life", 1, ["a"], 11)
    page.told("life", 3, ["a", "b"], 33)
    page.checked("life", 4)
    page.calls.append(CallLog(mark=7, load="load-1", reply=True, acked=True, outcomes=["done"]))
    other = PageLog("load-2", "life", 0)
    return Record(
        published={
            ("life", 1): Published(("a",), '{"mark":11}', "load-1"),
            ("life", 2): Published(("c",), '{"mark":22}'),
            ("life", 3): Published(("a", "b"), '{"mark":33}'),
        },
        pages=[page, other],
        handlers={"one": False, "two": True},
        runs={(7, "one"): 1, (7, "two"): 1},
        life="life",
    )


def events(record):
    return record.pages[0].events


def call(record):
    return record.pages[0].calls[0]


def test_the_judge_agrees_with_a_good_record():
    judge(good())


def test_the_judge_agrees_that_what_is_reliable_runs_again():
    record = good()
    record.runs[7, "two"] = 2
    judge(record)


def test_the_judge_agrees_that_what_has_begun_goes_on_when_it_is_withdrawn():
    record = good()
    record.withdrawn[7] = {(7, "one"), (7, "two")}
    judge(record)


def test_the_judge_agrees_that_a_resync_covers_what_was_not_told():
    record = good()
    events(record)[1] = ("resync", "life", 2, ["a"])
    judge(record)


BAD = {
    "one in between": ("gap", lambda r: events(r).pop(1)),
    "the last one": ("gap", lambda r: events(r).__delitem__(slice(2, 4))),
    "one that was said to have been told": ("gap", lambda r: events(r).pop(2)),
    "a resync that ends too early": (
        "gap",
        lambda r: events(r).__setitem__(slice(1, 4), [("resync", "life", 2, ["a", "b"])]),
    ),
    "a resync of another topic": (
        "gap",
        lambda r: events(r).__setitem__(slice(1, 4), [("resync", "life", 9, ["a"])]),
    ),
    "another life without a resync": (
        "gap",
        lambda r: (events(r).append(("void", "next")), setattr(r, "life", "next")),
    ),
    "a life that is over": ("gap", lambda r: setattr(r, "life", "next")),
    "a topic that begins too late": (
        "gap",
        lambda r: events(r).append(("topics", "life", {"c": 2}, ["a", "b", "c"], True)),
    ),
    "two frames swapped": ("gap", lambda r: events(r).insert(1, events(r).pop(2))),
    "another frame by the same number": (
        "order",
        lambda r: events(r).__setitem__(1, ("told", "life", 1, ["a"], 99)),
    ),
    "a frame twice": ("twice", lambda r: events(r).insert(2, events(r)[1])),
    "a frame of another topic": (
        "isolation",
        lambda r: events(r).__setitem__(1, ("told", "life", 1, ["b"], 11)),
    ),
    "a frame of nobody": ("isolation", lambda r: events(r).append(("told", "life", 8, ["a"], 1))),
    "a frame of another load": (
        "isolation",
        lambda r: r.published.update({("life", 1): Published(("a",), '{"mark":11}', "load-2")}),
    ),
    "acknowledged and not run": ("acknowledged", lambda r: r.runs.update({(7, "two"): 0})),
    "run twice": ("acknowledged", lambda r: r.runs.update({(7, "one"): 2})),
    "begun after it was withdrawn": (
        "withdrawn",
        lambda r: r.withdrawn.update({7: {(7, "one")}}),
    ),
    "no outcome": ("outcome", lambda r: call(r).outcomes.clear()),
    "two outcomes": ("outcome", lambda r: call(r).outcomes.append("unknown")),
    "undelivered and run": ("outcome", lambda r: setattr(call(r), "outcomes", ["undelivered"])),
    "refused and run": ("outcome", lambda r: setattr(call(r), "outcomes", ["refused"])),
    "done and not run": (
        "outcome",
        lambda r: (r.runs.update({(7, "one"): 0}), r.excused.add((7, "one"))),
    ),
    "a call that nobody takes": ("silence", lambda r: r.waiting.add(7)),
}


@pytest.mark.parametrize("what", BAD)
def test_the_judge_objects(what):
    promise, spoil = BAD[what]
    record = good()
    record.runs = dict(record.runs)
    spoil(record)
    with pytest.raises(Broken, match=f"^{promise}"):
        judge(record)
