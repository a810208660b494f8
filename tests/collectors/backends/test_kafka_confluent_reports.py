"""What a burst's report function says by its end: no server is needed to see when it comes."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from collectors.backends.kafka_confluent_reports import Burst, Outstanding, Report, require_reference_counts
from collectors.errors import Unavailable
from collectors.message import encoder
from collectors.reading import Reading


def burst_of(first: int, count: int, told: tuple[int, ...] = ()) -> Burst:
    burst = Burst()
    burst.first, burst.count = first, count
    burst.told.extend(told)
    return burst


def test_a_burst_is_reported_on_when_the_last_callback_is_let_go() -> None:
    gone: list[Burst] = []
    burst = burst_of(1, 4)
    report = Report(burst, gone.append, lambda *_: None)
    by_number = report.by_number()
    callbacks = [report, report, by_number(3), by_number(4)]
    del report, by_number
    while callbacks:
        assert not gone
        callbacks.pop()
    assert gone == [burst]


def test_a_failure_names_its_reading_and_success_none() -> None:
    told: list[object] = []
    burst = burst_of(1, 9)
    report: Any = Report(burst, lambda _: None, lambda *given: told.append(given))
    numbered: Any = report.by_number()(7)
    report(None, None)
    numbered(None, None)
    assert not told
    report("error", Returned())
    numbered("another", None)
    assert told == [(burst, 5, "error"), (burst, 7, "another")]


class Returned:
    """What the client hands to a callback: the message as it was sent."""

    def value(self) -> bytes:
        return encoder(2, "here")(Reading(5, 1, "here", 2, "", 0))


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
