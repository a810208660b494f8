"""The set-up as a whole, with programs that only claim to have run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.tools.machines import Everything
from tests.tools.programs import Programs
from tools import setup
from tools.log import Log
from tools.machine import Machine

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    stand_in = Programs()
    monkeypatch.setattr(Log, "run", stand_in.run)
    monkeypatch.setattr(Log, "last_error", lambda _: "ERROR: it is broken")
    monkeypatch.setattr("fixtures.provisioning.quiet.left_behind", lambda: ())
    monkeypatch.setattr("tools.setup.is_distributions_python", lambda: True)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return stand_in


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


def set_up(checkout: Path, *arguments: str, machine: Machine | None = None) -> int:
    return setup.main(arguments, machine or Everything(), checkout)


def test_the_first_run_makes_and_fills_the_environment(checkout: Path, programs: Programs) -> None:
    assert set_up(checkout) == 0
    assert [line for line in programs.commands if "-m venv --clear" in line]
    filling = programs.commands[-1]
    assert f"-c {checkout}/constraints.txt" in filling
    assert filling.endswith("-e .[test] tox ruff mypy")


def test_a_second_run_does_nothing_and_says_nothing(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(checkout)
    programs.commands.clear()
    capsys.readouterr()
    assert set_up(checkout) == 0
    assert programs.commands == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_changed_requirement_fills_the_environment_again_and_keeps_it(
    checkout: Path, programs: Programs, name: str
) -> None:
    set_up(checkout)
    programs.commands.clear()
    with (checkout / name).open("a") as file:
        file.write("# changed\n")
    assert set_up(checkout) == 0
    assert all("-m pip install" in line for line in programs.commands)
    assert programs.commands


def test_asked_to_it_installs_again(checkout: Path, programs: Programs) -> None:
    set_up(checkout)
    programs.commands.clear()
    assert set_up(checkout, "--again") == 0
    assert programs.commands


def test_a_moved_checkout_gets_a_new_environment(checkout: Path, programs: Programs, tmp_path: Path) -> None:
    set_up(checkout)
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in (".venv", "pyproject.toml", "constraints.txt"):
        (checkout / name).rename(moved / name)
    programs.commands.clear()
    assert set_up(moved) == 0
    assert "-m venv --clear" in programs.commands[0]


def test_without_ensurepip_a_pip_is_unpacked_from_debians_package(checkout: Path, programs: Programs) -> None:
    programs.failing = ("virtualenv", "-m pip --python")
    assert set_up(checkout, "--no-system", machine=Everything(but={"ensurepip"})) == 0
    (pip,) = [line for line in programs.commands if ".whl/pip install" in line]
    assert pip.startswith(str(checkout / ".venv/bin/python"))


def test_without_any_pip_it_fails_in_one_line_that_names_the_package(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.failing = ("virtualenv", "-m pip --python", "apt-get")
    assert set_up(checkout, "--no-system", machine=Everything(but={"ensurepip"})) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "install python3-venv" in error
    assert not (checkout / ".venv").exists()


def test_one_client_that_cannot_be_had_costs_that_backend_alone(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.failing = (".[test]", ".[mysql]")
    for _ in range(2):
        assert set_up(checkout) == 0
        said = [line for line in capsys.readouterr().out.splitlines() if "without the client" in line]
        assert len(said) == 1
        assert "mysql: ERROR: it is broken" in said[0]
    tried = {line.rpartition(" ")[2] for line in programs.commands if "-e ." in line}
    assert {".[mysql]", ".[kafka]", ".[kafka-confluent]", ".[cassandra]", ".[cassandra-acsylla]"} <= tried
    assert {".[mqtt]", ".[awsiot]"} <= tried


def test_it_is_tried_again_once_the_compiler_is_there(checkout: Path, programs: Programs) -> None:
    programs.failing = (".[test]", ".[mysql]")
    set_up(checkout, "--no-system", machine=Everything(but={"compiler"}))
    programs.commands.clear()
    programs.failing = ()
    assert set_up(checkout) == 0
    assert programs.commands[-1].endswith("-e .[test] tox ruff mypy")


def test_without_the_suite_itself_it_fails_in_one_line(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    programs.failing = (".[test]", ".[suite,html]")
    assert set_up(checkout) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "ERROR: it is broken" in error
    assert "setup.log" in error
    assert not any(".[kafka]" in line for line in programs.commands)


def test_what_is_missing_is_told_and_installed_through_apt(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "as_root", lambda: ["sudo", "-n"])
    assert set_up(checkout, machine=Everything(but={"mosquitto", "mvn"})) == 0
    (apt,) = [line for line in programs.commands if "fixtures.provisioning.debian" in line]
    assert apt.startswith("sudo -n ")
    assert apt.endswith("-m fixtures.provisioning.debian mosquitto maven")
    said = capsys.readouterr().out
    assert "missing: Mosquitto – backends mqtt and awsiot" in said
    assert said.index("missing: Maven") < said.index("installing them with apt")


@pytest.mark.parametrize("arguments", [(), ("--no-system",)])
def test_without_root_it_prints_the_one_command_and_goes_on(
    arguments: tuple[str, ...],
    checkout: Path,
    programs: Programs,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(setup, "as_root", lambda: [] if arguments else None)
    assert set_up(checkout, *arguments, machine=Everything(but={"mosquitto", "mvn"})) == 0
    said = capsys.readouterr().out
    assert said.count("apt-get install") == 1
    assert "--no-install-recommends mosquitto maven" in said
    assert "going on without Mosquitto, Maven" in said
    assert not any("fixtures.provisioning.debian" in line for line in programs.commands)


def test_a_failing_apt_is_told_with_its_reason_and_the_rest_goes_on(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "as_root", list)
    programs.failing = ("fixtures.provisioning.debian",)
    assert set_up(checkout, machine=Everything(but={"mvn"})) == 0
    assert "apt failed: ERROR: it is broken" in capsys.readouterr().out


@pytest.mark.parametrize("root", [True, False])
def test_what_a_killed_set_up_left_is_cleaned_up_or_told(
    checkout: Path,
    programs: Programs,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    root: bool,
) -> None:
    set_up(checkout)
    programs.commands.clear()
    monkeypatch.setattr("fixtures.provisioning.quiet.left_behind", lambda: ("mosquitto",))
    monkeypatch.setattr(setup, "as_root", lambda: [] if root else None)
    assert set_up(checkout) == 0
    assert len(programs.commands) == (1 if root else 0)
    assert ("sudo rm /usr/sbin/policy-rc.d" in capsys.readouterr().out) is not root


def test_a_folder_that_cannot_be_written_is_one_line(
    checkout: Path, programs: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / ".thermobench").touch()
    assert set_up(checkout) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert ".thermobench" in error
    assert programs.commands == []


def test_root_needs_no_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert setup.as_root() == []


def test_without_sudo_there_is_no_way_to_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert setup.as_root() is None
