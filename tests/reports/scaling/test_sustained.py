"""The highest sustained rate, told."""

from __future__ import annotations

import json

import pytest

from reports.scaling.held import Verdict
from reports.scaling.sustained import Sustained, side_above


def verdict(rate: float, side: str = "") -> Verdict:
    return Verdict(rate, not side, rate, 0.0, 0.0, 1.0, side, "as it went")


def test_what_stops_it_is_told_by_the_probes_just_above_it() -> None:
    near, far = (
        [verdict(1_100, "producer"), verdict(1_200, "server"), verdict(1_300, "server")],
        verdict(9_000, "producer"),
    )
    assert side_above(1_000, [verdict(1_000), *near, far, far, far, far]) == "server"
    assert side_above(1_000, [verdict(1_000), far]) == "producer"
    assert side_above(None, [far, verdict(1.0, "server")]) == "server"
    assert side_above(1_000, [verdict(1_000)]) == ""


@pytest.mark.parametrize(
    ("side", "words"),
    [
        ("server", "above it the server fell behind"),
        ("producer", "the server may take more"),
        ("both", "used up what they share"),
        ("between", "may bring more"),
        ("", "readings/s, the limit between 990 and 1,010 (90 %); 2 probes"),
    ],
)
def test_it_is_told_in_words_with_a_line_for_each_probe(side: str, words: str) -> None:
    found = Sustained(1_000.0, 990.0, 1_010.0, side, "2 probes", (verdict(1_000), verdict(1_050, "server")))
    lines = found.in_words()
    assert words in lines[0]
    assert lines[1:] == ["  1. 1,000/s held: as it went", "  2. 1,050/s not held: as it went"]
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["probes"][1]["held"] is False


def test_small_rates_keep_their_decimals() -> None:
    assert Sustained(1.25, None, None, "", "1 probe", ()).in_words() == ["sustained: 1.25 readings/s; 1 probe"]
