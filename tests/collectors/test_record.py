from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.record import COUNTS, SCHEMA, Trial
from tests.trials import a_round, a_trial


@given(st.lists(st.floats(0.001, 1e7), min_size=1, max_size=7), st.text(), st.lists(st.text(), max_size=3))
def test_a_record_survives_json(rates: list[float], sensor: str, doubts: list[str]) -> None:
    trial = a_trial(*map(a_round, rates), sensor=sensor, doubts=doubts)
    saved = json.loads(json.dumps(trial.to_json()))
    assert saved["schema"] == SCHEMA
    assert Trial.from_json(saved) == trial
    low, median, high = trial.tps["low"], trial.tps["median"], trial.tps["high"]
    assert low <= median <= high
    assert saved["tps"] == {"median": median, "low": low, "high": high, "rounds": rates}


def test_counts_are_sums_over_the_rounds_and_unknown_where_one_is() -> None:
    saved = a_trial(a_round(acknowledged=3, duplicated=None), a_round(acknowledged=4)).to_json()
    assert saved["acknowledged"] == 7
    assert saved["duplicated"] is None
    assert set(COUNTS) <= set(saved)


@pytest.mark.parametrize(
    ("verdicts", "worst"),
    [
        (["pass", "pass"], "pass"),
        (["pass", "fail", "inconclusive"], "fail"),
        (["pass", "inconclusive"], "inconclusive"),
        (["measured", "pass"], "pass"),
        (["measured"], "measured"),
        ([], "inconclusive"),
    ],
)
def test_the_worst_round_decides(verdicts: list[str], worst: str) -> None:
    trial = a_trial()
    trial.rounds[:] = [a_round(accounting=verdict) for verdict in verdicts]
    assert trial.accounting == worst


def test_an_environment_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="environment 'cloud': expected one of native, container, hardware"):
        a_trial(environment="cloud")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "thermobench.trial/99"}, "schema 'thermobench.trial/99': expected"),
        ({"schema": None}, "schema None"),
        ({"sensor": ...}, "sensor missing"),
        ({"rounds": [{"run": "01"}]}, "not a whole round"),
    ],
)
def test_what_is_no_record_is_refused_by_field(change: dict[str, object], message: str) -> None:
    saved = {name: value for name, value in (a_trial().to_json() | change).items() if value is not ...}
    with pytest.raises(ValueError, match=message):
        Trial.from_json(saved)
