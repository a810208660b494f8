"""`python -m reports history`: runs in lines that compare, and where throughput changed."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.command import DONE, FAILED, USAGE
from reports.history.change_points import change_points
from tests.trials import a_round, a_trial, saved

OTAVA = shutil.which(os.environ.get("OTAVA", "otava"))
needs_otava = pytest.mark.skipif(OTAVA is None, reason="Apache Otava is not there; tox -e history brings it")
CASE = "test_one_thread[sqlite]"
HOST = {"name": "local", "roles": ["producer"], "hostname": "pi1", "board": None, "machine": "aarch64", "cpus": 4}
LEVELS = [100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 100.8, 80.0, 81.0, 79.5, 80.5, 79.0, 80.2, 80.9]


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    folder = tmp_path / ".benchmarks" / "machine"
    folder.mkdir(parents=True)
    return folder


def add(storage: Path, tps: float, lost: int = 0, **fields: Any) -> None:
    number = len(list(storage.iterdir())) + 1
    verdict = "fail" if lost else "pass"
    rounds = [a_round(tps * share, accounting=verdict, lost=lost) for share in (0.98, 1.0, 1.03)]
    trial = a_trial(*rounds, **{"hosts": [HOST]} | fields)
    content = saved(trial, when=f"2026-11-{number:02}T10:00:00+00:00", commit=f"{number:010x}{0:030}")
    (storage / f"{number:04}_run.json").write_text(json.dumps(content))


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    def run(*arguments: str) -> list[str]:
        assert main(["history", *arguments]) == DONE
        return capsys.readouterr().out.splitlines()

    return run


def test_each_run_is_a_line_with_date_commit_host_tps_spread_and_limit(
    storage: Path, told: Callable[..., list[str]]
) -> None:
    add(storage, 100.0)
    add(storage, 2000.0, lost=1)
    head, columns, first, second, end, *_ = told("--case", CASE)
    assert head == f"perf/test_one_thread.py::{CASE}: native, local (producer) pi1, aarch64, 4 CPUs; 2 runs"
    assert columns.split() == ["date", "(UTC)", "commit", "host", "TPS", "spread", "limit", "remark"]
    assert first.split()[:8] == ["2026-11-01", "10:00", "0000000001", "pi1", "100", "-2%", "+3%", "unknown"]
    assert "left out: accounting fail" in second
    assert end == "  too few runs to look for changes: 1 that count, of at least 6"


def test_runs_that_do_not_compare_stand_apart_and_say_why(storage: Path, told: Callable[..., list[str]]) -> None:
    add(storage, 100.0)
    add(storage, 900.0, hosts=[HOST | {"hostname": "pi2", "cpus": 8}])
    add(storage, 100.0, environment="container")
    add(storage, 100.0, settings={"frequency": 1000})
    add(storage, 101.0, settings={"frequency": 1, "in_flight": 0, "rate": 0.0, "rounds": 9})  # as the first one's
    add(storage, 102.0, acknowledged_means="nothing")
    lines = told("--case", CASE)
    assert sum(line.startswith("perf/") for line in lines) == 5
    assert "  2026-11-02 10:00: host local (producer): pi2, aarch64, 8 CPUs, not pi1, aarch64, 4 CPUs" in lines
    assert "  2026-11-03 10:00: environment: container, not native" in lines
    assert "  2026-11-04 10:00: frequency: 1000, not 1" in lines
    assert any("acknowledged means: nothing, not on disk" in line for line in lines)


def test_without_otava_the_lines_are_told_and_how_to_get_it(storage: Path, told: Callable[..., list[str]]) -> None:
    for tps in LEVELS:
        add(storage, tps)
    lines = told("--case", CASE)
    assert "  changes of throughput were not looked for: Apache Otava is not there" in lines
    assert "pip install apache-otava==" in lines[-1]
    assert told() == [f"   14  perf/test_one_thread.py::{CASE}"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--case", "nope"], USAGE, f"no saved run has a case 'nope' – name one such as {CASE}"),
        (["--case", CASE, "--otava", "/nowhere/otava"], USAGE, "--otava /nowhere/otava: no program there"),
        (["--case", CASE, "--otava", "/bin/false"], FAILED, "/bin/false failed: exit status 1"),
        (["--case", CASE, "--otava", "/bin/echo"], FAILED, "/bin/echo said something else than change points"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    storage: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, words: str
) -> None:
    for tps in LEVELS:
        add(storage, tps)
    assert main(["history", *arguments]) == status
    [line] = capsys.readouterr().err.splitlines()
    assert words in line


@pytest.mark.slow
@needs_otava
def test_a_change_is_named_with_its_commits_and_what_else_was_new(
    storage: Path, told: Callable[..., list[str]]
) -> None:
    for number, tps in enumerate(LEVELS):
        add(storage, tps, client="SQLite 4" if number > 6 else "SQLite 3")
        if number == 2:
            add(storage, 5000.0, lost=1)  # does not count, and shifts what comes after it
    lines = told("--case", CASE, "--otava", str(OTAVA))
    at = next(number for number, line in enumerate(lines) if line.startswith("  ── "))
    assert lines[at].startswith("  ── -20.0% from here on: 100 to 80 TPS on average, p < 0.000001")
    assert "commit 0000000008 to 0000000009; what else is new: client SQLite 3 → SQLite 4" in " ".join(
        lines[at : at + 2]
    )
    following = next(line for line in lines[at:] if line.startswith("  2026"))
    assert "0000000009" in following
    assert sum(line.startswith("  ── ") for line in lines) == 1


@pytest.mark.slow
@needs_otava
def test_histories_without_a_change_show_one_seldom_and_a_tenth_is_found() -> None:
    # By simulation, 1 % and 87 % of these (decision 14); the bounds hold with a probability of 99.9 %.
    random.seed(14)

    def histories(shift: float) -> list[list[float]]:
        return [
            [1000 * (1 + shift * (run >= 6)) * random.lognormvariate(0, 0.03) for run in range(12)] for _ in range(100)
        ]

    assert sum(map(bool, change_points(histories(0.0), Path(str(OTAVA))))) <= 6
    found = change_points(histories(-0.1), Path(str(OTAVA)))
    assert sum(any(abs(one.index - 6) <= 1 for one in points) for points in found) >= 75
