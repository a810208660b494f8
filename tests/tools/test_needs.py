"""What is missing on a machine, and the command that brings it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from fixtures.provisioning import quiet
from tests.tools.machines import Everything
from tools import needs
from tools.machine import ThisMachine, java_version

ALL = (needs.ENVIRONMENT, *needs.BUILD, *needs.SERVERS, *needs.COST, *needs.BASELINES, *needs.TESTS)


def test_nothing_is_missing_where_everything_is() -> None:
    assert needs.missing(Everything(), ALL) == ()


@pytest.mark.parametrize(
    ("absent", "packages"),
    [
        ("ensurepip", (f"{needs.PYTHON}-venv",)),
        ("compiler", ("gcc", "libc6-dev")),
        ("Python.h", (f"lib{needs.PYTHON}-dev",)),
        ("pkg-config", ("pkgconf",)),
        ("libmariadb", ("libmariadb-dev",)),
        ("mariadbd", ("mariadb-server-core",)),
        ("mariadb-install-db", ("mariadb-server-core",)),
        ("my_print_defaults", ("mariadb-client-core",)),
        ("mosquitto", ("mosquitto",)),
        ("java 17", ("openjdk-17-jre-headless",)),
        ("mvn", ("maven",)),
        ("sysbench", ("sysbench",)),
        ("mosquitto_pub", ("mosquitto-clients",)),
        ("sqlite3", ("sqlite3",)),
        ("javac", ("openjdk-17-jdk-headless",)),
        ("fio", ("fio",)),
        ("iperf3", ("iperf3",)),
        ("ssh", ("openssh-client",)),
        ("sshd", ("openssh-server",)),
        ("ip", ("iproute2",)),
        ("tc", ("iproute2",)),
        ("faketime", ("faketime",)),
        ("dockerd", ("docker.io", "containerd")),
        ("mmdebstrap", ("mmdebstrap",)),
    ],
)
def test_what_is_absent_names_its_packages_and_no_others(absent: str, packages: tuple[str, ...]) -> None:
    lacking = needs.missing(Everything(but={absent}), ALL)
    assert needs.packages(lacking) == packages


def test_what_only_the_price_of_measuring_needs_is_no_need_of_the_main_job() -> None:
    bare = Everything(but={"sysbench", "mosquitto_pub", "sqlite3", "javac"})
    assert needs.missing(bare, (needs.ENVIRONMENT, *needs.BUILD, *needs.SERVERS)) == ()
    assert needs.missing(bare, needs.COST) == needs.COST


def test_what_only_baselines_need_is_no_need_of_the_main_job() -> None:
    bare = Everything(but={"sysbench", "fio", "iperf3"})
    assert needs.missing(bare, (needs.ENVIRONMENT, *needs.BUILD, *needs.SERVERS)) == ()
    assert needs.packages(needs.missing(bare, needs.BASELINES)) == ("sysbench", "fio", "iperf3")


def test_what_only_tests_need_is_no_need_of_the_main_job() -> None:
    bare = Everything(but={"ssh", "sshd", "ip", "tc", "faketime", "dockerd", "mmdebstrap"})
    assert needs.missing(bare, (needs.ENVIRONMENT, *needs.BUILD, *needs.SERVERS)) == ()
    assert quiet.services_of(needs.packages(needs.missing(bare, needs.TESTS))) == (
        "ssh",
        "docker.socket",
        "docker",
        "containerd",
    )


def test_another_java_is_not_enough() -> None:
    machine = Everything(but={"java 17"})
    assert machine.has_java(21)
    assert [need.packages for need in needs.missing(machine, needs.SERVERS)] == [("openjdk-17-jre-headless",)]


def test_a_package_that_two_needs_share_is_named_once() -> None:
    twice = (needs.SERVERS[0], needs.SERVERS[0], needs.SERVERS[1])
    assert needs.packages(twice) == ("mariadb-server-core", "mariadb-client-core")


def test_the_systems_python_packages_are_no_use_to_another_python() -> None:
    lacking = needs.missing(Everything(but={"ensurepip", "Python.h", "mvn"}), ALL)
    assert needs.packages(lacking, distributions_python=False) == ("maven",)


def test_no_server_with_a_service_of_its_own_stands_where_a_core_package_does() -> None:
    assert "mariadb-server" not in needs.packages(ALL)
    assert all(need.what and need.why and need.packages for need in ALL)


def test_the_command_is_one_line_a_shell_takes() -> None:
    line = needs.command(("gcc", "mosquitto"), services=("mosquitto",))
    assert "\n" not in line
    words = shlex.split(line)
    assert words[:3] == ["sudo", "sh", "-c"]
    assert words[3].split(" && ") == [
        "apt-get update",
        "apt-get install -y --no-install-recommends gcc mosquitto",
        "systemctl disable --now mosquitto",
    ]


def test_without_sudo_the_command_is_for_su() -> None:
    assert shlex.split(needs.command(("gcc",), sudo=False))[:3] == ["su", "root", "-c"]


@pytest.mark.parametrize(
    ("release", "version"),
    [('JAVA_VERSION="17.0.15"\n', 17), ('IMPLEMENTOR="x"\nJAVA_VERSION="1.8.0_402"\n', 8), ("", None)],
)
def test_the_version_of_java_is_read_from_its_release_file(tmp_path: Path, release: str, version: int | None) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    (tmp_path / "release").write_text(release)
    assert java_version(tmp_path) == version


def test_a_folder_without_java_has_no_version(tmp_path: Path) -> None:
    (tmp_path / "release").write_text('JAVA_VERSION="17.0.15"\n')
    assert java_version(tmp_path) is None


def test_programs_are_found_in_the_systems_folders_whatever_path_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "some-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setattr("tools.machine.SYSTEM_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", os.defpath)
    assert ThisMachine().has_program("some-server")
    assert not ThisMachine().has_program("some-other-server")


def test_a_compiler_that_is_not_there_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -pthread")
    assert not ThisMachine().has_compiler()


def test_a_library_nobody_has_is_missed() -> None:
    assert not ThisMachine().has_library("no-such-library")


def test_modules_are_looked_for_in_this_python() -> None:
    assert ThisMachine().has_module("venv")
    assert not ThisMachine().has_module("no_such_module")
