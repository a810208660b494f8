"""A /proc/stat for each host: what the CPUs did for it alone, as proc_stat(5) has it.

Run as a program, by itself and with the standard library alone. It reads one line of JSON, what the hosts are, says
`done`, keeps their files up to date, and ends with its input, and so with whoever started it.

User and system time are those of the host's control group, which counts no CPU apart, so that they are shared out
evenly over its CPUs. Whatever is left of the time is idle; waiting for disks is idle, too, and nothing is stolen. What
is not counted for control groups, from interrupts to processes started, is the machine's, as it is with LXCFS.

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
        usage: that counts the time used on it: cpuacct.stat, or cpu.stat of version 2.
        cpus: the numbers of those that it has.
    """

    file: Path
    usage: Path
    cpus: Sequence[int]

    def __post_init__(self) -> None:
        self._idle = 0
        self._file = os.open(self.file, os.O_WRONLY)
        self._usage = os.open(self.usage, os.O_RDONLY)

    def update(self, rest: str) -> None:
        """Bring it up to date: in place, as others keep it open, and in one piece, which is as long as what it was.

        Args:
            rest: its lines that are no CPU's.
        """
        user, system = used(os.pread(self._usage, 4096, 0).decode())
        since_boot = int(time.clock_gettime(time.CLOCK_BOOTTIME) * TICK)
        # Used and passed time are not counted at the very same moment, and idle time must not go back.
        self._idle = max(self._idle, since_boot * len(self.cpus) - user - system)
        os.pwrite(self._file, (cpu_lines(self.cpus, (user, system, self._idle)) + rest).encode(), 0)


def used(counted: str) -> tuple[int, int]:
    """Return user and system time in clock ticks.

    Args:
        counted: text of cpuacct.stat, which is in clock ticks, or of version 2's cpu.stat, in µs.
    """
    words = counted.split()
    counts = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    if "user_usec" in counts:
        return counts["user_usec"] * TICK // 1_000_000, counts["system_usec"] * TICK // 1_000_000
    return counts["user"], counts["system"]


def cpu_lines(cpus: Sequence[int], ticks: tuple[int, int, int]) -> str:
    """Return the lines of all CPUs together and of each; they are as long as any others for as many CPUs.

    Args:
        cpus: their numbers.
        ticks: user, system and idle time of all of them together.
    """
    lines = [_cpu("cpu ", ticks)]
    for place, cpu in enumerate(cpus):
        user, system, idle = ((one + place) // len(cpus) for one in ticks)
        lines.append(_cpu(f"cpu{cpu}", (user, system, idle)))
    return "".join(lines)


def other_lines(machine: str) -> str:
    """Return the lines that are no CPU's, without the counts for each interrupt, from the machine's own /proc/stat."""
    words = (line.split(" ", 2) for line in machine.splitlines() if not line.startswith("cpu"))
    return "".join(f"{name} {number:>20}\n" for name, number, *_ in words)


def main() -> None:
    """Keep files up to date until the input ends."""
    described = json.loads(sys.stdin.buffer.readline())
    hosts = [HostStat(Path(one["file"]), Path(one["usage"]), one["cpus"]) for one in described.values()]
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


def _cpu(name: str, ticks: tuple[int, int, int]) -> str:
    user, system, idle = ticks
    # user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice
    return f"{name} {user:>12} 0 {system:>12} {idle:>12} 0 0 0 0 0 0\n"


if __name__ == "__main__":
    main()
