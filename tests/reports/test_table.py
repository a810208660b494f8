from __future__ import annotations

from typing import Any

import pytest

from collectors.latency import new_histogram
from reports.columns import WIDTH
from reports.table import closing_table
from tests.reports.series import trial_of
from tests.trials import a_round, a_trial

LONG = "in the page cache of all in-sync replicas (acks=all, 3 replicas)"


def test_a_row_tells_median_spread_latency_counts_and_what_they_mean() -> None:
    trial = a_trial(a_round(100.0), a_round(120.0), a_round(90.0))
    head, row = closing_table([trial])
    assert head.split("  ")[0] == "backend"
    columns = (
        "backend threads TPS spread steady limit p50 ms p99 ms acknowledged delivered accounting acknowledged means"
    )
    assert " ".join(head.split()) == columns
    assert (
        " ".join(row.split()) == "sqlite 1 100 -10% +20% too short – 0.250 12.50 600 600 pass on disk (fsync at COMMIT)"
    )


def test_one_round_has_no_spread() -> None:
    assert "1 round" in closing_table([a_trial()])[1]


def test_rows_stand_by_backend_and_then_by_threads() -> None:
    order = [("mysql", 4), ("mysql", 1), ("kafka", 12), ("mysql", 8)]
    lines = closing_table([a_trial(backend=backend, processes=processes) for backend, processes in order])
    assert [line.split()[:2] for line in lines[1:]] == [["mysql", "1"], ["mysql", "4"], ["mysql", "8"], ["kafka", "12"]]


def test_without_latency_there_is_a_dash() -> None:
    assert " – " in closing_table([a_trial(latency={})])[1]


def test_what_is_wrong_is_told_with_the_case() -> None:
    trial = a_trial(a_round(accounting="fail"), evidence=["run 01: 1 readings lost: producer 0, reading 7"])
    lines = closing_table([trial])
    assert "fail" in lines[1]
    assert lines[2] == f"{trial.name}: run 01: 1 readings lost: producer 0, reading 7"


def test_doubts_are_told_once_with_the_cases_they_concern() -> None:
    trials = [
        a_trial(name="perf/a.py::one[x]", doubts=["hot", "wet"]),
        a_trial(name="perf/a.py::two[y]", doubts=["hot"]),
    ]
    lines = closing_table(trials)
    assert lines[-3:] == ["doubts:", "  hot (every case)", "  wet (one[x])"]


def test_a_row_says_what_a_name_would_hide() -> None:
    trial = a_trial(backend="awsiot", server=a_trial().server | {"says": {"endpoint": "local broker, not AWS"}})
    assert closing_table([trial])[1].startswith("awsiot (local broker, not AWS) ")


def test_nothing_measured_is_no_table() -> None:
    assert closing_table([]) == []


def test_columns_stand_under_each_other() -> None:
    lines = closing_table([a_trial(), a_trial(a_round(1234567.0), backend="cassandra-acsylla", processes=80)])
    assert len({line.index("on disk") for line in lines[1:]}) == 1
    assert lines[0].index("acknowledged means") == lines[1].index("on disk")


@pytest.mark.parametrize(
    ("rates", "told"), [([1000] * 60, "yes"), ([1000] * 30 + [700] * 30, "no"), ([9, 9], "too short")]
)
def test_a_row_tells_whether_it_was_steady(rates: list[float], told: str) -> None:
    lines = closing_table([trial_of(rates)])
    assert lines[1][lines[0].index("steady") :].startswith(f"{told}  ")


def test_what_the_record_says_of_steadiness_goes_before_what_would_be_found_now() -> None:
    head, row = closing_table([a_trial(steady={"steady": False})])
    assert row[head.index("steady") :].startswith("no ")


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        (None, "–"),
        ({"class": "server CPU", "sure": "sure"}, "server CPU"),
        ({"class": "server CPU", "sure": "likely"}, "server CPU?"),
        ({"class": "network", "sure": "guess"}, "network??"),
    ],
)
def test_a_row_tells_the_limit_and_how_sure_it_is(limit: dict[str, Any] | None, told: str) -> None:
    head, row, *legend = closing_table([a_trial(limit=limit)])
    assert row[head.index("limit") :].startswith(f"{told}  ")
    assert legend == (["limit: ? likely"] if told.endswith("U?") else ["limit: ?? a guess"] if "??" in told else [])


def test_lines_fit_a_terminal_whatever_acknowledged_means() -> None:
    limit = {"class": "producer CPU", "sure": "guess"}
    said = {"says": {"endpoint": "local broker, not AWS"}}
    trials = [
        a_trial(a_round(2e6, acknowledged=10**9), backend="awsiot", acknowledged_means=LONG, limit=limit, server=said),
        a_trial(backend="kafka", acknowledged_means=LONG, doubts=["so many words " * 30], evidence=["lost " * 90]),
    ]
    lines = closing_table(trials)
    assert max(map(len, lines)) <= WIDTH
    column = lines[0].index("acknowledged means")
    kafka = next(index for index, line in enumerate(lines) if line.startswith("kafka"))
    assert " ".join(line[column:] for line in lines[1:kafka]).split() == LONG.split()
    assert lines[kafka][column:] == "″"
    assert lines[-1].startswith("    ")


