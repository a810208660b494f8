"""Saved runs: found by a name that a person has, and read or refused by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collectors.errors import UsageError
from reports.saved_run import find, load, saved_runs
from tests.trials import a_round, a_trial, saved


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    folder = tmp_path / "Linux-CPython-3.11-64bit"
    folder.mkdir()
    for number, rate in ((1, 100.0), (2, 200.0), (11, 300.0)):
        content = saved(a_trial(a_round(rate)), commit=f"c{number}")
        (folder / f"{number:04}_c{number}.json").write_text(json.dumps(content))
    (folder / "notes.json").write_text("{}")
    return tmp_path


def test_a_run_is_what_was_saved(storage: Path) -> None:
    run = load(saved_runs(storage)[1])
    assert (run.label, run.commit["id"], run.saved) == ("0002_c2", "c2", "2026-11-23T10:00:00+00:00")
    [case] = run.cases
    assert case.trial == a_trial(a_round(200.0))
    assert (case.name, case.benchmark["group"]) == (case.trial.name, "test_one_thread")


def test_runs_are_named_by_number_or_path_or_as_the_latest(storage: Path) -> None:
    oldest, second, newest = saved_runs(storage)
    assert find(storage, "0001") == oldest
    assert find(storage, str(second)) == second
    assert find(storage, "latest") == newest


@pytest.mark.parametrize(
    ("wanted", "words"), [("0007", "no saved run '0007'"), ("00", "several runs '00'"), ("none.json", "no saved run")]
)
def test_what_cannot_be_found_names_what_there_is(storage: Path, wanted: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as raised:
        find(storage, wanted)
    assert "0001_c1, 0002_c2, 0011_c11" in str(raised.value)


def test_a_case_of_another_suite_is_left_out(tmp_path: Path) -> None:
    content = saved(a_trial(), a_trial(name="other"))
    del content["benchmarks"][1]["extra_info"]["trial"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    assert len(load(path).cases) == 1


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("{}")
    with pytest.raises(
        UsageError, match=r"a\.json: expected a file that pytest-benchmark has saved: benchmarks: missing"
    ):
        load(path)
    with pytest.raises(UsageError, match=r"b\.json: No such file"):
        load(tmp_path / "b.json")
