"""The files of a Pi's sensors, for one host: thermal zone, processor clock, firmware; and what CPUs it has."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .climate import IDLE, MAX_KHZ, MIN_KHZ
from .proc_stat import MACHINE, cpu_lines, other_lines

MODEL = "Virtual Pi"
_PLATFORM = "/sys/devices/platform"
_PRESSURE = "/proc/pressure"


def make_board(folder: Path, cpus: Sequence[int]) -> dict[str, str]:
    """Write the files of a board that has just been switched on.

    Args:
        folder: that they are put into; made here.
        cpus: the numbers of those that the host has.

    Returns:
        By file or folder of the host's /sys and /proc, the one that is to be shown there.
    """
    files = {
        "thermal/thermal_zone0/type": "cpu-thermal",
        "thermal/thermal_zone0/temp": f"{round(IDLE * 1000)}",
        "cpufreq/policy0/affected_cpus": " ".join(map(str, cpus)),
        "cpufreq/policy0/scaling_governor": "ondemand",
        "cpufreq/policy0/cpuinfo_min_freq": f"{MIN_KHZ}",
        "cpufreq/policy0/cpuinfo_max_freq": f"{MAX_KHZ}",
        "cpufreq/policy0/scaling_cur_freq": f"{MAX_KHZ}",
        "platform/soc/soc:firmware/get_throttled": "0",
        "firmware/devicetree/base/model": MODEL,
        "online": ",".join(map(str, cpus)),
        "stat": (cpu_lines(cpus, (0, 0, 0, 0)) + other_lines(MACHINE.read_text())).rstrip(),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")
    (folder / "pressure").mkdir(exist_ok=True)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)  # whatever the umask: everybody may read /sys
    shown = {
        "/sys/class/thermal": "thermal",
        "/sys/devices/system/cpu/cpufreq": "cpufreq",
        "/sys/devices/system/cpu/online": "online",
        "/sys/firmware": "firmware",
        "/proc/stat": "stat",
    }
    if Path(_PRESSURE).exists():
        # It is the whole machine's. Where the kernel is booted without it (psi=0), there is no such folder.
        shown[_PRESSURE] = "pressure"
    if not _disks_on_platform():
        shown[_PLATFORM] = "platform"
    return {target: str(folder / name) for target, name in shown.items()}


def _disks_on_platform() -> bool:
    """Whether disks of this machine are shown there, as on ARM boards: then the firmware's flags are left out."""
    return any(str(disk.resolve()).startswith(_PLATFORM) for disk in Path("/sys/block").glob("*"))
