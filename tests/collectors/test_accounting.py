from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Arrival
from collectors.ledger import Outcome, outcomes_of


def packed(outcomes: list[Outcome]) -> Sent:
    promised = Outcome.UNANSWERED not in outcomes
    states, cells = outcomes_of(promised=promised), bytearray(-(-len(outcomes) // 4))
    for at, outcome in enumerate(outcomes):
        cells[at >> 2] |= states.index(outcome) << ((at & 3) << 1)
    return Sent(len(outcomes), bytes(cells), promised)


def account(
    reported: dict[int, list[Outcome]], arrivals: list[Arrival], *, complete: bool = True, foreign: int = 0
) -> Account:
    sent = {producer: packed(outcomes) for producer, outcomes in reported.items()}
    reconciliation = Reconciliation(sent, shows_duplicates=True, shows_order=True)
    reconciliation.take(arrivals)
    return reconciliation.account(complete=complete, foreign=foreign)


def all_arrived(reported: dict[int, list[Outcome]]) -> list[Arrival]:
    return [Arrival(producer, at, True) for producer, ones in reported.items() for at in range(1, len(ones) + 1)]


promised_or_not = st.sampled_from(
    [[one for one in Outcome if one is not never] for never in (Outcome.ACKNOWLEDGED, Outcome.UNANSWERED)]
)
outcome_lists = promised_or_not.flatmap(lambda outcomes: st.lists(st.sampled_from(outcomes), max_size=60))


@given(
    st.dictionaries(st.integers(0, 3), outcome_lists, min_size=1),
    st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 62), st.booleans()), max_size=100),
)
def test_every_reading_is_accounted_for_once(
    reported: dict[int, list[Outcome]], found: list[tuple[int, int, bool]]
) -> None:
    arrivals = [Arrival(*one) for one in found]
    made = account(reported, arrivals)
    real = [one for one in arrivals if one.producer in reported and 0 < one.number <= len(reported[one.producer])]
    times = Counter((one.producer, one.number) for one in real)
    intact = {(one.producer, one.number) for one in real if one.intact}
    by_outcome = {
        outcome: {(p, at) for p, ones in reported.items() for at, one in enumerate(ones, 1) if one is outcome}
        for outcome in Outcome
    }
    assert made.attempted == sum(map(len, reported.values()))
    assert made.attempted == made.acknowledged + made.failed + made.unknown + made.unanswered
    assert made.acknowledged == made.delivered + made.lost
    assert made.delivered == len(by_outcome[Outcome.ACKNOWLEDGED] & intact)
    assert made.failed_arrived == len(by_outcome[Outcome.FAILED] & intact)
    assert made.unknown_arrived == len(by_outcome[Outcome.UNKNOWN] & intact)
    assert made.unanswered_arrived == len(by_outcome[Outcome.UNANSWERED] & intact)
    assert made.duplicated == sum(times.values()) - len(times)
    assert made.corrupt == sum(not one.intact for one in real)
    assert made.never_sent == len(arrivals) - len(real)
    for kind, count in (("lost", made.lost), ("failed_arrived", made.failed_arrived), ("corrupt", made.corrupt)):
        assert len(made.named.get(kind, [])) == min(count, 5)


def test_all_acknowledged_and_all_there_is_a_pass() -> None:
    reported = {0: [Outcome.ACKNOWLEDGED] * 7, 1: [Outcome.ACKNOWLEDGED] * 3}
    made = account(reported, all_arrived(reported))
    assert made.verdict is Verdict.PASS
    assert made.troubles() == []


def test_streams_may_interleave_and_partitions_may_overtake_each_other() -> None:
    reported = {0: [Outcome.ACKNOWLEDGED] * 4, 1: [Outcome.ACKNOWLEDGED] * 4}
    arrivals = [Arrival(p, n, True, partition=n % 2) for n, p in ((2, 0), (4, 0), (2, 1), (1, 0), (3, 0), (1, 1))]
    made = account(reported, [*arrivals, Arrival(1, 4, True, 0), Arrival(1, 3, True, 1)])
    assert made.reordered == 0
    assert made.verdict is Verdict.PASS


