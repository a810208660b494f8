"""The system's programs that a virtual cluster is made with, and whether one can be made here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from collectors.errors import ServerError, Unavailable
from fixtures.control_group import cpu_quota

from .state import PARENT

PACKAGES = {
    "ip": "iproute2",
    "tc": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "unshare": "util-linux",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sshd": "openssh-server",
}
"""By program, the Debian package that brings it."""
_SECONDS = 30
_BUCKET = ["root", "tbf", "rate", "1mbit", "burst", "70000", "limit", "140000"]
_TRIALS = {
    "namespaces": ["unshare", "--net", "--mount", "--pid", "--fork", "--uts", "--ipc", "true"],
    "a bridge": ["unshare", "--net", "ip", "link", "add", "trial", "type", "bridge"],
    "a pair of interfaces": ["unshare", "--net", "ip", "link", "add", "trial", "type", "veth"],
    "a token bucket": ["unshare", "--net", "tc", "qdisc", "add", "dev", "lo", *_BUCKET],
}
"""What the kernel has to be able to make, each tried in namespaces that are gone afterwards."""
OWN_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108
"""Folders of which each host has its own, empty at first."""
_SYSFS = ("class/thermal", "devices/system/cpu/cpufreq", "devices/platform", "firmware")
"""Folders of /sys that are covered by those of a Pi; none can be made there."""


@cache
def program(name: str) -> str:
    """Return the path of a program; sbin is looked in, too.

    Raises:
        Unavailable: it is not there.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    found = shutil.which(name, path=path)
    if found is None:
        raise Unavailable(f"{name} not found", f"sudo apt-get install --no-install-recommends {PACKAGES[name]}")
    return found


def run(name: str, *arguments: str) -> str:
    """Run a program and return what it prints.

    Raises:
        ServerError: it failed, or took too long; tells what it said.
    """
    argv = [program(name), *arguments]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"{name} {' '.join(arguments)}: not done after {_SECONDS} s") from None
    if done.returncode:
        raise ServerError(f"{name} {' '.join(arguments)}: {done.stderr.strip() or f'status {done.returncode}'}")
    return done.stdout


@cache
def why_not() -> str | None:
    """Return why no virtual cluster can be made here, in one line; None where it can."""
    if os.geteuid() != 0:
        return "a virtual cluster is made of namespaces, which only root can make – run as root"
    try:
        for name in PACKAGES:
            program(name)
        cpu_quota(1.0).close()
        with tempfile.TemporaryDirectory(dir=PARENT) as folder:
            for what, (first, *rest) in (_TRIALS | {"layers of files": _overlay(Path(folder))}).items():
                try:
                    run(first, *rest)
                except ServerError as error:
                    return f"{what} cannot be made here: {error}"
    except Unavailable as error:
        return str(error)
    for folder in _SYSFS:
        if not Path("/sys", folder).is_dir():
            return f"this kernel has no /sys/{folder}, which a virtual Pi's own has to cover"
    for path in (Path(__file__), Path(sys.prefix)):
        if any(path.is_relative_to(own) for own in OWN_TEMPORARY):
            return (
                f"hosts have {' and '.join(OWN_TEMPORARY)} of their own, which hides {path} – use a checkout elsewhere"
            )
    return None


def _overlay(folder: Path) -> list[str]:
    """Return the command that tries a layer of files, in a new folder where the clusters' own will lie."""
    for name in ("upper", "work"):
        (folder / name).mkdir()
    options = f"lowerdir=/etc,upperdir={folder}/upper,workdir={folder}/work"
    return ["unshare", "--mount", "mount", "-t", "overlay", "-o", options, "overlay", "/etc"]
