"""Taking a cluster away: at its end, and when the next one is made after its owner was killed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from collectors.errors import ServerError

from .owner import is_dead, lives, tag_in
from .programs import run
from .state import State, states

NAMESPACES = Path("/run/netns")
"""Where ip-netns(8) keeps the names of network namespaces."""
_SECONDS = 10.0


def remove_left_over() -> None:
    """Remove everything of clusters whose owners are dead."""
    names = [state.tag for state in states()] + [path.name for path in NAMESPACES.glob("*")]
    tags = dict.fromkeys(tag for name in names if (tag := tag_in(name)))
    for tag in tags:
        if is_dead(tag):
            remove(tag)


def remove(tag: str) -> None:
    """Remove everything of a cluster. May be called twice, and by two at once.

    Raises:
        ServerError: something cannot be removed; names it.
    """
    state = State(tag)
    for pid, started in state.processes():
        _kill(pid, started)
    _remove_interfaces(tag)
    for path in NAMESPACES.glob(f"{tag}-*"):
        _unless_gone(path, "ip", "netns", "del", path.name)
    for group in state.groups():
        # The kernel refuses as long as a process is left in it: with the group all that ran on the host is gone.
        _until(partial(_removed, group), f"the control group {group} cannot be removed")
    _until(lambda: _tree_removed(state.folder), f"{state.folder} cannot be removed")


def _kill(pid: int, started: int) -> None:
    if lives(pid, started):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _until(lambda: not lives(pid, started), f"process {pid} does not end")


def _remove_interfaces(tag: str) -> None:
    """Remove the interfaces here whose alias is the tag, at once: the kernel takes its time over namespaces."""
    for interface in json.loads(run("ip", "-json", "link", "show")):
        if interface.get("ifalias") == tag:
            path = Path("/sys/class/net", interface["ifname"])
            _unless_gone(path, "ip", "link", "del", interface["ifname"])


def _unless_gone(path: Path, name: str, *arguments: str) -> None:
    try:
        run(name, *arguments)
    except ServerError:
        if path.exists():
            raise


def _removed(group: Path) -> bool:
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()


def _tree_removed(folder: Path) -> bool:
    # Another one may be at it, too.
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _until(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise ServerError(otherwise)
        time.sleep(0.02)
