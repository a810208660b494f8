"""Which results compare: the key that is not the same is named with both values, and nothing else stands in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectors.record import Trial
from reports.comparison.identity import covers, identity
from reports.comparison.pair import Pair, pairs
from reports.comparison.reasons import reasons
from reports.comparison.verdict import compare
from tests.trials import a_round, a_trial

from .simulated import a_run

PI = {"name": "pi1", "roles": ["producer"], "fingerprint": {"board": "Raspberry Pi 4", "cpus": 4, "code": "aa" * 32}}
BROKER = {"name": "pi2", "roles": ["server"], "fingerprint": {"board": "Raspberry Pi 4", "cpus": 4, "code": "aa" * 32}}
KAFKA = a_trial(
    hosts=[PI, BROKER],
    settings={"acks": "all", "rounds": 3},
    server={"service": "kafka", "version": "4.1", "filesystem": "ext4", "settings": {"brokers": 1, "cluster_id": "x"}},
)


def pair(one: Trial, other: Trial, *across: str) -> Pair:
    [found] = pairs([a_run("0001", one)], [a_run("0002", other)], across)
    return found


def on(board: str, **facts: Any) -> dict[str, Any]:
    return PI | {"fingerprint": {"board": board, "cpus": 4, "code": "aa" * 32} | facts}


def served(**fields: Any) -> Trial:
    return replace(KAFKA, server=KAFKA.server | fields)


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(KAFKA, environment="container"), "environment: native → container"),
        (
            replace(KAFKA, hosts=[on("Raspberry Pi 5"), BROKER]),
            "board: 2 × Raspberry Pi 4, 4 CPUs → Raspberry Pi 4, 4 CPUs + Raspberry Pi 5, 4 CPUs",
        ),
        (replace(KAFKA, hosts=[PI, BROKER, BROKER]), "topology: producer + server → producer + 2 × server"),
        (replace(KAFKA, processes=4), "processes: 1 → 4"),
        (served(version="4.2"), "server.version: 4.1 → 4.2"),
        (served(settings={"brokers": 2}), "server.settings.brokers: 1 → 2"),
        (served(settings={"brokers": 1, "settings": {"heap": "1G"}}), "server.settings.heap: none → 1G"),
        (served(filesystem="tmpfs"), "server.filesystem: ext4 → tmpfs"),
        (served(says={"endpoint": "local broker"}), "server.endpoint:  → local broker"),
        (replace(KAFKA, settings={"acks": "1"}), "settings.acks: all → 1"),
        (replace(KAFKA, acknowledged_means="nothing"), "acknowledged: on disk (fsync at COMMIT) → nothing"),
        (replace(KAFKA, client="kafka-python 4"), "client: SQLite 3 → kafka-python 4"),
        (
            replace(KAFKA, hosts=[on("Raspberry Pi 4", code="bb" * 32), BROKER]),
            "code: aaaaaaaaaaaa → aaaaaaaaaaaa, bbbbbbbbbbbb",
        ),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_what_does_not_compare_names_the_key_and_both_values(other: Trial, told: str) -> None:
    assert told in pair(KAFKA, other).refused.split("; ")
    [verdict] = compare([pair(KAFKA, other)])
    assert verdict.word == "not comparable"
    assert told in verdict.why


def test_what_is_another_in_every_session_stands_in_nobodys_way() -> None:
    other = replace(
        KAFKA,
        hosts=[PI | {"name": "pi7"}, BROKER],
        settings={"acks": "all", "rounds": 9},
        server=KAFKA.server | {"settings": {"brokers": 1, "cluster_id": "y"}, "data_folder": "elsewhere"},
    )
    assert pair(KAFKA, other).refused == ""


def test_sides_may_differ_in_what_is_compared() -> None:
    other = replace(KAFKA, settings={"acks": "1", "linger": 5})
    assert pair(KAFKA, other, "settings").refused == ""
    assert pair(KAFKA, other, "settings.acks").refused == "settings.linger: none → 5"
    assert not covers(["set"], "settings.acks")


def test_a_record_without_the_code_is_told_by_its_commit() -> None:
    old = replace(KAFKA, hosts=[{"name": "local"}])
    assert identity(old, {"id": "0123456789abcdef", "dirty": True})["code"] == "commit 0123456789ab + changes"


@pytest.mark.parametrize(
    ("worse", "told"),
    [
        (
            replace(KAFKA, rounds=[a_round(accounting="fail", lost=7)]),
            "accounting fail (7 acknowledged readings lost) in 0002",
        ),
        (replace(KAFKA, rounds=[a_round(accounting="inconclusive")]), "accounting inconclusive in 0002"),
        (replace(KAFKA, state="interrupted"), "the case was interrupted in 0002"),
        (replace(KAFKA, rounds=[a_round(0.0)]), "a round without any reading in 0002"),
    ],
    ids=("lost", "inconclusive", "interrupted", "nothing"),
)
def test_what_is_unsound_is_not_compared(worse: Trial, told: str) -> None:
    assert pair(KAFKA, worse).refused == f"candidate: {told}"


def test_runs_of_one_side_have_to_be_alike() -> None:
    runs = [a_run("0001", KAFKA), a_run("0002", replace(KAFKA, processes=2))]
    [found] = pairs(runs, [a_run("0003", KAFKA)], ["processes"])
    assert found.refused == "base: its runs differ in processes: 1 in 0001, 2 in 0002"


def test_a_case_on_one_side_alone_is_told() -> None:
    found = pairs([a_run("0001", KAFKA)], [a_run("0002", replace(KAFKA, name="other"))])
    assert [one.refused for one in found] == ["candidate: not measured", "base: not measured"]


def limited(trial: Trial, **columns: list[float]) -> Trial:
    samples = {"pi1": {"at": [1.0, 2.0], **columns}}
    return replace(trial, rounds=[replace(one, samples=samples) for one in trial.rounds])


def test_why_it_changed_names_the_limits_and_whatever_differs() -> None:
    idle = {"cpu.user": [0.2, 0.2], "cpu.system": [0.0, 0.0], "cpu.idle": [3.8, 3.8], "cpu.mhz": [1500.0, 1500.0]}
    busy = idle | {"cpu.user": [3.9, 3.9], "cpu.idle": [0.1, 0.1], "producers.cpu": [3.9, 3.9]}
    one = limited(replace(KAFKA, hosts=[on("Raspberry Pi 4", kernel="6.1", clients={"kafka-python": "3.0"})]), **idle)
    other = limited(
        replace(KAFKA, hosts=[on("Raspberry Pi 4", kernel="6.6", clients={"kafka-python": "3.1"})]),
        **busy | {"cpu.temperature": [70.0, 81.5], "cpu.mhz": [1000.0, 1000.0]},
    )
    one = limited(one, **idle | {"cpu.temperature": [50.0, 51.0]})
    baselines = [{"disk": {"fsyncs": {"value": value}}} for value in (1000.0, 700.0)]
    one, other = (
        replace(trial, hosts=[host | {"baselines": found} for host in trial.hosts])
        for trial, found in zip((one, other), baselines, strict=True)
    )
    told = reasons(pair(one, other), "no difference shown")
    assert told[0].startswith("same TPS, the limit moved from ")
    assert told[0].endswith(" to producer CPU")
    assert told[1:] == [
        "kernel of pi1: 6.1 → 6.6",
        "kafka-python of pi1: 3.0 → 3.1",
        "baselines of pi1: disk fsyncs 1,000 → 700 (-30 %)",
        "hottest moment of pi1: 51 °C → 82 °C",
        "mean clock of pi1: 1,500 MHz → 1,000 MHz",
    ]


def test_a_limit_that_stays_is_told_as_well() -> None:
    assert reasons(pair(KAFKA, KAFKA), "slower") == ["limit on both sides: unknown"]


def test_one_run_of_many_moves_no_limit() -> None:
    busy = {"cpu.user": [3.9, 3.9], "cpu.system": [0.0, 0.0], "cpu.idle": [0.1, 0.1], "producers.cpu": [3.9, 3.9]}
    [found] = pairs(
        [a_run("0001", limited(KAFKA, **busy)), a_run("0002", KAFKA), a_run("0003", KAFKA)], [a_run("0004", KAFKA)]
    )
    assert reasons(found, "slower") == ["limit on both sides: unknown (2 of 3 runs), unknown"]
