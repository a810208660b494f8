"""A container engine of our own, for as long as it is needed, where none answers."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from collectors.errors import ServerError, Unavailable
from fixtures.containers.engine import Engine
from fixtures.hosts.base import Process
from fixtures.hosts.local import LocalHost
from fixtures.services.base import last_lines
from tools.firewall import Firewall

PRIVILEGED = "in a container: docker run --privileged, or pass the engine's socket into it"
INSTALL = "sudo apt-get install --no-install-recommends docker.io"
_CAP_SYS_ADMIN = 21  # capabilities(7)
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_BRIDGE = Path("/sys/class/net/docker0")
_GROUPS = ("/sys/fs/cgroup/docker", "/sys/fs/cgroup/*/docker")


@contextlib.contextmanager
def running(host: LocalHost) -> Iterator[str]:
    """Give the address of an engine: the one that answers, or one that is started, and ended and removed afterwards.

    DOCKER_HOST says so, too, as long as it is there.

    Args:
        host: this machine; whatever ends this process, it ends the engine.

    Raises:
        Unavailable: none answers, and none can be started; says what would mend it.
        ServerError: it did not start; shows its last words.
    """
    try:
        Engine().close()
    except Unavailable as error:
        _check(host, error)
    else:
        yield os.environ.get("DOCKER_HOST", "")
        return
    before, had_bridge = os.environ.get("DOCKER_HOST"), _BRIDGE.exists()
    firewall = Firewall()
    folder = host.folder("engine")
    address = f"unix://{folder}/socket"
    engine = _started(host, folder, address)
    try:
        os.environ["DOCKER_HOST"] = address
        yield address
    finally:
        os.environ.pop("DOCKER_HOST")
        if before is not None:
            os.environ["DOCKER_HOST"] = before
        engine.stop(_STOP_SECONDS)
        _clear(host, folder, bridge=not had_bridge)
        firewall.restore()


def _check(host: LocalHost, error: Unavailable) -> None:
    if os.geteuid() != 0:
        raise Unavailable(f"{error.what}, and only root can start one", error.mend)
    if not may_mount(Path("/proc/self/status").read_text()):
        raise Unavailable(f"{error.what}, and none can be started without CAP_SYS_ADMIN", PRIVILEGED)
    if host.find("dockerd") is None:
        raise Unavailable(f"{error.what}, and there is no program dockerd to start one with", INSTALL)


def may_mount(status: str) -> bool:
    """Whether a process has CAP_SYS_ADMIN, by its /proc/PID/status: an engine cannot do without."""
    found = re.search(r"^CapEff:\t([0-9a-f]+)$", status, flags=re.MULTILINE)
    return found is not None and bool(int(found[1], 16) >> _CAP_SYS_ADMIN & 1)


def _started(host: LocalHost, folder: str, address: str) -> Process:
    argv = ["dockerd", "--host", address, "--pidfile", f"{folder}/pid"]
    argv += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    log = f"{folder}/log"
    engine = host.run(argv, log=log)
    deadline = time.monotonic() + _START_SECONDS
    while engine.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(Unavailable):
            os.environ["DOCKER_HOST"] = address
            Engine().close()
            return engine
        time.sleep(0.2)
    status = engine.stop()
    raise ServerError(f"the engine did not start, or ended with status {status}:\n{last_lines(host, log)}")


def _clear(host: LocalHost, folder: str, *, bridge: bool) -> None:
    """Remove what an engine leaves outside its folders, and what keeps these from being removed."""
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        point = line.split()[1]
        if point.startswith(f"{folder}/"):
            host.run(["umount", "--lazy", point], log=f"{folder}/log").wait(_STOP_SECONDS)
    if bridge and _BRIDGE.exists():
        host.run(["ip", "link", "delete", _BRIDGE.name], log=f"{folder}/log").wait(_STOP_SECONDS)
    for pattern in _GROUPS:
        for group in Path("/").glob(pattern.lstrip("/")):
            with contextlib.suppress(OSError):  # another engine's, with containers in it
                group.rmdir()
