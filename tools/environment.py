"""The virtual environment .venv of a checkout: made, filled, and left alone while nothing has changed."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tools.log import Log, SetupError
from tools.pip_wheel import downloaded

# What `make test` and `make check` run; constraints.txt says which versions.
TOOLS = ("tox", "ruff", "mypy")

OLDEST = (3, 11)
STAMP = "thermobench-setup.json"
# -I: neither PYTHONPATH nor a user's own site-packages leak into what is installed.
SELF_TEST = "import sys, pip; sys.exit(sys.version_info < {})"


class Environment:
    """A virtual environment and what the checkout wants in it.

    Args:
        checkout: the folder that holds pyproject.toml and constraints.txt.
        log: where pip's output goes.
    """

    def __init__(self, checkout: Path, log: Log) -> None:
        self.checkout = checkout
        self.folder = checkout / ".venv"
        self.python = self.folder / "bin" / "python"
        self._log = log

    def is_sound(self) -> bool:
        """Whether there is an environment with pip, made here, whose Python runs and is recent enough."""
        # A checkout that was moved leaves scripts that start with a path which is no more.
        if not self.python.exists() or self._stamp().get("folder", str(self.folder)) != str(self.folder):
            return False
        test = [str(self.python), "-I", "-c", SELF_TEST.format(OLDEST)]
        return subprocess.run(test, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0

    def make(self, *, has_ensurepip: bool) -> None:
        """Makes the environment anew, with pip in it.

        Args:
            has_ensurepip: whether this Python can install pip by itself; if not, a virtualenv or pip that
                the system has is used, and failing that one that is unpacked from Debian's package.

        Raises:
            SetupError: none of these ways is open.
        """
        if self.folder.exists():
            self._log.say(f"  {self.folder} does not work (any more) and is made anew")
        if not ((has_ensurepip and self._run("-m", "venv", "--clear")) or self._make_otherwise()):
            shutil.rmtree(self.folder, ignore_errors=True)
            what = f"{sys.executable} can make no virtual environment with pip: {self._log.last_error()}"
            raise SetupError(what, "install python3-venv (a command is above), then run this again")

    def _make_otherwise(self) -> bool:
        virtualenv = ["virtualenv", "-q", "--clear", "-p", sys.executable, str(self.folder)]
        if shutil.which("virtualenv") and self._log.run(virtualenv) == 0:
            return True
        if not self._run("-m", "venv", "--clear", "--without-pip"):
            return False
        get_pip = ["install", "-q", "--no-input", "pip"]
        if self._log.run([sys.executable, "-m", "pip", "--python", str(self.python), *get_pip]) == 0:
            return True
        with tempfile.TemporaryDirectory(prefix="thermobench-pip-") as folder:
            wheel = downloaded(Path(folder), self._log)
            return wheel is not None and self._log.run([str(self.python), f"{wheel}/pip", *get_pip]) == 0

    def _run(self, *arguments: str) -> bool:
        return self._log.run([sys.executable, *arguments, str(self.folder)]) == 0

    def wanted(self, unmet: Sequence[str]) -> str:
        """A fingerprint of everything that decides what the environment holds.

        Args:
            unmet: what the system lacks for building packages; once it is there, they are tried again.
        """
        digest = hashlib.sha256()
        for name in ("pyproject.toml", "constraints.txt"):
            digest.update((self.checkout / name).read_bytes())
        # The environment's own Python may change below it, with an upgrade of the system.
        config = (self.folder / "pyvenv.cfg").read_bytes()
        digest.update(config + str(self.python.resolve()).encode())
        digest.update("\n".join((*TOOLS, *unmet)).encode())
        return digest.hexdigest()

    def is_filled(self, wanted: str) -> bool:
        """Whether the last filling was for `wanted`."""
        return self._stamp().get("wanted") == wanted

    def lacking(self) -> dict[str, str]:
        """The extras that could not be installed the last time, each with the reason."""
        found = self._stamp().get("lacking", {})
        return {str(name): str(reason) for name, reason in found.items()}

    def fill(self, wanted: str) -> None:
        """Installs the checkout (editable) with its extras; without those that cannot be had here.

        Raises:
            SetupError: not even the suite without any backend's client could be installed.
        """
        core, extras = split_extras(tomllib.loads((self.checkout / "pyproject.toml").read_text("utf-8")))
        lacking: dict[str, str] = {}
        # Older versions of pip know less of what is asked of them below.
        status = self._pip("-U", "pip")
        if status == 0 and self._pip("-e", ".[test]", *TOOLS) != 0:
            self._log.say("  not everything can be installed here; trying one backend after the other")
            status = self._pip("-e", ".[suite,html]", *core, *TOOLS)
            if status == 0:
                lacking = _failures(extras, lambda name: self._pip("-e", f".[{name}]"), self._log)
        if status != 0:
            raise SetupError(
                f"pip could not install the suite: {self._log.last_error()}",
                f"see {self._log.path}, mend it and run this again",
            )
        stamp = {"wanted": wanted, "folder": str(self.folder), "lacking": lacking}
        (self.folder / STAMP).write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")

    def _pip(self, *what: str) -> int:
        constraints = str(self.checkout / "constraints.txt")
        command = [str(self.python), "-I", "-m", "pip", "install", "-q", "--no-input", "-c", constraints]
        if "pip" not in what:
            command += ["--build-constraint", constraints]
        return self._log.run([*command, *what], cwd=self.checkout, extra={"PIP_USER": "0"})

    def _stamp(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}


def split_extras(project: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What the extra `test` holds, by whether the suite can do without it.

    Args:
        project: pyproject.toml's content.

    Returns:
        The requirements of the tests themselves, and the names of the backends' extras.
    """
    own = f"{project['project']['name']}["
    extras = project["project"]["optional-dependencies"]
    core = tuple(line for line in extras["test"] if not line.startswith(own))
    named = [re.split(r"[\[\]]", line)[1] for line in extras["backends"] if line.startswith(own)]
    return core, tuple(name.strip() for names in named for name in names.split(","))


def _failures(extras: Sequence[str], install: Callable[[str], int], log: Log) -> dict[str, str]:
    return {name: log.last_error() for name in extras if install(name) != 0}
