"""Where cases of several hosts ran, as the closing table tells it."""

from __future__ import annotations

from dataclasses import replace

from reports.places import place_lines
from reports.table import closing_table

from .circumstances import a_host, good_round, good_trial

STARTS = {
    "pi1": {"offset_ms": -3.21, "uncertainty_ms": 0.44, "late_ms": 0.0},
    "pi3": {"offset_ms": 3_600_000.0, "uncertainty_ms": 2.0},
}
HOSTS = [a_host("pi1") | {"roles": ["producer"]}, a_host("pi3") | {"roles": ["server"]}]


def test_who_wrote_to_which_host_is_told_with_how_far_their_clocks_are_apart() -> None:
    trial = good_trial(good_round(starts=STARTS), hosts=HOSTS, server={"service": "kafka"})
    assert place_lines([trial]) == [
        "hosts:",
        "  pi1 wrote to kafka on pi3 (every case)",
        "  clocks off: pi1 -3.2 ± 0.4 ms, pi3 +3,600,000.0 ± 2.0 ms",
    ]
    assert "hosts:" in closing_table([trial])


def test_a_server_that_was_there_already_has_no_host() -> None:
    trial = good_trial(good_round(starts=STARTS), hosts=HOSTS[:1], server={"service": "mariadb"})
    assert place_lines([trial])[1] == "  pi1 wrote to mariadb that was there already (every case)"


def test_clocks_that_are_right_are_told_together() -> None:
    close = {
        "pi1": {"offset_ms": -0.2, "uncertainty_ms": 0.4, "late_ms": 0.0},
        "pi3": {"offset_ms": 1.1, "uncertainty_ms": 0.8},
    }
    trial = good_trial(good_round(starts=close), hosts=HOSTS, server={"service": "kafka"})
    assert place_lines([trial])[-1] == "  clocks within 1.9 ms of the controlling machine's"


def test_nothing_is_told_where_all_ran_on_one_machine() -> None:
    assert place_lines([good_trial(good_round())]) == []


def test_the_tag_of_a_case_is_no_part_of_what_tells_it_from_others() -> None:
    trial = good_trial(good_round(starts=STARTS), hosts=HOSTS, server={"service": "kafka"})
    tagged = replace(trial, environment="hardware", name=f"x.py::test_all[{trial.backend}@hardware-2x]")
    assert "case" not in closing_table([tagged])[0]
