"""Changes and their tests, against SciPy's own and against examples worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import nct, t, ttest_ind

from reports.comparison.change import POOLED, WELCH, around, change, holm
from reports.comparison.power import deviation, runs_needed, smallest
from reports.comparison.sequential import FEWEST, PairedChange, evidence, paired_change, pairs_needed, radius
from reports.comparison.student import multiple

BASE, CANDIDATE = [8.51, 8.55, 8.49, 8.53], [8.62, 8.66, 8.57]


def test_a_change_is_that_of_welchs_test() -> None:
    found = change(BASE, CANDIDATE)
    assert found is not None
    expected = ttest_ind(CANDIDATE, BASE, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found.method == WELCH
    assert (found.p, found.freedom) == (pytest.approx(expected.pvalue), pytest.approx(expected.df))
    assert found.interval == (pytest.approx(math.expm1(interval.low)), pytest.approx(math.expm1(interval.high)))
    assert found.share == pytest.approx(math.exp(np.mean(CANDIDATE) - np.mean(BASE)) - 1)


def test_a_single_run_is_taken_to_vary_as_those_of_the_other_side() -> None:
    found, back = change(BASE, [8.62]), change([8.62], BASE)
    assert found is not None
    assert back is not None
    expected = ttest_ind([8.62], BASE)
    assert (found.p, found.freedom, found.method) == (pytest.approx(expected.pvalue), 3, POOLED)
    assert (back.p, back.log) == (pytest.approx(found.p), pytest.approx(-found.log))


def test_two_single_runs_tell_nothing() -> None:
    assert change([8.5], [8.9]) is None
    assert around([8.5]) is None


def test_what_does_not_vary_is_the_same_or_is_not() -> None:
    same, other = change([1.0, 1.0], [1.0, 1.0]), change([1.0, 1.0], [1.5, 1.5])
    assert same is not None
    assert other is not None
    assert (same.p, other.p) == (1.0, 0.0)


def test_the_interval_of_one_side_is_that_of_its_geometric_mean() -> None:
    low, high = t.interval(0.95, 3, np.mean(BASE), np.std(BASE, ddof=1) / 2)
    assert around(BASE) == (pytest.approx(math.exp(low)), pytest.approx(math.exp(high)))


def test_p_values_are_corrected_for_their_number() -> None:
    # Holm: 4 × 0.01, then 3 × 0.013, which may not be below the one before; 2 × 0.04; 1 × 0.2.
    assert holm([0.04, 0.01, 0.2, 0.013]) == pytest.approx([0.08, 0.04, 0.2, 0.04])
    assert holm([0.9, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize(("freedom", "level"), [(2, 0.05), (6, 0.05), (30, 0.05), (10, 0.05 / 18)])
def test_what_a_test_can_find_is_told_by_the_non_central_distribution(freedom: int, level: float) -> None:
    found = multiple(freedom, level, 0.9)
    assert nct.sf(t.ppf(1 - level / 2, freedom), freedom, found) == pytest.approx(0.9, abs=0.002)


def test_less_noise_and_fewer_cases_need_fewer_runs() -> None:
    usual = runs_needed(0.033, 0.1)
    assert runs_needed(0.033, 0.05) > runs_needed(0.033, 0.1, 0.05 / 10) > usual > runs_needed(0.01, 0.1)
    assert runs_needed(50.0, 0.1) == 1000
    assert runs_needed(0.0, 0.1) == 2


def test_the_smallest_change_shrinks_with_more_runs() -> None:
    few, many = change(BASE[:2], CANDIDATE[:2]), change(BASE * 3, CANDIDATE * 3)
    assert few is not None
    assert many is not None
    assert smallest(many) < 0.1 < smallest(few)


def test_noise_is_drawn_towards_what_is_usual_where_little_is_known() -> None:
    alike = [[8.5, 8.5], [8.5, 8.5]]
    assert deviation([alike[:1], alike[:1]]) == pytest.approx(0.03)
    assert deviation([alike, alike]) == pytest.approx(0.03 * math.sqrt(4 / 6))
    assert deviation([[[8.0], [9.0]], [[8.0], [9.0]]]) > 0.3


def test_evidence_reaches_its_bound_at_the_radius() -> None:
    for pairs in (FEWEST, 5, 12, 100):
        assert evidence(pairs, pairs * radius(pairs, 0.05) ** 2) == pytest.approx(20)
    assert radius(FEWEST - 1, 0.05) == math.inf


def test_evidence_is_that_of_a_normal_mixture_over_the_change() -> None:
    """The likelihood of Student's t, averaged over changes drawn from the mixture, against that of no change."""
    pairs, found = 6, 2.8
    shifts = np.random.default_rng(0).normal(0, 2.0, 40_000) * math.sqrt(pairs)
    averaged = nct.pdf(found, pairs - 1, shifts).mean() / t.pdf(found, pairs - 1)
    assert evidence(pairs, found**2) == pytest.approx(averaged, rel=0.02)


def test_a_p_value_once_reached_holds() -> None:
    clear = [0.1, 0.11, 0.09, 0.1, 0.12, 0.1]
    before, after = paired_change(clear), paired_change([*clear, -0.5])
    assert before is not None
    assert after is not None
    assert after.p == before.p < 0.05
    assert after.interval[0] < before.interval[0]


def test_few_pairs_bound_nothing() -> None:
    found = paired_change([0.1, 0.1001, 0.0999])
    assert found is not None
    assert found.interval == (-1.0, math.inf)
    assert paired_change([0.1]) is None


def test_pairs_that_are_needed_would_have_found_the_change() -> None:
    needed = pairs_needed(0.05, 0.1, 0.05)
    assert PairedChange(0.0, 0.05, needed, 1.0).smallest(0.05) <= 0.1
    assert PairedChange(0.0, 0.05, needed - 2, 1.0).smallest(0.05) > 0.1
