"""`python -m reports compare`: what it shows, what it refuses, and when it fails a change."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from collectors.record import Trial
from reports.__main__ import main
from tests.trials import a_round, a_trial, saved


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    """Return a storage with four runs, two slower ones, and one that lost readings."""
    rates = {1: (100, 101, 102), 2: (101, 102, 100), 3: (99, 100, 101), 4: (100, 102, 101)}
    rates |= {
        5: (80, 81, 82),
        6: (81, 80, 82),
        7: (79, 80, 81),
        8: (80, 82, 81),
        10: (100, 101, 102),
        11: (101, 100, 102),
    }
    for number, each in rates.items():
        put(tmp_path, number, a_trial(*map(a_round, each)))
    lossy = a_trial(a_round(100.0), a_round(100.0, accounting="fail", lost=3))
    put(tmp_path, 9, lossy, replace(lossy, name="test_other[mqtt]"))
    return tmp_path


def put(storage: Path, number: int, *trials: Trial, **fields: Any) -> None:
    folder = storage / "Linux-CPython-3.11-64bit"
    folder.mkdir(exist_ok=True)
    (folder / f"{number:04}_run.json").write_text(json.dumps(saved(*trials, **fields)))


def compare(storage: Path, *arguments: str) -> int:
    return main(["compare", "--storage", str(storage), *arguments])


def test_a_narrow_terminal_gets_all_of_it_in_three_tables(
    storage: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert compare(storage, "0001,0002,0003,0004", "0005,0006,0007,0008") == 0
    lines = capsys.readouterr().out.splitlines()
    first, second, third, *_ = (line.split() for line in lines if line.startswith("test_one_thread[sqlite]"))
    assert (first[1], first[-1]) == ("-19.9%", "slower")
    assert (second[1], second[3]) == ("101", "81")
    assert third[-3:] == ["runs", "a", "side"]
    assert max(map(len, lines)) <= 80


def test_what_is_slower_is_told_with_its_figures(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(storage, "0001,0002,0003,0004", "0005,0006,0007,0008") == 0
    shown = capsys.readouterr().out
    [row] = [line for line in shown.splitlines() if line.startswith("test_one_thread[sqlite]")]
    assert row.split()[:2] == ["test_one_thread[sqlite]", "101"]
    assert row.endswith("slower")
    assert "-19.9%" in row
    for word in (
        "ops, as pytest-benchmark has it (1 ÷ mean",
        "median of the rounds",
        "Welch 1947",
        "Holm 1979",
        "Bloom",
    ):
        assert word in shown
    assert "candidate: 0008_run of 2026-11-23T10:00:00, commit 0123abc" in shown
    assert "limit on both sides: unknown" in shown


@pytest.mark.parametrize(
    ("sides", "status", "told"),
    [
        ("0001,0002,0003 0005,0006,0007", 1, "failed: test_one_thread[sqlite] is 20 % slower, 5 % or more"),
        ("0005,0006,0007 0001,0002,0003", 0, "faster"),
        ("0001,0002,0003 0004,0010,0011", 0, "no difference shown"),
        ("0001 0005", 1, "failed: no verdict on any case of 1:"),
        ("0001,0002 0009", 1, "lost readings that the base did not lose"),
    ],
    ids=("slower", "faster", "alike", "too short", "lossy"),
)
def test_a_gate_lets_pass_only_what_was_shown_to_be_no_slower(
    storage: Path, capsys: pytest.CaptureFixture[str], sides: str, status: int, told: str
) -> None:
    assert compare(storage, *sides.split(), "--fail-on-slower", "5%") == status
    assert told in capsys.readouterr().out


def test_a_change_that_is_smaller_than_what_is_minded_passes(storage: Path) -> None:
    assert compare(storage, "0001,0002,0003", "0005,0006,0007", "--fail-on-slower", "30%") == 0


def test_doubts_mark_the_verdict_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        put(tmp_path, number, a_trial(a_round(100.0), a_round(101.0)))
        put(tmp_path, number + 2, a_trial(a_round(50.0, failed=3), a_round(51.0), sensor="synthetic"))
    compare(tmp_path, "0001,0002", "0003,0004", "--across", "sensor")
    shown = capsys.readouterr().out
    assert "slower *" in shown
    assert "candidate: 3 readings failed or have an unknown outcome [2 of 2 runs] (test_one_thread[sqlite])" in shown


def test_one_run_a_side_is_told_to_be_too_few_and_how_many_it_takes(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(storage, "0001", "0005") == 0
    shown = capsys.readouterr().out
    [row] = [line for line in shown.splitlines() if line.startswith("test_one_thread[sqlite]")]
    assert re.search(r"†  –        none    \d runs a side  no verdict$", row)
    assert "one run a side, and how far two sessions of the same code differ here is not known" in shown
    assert "†: over the rounds of one session" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["0001", "0001"], "is on both sides"),
        (["0001,0001", "0002"], "is named twice"),
        (["0001", "0099"], "no saved run '0099'"),
        (["0001", ","], "expected one saved run"),
        (["0001", "0002", "-k", "nothing"], "no case to compare whose id contains 'nothing'"),
        (["0001", "0002", "--across", "colour"], "--across colour: no such key"),
        (["0001", "0002", "--time", "5m"], "--time and --pytest are for --interleaved"),
        (["0001", "0002", "--interleaved", "-k", "x"], "-k is for saved runs"),
        (["0001", "0002", "--interleaved"], "'0001' is neither a folder nor options"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_compared_is_a_usage_error(
    storage: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert compare(storage, *arguments) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--fail-on-slower=5", "--find=0%", "--find=120%", "--time=5"])
def test_what_is_no_share_or_time_says_what_was_expected(
    storage: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    with pytest.raises(SystemExit):
        compare(storage, "0001", "0002", option)
    assert "such as" in capsys.readouterr().err
