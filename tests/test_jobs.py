"""Jobs as values that travel."""

import json

import pytest

from dfws_html.work.jobs import CallName, HandlerJob, PushJob, from_dict, to_dict

CALL = CallName(window="w", load="c", n=1, handlers=2, reply=True)
BASE = {"task_id": "t", "signal": "s", "queue": "q"}
JOBS = [
    HandlerJob(**BASE, handler="h", window_info="{}", arguments="{}", call=CALL, eta=1.5),
    HandlerJob(**BASE, handler="h", window_info="{}", arguments="{}", from_client=True),
    PushJob(**BASE, topics=("a", "b"), body="{}", expires=2.0),
]


@pytest.mark.parametrize("job", JOBS)
def test_there_and_back_through_json(job):
    assert from_dict(json.loads(json.dumps(to_dict(job)))) == job


def test_what_a_later_release_adds_is_left_out():
    values = to_dict(JOBS[0])
    values["call"] = {**values["call"], "later": 1}
    assert from_dict({**values, "later": 1}) == JOBS[0]


@pytest.mark.parametrize("values", [{}, {"kind": "other"}, {"kind": "push"}, {"kind": []}])
def test_no_job(values):
    with pytest.raises(ValueError, match="this is no job"):
        from_dict(values)
