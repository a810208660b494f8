"""The figures as a saved run: of the same schema as any other, and never to be taken for one that was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.stats import Stats

from collectors.record import COUNTS, Trial
from reports.__main__ import main
from reports.command import DONE, USAGE
from reports.reference.trials import NOT_OURS
from tests.trials import a_trial

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the file that the command writes."""
    made = tmp_path_factory.mktemp("reference") / "reference.json"
    assert main(["reference", "-o", str(made)]) == DONE
    return made


@pytest.fixture(scope="module")
def content(path: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(path.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    return made


def measured(tps: float) -> dict[str, Any]:
    """What pytest-benchmark saves of one measured case."""
    stats = Stats()
    stats.update(1 / tps)
    trial = a_trial()
    name = trial.name.rpartition("::")[2]
    identity = {"group": "test_one_thread", "name": name, "fullname": trial.name, "params": None, "param": "sqlite"}
    return identity | {
        "options": {},
        "extra_info": {"trial": trial.to_json()},
        "stats": stats.as_dict() | {"iterations": 1},
    }


def test_each_benchmark_holds_a_trial_that_comes_back_as_it_was(content: dict[str, Any]) -> None:
    for benchmark in content["benchmarks"]:
        record = benchmark["extra_info"]["trial"]
        trial = Trial.from_json(record)
        assert trial.to_json() == record
        assert trial.tps["median"] == pytest.approx(benchmark["stats"]["ops"])
        assert trial.name == benchmark["fullname"]


def test_it_has_the_fields_of_a_file_that_was_measured(content: dict[str, Any]) -> None:
    benchmark, other = content["benchmarks"][0], measured(1 / content["benchmarks"][0]["stats"]["mean"])
    assert {**benchmark, "extra_info": 0}.keys() == {**other, "extra_info": 0}.keys()
    assert benchmark["stats"] == pytest.approx(other["stats"])
    assert benchmark["extra_info"]["trial"].keys() == other["extra_info"]["trial"].keys()
    assert content.keys() >= {"machine_info", "commit_info", "benchmarks", "datetime", "version"}


def test_nothing_in_it_can_be_taken_for_a_measured_case(content: dict[str, Any]) -> None:
    assert content["machine_info"]["node"] == content["commit_info"]["id"] == "reference"
    for benchmark in content["benchmarks"]:
        record = benchmark["extra_info"]["trial"]
        assert record["environment"] == "reference"
        assert record["accounting"] == "inconclusive"
        assert NOT_OURS in record["doubts"]
        assert benchmark["fullname"] == f"reference-2019::reference[{benchmark['param']}]"
        assert not record["histogram"]
        assert not record["rounds"][0]["run"]


def test_a_count_that_is_not_known_is_null_and_never_0(content: dict[str, Any]) -> None:
    for benchmark in content["benchmarks"]:
        record = benchmark["extra_info"]["trial"]
        counts = {name: record[name] for name in COUNTS} | {"seconds": record["rounds"][0]["seconds"]}
        assert 0 not in counts.values(), benchmark["name"]
        # An exact total, where producers waited for each answer, is the only count there is.
        assert {name for name, value in counts.items() if value is not None} <= {"acknowledged", "seconds"}


def test_what_a_reader_counted_is_kept_beside_what_was_sent(content: dict[str, Any]) -> None:
    record = trial_of(content, "k1-5-producers")
    assert (record["acknowledged"], record["rounds"][0]["reader"]) == (449_423, {"counted": 449_437})
    assert [row["readings"] for row in record["rounds"][0]["producers"]] == [94_347, 88_557, 92_250, 96_539, 77_730]
    assert (record["processes"], record["settings"]["test_time"]) == (320, 300)
    rounded = trial_of(content, "k5-2x1-rf2-2-producers")
    assert (rounded["acknowledged"], rounded["processes"]) == (None, None)
    assert "test_time" not in rounded["settings"]


def trial_of(content: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in content["benchmarks"] if one["param"] == name)
    record: dict[str, Any] = found["extra_info"]["trial"]
    return record


def test_each_has_scenario_source_hardware_unit_and_words(content: dict[str, Any]) -> None:
    described = content["reference"]["figures"]
    for one in described:
        assert all(one[field] for field in ("scenario", "source", "hardware", "quoted")), one["name"]
        assert one["unit"] in {"readings/s", "readings"} if one["figure"] else one["observed"], one["name"]
    by_name = {one["name"]: one for one in described}
    for benchmark in content["benchmarks"]:
        assert benchmark["extra_info"]["reference"] == by_name[benchmark["param"]]


def test_its_settings_have_the_names_that_a_trial_has(content: dict[str, Any]) -> None:
    record = trial_of(content, "k5-2x3-rf2-4-producers")
    assert record["settings"] == {"partitions": 10, "replication": 2, "wait": True, "rounds": 1}
    assert record["server"]["topology"] == {"hosts": 3, "per_host": 2, "partitions": 10, "replication": 2}
    assert [host["board"] for host in record["hosts"] if host["roles"] == ["server"]] == ["Pi 2", "Pi 2", None]


def test_the_suites_whose_group_it_joins_are_there(content: dict[str, Any]) -> None:
    suites = "".join(path.read_text() for path in (ROOT / "perf").glob("test_*.py"))
    groups = {one["group"] for one in content["benchmarks"]}
    assert "test_one_thread" in groups
    assert [one for one in groups if one.startswith("test_") and f"def {one}(" not in suites] == []


def test_what_is_no_throughput_is_in_the_file_too(content: dict[str, Any]) -> None:
    names = {one["name"] for one in content["reference"]["figures"]}
    assert {"o1-leader-killed-readings", "m6-range", "c4-ownership-256-512"} <= names
    assert len(names) > len(content["benchmarks"])


def test_pytest_benchmark_sets_it_beside_a_run(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "0001_run.json"
    other.write_text(json.dumps({"machine_info": {}, "commit_info": {}, "benchmarks": [measured(800.0)]}))
    command = [sys.executable, "-W", "error", "-c", "from pytest_benchmark.cli import main; main()"]
    command += ["compare", str(path), str(other), "--columns=ops"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    table = done.stdout.partition("benchmark 'test_one_thread'")[2]
    assert "reference[b1-mysql-one-thread]" in table
    assert "test_one_thread[sqlite]" in table


def test_the_table_tells_of_the_scenarios_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "--scenario", "k3", "O1"]) == DONE
    text = capsys.readouterr().out
    lines = text.splitlines()
    (line,) = (line for line in lines if "k3-p10-rf1 " in line)
    assert "2,004 TPS; 601,126 readings in 5 min" in line
    assert "notes, lines 856" in line
    assert "lost, or miscounted?" in text
    assert "k4-p10-rf1" not in text
    assert lines.index(line) < next(at for at, line in enumerate(lines) if "o1-leader-killed-gap" in line)


def test_a_scenario_without_a_figure_is_refused_with_those_that_have_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reference", "--scenario", "M10"]) == USAGE
    error = capsys.readouterr().err
    assert "no figure of scenario 'M10' – there are figures of R1, R4, B1, B2," in error
