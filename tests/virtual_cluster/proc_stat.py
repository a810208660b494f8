"""A /proc/stat for each host: what the CPUs did for it alone, as proc_stat(5) has it.

Run as a program, by itself and with the standard library alone. It reads one line of JSON, what the hosts are, says
`done`, keeps their files up to date, and ends with its input, and so with whoever started it.

User and system time are those of the host's control group, which counts no CPU apart, so that they are shared out
evenly over its CPUs. Time in which something on the host could have run, and others ran, is stolen, as from a virtual
machine: at least so much, where it has several CPUs, and none where the kernel does not count it. Whatever is left is
idle, waiting for disks too. What is not counted for control groups, from interrupts to processes started, is the
machine's, as it is with LXCFS.

All numbers of a file were true at one time, not long ago: whoever shares out its ticks against their own sum gets right
shares, of an interval that lies up to `EVERY` off.
"""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.05
"""Seconds. A sampler that looks once a second can be off by so much of what the load changed by."""
TICK = os.sysconf("SC_CLK_TCK")
"""Of which there are so many in a second."""
MACHINE = Path("/proc/stat")
_PRIORITY = -10
"""Of this process: whoever reads does not wait for it, so it must not wait for hosts that keep the CPUs busy."""


@dataclass
class HostStat:
    """The file of one host. Both files stay open, which saves half of the work.

    Args:
        file: that is shown on the host.
        cpus: the numbers of those that it has.
        usage: that counts the time used on it: cpuacct.stat, or cpu.stat of version 2.
        throttled: cpu.stat, of the group that has its quota.
        pressure: its cpu.pressure; None where the kernel counts none.
    """

    file: Path
    cpus: Sequence[int]
    usage: Path
    throttled: Path
    pressure: Path | None

    def __post_init__(self) -> None:
        self._stolen = self._idle = 0
        self._file = os.open(self.file, os.O_WRONLY)
        self._usage = os.open(self.usage, os.O_RDONLY)
        self._throttled = os.open(self.throttled, os.O_RDONLY)
        self._pressure = None if self.pressure is None else os.open(self.pressure, os.O_RDONLY)

    def update(self, rest: str) -> None:
        """Bring it up to date: in place, as others keep it open, and in one piece, which is as long as what it was.

        Args:
            rest: its lines that are no CPU's.
        """
        user, system = used(_text(self._usage))
        if self._pressure is not None:
            # Time for which a quota held all back is counted when that is over.
            self._stolen = max(self._stolen, stolen(_text(self._pressure), _text(self._throttled)))
        since_boot = int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICK)
        # Used and passed time are not counted at the very same moment, and idle time must not go back.
        self._idle = max(self._idle, since_boot * len(self.cpus) - user - system - self._stolen)
        ticks = user, system, self._idle, self._stolen
        os.pwrite(self._file, (cpu_lines(self.cpus, ticks) + rest).encode(), 0)


def used(counted: str) -> tuple[int, int]:
    """Return user and system time in clock ticks.

    Args:
        counted: text of cpuacct.stat, which is in clock ticks, or of version 2's cpu.stat, in µs.
    """
    counts = _counts(counted)
    if "user_usec" in counts:
        return counts["user_usec"] * TICK // 1_000_000, counts["system_usec"] * TICK // 1_000_000
    return counts["user"], counts["system"]


def stolen(pressure: str, throttled: str) -> int:
    """Return the time in clock ticks in which something could have run, and others ran.

    The `full` line of cpu.pressure is the time in which something could have run and nothing did (kernel.org, "PSI –
    Pressure Stall Information"), be it for others or for the quota.

    Args:
        pressure: text of cpu.pressure, in µs; of Linux before 5.13 it has no such line.
        throttled: text of cpu.stat, in ns, or in µs in version 2.
    """
    full = next((int(line.rpartition("=")[2]) for line in pressure.splitlines() if line.startswith("full ")), 0)
    counts = _counts(throttled)
    held_back = counts["throttled_usec"] if "throttled_usec" in counts else counts.get("throttled_time", 0) // 1000
    return (full - held_back) * TICK // 1_000_000


def cpu_lines(cpus: Sequence[int], ticks: tuple[int, int, int, int]) -> str:
    """Return the lines of all CPUs together and of each; they are as long as any others for as many CPUs.

    Args:
        cpus: their numbers.
        ticks: user, system, idle and stolen time of all of them together.
    """
    lines = [_cpu("cpu ", ticks)]
    for place, cpu in enumerate(cpus):
        lines.append(_cpu(f"cpu{cpu}", [(one + place) // len(cpus) for one in ticks]))
    return "".join(lines)


def other_lines(machine: str) -> str:
    """Return the lines that are no CPU's, without the counts for each interrupt, from the machine's own /proc/stat."""
    words = (line.split(" ", 2) for line in machine.splitlines() if not line.startswith("cpu"))
    return "".join(f"{name} {number:>20}\n" for name, number, *_ in words)


def main() -> None:
    """Keep files up to date until the input ends."""
    described = json.loads(sys.stdin.buffer.readline())
    hosts = [_host(**one) for one in described.values()]
    os.setpriority(os.PRIO_PROCESS, 0, _PRIORITY)
    said = False
    while True:
        rest = other_lines(MACHINE.read_text())
        for host in hosts:
            host.update(rest)
        if not said:
            said = os.write(1, b"done\n") > 0
        if select.select([0], [], [], EVERY)[0]:
            return


def _host(file: str, cpus: list[int], usage: str, throttled: str, pressure: str | None) -> HostStat:
    return HostStat(Path(file), cpus, Path(usage), Path(throttled), Path(pressure) if pressure else None)


def _text(descriptor: int) -> str:
    return os.pread(descriptor, 4096, 0).decode()


def _counts(text: str) -> dict[str, int]:
    words = text.split()
    return dict(zip(words[::2], map(int, words[1::2]), strict=True))


def _cpu(name: str, ticks: Sequence[int]) -> str:
    user, system, idle, steal = ticks
    # user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice
    return f"{name} {user:>12} 0 {system:>12} {idle:>12} 0 0 0 {steal:>12} 0 0\n"


if __name__ == "__main__":
    main()
