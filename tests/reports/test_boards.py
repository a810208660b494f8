"""What boards reach, from saved files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.record import Trial
from reports.__main__ import main
from reports.boards import board_table
from tests.trials import a_round, a_trial, saved

PI2: dict[str, Any] = {"name": "pi2", "roles": ["producer", "server"], "board": "Raspberry Pi 2", "cpus": 4}


def case(tps: float, processes: int, suite: str = "test_threads", **fields: Any) -> Trial:
    name = f"perf/{suite}.py::{suite}[kafka-{processes}]"
    fields = {"backend": "kafka", "hosts": [PI2]} | fields
    return a_trial(a_round(tps), name=name, processes=processes, **fields)


def rows(*trials: Trial) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("  ") if cell] for line in board_table(trials)[1:]]


def test_one_thread_and_the_best_of_several_stand_side_by_side() -> None:
    assert rows(case(149, 1), case(900, 8), case(1208, 12), case(1100, 64)) == [
        ["Raspberry Pi 2", "4", "kafka", "149", "1,208", "12", "1"]
    ]


def test_boards_and_backends_are_told_apart_and_runs_put_together() -> None:
    other = PI2 | {"board": None, "machine": "x86_64", "cpus": 2}
    found = rows(case(100, 1), case(200, 1), case(300, 1), case(50, 1, backend="mqtt"), case(7, 4, hosts=[other]))
    assert found == [
        ["Raspberry Pi 2", "4", "kafka", "200", "–", "–", "3"],
        ["Raspberry Pi 2", "4", "mqtt", "50", "–", "–", "1"],
        ["x86_64", "2", "kafka", "–", "7", "4", "1"],
    ]


def test_what_says_nothing_of_a_board_does_not_count() -> None:
    left_out = [
        case(1, 1, suite="test_commit_frequency"),
        case(1, 1, state="interrupted"),
        case(1, 1, hosts=[PI2, PI2]),
        case(1, 1, settings={"rate": 5.0}),
        a_trial(a_round(accounting="fail"), name="perf/test_threads.py::test_threads[kafka-1]", hosts=[PI2]),
    ]
    assert board_table(left_out) == []


def test_the_command_reads_saved_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "Linux"
    folder.mkdir()
    (folder / "0001_x.json").write_text(json.dumps(saved(case(149, 1))))
    assert main(["boards", "--storage", str(tmp_path)]) == 0
    assert "Raspberry Pi 2  " in capsys.readouterr().out


@pytest.mark.parametrize(("content", "words"), [("{}", "expected a file that pytest-benchmark"), ("[", "expected")])
def test_another_file_is_named(content: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    assert main(["boards", str(path)]) == 2
    assert f"error: {path}: {words}" in capsys.readouterr().err
    assert main(["boards", "--storage", str(tmp_path)]) == 2
    assert "no saved case of test_one_thread" in capsys.readouterr().err
