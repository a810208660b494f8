"""By simulation: identical runs are not called different; a true change is found at the length that is asked for."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from reports.comparison.change import LEVEL, change
from reports.comparison.interleaved import Interleaved
from reports.comparison.pair import pairs
from reports.comparison.sequential import evidence
from reports.comparison.subject import Subject
from reports.comparison.verdict import FASTER, NO_DIFFERENCE, NO_VERDICT, SLOWER, compare
from reports.saved_run import SavedRun

from .simulated import a_run, a_session, sessions, windows

SEEDS = 1000
AT_MOST = 73
"""Of so many seeds: at a level of 5 % more than these are chance in one of 1,000 tests (binomial)."""
FOUND = 0.9 * SEEDS
CHANGED = {FASTER, SLOWER}


def test_the_noise_is_that_which_windows_and_rounds_as_units_cannot_stand() -> None:
    """Were it milder, the tests below would prove nothing."""
    pooled = rounds = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        one, other = windows(rng), windows(rng)
        pooled += mannwhitneyu(one.ravel(), other.ravel()).pvalue <= LEVEL
        found = change(*(np.log(side.mean(axis=1)).tolist() for side in (one, other)))
        rounds += found is not None and found.p <= LEVEL
    assert pooled > 0.4 * 200
    assert rounds > 0.12 * 200


@pytest.mark.parametrize("counts", [(2, 2), (4, 4), (1, 5)], ids=str)
def test_identical_runs_are_called_different_in_no_more_than_one_of_20(counts: tuple[int, int]) -> None:
    alarms = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        base, candidate = (sessions(rng, label, count) for label, count in zip("ab", counts, strict=True))
        alarms += any(one.word in CHANGED for one in compare(pairs(base, candidate)))
    assert alarms <= AT_MOST


def test_many_cases_are_no_more_often_called_different_than_one() -> None:
    alarms = 0
    for seed in range(SEEDS // 4):
        rng = np.random.default_rng(seed)
        verdicts = compare(pairs(sessions(rng, "a", 3, cases=5), sessions(rng, "b", 3, cases=5)))
        alarms += any(one.word in CHANGED for one in verdicts)
    assert alarms <= 24  # of 250, as 73 are of 1,000


@pytest.mark.slow
@pytest.mark.parametrize("first", [1, 3], ids=lambda first: f"after {first} a side")
def test_a_change_of_a_tenth_is_found_with_as_many_runs_as_are_asked_for(first: int) -> None:
    found = false = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        base, candidate = sessions(rng, "a", first), sessions(rng, "b", first, 1.1)
        [before] = compare(pairs(base, candidate))
        more = max(0, before.length.needs - first)
        assert more < 20
        [verdict] = compare(
            pairs([*base, *sessions(rng, "more a", more)], [*candidate, *sessions(rng, "more b", more, 1.1)])
        )
        found += verdict.word == FASTER
        false += verdict.word == SLOWER
    assert found >= FOUND
    assert false == 0


def test_a_tenth_less_is_found_as_a_tenth_more_is() -> None:
    words = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        words += [one.word for one in compare(pairs(sessions(rng, "a", 6, 1.1), sessions(rng, "b", 6)))]
    assert words.count(SLOWER) >= 180
    assert FASTER not in words


def measured_in_turn(seed: int, factor: float, most: int) -> Interleaved:
    """Measure until there is a verdict, or so many pairs."""
    rng = np.random.default_rng(seed)
    numbers = itertools.count()
    both = tuple(Subject(label, None) for label in "ab")  # type: ignore[arg-type]

    def measure(subject: Subject) -> SavedRun:
        return a_run(f"{next(numbers):04}", a_session(rng, factor if subject.label == "b" else 1.0))

    made = Interleaved(both, frozenset(), measure, clock=iter(range(10**6)).__next__)  # type: ignore[arg-type]
    # The clock goes on by one when it is looked at: thrice a pair, and once before the first.
    for _ in itertools.islice(made.until(10**6), most):
        pass
    return made


def test_looking_after_every_pair_raises_no_more_false_alarms() -> None:
    """Not even when nothing else ever ends it: 30 looks at the evidence of identical runs."""
    noise = np.hypot(0.03, 0.025 / np.sqrt(3)) * np.sqrt(2)
    differences = np.random.default_rng(5).normal(0, noise, (SEEDS, 30))
    alarms = 0
    for one in differences:
        counts = np.arange(2, 31)
        means = np.cumsum(one)[1:] / counts
        squares = (np.cumsum(one**2)[1:] - counts * means**2) / (counts - 1)
        alarms += any(
            evidence(n, n * mean**2 / square) >= 1 / LEVEL
            for n, mean, square in zip(counts, means, squares, strict=True)
        )
    assert 0 < alarms <= AT_MOST


def test_identical_subjects_measured_in_turn_are_rarely_called_different_and_mostly_told_to_be_alike() -> None:
    words = [measured_in_turn(seed, 1.0, 15).verdicts()[0].word for seed in range(200)]
    assert sum(word in CHANGED for word in words) <= 20  # of 200, as 73 are of 1,000
    assert words.count(NO_DIFFERENCE) >= 180


@pytest.mark.slow
def test_a_change_of_a_tenth_is_found_in_turn_within_the_pairs_that_are_asked_for() -> None:
    found, lengths = 0, []
    for seed in range(200):
        asked = measured_in_turn(seed, 1.1, 1).verdicts()[0].length.needs
        made = measured_in_turn(seed, 1.1, asked)
        lengths.append(len(made.runs))
        found += made.verdicts()[0].word == FASTER
    assert found >= 180
    assert min(lengths) >= 4


def test_one_run_a_side_is_no_verdict_however_large_the_change() -> None:
    rng = np.random.default_rng(1)
    [verdict] = compare(pairs(sessions(rng, "a", 1), sessions(rng, "b", 1, 3.0)))
    assert (verdict.word, verdict.found) == (NO_VERDICT, None)
    assert "two sessions of the same code" in verdict.why
    assert 4 <= verdict.length.needs <= 6
