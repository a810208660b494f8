"""CPU quotas: what they allow, and for how long they held processes back. Control groups of version 1 and 2."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from .kept_file import KeptFile, text_of
from .source import growth


class Held(NamedTuple):
    """What a quota does to a process."""

    quota: float | None
    """Cores that it allows; None where there is none."""
    throttled: float
    """Share of the interval in which it held threads back. The kernel adds up its processors' times; the share that
    they had together is between this and this by their number, and never above 1."""
    where: str
    """The group whose quota it is, as a path; the same for all processes that share the quota."""


class Mount(NamedTuple):
    """Where the groups of a controller are shown."""

    point: str
    root: str
    """The group that is shown there."""
    version: int


class Bandwidth:
    """One control group's quota.

    Args:
        folder: of the group.
        version: 1 or 2.
    """

    def __init__(self, folder: str, version: int) -> None:
        self.folder = folder
        self._version = version
        names = ("cpu.max",) if version == 2 else ("cpu.cfs_quota_us", "cpu.cfs_period_us")  # noqa: PLR2004
        self._limits = [KeptFile(f"{folder}/{name}") for name in names]
        self._statistics = KeptFile(f"{folder}/cpu.stat")
        self._before: int | None = None
        self._held = Held(None, 0.0, folder)
        self._number = -1

    def sample(self, number: int, seconds: float) -> Held:
        """Return what it did since the previous sample; asked twice for the same, it answers the same.

        Args:
            number: of the sample.
            seconds: since the previous one.
        """
        if number != self._number:
            self._number = number
            quota = self._quota()
            self._held = Held(quota, self._throttled(seconds) if quota is not None else 0.0, self.folder)
        return self._held

    def close(self) -> None:
        """Close its files."""
        for file in (*self._limits, self._statistics):
            file.close()

    def _quota(self) -> float | None:
        try:
            quota, period = b" ".join(file.read(64) for file in self._limits).split()
            return int(quota) / int(period) if int(quota) > 0 else None
        except (OSError, ValueError):  # a group at the root has no such file; `max` is no number
            return None

    def _throttled(self, seconds: float) -> float:
        try:
            fields = self._statistics.read().split()
        except OSError:
            return 0.0
        counts = dict(zip(fields[::2], map(int, fields[1::2]), strict=True))
        now = counts.get(b"throttled_time", counts.get(b"throttled_usec", 0) * 1000)
        before, self._before = self._before, now
        grown = None if before is None else growth(before, now)
        return min(1.0, (grown or 0) / 1e9 / seconds)


class Cgroups:
    """Finds the quotas that hold for a process: those of its own group and of all groups above it.

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self._proc = proc
        self.mount = mount_in(text_of(f"{proc}/self/mountinfo") or "")
        self._folders: dict[str, str | None] = {}
        self._groups: dict[str, Bandwidth] = {}
        self._above: dict[str, list[Bandwidth]] = {}

    def folder(self, pid: int) -> str | None:
        """Return the folder of a process's own group, or None where groups with quotas are not shown."""
        listed = text_of(f"{self._proc}/{pid}/cgroup") if self.mount else None
        if not listed or not self.mount:
            return None
        if listed not in self._folders:
            self._folders[listed] = folder_in(listed, self.mount)
        return self._folders[listed]

    def held(self, folder: str, number: int, seconds: float) -> Held:
        """Return the tightest of the quotas that hold in a group, and the longest time that one of them held it back.

        Args:
            folder: of the group.
            number: of the sample.
            seconds: since the previous one.
        """
        if folder not in self._above:
            self._above[folder] = self._upwards(folder)
        all_held = [one.sample(number, seconds) for one in self._above[folder]]
        limited = [one for one in all_held if one.quota is not None]
        if not limited:
            return Held(None, 0.0, folder)
        tightest = min(limited, key=lambda one: one.quota or 0.0)
        return tightest._replace(throttled=max(one.throttled for one in limited))

    def close(self) -> None:
        """Close the files of all groups."""
        for one in self._groups.values():
            one.close()
        self._groups.clear()
        self._above.clear()

    def _upwards(self, folder: str) -> list[Bandwidth]:
        if not self.mount:
            return []
        path, top = PurePosixPath(folder), PurePosixPath(self.mount.point)
        found = []
        for one in (path, *path.parents):
            if str(one) not in self._groups:
                self._groups[str(one)] = Bandwidth(str(one), self.mount.version)
            found.append(self._groups[str(one)])
            if one == top:
                break
        return found


def mount_in(mountinfo: str, controller: str = "cpu") -> Mount | None:
    """Return where a controller's groups are shown, from the text of a mountinfo file (proc_pid_mountinfo(5)).

    Where both versions are mounted, version 1 has the controller if it is mounted there.
    """
    second = None
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        root, point = (_unescaped(part) for part in mount.split(" ")[3:5])
        kind, _, options = source.split(" ", 2)
        if kind == "cgroup" and controller in options.rpartition(" ")[2].split(","):
            return Mount(point, root, 1)
        if kind == "cgroup2":
            second = Mount(point, root, 2)
    return second


def folder_in(listed: str, mount: Mount, controller: str = "cpu") -> str | None:
    """Return the folder of the group that a /proc/PID/cgroup file names (cgroups(7)), or None if it is not shown."""
    for line in listed.splitlines():
        hierarchy, controllers, path = line.split(":", 2)
        ours = hierarchy == "0" if mount.version == 2 else controller in controllers.split(",")  # noqa: PLR2004
        if ours:
            inside = PurePosixPath(path)
            if ".." in inside.parts or not inside.is_relative_to(mount.root):
                return None
            return str(PurePosixPath(mount.point) / inside.relative_to(mount.root))
    return None


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
