"""`python -m reports`: what is made of a journal, whichever line it ends in."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.logger import Logger
from pytest_benchmark.stats import Stats
from pytest_benchmark.storage.file import FileStorage

from reports.__main__ import main
from reports.command import DONE, FAILED, USAGE
from reports.journal import SCHEMA, find, read
from tests.trials import a_trial

RUN = "20261123T031500-3f2a"
HEADER = {
    "schema": SCHEMA,
    "run": RUN,
    "selected": ["t.py::whole", "t.py::lossy", "t.py::cut", "t.py::never"],
    "versions": {"pytest-benchmark": "5.3.1"},
    "machine_id": "Linux-CPython-3.11-64bit",
    "machine_info": {"node": "pi"},
    "commit_info": {"id": "0123456"},
}


def ended(case: str, state: str, **fields: Any) -> dict[str, Any]:
    given = {"trial": a_trial(name=case).to_json(), "error": "", "benchmark": {}} | fields
    return {"kind": "end", "case": case, "state": state} | given


def saved(case: str, *tps: float) -> dict[str, Any]:
    stats = Stats()
    for one in tps:
        stats.update(1 / one)
    name = case.partition("::")[2]
    identity = {"group": "one", "name": name, "fullname": case, "params": None, "param": None, "options": {}}
    return identity | {"extra_info": {"cost": {"versus_bare": 1.0}}, "stats": stats.as_dict() | {"iterations": 1}}


WHOLE = ended("t.py::whole", "whole", benchmark=saved("t.py::whole", 100.0, 300.0))
LINES = [
    {"kind": "session", **HEADER},
    {"kind": "begin", "case": "t.py::whole", "settings": {"frequency": 1}},
    WHOLE,
    {"kind": "begin", "case": "t.py::lossy", "settings": {}},
    ended("t.py::lossy", "failed", error="accounting: fail\n3 lost"),
    {"kind": "begin", "case": "t.py::cut", "settings": {}},
    {"kind": "round", "case": "t.py::cut", "round": {"tps": 1234.0}},
]


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder's storage, with a journal that a killed session left."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / ".benchmarks", RUN, LINES)
    return tmp_path / ".benchmarks"


def write(storage: Path, run: str, lines: list[dict[str, Any]], end: str = "") -> Path:
    path = storage / "journal" / f"{run}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped = [{"at": f"2026-11-23T03:15:{second:02}+00:00"} | line for second, line in enumerate(lines)]
    path.write_text("".join(json.dumps(line) + "\n" for line in stamped) + end)
    return path


def test_the_whole_cases_become_a_file_as_pytest_benchmark_saves_it(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = storage / "Linux-CPython-3.11-64bit"
    folder.mkdir()
    (folder / "0041_before.json").touch()
    assert main(["recover", RUN]) == DONE
    path = folder / f"0042_{RUN}.json"
    assert capsys.readouterr().out.splitlines() == [
        "left out: t.py::lossy (failed)",
        "left out: t.py::cut (interrupted)",
        f"{path.relative_to(storage.parent)}: 1 case of run {RUN}",
    ]
    content = json.loads(path.read_text())
    assert list(content) == ["machine_info", "commit_info", "benchmarks", "datetime", "version"]
    assert (content["machine_info"], content["version"]) == ({"node": "pi"}, "5.3.1")
    loaded = list(FileStorage(storage, Logger()).load_benchmarks("0042"))
    assert [(one["fullname"], one["ops"], one["rounds"]) for one in loaded] == [("t.py::whole", pytest.approx(150), 2)]
    assert loaded[0]["extra_info"] == {"cost": {"versus_bare": 1.0}, "trial": json.loads(json.dumps(WHOLE["trial"]))}


def test_it_is_written_where_asked(storage: Path) -> None:
    assert main(["recover", "latest", "-o", "night.json"]) == DONE
    assert len(json.loads((storage.parent / "night.json").read_text())["benchmarks"]) == 1


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_torn_last_line_costs_that_line_alone(storage: Path, capsys: pytest.CaptureFixture[str], cut: int) -> None:
    torn = json.dumps(ended("t.py::cut", "whole", error="schön"), ensure_ascii=False).encode()[:-cut]
    path = write(storage, RUN, LINES)
    path.write_bytes(path.read_bytes() + torn)
    assert main(["recover", RUN, "-o", "out.json"]) == DONE
    assert f"left out: line 8 of {path.name} is torn or not readable" in capsys.readouterr().out
    journal = read(path)
    assert [case.state for case in journal.cases.values()] == ["whole", "failed", "interrupted"]


@pytest.mark.parametrize(
    ("number", "line", "words"),
    [
        (2, '{"kind": "end", "case": "t.p', "line 3 is not readable, and sessions went on after it"),
        (1, '{"kind": "begin", "at": "", "case": 7, "settings": {}}', "line 2.case: 7, expected a text"),
        (2, '{"kind": "end", "at": "", "case": "t"}', "line 3.state: missing"),
        (
            6,
            '{"kind": "round", "at": "", "case": "t", "round": {"tps": NaN}}',
            "line 7.round.tps: nan, expected a finite",
        ),
        (0, json.dumps({"schema": SCHEMA, "run": "../../x"}), "run: '../../x', expected a run's identifier"),
        (0, json.dumps(HEADER | {"machine_id": "../.."}), "machine_id: '../..', expected the name of a folder"),
    ],
)
def test_a_damaged_journal_is_an_error_that_names_line_and_field(
    storage: Path, capsys: pytest.CaptureFixture[str], number: int, line: str, words: str
) -> None:
    path = storage / "journal" / f"{RUN}.jsonl"
    lines = path.read_text().splitlines()
    lines[number] = line
    path.write_text("\n".join(lines) + "\n")
    for command in ("journal", "recover"):
        assert main([command, RUN]) == USAGE
        shown = capsys.readouterr()
        assert f"{RUN}.jsonl: {words}" in shown.err
        assert not shown.out
    assert not list(storage.glob("*/*.json"))


def test_a_wrong_field_of_a_trial_in_a_journal_is_named(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads(json.dumps(WHOLE["trial"]))
    record["rounds"][0]["tps"] = "fast"
    write(storage, RUN, [*LINES, ended("t.py::cut", "whole") | {"trial": record}])
    assert main(["recover", RUN]) == USAGE
    assert "line 8.trial.rounds[0].tps: 'fast', expected a number" in capsys.readouterr().err


def test_a_case_that_was_measured_again_counts_as_it_did_last(storage: Path) -> None:
    again = [*LINES, {"kind": "begin", "case": "t.py::cut", "settings": {}}, ended("t.py::cut", "whole")]
    cases = read(write(storage, RUN, again)).cases
    assert (cases["t.py::cut"].state, cases["t.py::cut"].rounds) == ("whole", [])
    worse = [*LINES, {"kind": "begin", "case": "t.py::whole", "settings": {}}]
    assert not read(write(storage, RUN, worse)).whole


def test_the_journal_is_listed(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(storage, RUN, LINES)
    write(storage, "20261122T235959-ffff", [{"kind": "session", **HEADER}])
    (storage / "journal" / "20261124T000000-0000.jsonl").touch()  # its session ended before it wrote anything
    assert main(["journal"]) == DONE
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == f"run {RUN}: 1 whole case; it was cut short, or still runs, at 2026-11-23T03:15:06+00:00"
    assert lines == [
        "whole        t.py::whole: 1 round, TPS 100",
        "failed       t.py::lossy: 1 round, TPS 100; accounting: fail",
        "interrupted  t.py::cut: 1 round, TPS 1,234",
        "not measured t.py::never",
    ]
    write(storage, RUN, [*LINES, {"kind": "close", "status": 1}])
    main(["journal"])
    assert "; it ended in order, at " in capsys.readouterr().out


def test_a_run_is_found_by_identifier_path_or_as_the_latest(storage: Path) -> None:
    folder = storage / "journal"
    later = write(storage, "20261123T031501-0000", LINES)
    assert find(folder, "latest") == later
    assert find(folder, RUN) == folder / f"{RUN}.jsonl"
    assert find(folder, str(later)) == later


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (
            ["recover", "20260101T000000-0000"],
            USAGE,
            f"error: no journal of run '20260101T000000-0000' in .* – name one of {RUN}",
        ),
        (
            ["recover", "latest", "--storage", "nowhere"],
            USAGE,
            "error: no journal of run 'latest' in nowhere/journal – expected",
        ),
        (["recover", "other.txt"], USAGE, "error: other.txt: no journal, expected thermobench.journal/1"),
        (
            ["journal", "newer.jsonl"],
            USAGE,
            "error: newer.jsonl: schema 'thermobench.journal/9', expected thermobench.journal/1",
        ),
        (["recover", "empty.jsonl"], FAILED, f"error: empty.jsonl: no case of run {RUN} is whole"),
        (["recover", RUN, "-o", "other.txt/out.json"], FAILED, "error: other.txt/out.json cannot be written: "),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(
    storage: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, message: str
) -> None:
    (storage.parent / "other.txt").write_text("no journal\n")
    (storage.parent / "newer.jsonl").write_text('{"schema": "thermobench.journal/9", "run": "x"}\n')
    (storage.parent / "empty.jsonl").write_text(json.dumps({"kind": "session", "at": "", **HEADER}) + "\n")
    assert main(arguments) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert re.match(message, line), line


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["recover", "--help"], ["journal", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert "example" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == USAGE
