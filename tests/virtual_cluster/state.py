"""The folder of one cluster: its keys, its hosts' files, and a list of what was made for it outside of the folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fixtures.process_table import entry

from .owner import PREFIX, tag_in

PARENT = Path("/var/tmp")  # noqa: S108 – on a disk, where /run is in memory; others' folders are not believed
_LIST = "made"


class State:
    """A cluster's folder, readable by root alone.

    Args:
        tag: of the cluster.
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.folder = PARENT / tag

    def make(self) -> None:
        """Make the folder.

        Raises:
            FileExistsError: somebody else has made it.
        """
        self.folder.mkdir(mode=0o700)

    def note_process(self, pid: int) -> None:
        """Remember a process that has to end with the cluster."""
        found = entry(pid)
        if found is not None:
            self._note(f"process {found.pid} {found.started}")

    def note_group(self, folder: Path) -> None:
        """Remember a control group that has to go with the cluster."""
        self._note(f"group {folder}")

    def processes(self) -> list[tuple[int, int]]:
        """Return pid and start of every process that was noted."""
        return [(int(pid), int(started)) for pid, started in (one.split() for one in self._noted("process"))]

    def groups(self) -> list[Path]:
        """Return every control group that was noted."""
        return [Path(one) for one in self._noted("group")]

    def _note(self, line: str) -> None:
        with (self.folder / _LIST).open("a") as file:
            file.write(f"{line}\n")

    def _noted(self, kind: str) -> Iterator[str]:
        path = self.folder / _LIST
        for line in path.read_text().splitlines() if path.exists() else ():
            first, _, rest = line.partition(" ")
            if first == kind:
                yield rest


def states() -> list[State]:
    """Return all clusters' folders that are there. Only root's count: anybody may make a folder of such a name."""
    found = []
    for path in PARENT.glob(f"{PREFIX}-*"):
        status = os.lstat(path)
        if tag_in(path.name) == path.name and status.st_uid == 0 and stat.S_ISDIR(status.st_mode):
            found.append(State(path.name))
    return found
