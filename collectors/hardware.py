"""What a machine is made of, from /proc and /sys alone: CPU, idle states, disks, network links, memory.

Every function takes the root of the file system, so that another machine's files can be read as well. What cannot be
known is None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path("/")

_SECTOR = 512  # bytes: the unit of /sys/block/*/size, whatever the disk's own (Documentation/ABI/stable/sysfs-block)
_LOOPBACK = "772"  # ARPHRD_LOOPBACK
_UP = 1  # IFF_UP, netdevice(7)
_MADE_UP_SPEED = {"virtio_net", "vmxnet3", "hv_netvsc", "vif", "ena", "gve", "veth", "dummy"}
"""Drivers of links that have no wire: the speed they report is a constant."""
_NOT_DISKS = ("loop", "ram", "zram")
_ARM_CORES = {
    "0xb76": "ARM1176",
    "0xc07": "Cortex-A7",
    "0xd03": "Cortex-A53",
    "0xd08": "Cortex-A72",
    "0xd0b": "Cortex-A76",
}
"""The cores of Raspberry Pis by "CPU part" (Arm's Main ID Register), where /proc/cpuinfo has no model name."""
_BOARDS = ("proc/device-tree/model", "sys/firmware/devicetree/base/model", "sys/class/dmi/id/product_name")


def board(root: Path = ROOT) -> str | None:
    """Return the model of the board or machine, as its firmware names it."""
    return next(filter(None, (_text(root / path) for path in _BOARDS)), None)


def cpu(root: Path = ROOT) -> dict[str, Any]:
    """Return the CPU's `model`, `max_mhz`, and by cpufreq policy the `governors`: {} where the kernel sets no clock."""
    information = _text(root / "proc/cpuinfo") or ""
    name = _field(information, "model name") or _ARM_CORES.get(_field(information, "CPU part") or "")
    policies = sorted((root / "sys/devices/system/cpu/cpufreq").glob("policy*"))
    highest = [int(khz) for policy in policies if (khz := _text(policy / "cpuinfo_max_freq"))]
    return {
        "model": name,
        "max_mhz": max(highest) / 1000 if highest else None,
        "governors": {policy.name: _text(policy / "scaling_governor") for policy in policies},
    }


def idle(root: Path = ROOT) -> dict[str, Any] | None:
    """Return how idle cores sleep: `driver`, `governor`, and the `states` that are enabled on any core.

    Each state has `name` and `exit_latency_us`. None where the kernel manages no idle states, as in many VMs.
    """
    system = root / "sys/devices/system/cpu"
    states: dict[tuple[str, int], None] = {}
    for state in sorted(system.glob("cpu[0-9]*/cpuidle/state*"), key=lambda path: int(path.name.removeprefix("state"))):
        if _text(state / "disable") == "0":
            states[_text(state / "name") or state.name, int(_text(state / "latency") or 0)] = None
    driver = _text(system / "cpuidle/current_driver")
    if not states and driver in {None, "none"}:
        return None
    return {
        "driver": driver,
        "governor": _text(system / "cpuidle/current_governor") or _text(system / "cpuidle/current_governor_ro"),
        "states": [{"name": name, "exit_latency_us": latency} for name, latency in states],
    }


def disks(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Return by name each disk's `model`, `rotational`, `scheduler`, `write_cache` and `bytes`."""
    found = {}
    for disk in sorted((root / "sys/block").glob("*")):
        size = int(_text(disk / "size") or 0) * _SECTOR
        if not size or disk.name.startswith(_NOT_DISKS):
            continue
        scheduler = re.search(r"\[(\S+)\]", _text(disk / "queue/scheduler") or "")
        found[disk.name] = {
            "model": _text(disk / "device/model") or _text(disk / "device/name"),
            "rotational": _text(disk / "queue/rotational") == "1",
            "scheduler": scheduler[1] if scheduler else None,
            "write_cache": _text(disk / "queue/write_cache"),
            "bytes": size,
        }
    return found


def disks_below(major: int, minor: int, root: Path = ROOT) -> list[str]:
    """Return the names of the disks that a block device lies on, through partitions, LVM, RAID and encryption."""
    device = root / f"sys/dev/block/{major}:{minor}"
    return sorted(set(_disks_below(device.resolve()))) if device.exists() else []


def links(root: Path = ROOT) -> dict[str, dict[str, Any]]:
    """Return by name what each network link that is up is: `kind`, `driver`, `speed`, `duplex` and `mtu`.

    The kind is `loopback`, `wireless`, `wired`, or `virtual`: one without a wire of its own. The speed is in bit/s, and
    None where there is none to be trusted: virtual links report a constant, wireless ones change theirs.
    """
    found = {}
    for link in sorted((root / "sys/class/net").glob("*")):
        if not int(_text(link / "flags") or "0", 16) & _UP:
            continue
        driver = (link / "device/driver").resolve().name if (link / "device/driver").exists() else None
        kind = _kind(link, driver)
        megabits = _text(link / "speed") if kind == "wired" else None
        found[link.name] = {
            "kind": kind,
            "driver": driver,
            "speed": int(megabits) * 1_000_000 if megabits and int(megabits) > 0 else None,
            "duplex": _text(link / "duplex") if kind == "wired" else None,
            "mtu": int(_text(link / "mtu") or 0) or None,
        }
    return found


def memory(root: Path = ROOT) -> dict[str, Any]:
    """Return `memory_mib`, `swap_mib`, the `swaps` by path with their type and size, and `swappiness`."""
    information = _text(root / "proc/meminfo") or ""
    rows = [line.split() for line in (_text(root / "proc/swaps") or "").splitlines()[1:]]
    swappiness = _text(root / "proc/sys/vm/swappiness")
    return {
        "memory_mib": _mib(information, "MemTotal"),
        "swap_mib": _mib(information, "SwapTotal"),
        "swaps": {row[0]: {"type": row[1], "mib": int(row[2]) // 1024} for row in rows},
        "swappiness": int(swappiness) if swappiness else None,
    }


def virtual(root: Path = ROOT) -> bool:
    """Whether there is a sign of a hypervisor; that there is none proves nothing."""
    flags = _field(_text(root / "proc/cpuinfo") or "", "flags") or ""
    signs = ("sys/hypervisor/type", "proc/device-tree/hypervisor/compatible")
    return "hypervisor" in flags.split() or any((root / sign).exists() for sign in signs)


def _kind(link: Path, driver: str | None) -> str:
    if _text(link / "type") == _LOOPBACK:
        return "loopback"
    if (link / "wireless").exists() or (link / "phy80211").exists():
        return "wireless"
    return "wired" if (link / "device").exists() and driver not in _MADE_UP_SPEED else "virtual"


def _disks_below(device: Path) -> Iterator[str]:
    if (device / "partition").exists():
        device = device.parent
    below = list((device / "slaves").glob("*"))
    for one in below:
        yield from _disks_below(one.resolve())
    if not below:
        yield device.name


def _field(text: str, name: str) -> str | None:
    found = re.search(rf"^{name}\s*: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else None


def _mib(text: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(found[1]) // 1024 if found else None


def _text(path: Path) -> str | None:
    """Return what a file holds; None if nothing, or if it cannot be read: drivers refuse what they do not know."""
    try:
        return path.read_text(errors="replace").strip("\0 \n") or None
    except OSError:
        return None