def test_honest_failures_and_unknowns_are_no_fault() -> None:
    reported = {0: [Outcome.ACKNOWLEDGED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNKNOWN]}
    made = account(reported, [Arrival(0, 1, True), Arrival(0, 4, True)])
    assert (made.verdict, made.unknown_arrived) == (Verdict.PASS, 1)


FAULTS = {
    "lost": [Arrival(0, n, True) for n in (1, 2, 4, 5)],
    "corrupt": [Arrival(0, n, n != 3) for n in (1, 2, 3, 4, 5)],
    "duplicated": [Arrival(0, n, True) for n in (1, 2, 3, 3, 4, 5)],
    "reordered": [Arrival(0, n, True) for n in (1, 2, 4, 3, 5)],
    "never_sent": [Arrival(0, n, True) for n in (1, 2, 3, 4, 5, 6)],
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_fails_under_its_own_name_and_names_the_reading(kind: str) -> None:
    made = account({0: [Outcome.ACKNOWLEDGED] * 5}, FAULTS[kind])
    assert made.verdict is Verdict.FAIL
    assert getattr(made, kind) == 1
    number = 6 if kind == "never_sent" else 3
    assert any(f"producer 0, reading {number}" in line for line in made.troubles())


def test_a_failure_that_arrived_fails() -> None:
    made = account({0: [Outcome.ACKNOWLEDGED, Outcome.FAILED]}, [Arrival(0, 1, True), Arrival(0, 2, True)])
    assert (made.verdict, made.failed_arrived) == (Verdict.FAIL, 1)
    assert made.named["failed_arrived"] == ["producer 0, reading 2"]


def test_what_nobody_can_read_fails() -> None:
    reported = {0: [Outcome.ACKNOWLEDGED]}
    assert account(reported, all_arrived(reported), foreign=2).never_sent == 2


@pytest.mark.parametrize(
    ("reported", "arrivals", "complete"),
    [
        ({}, [], True),
        ({0: []}, [], True),
        ({0: [Outcome.FAILED] * 3}, [], True),
        ({0: [Outcome.UNKNOWN] * 3}, [Arrival(0, 1, True)], True),
        ({0: [Outcome.UNANSWERED] * 3}, [], True),
        ({0: [Outcome.ACKNOWLEDGED] * 3}, [Arrival(0, n, True) for n in (1, 2, 3)], False),
        ({0: [Outcome.ACKNOWLEDGED] * 3}, [], False),
    ],
)
def test_where_nothing_can_be_said_nothing_passes(
    reported: dict[int, list[Outcome]], arrivals: list[Arrival], complete: bool
) -> None:
    assert account(reported, arrivals, complete=complete).verdict is Verdict.INCONCLUSIVE


def test_where_nothing_was_promised_what_arrived_is_measured() -> None:
    made = account({0: [Outcome.UNANSWERED] * 10}, [Arrival(0, n, True) for n in (1, 5, 9)])
    assert (made.verdict, made.unanswered_arrived, made.lost) == (Verdict.MEASURED, 3, 0)


def test_what_a_backend_cannot_show_is_none() -> None:
    reconciliation = Reconciliation({0: packed([Outcome.ACKNOWLEDGED])}, shows_duplicates=False, shows_order=False)
    reconciliation.take([Arrival(0, 1, True)])
    made = reconciliation.account(complete=True)
    assert (made.duplicated, made.reordered, made.verdict) == (None, None, Verdict.PASS)


@pytest.mark.parametrize("seed", range(20))
def test_the_readings_that_are_missing_are_the_ones_named(seed: int) -> None:
    random = Random(seed)
    count = random.randint(100, 5000)
    missing = set(random.sample(range(1, count + 1), random.randint(1, 5)))
    made = account(
        {7: [Outcome.ACKNOWLEDGED] * count}, [Arrival(7, n, True) for n in range(1, count + 1) if n not in missing]
    )
    assert made.lost == len(missing)
    assert made.named["lost"] == [f"producer 7, reading {n}" for n in sorted(missing)]
