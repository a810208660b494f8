"""The services of installed packages stay off, and nothing else is touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tools import debian, quiet


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    return tmp_path / "policy-rc.d"


@pytest.fixture
def disabled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The services that would have been disabled, and whether they were to be stopped, too."""
    calls: list[tuple[str, bool]] = []
    monkeypatch.setattr(quiet, "disable", lambda service, *, stop: calls.append((service, stop)))
    return calls


def ask(policy: Path, *arguments: str, variable: str | None = None) -> int:
    """Asks a policy as invoke-rc.d does."""
    env = {name: value for name, value in os.environ.items() if name != quiet.VARIABLE}
    if variable is not None:
        env[quiet.VARIABLE] = variable
    return subprocess.run([str(policy), *arguments], env=env, check=False).returncode


def test_only_what_brings_a_service_is_kept_off() -> None:
    assert quiet.services_of(("gcc", "mosquitto", "mariadb-server-core")) == ("mosquitto",)


def test_the_policy_denies_the_named_service_under_each_of_its_names(
    policy: Path, disabled: list[tuple[str, bool]]
) -> None:
    with quiet.kept_off(("one", "two"), policy):
        for name in ("one", "one.service", "two", "two.service"):
            assert ask(policy, name, "start", variable="1") == quiet.DENIED
            assert ask(policy, "--quiet", name, "(start)", variable="1") == quiet.DENIED
        assert ask(policy, "three", "restart", variable="1") == 0
        assert ask(policy, "one-more", "start", variable="1") == 0
        assert os.environ[quiet.VARIABLE] == "1"
    assert quiet.VARIABLE not in os.environ
    assert disabled == [("one", False), ("two", False)]


def test_the_policy_leaves_other_installations_alone(policy: Path, disabled: list[tuple[str, bool]]) -> None:
    with quiet.kept_off(("one",), policy):
        assert ask(policy, "one", "start") == 0
    assert disabled


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, OSError])
def test_the_policy_goes_however_the_installation_ends(
    policy: Path, disabled: list[tuple[str, bool]], error: type[BaseException]
) -> None:
    def install() -> None:
        with quiet.kept_off(("one",), policy):
            assert policy.exists()
            raise error

    with pytest.raises(error):
        install()
    assert not policy.exists()
    assert disabled == [("one", False)]


def test_a_policy_of_the_machine_stays_and_the_service_is_stopped_afterwards(
    policy: Path, disabled: list[tuple[str, bool]]
) -> None:
    policy.write_text("#!/bin/sh\nexit 0\n")
    with quiet.kept_off(("one",), policy):
        pass
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert disabled == [("one", True)]


def test_nothing_is_written_where_no_service_comes(policy: Path, disabled: list[tuple[str, bool]]) -> None:
    with quiet.kept_off((), policy):
        assert not policy.exists()
    assert disabled == []


def test_what_a_killed_set_up_left_is_found_and_cleaned_up(policy: Path, disabled: list[tuple[str, bool]]) -> None:
    policy.write_text(quiet.policy_text(("one", "two")))
    assert quiet.left_behind(policy) == ("one", "two")
    quiet.clean_up(policy)
    assert not policy.exists()
    assert [service for service, _ in disabled] == ["one", "two"]


def test_a_policy_of_the_machine_is_not_taken_for_ours(policy: Path, disabled: list[tuple[str, bool]]) -> None:
    policy.write_text("#!/bin/sh\nexit 101\n")
    assert quiet.left_behind(policy) == ()
    quiet.clean_up(policy)
    assert policy.exists()
    assert disabled == []


def test_packages_without_a_candidate_are_not_asked_for() -> None:
    printed = (
        "gcc:\n  Installed: (none)\n  Candidate: 4:12.2.0-3\n  Version table:\n     4:12.2.0-3 500\n"
        "java-runtime:\n  Installed: (none)\n  Candidate: (none)\n  Version table:\n"
        "g++:\n  Installed: 1\n  Candidate: 1\n"
    )
    assert debian.candidates(printed) == ("gcc", "g++")


def test_absent_and_old_package_lists_are_renewed(tmp_path: Path) -> None:
    now = 1_000_000.0
    assert debian.lists_are_old(tmp_path, now)
    (tmp_path / "some_archive_Packages.lz4").touch()
    (tmp_path / "partial").mkdir()
    for folder, age in ((tmp_path, 5 * debian.LISTS_KEPT), (tmp_path / "partial", 10.0)):
        os.utime(folder, (now - age, now - age))
    assert not debian.lists_are_old(tmp_path, now)
    assert debian.lists_are_old(tmp_path, now + debian.LISTS_KEPT)
