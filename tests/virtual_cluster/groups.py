"""The control groups of a host: what holds it to its cores, and what counts the CPU time it gets and does not get."""

from __future__ import annotations

from pathlib import Path

from fixtures.control_group import ControlGroup, cpu_quota

from .state import State

_PRESSURE = "cpu.pressure"


class HostGroups:
    """Made for one host, and noted in the cluster's state, which removes them.

    Args:
        cores: that the host is held to.
        state: the cluster's.

    Raises:
        Unavailable: no such group can be made here.
    """

    def __init__(self, cores: float, state: State) -> None:
        self._quota = cpu_quota(cores)
        state.note_group(self._quota.folder)
        self._accounting = _accounting(self._quota, state)
        self._pressure = _pressure(self._quota, state)

    def hold(self, pid: int) -> None:
        """Move a process into all of them, with all that it will start."""
        for group in {self._quota, self._accounting}:
            group.hold([pid])
        if self._pressure:
            (self._pressure / "cgroup.procs").write_text(str(pid))

    @property
    def for_climate(self) -> dict[str, str]:
        """The files that `climate` needs."""
        if self._quota.version == 1:
            usage, quota = self._accounting.folder / "cpuacct.usage", self._quota.folder / "cpu.cfs_quota_us"
        else:
            usage, quota = self._quota.folder / "cpu.stat", self._quota.folder / "cpu.max"
        return {"usage": str(usage), "quota": str(quota)}

    @property
    def for_proc_stat(self) -> dict[str, str | None]:
        """The files that `proc_stat` needs."""
        usage = self._accounting.folder / ("cpuacct.stat" if self._quota.version == 1 else "cpu.stat")
        pressure = str(self._pressure / _PRESSURE) if self._pressure else None
        return {"usage": str(usage), "throttled": str(self._quota.folder / "cpu.stat"), "pressure": pressure}


def _accounting(group: ControlGroup, state: State) -> ControlGroup:
    """Return the group that counts CPU time: the same one, but where version 1 has it in a hierarchy of its own."""
    if group.version != 1 or (group.folder / "cpuacct.usage").exists():
        return group
    made = ControlGroup("cpuacct")
    state.note_group(made.folder)
    return made


def _pressure(group: ControlGroup, state: State) -> Path | None:
    """Return the group that counts pressure stall information, which version 2 alone has; None where there is none.

    Where version 1 has the quotas, version 2 may be mounted beside it all the same, and needs no controller for this.
    """
    if group.version != 1:
        return group.folder if _readable(group.folder / _PRESSURE) else None
    mounts = (line.partition(" - ") for line in Path("/proc/self/mountinfo").read_text().splitlines())
    top = next((Path(mount.split(" ")[4]) for mount, _, source in mounts if source.startswith("cgroup2 ")), None)
    if top is None or not _readable(top / _PRESSURE):
        return None
    made = top / group.folder.name
    made.mkdir()
    state.note_group(made)
    return made


def _readable(file: Path) -> bool:
    try:
        return bool(file.read_text())
    except OSError:  # not there, or turned off
        return False
