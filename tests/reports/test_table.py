from __future__ import annotations

from reports.table import closing_table
from tests.trials import a_round, a_trial


def test_a_row_tells_median_spread_latency_counts_and_what_they_mean() -> None:
    trial = a_trial(a_round(100.0), a_round(120.0), a_round(90.0))
    head, row = closing_table([trial])
    assert head.split("  ")[0] == "backend"
    columns = "backend threads TPS spread p50 ms p99 ms acknowledged delivered accounting acknowledged means"
    assert " ".join(head.split()) == columns
    assert " ".join(row.split()) == "sqlite 1 100 -10% +20% 0.250 12.50 600 600 pass on disk (fsync at COMMIT)"


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
