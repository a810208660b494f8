"""Containers for tests: on the engine that there is, in images that `make images` builds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from collectors.errors import Unavailable
from fixtures.containers.engine import Engine
from fixtures.containers.images import Image, stand_in
from fixtures.hosts.base import Host
from fixtures.hosts.container import ContainerHost

PYTHON = "python"
"""The image in which there is what the contract of hosts asks for beside sh: Python, which no host needs."""


def engine() -> Engine:
    """Return the engine; where there is none the test is skipped."""
    try:
        return Engine()
    except Unavailable as error:
        pytest.skip(str(error))


def image(found: Engine, service: str) -> Image:
    """Return a stand-in; where it was not built the test is skipped."""
    from fixtures.containers.images import OFFICIAL

    if not found.has(stand_in(service)):
        pytest.skip(f"there is no image {stand_in(service)}: make images")
    official = OFFICIAL.get(service)
    return Image(stand_in(service), "stand-in", official.jars if official else {})


def python_container() -> ContainerHost:
    """Return a container with Python in it, whose processes and files can be looked at from here."""
    if os.geteuid() != 0:
        pytest.skip("only root may look into containers")
    found = engine()
    made = ContainerHost("contract", found, image(found, PYTHON))
    if not made.pid:
        made.close()
        pytest.skip("the engine runs on another machine")
    return made


def seen(host: Host, path: str) -> Path:
    """Return where a file of a host is seen from here."""
    return Path(f"/proc/{host.pid}/root{path}") if isinstance(host, ContainerHost) else Path(path)


def pid_here(host: Host, pid: int) -> int:
    """Return what a process of a host is called here, by its pid there."""
    if not isinstance(host, ContainerHost):
        return pid
    group = Path(f"/proc/{host.pid}/cgroup").read_text()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            ours = (folder / "cgroup").read_text() == group
            there = (folder / "status").read_text().partition("NSpid:")[2].split("\n")[0].split()
        except OSError:  # it has ended meanwhile
            continue
        if ours and there[-1:] == [str(pid)]:
            return int(folder.name)
    return 0
