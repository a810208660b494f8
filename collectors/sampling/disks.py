"""What the disks do, from /proc/diskstats."""

from __future__ import annotations

import os
import re

from .kept_file import KeptFile
from .source import Columns, Rates

_SECTOR = 512
"""Bytes; what the file counts in, whatever the disk's own sectors are (Documentation/block/stat.rst)."""

_UNREAL = re.compile(r"(?:loop|ram|zram|dm-|md|sr|fd|nbd)\d+|mmcblk\d+(?:boot\d+|rpmb)")
"""Devices that lie in memory or upon others, whose work is counted below them already, or that hold no file system."""

_PARTITION = re.compile(r"(?:[svh]d|xvd)[a-z]+\d+|(?:mmcblk\d+|nvme\d+n\d+)p\d+")


class Disks:
    """Whole disks; those that are mere views of others, or of memory, only where there is nothing else.

    Args:
        proc: where /proc is.
        sys: where /sys is.
    """

    def __init__(self, proc: str = "/proc", sys: str = "/sys") -> None:
        self._file = KeptFile(f"{proc}/diskstats")
        self._sys = sys
        self._known: set[str] = set()
        self._shown: set[str] = set()
        self._rates = Rates()

    def sample(self, seconds: float) -> Columns:
        """Return `disk.DEV.*`: bytes per second, `io` in ms per second, and `queue`. See `Source.sample`."""
        try:
            lines = self._file.read_all().splitlines()
        except OSError:
            return {}
        devices = {fields[2].decode(): fields for fields in map(bytes.split, lines)}
        if devices.keys() != self._known:
            self._known = set(devices)
            self._shown = self._whole_disks(self._known)
        counts: dict[str, int] = {}
        for name in self._shown:
            counts |= _counts(name, devices[name])
        columns = self._rates.of(counts, seconds)
        for name in self._shown:
            waited = columns[f"disk.{name}.queue"]
            columns[f"disk.{name}.queue"] = None if waited is None else waited / 1e3
        return columns

    def close(self) -> None:
        """See `Source.close`."""
        self._file.close()

    def _whole_disks(self, names: set[str]) -> set[str]:
        try:
            # A slash in a device's name is an exclamation mark there.
            there = {name.replace("!", "/") for name in os.listdir(f"{self._sys}/block")}  # noqa: PTH208
        except OSError:
            there = {name for name in names if not _PARTITION.fullmatch(name)}
        whole = names & there
        return {name for name in whole if not _UNREAL.fullmatch(name)} or whole


def _counts(name: str, fields: list[bytes]) -> dict[str, int]:
    """Return the counters of one line: fields 6, 10, 13 and 14 of proc_diskstats(5)."""
    return {
        f"disk.{name}.io": int(fields[12]),
        f"disk.{name}.read_bytes": int(fields[5]) * _SECTOR,
        f"disk.{name}.write_bytes": int(fields[9]) * _SECTOR,
        f"disk.{name}.queue": int(fields[13]),
    }