@pytest.mark.parametrize("width", [80, 40])
def test_a_narrow_terminal_gets_all_of_it_in_two_tables(width: int) -> None:
    limit = {"class": "server I/O", "sure": "likely"}
    fast = a_round(249_000.0, acknowledged=10**6, delivered=999_999, accounting="inconclusive")
    trials = [
        a_trial(fast, backend="cassandra-acsylla", acknowledged_means=LONG, limit=limit, doubts=["many words " * 30]),
        a_trial(backend="sqlite", limit=limit),
        a_trial(backend="mysql"),
    ]
    lines = closing_table(trials, width)
    assert max(map(len, lines)) <= 80
    first, second = lines.index(""), lines.index("", lines.index("") + 1)
    assert lines[0].split() == ["backend", "threads", "TPS", "spread", "limit", "p99", "ms", "accounting"]
    assert lines[1].split()[-6:] == ["1", "round", "server", "I/O?", "12.50", "inconclusive"]
    assert lines[first + 1].split()[:4] == ["backend", "threads", "steady", "p50"]
    assert lines[first + 2].split()[-2:] == ["1,000,000", "999,999"]
    below = " ".join(" ".join(lines[second:]).split())
    assert f"acknowledged means: cassandra-acsylla: {LONG} sqlite, mysql: on disk (fsync at COMMIT) limit:" in below


def test_cases_that_differ_are_named_in_both_tables() -> None:
    named = [a_trial(name=f"perf/t.py::t[sqlite-acks={one}]", backend="sqlite") for one in ("all", "none")]
    lines = closing_table(named, 80)
    assert sum("acks=none" in line for line in lines[: lines.index("acknowledged means:")]) == 2


def test_no_more_is_broken_than_has_to_be() -> None:
    said = {"says": {"endpoint": "local broker, not AWS"}}
    lines = closing_table([a_trial(backend="awsiot", acknowledged_means=LONG, server=said)])
    assert lines[1].startswith("awsiot (local broker, not AWS) ")


def test_an_open_loop_tells_its_schedule_and_both_latencies() -> None:
    histogram = new_histogram()
    histogram.record_value(2_000_000, 100)
    schedule = {"rate": 500.0, "intended": 1000, "sent": 950, "late": 7, "behind_max_ms": 120.0, "behind_end_ms": 0.5}
    one = a_round(schedule=schedule, service_histogram=histogram.encode().decode())
    latency = {"p50_ms": 3.0, "p99_ms": 40.0, "p99.9_ms": 50.0, "max_ms": 60.0}
    lines = closing_table([a_trial(one, one, latency=latency), a_trial()])
    head = next(line for line in lines if line.startswith("open loop"))
    (row,) = [line for line in lines if line.startswith("test_one_thread")]
    assert head.split()[2:7] == ["asked", "sent", "late", "behind", "max"]
    assert row.split()[1:10] == ["500", "475", "14", "120.00", "0.500", "3.00", "40.00", "50.00", "60.00"]
    assert [float(cell) for cell in row.split()[10:]] == pytest.approx([2.0] * 4, rel=0.01)


def test_without_an_open_loop_there_is_no_word_of_it() -> None:
    assert not any("open loop" in line for line in closing_table([a_trial()]))


def test_what_a_backend_cannot_show_is_a_dash() -> None:
    lines = closing_table([a_trial(a_round(delivered=None))])
    assert " – " in lines[1][lines[0].index("acknowledged") :]


def test_the_limit_is_shown_with_its_evidence_and_what_the_test_of_it_brought() -> None:
    limit = {"class": "round trip", "sure": "likely", "evidence": ["one in flight", "nothing busy", "a third line"]}
    confirmation = {"verdict": "confirmed", "why": "1.9 times the throughput with 2 producers"}
    text = "\n".join(closing_table([a_trial(limit=limit, confirmation=confirmation)]))
    assert "round trip?, confirmed" in text
    assert "one in flight; nothing busy; confirmed: 1.9 times the throughput" in text
    assert "a third line" not in text
    text = "\n".join(closing_table([a_trial(limit=limit | {"class": "unknown"})]))
    assert "unknown" in text
    assert "unknown?" not in text


def test_cases_of_a_suite_are_told_apart_and_stay_in_the_order_in_which_they_were_measured() -> None:
    named = "perf/test_kafka_scaling.py::test_kafka_scaling[kafka-{}]"
    cases = [("kafka-3x1-p10-from1x4", 4), ("kafka-1x1-p1-from1x1", 1)]
    lines = closing_table([a_trial(backend="kafka", name=named.format(case), processes=count) for case, count in cases])
    assert lines[0].split()[:3] == ["backend", "case", "threads"]
    assert [" ".join(line.split()[:3]) for line in lines[1:3]] == [
        "kafka kafka-3x1-p10-from1x4 4",
        "kafka kafka-1x1-p1-from1x1 1",
    ]
    assert "case" not in closing_table([a_trial(name="perf/a.py::b[sqlite-2x]")])[0]
    assert (
        "kafka-1x1-p1 processes=4" in closing_table([a_trial(name="perf/a.py::b[kafka]::kafka-1x1-p1 processes=4")])[1]
    )
