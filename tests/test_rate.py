"""The token bucket."""

from dfws_html.work.rate import Bucket


def taken(bucket, times):
    return [bucket.take(now) for now in times]


def test_a_burst_then_the_rate():
    bucket = Bucket(rate=2, burst=3)
    assert taken(bucket, [100.0] * 4) == [True, True, True, False]
    assert taken(bucket, [100.4, 100.5, 100.6, 101.0]) == [False, True, False, True]


def test_quiet_saves_no_more_than_a_burst():
    bucket = Bucket(rate=10, burst=2)
    taken(bucket, [0.0, 0.0])
    assert taken(bucket, [1000.0] * 3) == [True, True, False]


def test_a_refused_one_costs_nothing():
    bucket = Bucket(rate=1, burst=1)
    assert taken(bucket, [0.0, 0.5, 0.9, 1.0]) == [True, False, False, True]
