"""`python -m collectors.sampling`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "collectors.sampling"]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=20)


def test_it_says_a_line_a_sample_and_writes_json(tmp_path: Path) -> None:
    target = tmp_path / "host.json"
    watch = f"server={os.getpid()}"
    ran = _run("--interval", "0.1", "--seconds", "0.3", "--watch", watch, "--json", str(target))
    assert (ran.returncode, ran.stdout) == (0, "")
    lines = ran.stderr.splitlines()
    assert 1 <= len(lines) <= 3
    assert "cpu user" in lines[-1]
    assert "server" in lines[-1]
    found = json.loads(target.read_text())
    assert len(found["series"]["at"]) == len(found["series"]["server.cpu"]) == len(lines)
    assert found["series"]["at"][-1] >= 0.3
    assert found["links"]["lo"]["kind"] == "loopback"
    assert 0 < found["cost"] < 1
    assert [path.name for path in tmp_path.iterdir()] == ["host.json"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_what_there_is(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "--interval", "0.1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        process.stderr.readline()
        process.send_signal(number)
        try:
            told, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert process.returncode == 0
    found = json.loads(told)
    assert len(found["series"]["at"]) >= 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--watch", "server"], "'server'"),
        (["--watch", "server=x"], "'server=x'"),
        (["--watch", "server=4194305"], "no process 4194305"),
        (["--watch", "cpu=1"], "'cpu'"),
        (["--interval", "0"], "'0'"),
        (["--interval", "soon"], "'soon'"),
        (["--seconds", "nan"], "'nan'"),
        (["--json", "/nonexistent/x.json"], "'/nonexistent/x.json'"),
        (["--bogus"], "--bogus"),
    ],
)
def test_wrong_usage_names_the_value(arguments: list[str], named: str) -> None:
    ran = _run(*arguments)
    assert ran.returncode == 2
    assert named in ran.stderr
    assert "Traceback" not in ran.stderr


def test_help_has_examples() -> None:
    ran = _run("--help")
    assert ran.returncode == 0
    assert "--watch server=" in ran.stdout
