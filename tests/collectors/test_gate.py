"""Producers that wait for those of other hosts."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.errors import ServerError
from collectors.fingerprint import code
from collectors.gate import Gate, go, go_file, identity, ready_file
from collectors.load import Load, checked
from tests.waiting import until

AHEAD_NS = 500_000_000


@pytest.fixture
def load(tmp_path: Path) -> Load:
    endpoint = Endpoint(path=str(tmp_path / "readings.db"))
    return checked(backend("sqlite"), {}, frequency=1, endpoint=endpoint, test_time=0.3)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A load generator by hand that waits at `gate` and leaves its totals in `result`."""
    command = [sys.executable, "-m", "collectors", "--backend", "sqlite", "--broker", str(tmp_path / "readings.db")]
    command += ["--test-time", "0.3", "--hold", str(tmp_path / "gate"), "--result", str(tmp_path / "result"), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_nothing_is_written_before_the_time_that_is_said(held: subprocess.Popen[str], tmp_path: Path) -> None:
    until(Path(ready_file(str(tmp_path / "gate"))).exists, "it is not ready")
    told = json.loads(Path(ready_file(str(tmp_path / "gate"))).read_text())
    assert told["code"] == code()
    wall, began = time.time_ns() + AHEAD_NS, time.perf_counter_ns() + AHEAD_NS
    Path(go_file(str(tmp_path / "gate"))).write_bytes(go(began))
    held.communicate(timeout=30)
    with closing(sqlite3.connect(tmp_path / "readings.db")) as connection:
        (first,) = connection.execute("SELECT min(reading_date) FROM reading").fetchone()
    assert first >= wall // 1_000_000


def test_whoever_is_told_too_late_says_by_how_much(held: subprocess.Popen[str], tmp_path: Path) -> None:
    until(Path(ready_file(str(tmp_path / "gate"))).exists, "it is not ready")
    Path(go_file(str(tmp_path / "gate"))).write_bytes(go(time.perf_counter_ns() - 100_000_000))
    held.communicate(timeout=30)
    found = json.loads((tmp_path / "result").read_text())
    assert 0.1 <= found["late_seconds"] < 30


def test_ctrl_c_ends_one_that_waits(held: subprocess.Popen[str], tmp_path: Path) -> None:
    until(Path(ready_file(str(tmp_path / "gate"))).exists, "it is not ready")
    held.send_signal(signal.SIGINT)
    held.communicate(timeout=30)
    assert held.returncode == 130
    assert json.loads((tmp_path / "result").read_text())["attempted"] == 0


def test_what_each_host_has_of_its_own_does_not_tell_them_apart_but_all_else_does(load: Load) -> None:
    usual = identity(load, "client 1")
    own = {"processes": 3, "first_producer": 4, "location": "elsewhere", "sensor": "sysfs:/other"}
    assert identity(replace(load, **own), "client 1") == usual
    for changed in (replace(load, frequency=2), replace(load, test_time=0.4), replace(load, settings={"batch": 2})):
        assert identity(changed, "client 1")["settings"] != usual["settings"]
    assert identity(load, "client 2")["client"] != usual["client"]


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"began_ns": "soon"}'])
def test_a_word_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    gate = Gate(str(tmp_path / "gate"))
    assert gate.began_ns() is None
    Path(go_file(str(tmp_path / "gate"))).write_bytes(content)
    with pytest.raises(ServerError, match=r'gate\.go: expected {"began_ns": NANOSECONDS}'):
        gate.began_ns()
