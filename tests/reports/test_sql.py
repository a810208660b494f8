"""`python -m reports sql`: answers from saved runs, and from nothing else."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports import sql
from reports.__main__ import main
from reports.command import DONE, FAILED, USAGE
from reports.export import database
from reports.export.tables import TABLES
from tests.trials import a_round, a_trial, saved

pytest.importorskip("duckdb")


@pytest.fixture(autouse=True)
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".benchmarks" / "machine"
    folder.mkdir(parents=True)
    for number, rate in ((1, 100.0), (2, 200.0)):
        trial = a_trial(a_round(rate, samples={"local": {"at": [1.0, 2.0], "producers.cpu": [0.5, None]}}))
        (folder / f"{number:04}_r.json").write_text(json.dumps(saved(trial)))
    return folder


@pytest.fixture
def asked(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        assert main(["sql", *arguments]) == DONE
        return capsys.readouterr().out

    return run


def test_a_question_is_answered_over_all_saved_runs(asked: Callable[..., str]) -> None:
    query = "SELECT run, tps_median, doubts FROM trials ORDER BY run"
    rows = json.loads(asked(query, "--format", "json"))
    assert [(row["run"], row["tps_median"]) for row in rows] == [("0001_r", 100.0), ("0002_r", 200.0)]
    assert isinstance(rows[0]["doubts"], list)
    assert list(csv.reader(io.StringIO(asked(query, "--format", "csv"))))[2][:2] == ["0002_r", "200.0"]
    assert asked("SELECT run, tps_median FROM trials ORDER BY run").splitlines() == [
        "run     tps_median",
        "0001_r         100",
        "0002_r         200",
        "(2 rows)",
    ]
    assert json.loads(asked("SELECT run FROM trials", "--run", "0002", "--format", "json")) == [{"run": "0002_r"}]
    assert json.loads(asked("SELECT 'nan'::DOUBLE AS x, 1 AS x", "--format", "json")) == [{"x": None, "x_2": 1}]


def test_every_table_holds_what_was_saved(asked: Callable[..., str]) -> None:
    for table, rows in {"trials": 2, "rounds": 2, "windows": 2, "hosts": 2, "samples": 4}.items():
        assert json.loads(asked(f"SELECT count(*) AS n FROM {table}", "--format", "json")) == [{"n": rows}], table  # noqa: S608
    value = "SELECT value, seconds FROM Samples WHERE run LIKE '0001%' ORDER BY seconds"
    assert [row["value"] for row in json.loads(asked(value, "--format", "json"))] == [0.5, None]


def test_alone_it_shows_tables_columns_and_examples_that_work(asked: Callable[..., str]) -> None:
    shown = asked()
    assert all(f"{table.name}: " in shown and column.name in shown for table in TABLES for column in table.columns)
    for query in sql.EXAMPLES:
        assert query in shown
        asked(query)


def test_without_duckdb_it_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert main(["sql"]) == DONE
    assert main(["sql", "SELECT 1"]) == FAILED
    assert capsys.readouterr().err == "error: DuckDB is not installed – pip install 'thermobench[data]'\n"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('secret.csv')",
        "SELECT * FROM 'secret.csv'",
        "SELECT * FROM read_text('secret.csv')",
        "SELECT * FROM glob('*')",
        "COPY trials TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "ATTACH 'out.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "PRAGMA enable_profiling",
        "SET temp_directory = 'out'",
        "SELECT * FROM cases",  # a variable of the program
    ],
)
def test_sql_reaches_no_file_no_network_and_no_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], query: str
) -> None:
    (tmp_path / "secret.csv").write_text("word\nsesame\n")
    before = sorted(tmp_path.rglob("*"))
    assert main(["sql", query]) == USAGE
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: SQL: ")
    assert "sesame" not in told.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT nope FROM trials", 'Referenced column "nope" not found'),
        ("SELECT * FROM trails", 'Did you mean "trials"?'),
        ("SELEC 1", 'syntax error at or near "SELEC"'),
        ("-- nothing", "no question: '-- nothing' – expected SELECT"),
        ("SELECT * FROM range(11)", "an answer of more than 10 rows"),
        ("SELECT count(DISTINCT hash(range)) FROM range(20000000)", "Out of Memory"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, query: str, words: str
) -> None:
    monkeypatch.setattr(sql, "ROWS", 10)
    monkeypatch.setattr(database, "MEMORY", "64MB")
    assert main(["sql", query]) == USAGE
    [line] = capsys.readouterr().err.splitlines()
    assert words in line
