"""The figures of 2019 against what the notes say; the notes themselves are not part of this repository."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from reports.reference.figure import Figure
from reports.reference.loading import figures

HAVE_FIGURES = {
    *("R1", "B1", "B2", "B3", "B5", "B7", "L1", "L2", "L3", "L6", "L7", "M6", "M7", "M9", "Y1", "Y2"),
    *("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "O1", "O5", "O7", "O8", "C1", "C2", "C3", "C4"),
}
"""Scenarios that come with a figure of their own, or that a figure of the notes was measured for."""

TPS = {
    # "238 TPS, producer CPU 11 %, server CPU 21 %, IO 320 ms/s", and the three others of one thread on a Pi 2
    "b1-mysql-one-thread": 238,
    "b2-kafka-one-thread": 147,
    "b3-cassandra-one-thread": 128,
    "b5-awsiot-one-thread": 740,
    "l7-awsiot-four-producers": 25_076,
    # one thread / all threads: 100/100, 149/1208, 326/2320, 583/4480
    "l6-pi1-one-thread": 100,
    "l6-pi1-all-threads": 100,
    "l6-pi2-one-thread": 149,
    "l6-pi2-all-threads": 1208,
    "l6-pi3-one-thread": 326,
    "l6-pi3-all-threads": 2320,
    "l6-pi4-one-thread": 583,
    "l6-pi4-all-threads": 4480,
    "y1-every-row-one-card": 12,
    "y1-every-row-another-card": 32,
    "y1-every-1000-rows-one-card": 115,
    "y1-every-1000-rows-another-card": 166,
    "y2-mysql-all-producers": 2840,
    "y2-kafka-all-producers": 2600,
    "c1-one-node": 1040,
    "c2-two-nodes": 1152,
}
TOTALS = {
    # one broker, one partition: 2, 3, 4, 5 producers of 64 threads
    "k1-2-producers": 298_417,
    "k1-3-producers": 415_233,
    "k1-4-producers": 442_926,
    "k1-5-producers": 449_423,
    "k2-p1-rf1": 408_480,
    "k2-p1-rf1-again": 474_636,
    "k2-p1-rf2": 398_831,
    "k2-p1-rf2-again": 412_300,
    "k3-p10-rf1": 601_126,
    "k3-p10-rf2": 398_337,
    "k3-p10-rf2-again": 422_785,
    "k4-p10-rf1": 605_519,
    "k4-p10-rf3-acks-all": 367_328,
    "k4-p10-rf3-acks-1": 606_765,
    "k6-1-broker-1-thread": 41_258,
    "k6-acks-all-1-thread": 7_208,
}
"""Readings in five minutes."""

OBSERVED = {
    "o1-leader-killed-readings": [(9534,), (9531,)],
    "o1-leader-killed-gap": [(1,)],
    "m6-range": [((60, 80),)],
    "c4-ownership-256-512": [(32.6, 67.4), (29.28,), (74.6,)],
    "c3-location-is-the-key": [(120, 12)],
    # producers, servers, I/O: what is left out is not said
    "b1-mysql-one-thread": [(11,), (21,), (320,)],
    "y2-mysql-all-producers": [(70,), (90,), (233,)],
    "y2-kafka-all-producers": [(100,), (22,), (151,)],
    "k1-5-producers": [(46, 44, 46, 47, 73), (82,)],
}


def named(name: str) -> Figure:
    return next(one for one in figures() if one.name == name)


def test_every_scenario_that_has_a_figure_is_there() -> None:
    assert HAVE_FIGURES - {scenario for one in figures() for scenario in one.scenarios} == set()


@pytest.mark.parametrize("name", TPS)
def test_rates_are_those_of_the_notes(name: str) -> None:
    assert (named(name).rate, named(name).derived) == (TPS[name], "")


@pytest.mark.parametrize("name", TOTALS)
def test_totals_are_kept_and_their_rate_is_derived(name: str) -> None:
    figure = named(name)
    assert figure.readings == TOTALS[name]
    assert figure.rate == pytest.approx(TOTALS[name] / 300)
    assert f"{TOTALS[name]:,} readings ÷ 5 minutes" in figure.derived


@pytest.mark.parametrize("name", OBSERVED)
def test_what_was_seen_besides_is_kept(name: str) -> None:
    assert [one.values for one in named(name).observed] == OBSERVED[name]


def test_a_sum_that_the_notes_leave_out_is_called_one() -> None:
    figure = named("k5-2x3-rf6-4-producers")  # "32,31,33,34t"
    assert (figure.total, figure.readings) == (None, 130_000)
    assert "a sum that is not in the notes" in figure.derived


def test_an_assumed_duration_is_called_one() -> None:
    assert "assumed: not said here" in named("k5-2x1-rf2-1-producer").derived
    assert "5? min" in named("k5-2x1-rf2-1-producer").in_words


def test_what_the_notes_do_not_say_stays_absent() -> None:
    broker, threads = named("k6-1-broker-1-thread"), named("k4-p10-rf3-acks-1-more-threads").threads
    assert "acks" not in broker.settings
    assert broker.producers[0].board is None
    assert threads is None
    assert "frequency" not in named("b1-mysql-one-thread").settings


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("l7-awsiot-messages-of-the-run", "4.5 million in 3 minutes"),  # 25,076 × 180 s, not 7.5 million
        ("c2-two-nodes", "11 % more"),  # 1152 ÷ 1040, yet "no performance gains"
        ("m6-with-radiator", "3.9 °C"),  # 80.341 - 76.445, yet "5C degrees lower"
        ("k8-until-the-broker-is-busy", "70 % in the text"),
        ("k8-3-producers", "64 threads instead of 32"),
        ("k4-p10-rf3-acks-1", "async"),
    ],
)
def test_contradictions_of_the_notes_are_named(name: str, word: str) -> None:
    assert word in " ".join(named(name).doubts)


def test_nobody_and_no_address_is_named() -> None:
    address = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
    host = re.compile(r"\b(?:producer|consumer|prod|cassandra)\d\b|remi|amazonaws|\bpi@|\w+\.home\b")
    folder = resources.files("reports.reference") / "figures_2019"
    for file in folder.iterdir():
        text = file.read_text(encoding="utf-8")
        assert (address.findall(text), host.findall(text)) == ([], []), file.name
