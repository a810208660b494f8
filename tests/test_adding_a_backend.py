"""The example of docs/adding-a-backend.md: it is what the page shows, and it does what the page says."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Assignment, Backend
from collectors.endpoint import Endpoint
from collectors.ledger import Ledger
from tests.writing import accounted, assignment_for, write

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "adding-a-backend.md"
EXAMPLE = ROOT / "docs" / "examples" / "thermobench-jsonlines"
MODULE = "thermobench_jsonlines"
NAMED_BLOCK = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUICK = ("-p", "no:cacheprovider", "--test-time", "0.3", "--warm-up", "0", "--server-warm-up", "0", "--rounds", "1")
Run = Callable[..., subprocess.CompletedProcess[str]]
SMALL_FILES = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
runpy.run_module("collectors", run_name="__main__")
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example was built and installed into, without any registry."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
    done = subprocess.run([*pip, *offline, str(EXAMPLE)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(installed: Path) -> Run:
    """Run Python in a process of its own that finds the example installed."""
    path = os.pathsep.join([str(installed), *filter(None, [os.environ.get("PYTHONPATH")])])

    def python(*arguments: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return python


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE, EXAMPLE / f"{MODULE}.py")
    assert spec is not None
    assert spec.loader is not None
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    made = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, MODULE, made)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def jsonlines(module: ModuleType) -> Backend:
    made: Backend = module.JsonLinesBackend()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readings.jsonl"


@pytest.fixture
def assignment(jsonlines: Backend, file: Path) -> Assignment:
    return assignment_for(jsonlines, Endpoint(path=str(file)))


def test_the_page_shows_every_file_whole_and_as_it_is() -> None:
    shown: dict[str, list[str]] = {}
    for name, block in NAMED_BLOCK.findall(PAGE.read_text()):
        shown.setdefault(name, []).append(block)
    assert set(shown) == {path.name for path in EXAMPLE.iterdir() if path.is_file()}
    for name, blocks in shown.items():
        text = (EXAMPLE / name).read_text()
        for block in blocks:
            text = text.lstrip("\n")
            assert text.startswith(block), f"{name}: the page shows something else than what begins {text[:60]!r}"
            text = text.removeprefix(block)
        assert not text.strip(), f"{name}: the page lacks {text[:60]!r}"


def test_the_load_generator_writes_with_it(run: Run, file: Path) -> None:
    where = ("-m", "collectors", "--backend", "jsonlines", "--broker", file)
    done = run(*where, "--test-time", "0.5", "--processes", "2", "--frequency", "10", "--json")
    assert done.returncode == 0, done.stderr
    totals = json.loads(done.stdout)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert totals["attempted"] == totals["acknowledged"] == len(lines) > 0
    assert totals["acknowledged_means"] == "on disk (fsync)"
    assert {tuple(line) for line in lines} == {("stamp", "message")}
    assert {line["stamp"].rpartition("/")[0] for line in lines} == {
        f"{totals['run']}/{one['producer']}/{number}"
        for one in totals["producers"]
        for number in range(1, one["attempted"] + 1)
    }


def test_help_lists_it_and_its_options(run: Run) -> None:
    done = run("-m", "collectors", "--backend", "jsonlines", "--help")
    assert done.returncode == 0, done.stderr
    assert re.search(r"--backend NAME +one of sqlite, [\w\s,-]+\bjsonlines\b", done.stdout)
    assert re.search(r"^options of jsonlines .*\n  fsync +wait for the disk .*; yes or no", done.stdout, re.MULTILINE)


def test_wrong_usage_is_one_line(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "no"
    for broker, message in ((), "no file given"), (("--broker", missing / "x"), f"the folder {missing} does not exist"):
        done = run("-m", "collectors", "--backend", "jsonlines", *broker)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr.startswith(f"error: backend jsonlines: {message}")


def test_its_case_passes_with_every_reading_accounted_for(run: Run, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "test_jsonlines.py", tmp_path)
    options = ("--set", "jsonlines.fsync=no", "--frequency", "5")
    done = run("-m", "pytest", *QUICK, "-m", "jsonlines", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    (saved,) = (tmp_path / ".benchmarks").rglob("*.json")
    (benchmark,) = json.loads(saved.read_text())["benchmarks"]
    trial = benchmark["extra_info"]["trial"]
    assert (trial["backend"], trial["processes"], trial["accounting"]) == ("jsonlines", 2, "pass")
    assert trial["attempted"] == trial["acknowledged"] == trial["delivered"] > 0
    assert (trial["lost"], trial["duplicated"], trial["reordered"]) == (0, 0, 0)
    assert (trial["settings"]["fsync"], trial["acknowledged_means"]) == (False, "handed to the kernel")


def test_it_is_measured_beside_another_backend_that_writes_to_a_file(run: Run, tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "test_jsonlines.py", tmp_path)
    done = run("-m", "pytest", *QUICK, "-m", "jsonlines or sqlite", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^sqlite .* pass .*\njsonlines .* pass ", done.stdout, re.MULTILINE)


def test_it_keeps_the_contract_and_exposes_broken_writers(run: Run) -> None:
    tests = ("tests/contracts/test_writers.py", "tests/mutants", "-k", "jsonlines", "-p", "no:cacheprovider", "-q")
    done = run("-m", "pytest", *tests)
    assert done.returncode == 0, done.stdout
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) > 20, done.stdout


def test_on_a_full_disk_what_was_acknowledged_is_there_and_the_rest_failed(run: Run, file: Path) -> None:
    where = ("--backend", "jsonlines", "--broker", file, "--set", "fsync=no")
    done = run("-c", SMALL_FILES, *where, "--test-time", "0.5", "--processes", "2", "--frequency", "7", "--json")
    totals = json.loads(done.stdout)
    lines = file.read_bytes().splitlines(keepends=True)
    assert done.returncode == 1
    assert totals["acknowledged"] == len([json.loads(line) for line in lines]) > 100
    assert lines[-1].endswith(b"\n"), "no half line is left"
    assert totals["failed"] > 0
    assert totals["unknown"] == 0
    assert "write: " in done.stderr
    assert "Traceback" not in done.stderr


def read_after(jsonlines: Backend, assignment: Assignment, change: Any) -> Account:
    """Write ten readings, change the file, and return the account."""
    jsonlines.prepare(assignment)
    ledger = Ledger()
    with jsonlines.reader(assignment) as reader:
        writer = jsonlines.writer(assignment, ledger)
        write(writer, ledger, assignment, 10)
        writer.close()
        path = Path(assignment.endpoint.path)
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(change(lines)), errors="surrogateescape")
        sent = {0: Sent(10, ledger.outcomes(), ledger.promised)}
        reconciliation = Reconciliation(sent, shows_duplicates=reader.shows_duplicates, shows_order=reader.shows_order)
        reconciliation.take(reader.arrivals(10))
        return reconciliation.account(complete=reader.complete, foreign=reader.foreign)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda lines: lines, {"delivered": 10, "lost": 0}),
        (lambda lines: lines[:4] + lines[5:], {"delivered": 9, "lost": 1}),
        (lambda lines: lines[:4] + lines[3:], {"delivered": 10, "duplicated": 1}),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], {"delivered": 10, "reordered": 1}),
        (lambda lines: [lines[0].replace("ttrans", "trans"), *lines[1:]], {"delivered": 9, "corrupt": 1}),
        (lambda lines: [lines[0].replace('"message": "{', '"message": " {'), *lines[1:]], {"corrupt": 1}),
        (lambda lines: [lines[0][:40] + "\n", *lines[1:]], {"delivered": 9, "never_sent": 1, "corrupt": 0}),
        (lambda lines: [*lines, "[]\n", "7\n", '{"stamp": 1}\n', '{"stamp": "a/b"}\n'], {"never_sent": 4}),
        (lambda lines: [*lines, "\udcff"], {"never_sent": 1}),
        (lambda lines: [*lines, *(line.replace("/0/", "/1/", 1) for line in lines[:2])], {"never_sent": 2}),
    ],
    ids=["nothing", "lost", "twice", "swapped", "key", "space", "half", "garbage", "bytes", "producer"],
)
def test_its_reader_sees_what_was_done_to_the_file(
    jsonlines: Backend, assignment: Assignment, change: Any, found: dict[str, int]
) -> None:
    account = read_after(jsonlines, assignment, change)
    assert {name: getattr(account, name) for name in found} == found
    assert (account.verdict is Verdict.PASS) == (found == {"delivered": 10, "lost": 0})


def test_what_the_file_held_before_the_run_does_not_count(
    jsonlines: Backend, assignment: Assignment, file: Path
) -> None:
    file.write_text("half a line of somebody else")
    account = accounted(jsonlines, assignment, 10, producers=2)
    assert (account.verdict, account.delivered) == (Verdict.PASS, 20), account.troubles()
    assert file.read_text().startswith('half a line of somebody else\n{"stamp": ')


def test_another_run_in_the_same_file_is_passed_over_and_counted(jsonlines: Backend, assignment: Assignment) -> None:
    other = assignment_for(jsonlines, assignment.endpoint)
    jsonlines.prepare(assignment)
    with jsonlines.reader(assignment) as reader:
        for one in (assignment, other):
            ledger = Ledger()
            writer = jsonlines.writer(one, ledger)
            write(writer, ledger, one, 3)
            writer.close()
        assert [one.number for one in reader.arrivals(3)] == [1, 2, 3]
        assert (reader.complete, reader.foreign, dict(reader.facts)) == (True, 0, {"other_runs": 3})


def test_what_fsync_refuses_is_unknown(
    jsonlines: Backend, assignment: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    jsonlines.prepare(assignment)
    ledger = Ledger()
    writer = jsonlines.writer(assignment, ledger)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    write(writer, ledger, assignment, 2)
    writer.close()
    assert (ledger.totals.acknowledged, ledger.totals.unknown, ledger.unsettled) == (0, 2, 0)
    assert ledger.errors == {"fsync: Input/output error": 2}


@pytest.mark.parametrize("stored", [0, 20], ids=["not at all", "in part"])
def test_what_cannot_be_written_fails_alone(
    jsonlines: Backend, assignment: Assignment, file: Path, monkeypatch: pytest.MonkeyPatch, stored: int
) -> None:
    real = os.write

    def full_once(descriptor: int, line: bytes) -> int:
        if b'ttrans\\": 7,' not in line:
            return real(descriptor, line)
        if not stored:
            raise OSError(28, "No space left on device")
        return real(descriptor, line[:stored])

    monkeypatch.setattr(os, "write", full_once)
    assignment = replace(assignment, frequency=4)
    account = accounted(jsonlines, assignment, 12)
    assert (account.verdict, account.acknowledged, account.failed) == (Verdict.PASS, 11, 1), account.troubles()
    assert file.read_text().count("\n") == 11
