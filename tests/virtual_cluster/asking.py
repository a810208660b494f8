"""Running things on the hosts of a virtual cluster, and waiting for what they say."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from . import VirtualCluster

ROOT = Path(__file__).parents[2]
SECONDS = 60


def told(cluster: VirtualCluster, alias: str, *argv: str) -> str:
    """Return what a program prints on a host. The test fails if the program does."""
    done = subprocess.run(
        cluster.ssh(alias, *argv),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def python(code: str) -> list[str]:
    """Return the command that runs Python code, with this checkout's packages, on whichever host."""
    return ["env", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, "-c", code]


def answers(cluster: VirtualCluster, alias: str) -> bool:
    """Whether a host's sshd can be reached from here."""
    try:
        with socket.create_connection((cluster.address(alias), 22), timeout=1.0) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def traces(tag: str) -> list[str]:
    """Return the names of all that is there of a cluster, its processes and control groups left out."""
    interfaces = subprocess.run(["ip", "link", "show"], capture_output=True, text=True, check=True).stdout
    found = [path for folder in ("/run/netns", "/var/tmp") for path in os.listdir(folder)]  # noqa: PTH208, S108
    return [one for one in [*found, *interfaces.splitlines()] if tag in one]
