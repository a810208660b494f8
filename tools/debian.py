"""Installs Debian packages.

Run as root, in a process of its own: python3 -m tools.debian PACKAGE…
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tools import quiet

LISTS = Path("/var/lib/apt/lists")
LISTS_KEPT = 24 * 3600.0
# Another apt, such as the unattended upgrades of a machine just switched on, is waited for.
APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")


def main(names: Sequence[str]) -> int:
    """Installs those of `names` that are not there yet; apt-get's exit status."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    os.environ.update(DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8")
    if quiet.left_behind():
        # A set-up was killed; the apt-get it had started may still be at work, and this waits for it.
        _run_to_its_end([*APT, "check"])
        quiet.clean_up()
    if not names:
        return 0
    fresh = not lists_are_old(LISTS, time.time())
    if not fresh:
        _run_to_its_end([*APT, "update"])
    known = candidates(_output(["apt-cache", "policy", *names]))
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.stdout.write(f"E: no package {', '.join(unknown)} for this system\n")
        sys.stdout.flush()
    if not known:
        return 1
    status = install(known)
    if status != 0 and fresh:
        # A day is long where packages are replaced: the lists may name files that are gone.
        _run_to_its_end([*APT, "update"])
        status = install(known)
    return status


def install(known: Sequence[str]) -> int:
    """Installs the packages `known`, leaving the services they bring off; apt-get's exit status."""
    new = [name for name in known if not _is_installed(name)]
    command = [*APT, "install", "-y", "--no-install-recommends", *known]
    with quiet.kept_off(quiet.services_of(new)):
        return _run_to_its_end(command)


def candidates(policy: str) -> tuple[str, ...]:
    """The packages that can be installed, read from what `apt-cache policy` printed."""
    found = re.findall(r"^([a-z0-9][a-z0-9.+-]*):\n(?:  .*\n)*?  Candidate: (.*)$", policy, flags=re.MULTILINE)
    return tuple(name for name, version in found if version != "(none)")


def lists_are_old(lists: Path, now: float) -> bool:
    """Whether apt's package lists are absent or older than a day.

    Args:
        lists: apt's folder of lists.
        now: seconds since the epoch.
    """
    if not any(lists.glob("*_Packages*")):
        return True
    # The files carry the server's dates; the folders are written to at every update.
    updated = max(folder.stat().st_mtime for folder in (lists, lists / "partial") if folder.is_dir())
    return now - updated > LISTS_KEPT


def _is_installed(name: str) -> bool:
    return _output(["dpkg-query", "-W", "-f", "${db:Status-Status}", name]) == "installed"


def _output(command: list[str]) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.stdout


def _run_to_its_end(command: list[str]) -> int:
    """Runs `command`; when interrupted, waits until it has ended, since dpkg is not to be torn off.

    Ctrl-C reaches apt-get, too, which then ends where it safely can.
    """
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            return process.wait()
        finally:
            process.wait()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
