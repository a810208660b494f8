"""The machine that is set up: what it already has."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Protocol

SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
VIRTUAL_MACHINES = Path("/usr/lib/jvm")


class Machine(Protocol):
    """Answers whether something is there, however it came there; nothing is asked of a package manager."""

    def has_program(self, name: str) -> bool:
        """Whether `name` can be started."""

    def has_module(self, name: str) -> bool:
        """Whether the Python that runs this can import `name`."""

    def has_compiler(self) -> bool:
        """Whether C can be compiled against the C library's headers."""

    def has_python_headers(self) -> bool:
        """Whether a C extension of the Python that runs this can be compiled."""

    def has_library(self, *names: str) -> bool:
        """Whether pkg-config knows one of `names`."""

    def has_java(self, major: int) -> bool:
        """Whether there is a Java runtime of the feature version `major`."""


class ThisMachine:
    """The machine this runs on, seen through its files."""

    def has_program(self, name: str) -> bool:
        """Whether `name` lies on PATH or where Debian keeps servers."""
        return _find(name) is not None

    def has_module(self, name: str) -> bool:
        """Whether the Python that runs this can import `name`."""
        return importlib.util.find_spec(name) is not None

    def has_compiler(self) -> bool:
        """Whether C can be compiled against the C library's headers."""
        configured = os.environ.get("CC") or str(sysconfig.get_config_var("CC") or "cc")
        compiler = configured.split()[0]
        return self.has_program(compiler) and _succeeds(
            compiler, "-fsyntax-only", "-include", "stdlib.h", "-x", "c", "/dev/null"
        )

    def has_python_headers(self) -> bool:
        """Whether Python.h lies where this Python looks for it."""
        return Path(sysconfig.get_path("include"), "Python.h").is_file()

    def has_library(self, *names: str) -> bool:
        """Whether pkg-config knows one of `names`."""
        return self.has_program("pkg-config") and any(_succeeds("pkg-config", "--exists", name) for name in names)

    def has_java(self, major: int) -> bool:
        """Whether JAVA_HOME, `java` on PATH or an installed runtime is of the feature version `major`."""
        return any(java_version(home) == major for home in _java_homes())


def java_version(home: Path) -> int | None:
    """The feature version of the Java runtime in `home`, by its `release` file; None without one."""
    if not (home / "bin" / "java").is_file():
        return None
    try:
        release = (home / "release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d+)', release, flags=re.MULTILINE)
    return int(found[1]) if found else None


def is_distributions_python() -> bool:
    """Whether the Python that runs this came with the system, so that its packages extend it."""
    return sys.base_prefix == "/usr"


def _java_homes() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = _find("java")
    if on_path is not None:
        homes.append(Path(on_path).resolve().parent.parent)
    if VIRTUAL_MACHINES.is_dir():
        homes.extend(sorted(VIRTUAL_MACHINES.iterdir()))
    return homes


def _find(program: str) -> str | None:
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SYSTEM_FOLDERS))
    return shutil.which(program, path=path)


def _succeeds(*command: str) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0
