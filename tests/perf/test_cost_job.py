"""`pytest perf/test_harness_cost.py`, as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from perf.test_harness_cost import CASES

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("named", "count"), [("perf", 0), ("perf/test_harness_cost.py", len(CASES)), ("perf -k mysql-each", 0)]
)
def test_it_is_no_part_of_the_main_job_and_runs_where_it_is_named(named: str, count: int) -> None:
    listed = run(*named.split(), "--collect-only", "-q").stdout
    assert listed.count("test_harness_cost[") == count


def test_the_ids_stay_as_they_are() -> None:
    """By them results of different days are compared."""
    assert [case.name for case in CASES if case.backend in {"sqlite", "mysql"}] == [
        *("sqlite-each", "mysql-each", "mysql-each-2-processes", "mysql-commit-1000", "mysql-commit-1000-batch-100")
    ]
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.slow
def test_a_case_ends_with_the_table_and_is_saved(tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    done = run(
        *("perf/test_harness_cost.py", "-k", "sqlite", "--cost-rounds", "2", "--cost-seconds", "0.3"),
        *("--sensor", "synthetic", f"--benchmark-json={saved}", f"--benchmark-storage=file://{tmp_path}/storage"),
    )
    assert done.returncode == 0, done.stdout
    assert "the price of measuring" in done.stdout
    assert "sqlite-each: round 2 of 2: bare" in done.stdout
    [benchmark] = json.loads(saved.read_text())["benchmarks"]
    cost = benchmark["extra_info"]["cost"]
    assert {"median", "low", "high", "name"} <= set(cost["versus_bare"])
    assert cost["goal"]["versus_bare"] == 0.97
    assert cost["met"]["versus_bare"] is None
    assert [sorted(one["order"]) for one in cost["rounds"]] == [sorted(cost["tps"])] * 2
    rates = [one["ours"]["tps"] for one in cost["rounds"]]
    assert benchmark["stats"]["ops"] == pytest.approx(2 / sum(1 / rate for rate in rates))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("option", "value", "expected"), [("rounds", "0", "expected 1 or more"), ("seconds", "0", "more than 0 seconds")]
)
def test_options_that_make_no_sense_are_refused(option: str, value: str, expected: str) -> None:
    done = run("perf/test_harness_cost.py", "-k", "sqlite", f"--cost-{option}", value)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert expected in done.stderr
