"""What a host is and which code it runs: results of hosts that differ in it are not comparable without saying so."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from . import hardware

CLIENTS = (
    *("mysqlclient", "kafka-python", "confluent-kafka", "cassandra-driver", "acsylla", "paho-mqtt"),
    *("hdrhistogram", "adafruit-circuitpython-dht"),
)
"""The distributions that take part in a measurement."""


def fingerprint(folder: str | None = None) -> dict[str, Any]:
    """Return what the machine that this runs on is; see the functions of `collectors.hardware` for the parts.

    Beside theirs: `kernel`, `os`, `machine`, `python`, `virtual`, `cpus` that this process may use, `clients` by
    distribution, and `code`. It reads files and starts nothing; 2 ms on a PC.

    Args:
        folder: of the servers' data; `data_disks` names the disks that it lies on. None: it is left out.
    """
    found = {
        "board": hardware.board(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "os": _os(),
        "python": platform.python_version(),
        "virtual": hardware.virtual(),
        "cpus": len(os.sched_getaffinity(0)),
        "cpu": hardware.cpu(),
        "idle": hardware.idle(),
        "disks": hardware.disks(),
        "links": hardware.links(),
        "clients": client_versions(),
        "code": code(),
    } | hardware.memory()
    return found if folder is None else found | {"data_disks": data_disks(folder)}


def data_disks(folder: str) -> list[str]:
    """Return the names of the disks that a folder lies on; empty in memory, and where the kernel does not tell."""
    device = os.stat(folder).st_dev  # noqa: PTH116 – symbolic links are to be followed, as they are
    return hardware.disks_below(os.major(device), os.minor(device))


@cache
def client_versions() -> dict[str, str]:
    """Return the versions of the clients that are installed, importing none."""
    found = {}
    for name in CLIENTS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def code(folder: Path = Path(__file__).parent) -> str:
    """Return the SHA-256, in hexadecimal, of the source of the collectors: relative paths and contents, sorted by path.

    It is that of the files when it is first asked for, and the same wherever they lie.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        content = path.read_bytes()
        # With its length, so that no content can pass for the beginning of another file.
        digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _os() -> str | None:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        return None
