"""Samples become columns of equal length."""

from __future__ import annotations

from collectors.sampling.sampler import Sampler
from collectors.sampling.series import Series


def test_columns_may_come_late_and_be_missing() -> None:
    series = Series()
    series.add({"a": 1.0}, 1_000_000_000)
    series.add({"a": None, "b": 2.0}, 2_500_000_000)
    series.add({"b": 3.0}, 3_000_000_000)
    assert len(series) == 3
    assert series.columns(2_000_000_000) == {
        "at": [-1.0, 0.5, 1.0],
        "a": [1.0, None, None],
        "b": [None, 2.0, 3.0],
    }


def test_the_sample_that_only_begins_is_not_kept() -> None:
    now = 0
    series = Series()
    with Sampler({}, lambda: now) as sampler:
        assert series.take(sampler) == {}
        now = 2_000_000_000
        series.take(sampler)
    columns = series.columns(500_000_000)
    assert columns["at"] == [1.5]
    assert {len(values) for values in columns.values()} == {1}
