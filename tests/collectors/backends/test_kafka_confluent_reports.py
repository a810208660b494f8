"""What a burst's report function says by its end: no server is needed to see when it comes."""

from __future__ import annotations

import sys
from types import MethodType

import pytest

from collectors.backends.kafka_confluent_reports import Burst, Outstanding, Report, require_reference_counts
from collectors.errors import Unavailable


def burst_of(first: int, count: int, told: tuple[int, ...] = ()) -> Burst:
    burst = Burst()
    burst.first, burst.count = first, count
    burst.told.extend(told)
    return burst


def test_a_burst_is_reported_on_when_the_last_callback_is_let_go() -> None:
    gone: list[Burst] = []
    burst = burst_of(1, 3)
    report = Report(burst, gone.append, lambda *_: None)
    callbacks = [MethodType(report, number) for number in (1, 2, 3)]
    del report
    while callbacks:
        assert not gone
        callbacks.pop()
    assert gone == [burst]


def test_a_failure_names_its_reading_and_success_none() -> None:
    told: list[object] = []
    burst = burst_of(1, 9)
    callback = MethodType(Report(burst, lambda _: None, lambda *given: told.append(given)), 7)
    callback(None, "message")
    assert not told
    callback("error", "message")
    assert told == [(burst, 7, "error")]


@pytest.mark.parametrize(
    ("bursts", "expected"),
    [
        ([(1, 5), (6, 1), (7, 3)], [(1, 9)]),
        ([(6, 1), (1, 5)], [(6, 1), (1, 5)]),
        ([(1, 5, (1, 3))], [(2, 1), (4, 2)]),
        ([(1, 5, (5, 4)), (6, 2)], [(1, 3), (6, 2)]),
        ([(1, 2, (1, 2))], []),
        ([(0, 0)], []),
    ],
)
def test_what_was_not_told_is_confirmed_in_ranges(
    bursts: list[tuple[int, ...]], expected: list[tuple[int, int]]
) -> None:
    confirmed: list[tuple[int, int]] = []
    outstanding = Outstanding(lambda first, count: confirmed.append((first, count)))
    for burst in [burst_of(*each) for each in bursts]:
        outstanding.add(burst)
        outstanding.gone(burst)
    outstanding.settle()
    outstanding.settle()
    assert confirmed == expected
    assert outstanding.count == 0


def test_what_was_given_up_is_never_confirmed() -> None:
    outstanding = Outstanding(lambda *given: pytest.fail(f"confirmed {given}"))
    burst = burst_of(1, 5, (2,))
    outstanding.add(burst)
    assert outstanding.give_up() == [(1, 1), (3, 3)]
    assert burst.given_up
    assert outstanding.count == 0
    outstanding.gone(burst)
    outstanding.settle()


def test_an_interpreter_that_frees_objects_later_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_reference_counts()
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    with pytest.raises(Unavailable, match="pypy"):
        require_reference_counts()
