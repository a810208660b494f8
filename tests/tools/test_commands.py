"""What a person types: make's targets, the set-up's own help, CI's script, the pinned versions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]

make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make: apt-get install make")


def output(*command: str, status: int = 0) -> str:
    # A make that runs these tests hands its own options to every make below it.
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout


@make
def test_make_alone_explains_every_target() -> None:
    said = output("make")
    for target in ("help", "setup", "perf", "check", "test", "clean"):
        assert re.search(rf"^  {target} +\w", said, flags=re.MULTILINE)
    assert said == output("make", "help")


@make
def test_options_are_passed_on_to_pytest_with_their_quotes() -> None:
    commands = output("make", "--dry-run", "perf", 'PYTEST_ARGS=-m kafka -k "one and two"').splitlines()
    assert commands[-1] == '.venv/bin/pytest perf --baselines -m kafka -k "one and two"'


@make
@pytest.mark.parametrize("target", ["perf", "check", "test"])
def test_every_command_sets_up_first(target: str) -> None:
    assert "-m tools.setup" in output("make", "--dry-run", target).splitlines()[0]


def test_the_set_up_explains_itself() -> None:
    assert "--no-system" in output(sys.executable, "-B", "-m", "tools.setup", "--help")


def test_an_unknown_option_is_a_usage_error() -> None:
    output(sys.executable, "-B", "-m", "tools.setup", "--no-such-option", status=2)


def test_ci_runs_the_same_command() -> None:
    script = CHECKOUT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().splitlines()[-1] == "exec make test"


def test_every_version_is_pinned_and_comes_from_wherever_pip_is_told() -> None:
    lines = [line for line in (CHECKOUT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*( ; .+)?", line), line


def test_everything_that_is_required_is_pinned() -> None:
    pinned = {normal(line.partition("==")[0]) for line in (CHECKOUT / "constraints.txt").read_text().splitlines()}
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"].values()
    required = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    required += [line for lines in extras for line in lines]
    names = {normal(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in required} - {project["project"]["name"]}
    assert names | {"tox", "ruff", "mypy", "pip"} <= pinned


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
