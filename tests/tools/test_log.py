"""Programs are run for real, their output kept, and their reason for failing found in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.log import Log


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "folder" / "setup.log")


def shell(log: Log, script: str) -> int:
    return log.run(["sh", "-c", script])


def test_the_file_holds_the_commands_and_what_they_printed(log: Log, capfd: pytest.CaptureFixture[str]) -> None:
    assert shell(log, "echo one; echo two >&2") == 0
    assert shell(log, "echo three") == 0
    kept = log.path.read_text().splitlines()
    assert [line for line in kept if not line.startswith("$ ")] == ["one", "two", "three"]
    assert len(kept) == 5
    assert capfd.readouterr() == ("", "")


def test_the_last_error_is_the_reason(log: Log) -> None:
    assert shell(log, "echo ERROR: first; echo '  ERROR: second'; echo and so on; exit 3") == 3
    assert log.last_error() == "ERROR: second"


def test_without_an_error_the_last_line_is_the_reason(log: Log) -> None:
    shell(log, "echo ERROR: of another program")
    shell(log, "echo one; echo two; exit 1")
    assert log.last_error() == "two"


def test_a_silent_failure_has_a_reason_too(log: Log) -> None:
    shell(log, "exit 1")
    assert log.last_error() == "it printed nothing"


def test_a_program_that_is_not_there_is_no_traceback(log: Log) -> None:
    assert log.run(["no-such-program"]) == 127
    assert "no-such-program: No such file" in log.last_error()


def test_the_environment_and_the_folder_are_passed_on(log: Log, tmp_path: Path) -> None:
    assert log.run(["sh", "-c", 'echo "$COLOUR in $PWD"'], cwd=tmp_path, extra={"COLOUR": "green"}) == 0
    assert log.last_error() == f"green in {tmp_path}"
