"""`python -m reports export`: each form, read back by what reads it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reports.__main__ import main
from reports.command import DONE, FAILED, USAGE
from reports.export.tables import TABLES
from tests.trials import a_round, a_trial, saved

HOSTILE = 'pi"\\\n=cmd|<&>\ufffe'
SAVED = Path(__file__).parent.parent / "saved"
WHEN = 1795428000.0


@pytest.fixture
def storage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder's storage: a sound run, and one whose second case lost readings."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / ".benchmarks" / "machine"
    folder.mkdir(parents=True)
    host = {"name": "local", "roles": ["producer"], "hostname": HOSTILE}
    sound = a_trial(a_round(100.0), a_round(300.0), hosts=[host], doubts=[], latency={"p50_ms": 0.25, "p99.9_ms": 3.0})
    lossy = a_trial(a_round(50.0, accounting="fail", lost=7), backend="mqtt", evidence=["reading 5 is missing"])
    (folder / "0001_a.json").write_text(json.dumps(saved(sound)))
    (folder / "0002_b.json").write_text(json.dumps(saved(sound, lossy)))
    return folder


@pytest.fixture
def exported(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        assert main(["export", *arguments]) == DONE
        return capsys.readouterr().out

    return run


@pytest.mark.usefixtures("storage")
def test_csv_is_a_file_for_each_table(exported: Callable[..., str]) -> None:
    assert exported("csv", "all", "-o", "out").splitlines() == [f"out/{table.name}.csv" for table in TABLES]
    with Path("out/trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["run"], row["tps_median"], row["lost"]) for row in rows] == [
        ("0001_a", "200.0", "0"),
        ("0002_b", "200.0", "0"),
        ("0002_b", "50.0", "7"),
    ]
    assert json.loads(rows[0]["settings"]) == {"frequency": 1}
    with Path("out/windows.csv").open(newline="") as file:
        assert [row["tps"] for row in csv.DictReader(file)] == ["100.0"] * 5
    with Path("out/hosts.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["hostname"] == HOSTILE


def test_parquet_is_the_same_with_types(exported: Callable[..., str], tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    exported("parquet", str(SAVED / "trial2-starts.json"), "-o", str(tmp_path))
    with duckdb.connect() as database:
        names = [table.name for table in TABLES]
        counts = [database.execute(f"SELECT count(*) FROM '{tmp_path}/{name}.parquet'").fetchone()[0] for name in names]  # noqa: S608
        assert counts[:2] == [1, 3]
        assert min(counts) > 0
        kinds = database.execute(f"SELECT typeof(doubts), typeof(saved) FROM '{tmp_path}/trials.parquet'").fetchone()  # noqa: S608
    assert kinds == ("VARCHAR[]", "TIMESTAMP")


@pytest.mark.usefixtures("storage")
def test_openmetrics_is_read_by_prometheus_own_parser(exported: Callable[..., str]) -> None:
    families = {one.name: one for one in text_string_to_metric_families(exported("openmetrics", "all"))}
    assert {one.name: one.type for one in families.values()} == {
        "thermobench_tps": "gauge",
        "thermobench_latency_seconds": "summary",
        "thermobench_readings": "gauge",
        "thermobench_doubts": "gauge",
        "thermobench_case": "info",
    }
    tps = [one for one in families["thermobench_tps"].samples if one.labels["statistic"] == "median"]
    assert [(one.labels["run"], one.value, float(one.timestamp)) for one in tps] == [
        ("0001_a", 200.0, WHEN),
        ("0002_b", 200.0, WHEN),
        ("0002_b", 50.0, WHEN),
    ]
    assert tps[0].labels["host"] == HOSTILE
    latency = families["thermobench_latency_seconds"].samples[:2]
    assert [(one.labels["quantile"], one.value) for one in latency] == [("0.5", 0.00025), ("0.999", 0.003)]
    lost = [one for one in families["thermobench_readings"].samples if one.labels["outcome"] == "lost"]
    assert [one.value for one in lost] == [0.0, 0.0, 7.0]


@pytest.mark.usefixtures("storage")
def test_junit_has_a_case_for_each_and_its_figures_as_properties(exported: Callable[..., str]) -> None:
    exported("junit", "all", "-o", "out.xml")
    top = ET.parse("out.xml").getroot()  # noqa: S314 – our own
    assert [(one.tag, one.attrib["tests"], one.attrib["failures"]) for one in top] == [
        ("testsuite", "1", "0"),
        ("testsuite", "2", "1"),
    ]
    required = {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"}
    for suite in top:
        assert set(suite.attrib) == required
        assert suite.attrib["timestamp"] == "2026-11-23T10:00:00"
        for case in suite:
            assert (case.tag, set(case.attrib)) == ("testcase", {"classname", "name", "time"})
            assert [one.tag for one in case][:1] == ["properties"]
            assert {one.tag for one in case} <= {"properties", "failure"}
            assert all(set(one.attrib) == {"name", "value"} for one in case[0])
    lossy = top[1][1]
    found = {one.attrib["name"]: one.attrib["value"] for one in lossy[0]}
    assert (found["tps"], found["lost"], found["accounting"]) == ("50", "7", "fail")
    assert lossy[1].attrib["message"] == "accounting: fail, 7 readings lost"
    assert lossy[1].text == "reading 5 is missing"
    hosts = next(one.attrib["value"] for one in top[0][0][0] if one.attrib["name"] == "hosts")
    assert hosts == HOSTILE.replace("\ufffe", "\ufffd")


@pytest.mark.usefixtures("storage")
def test_github_gets_what_bigger_is_better_takes_and_no_lossy_case(exported: Callable[..., str]) -> None:
    [entry] = json.loads(exported("github"))
    assert set(entry) == {"name", "unit", "value", "range", "extra"}
    assert (entry["value"], entry["unit"], entry["range"]) == (200.0, "readings/s", "-50% +50%")
    assert entry["name"] == f"perf/test_one_thread.py::test_one_thread[sqlite] (native, {HOSTILE})"


def test_every_form_takes_every_schema_ever_saved(exported: Callable[..., str], tmp_path: Path) -> None:
    every = [str(path) for path in sorted(SAVED.glob("trial*.json"))]
    for form in ("openmetrics", "junit", "github"):
        assert exported(form, *every)
    exported("csv", *every, "-o", str(tmp_path))
    with (tmp_path / "trials.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == len(every)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["csv"], USAGE, "csv is a file for each table – name a folder for them: -o DIR"),
        (["junit", "0009"], USAGE, "no saved run '0009'"),
        (["csv", "-o", ".benchmarks/machine/0001_a.json"], FAILED, "cannot be written"),
        (["junit", "all", "--storage", "nowhere"], USAGE, "no saved run in nowhere"),
    ],
)
@pytest.mark.usefixtures("storage")
def test_what_cannot_be_done_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, words: str
) -> None:
    assert main(["export", *arguments]) == status
    [line] = capsys.readouterr().err.splitlines()
    assert words in line
