"""How warm the boards of a cluster are: they heat up with the CPU time that is used on them, and cool down again.

Run as a program, by itself and with the standard library alone. It reads lines of JSON, first what the boards are, then
what is asked of them, says `done` to each, and ends with its input, and so with whoever started it.

A board follows Newton's law of cooling towards `IDLE`, and with its cores fully used towards `IDLE + RISE`, much sooner
than a real one, so that nobody has to wait. From `HOT` on its clock is slowed down, the further the hotter
(raspberrypi.com, "Frequency management and thermal control"), and the firmware says so. A slower clock is a smaller
CPU quota here.
"""

from __future__ import annotations

import json
import math
import os
import select
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IDLE, RISE = 45.0, 30.0
"""°C."""
SECONDS = 10.0
"""After which a board has come about two thirds (1 - 1/e) of the way."""
HOT, HOTTEST = 80.0, 85.0
MAX_KHZ, MIN_KHZ = 1_500_000, 600_000
THROTTLED = 0x6
"""Of `get_throttled`: frequency capped, throttled. 16 bits higher: that it has been so."""
PERIOD_US = 100_000
_LEAST_QUOTA_US = 1000
_EVERY = 0.2
_SINCE = 16


def drifted(celsius: float, load: float, seconds: float) -> float:
    """Return how warm a board is after some time, from the share of its cores' time that is used, 0 to 1."""
    end = IDLE + RISE * min(1.0, load)
    return end + (celsius - end) * math.exp(-seconds / SECONDS)


def clock_khz(celsius: float) -> int:
    """Return the clock of a board's cores."""
    slow = min(1.0, max(0.0, (celsius - HOT) / (HOTTEST - HOT)))
    # The firmware slows down as soon as the limit is reached, a tenth at least.
    return MAX_KHZ if celsius < HOT else round(MAX_KHZ - (MAX_KHZ - MIN_KHZ) * max(0.1, slow))


@dataclass
class Board:
    """One board.

    Args:
        folder: of its files.
        usage: file that counts the CPU time used on it: cpuacct.usage, or cpu.stat of version 2.
        quota: file that holds its CPU quota: cpu.cfs_quota_us, or cpu.max of version 2.
        cores: that it is allowed to use.
    """

    folder: Path
    usage: Path
    quota: Path
    cores: float

    def __post_init__(self) -> None:
        self.celsius = IDLE
        self.held: float | None = None
        self._full = self.cores
        self._flags = 0
        self._used = self._cpu_seconds()
        self._written: dict[Path, str] = {}

    def pass_time(self, seconds: float) -> None:
        """Bring everything up to date."""
        before, self._used = self._used, self._cpu_seconds()
        if seconds > 0:
            self.celsius = drifted(self.celsius, (self._used - before) / seconds / self._full, seconds)
        if self.held is not None:
            self.celsius = max(self.celsius, self.held)
        if self.celsius >= HOT:
            self._flags = THROTTLED | THROTTLED << _SINCE
        else:
            self._flags &= ~THROTTLED
        self.show()

    def show(self) -> None:
        """Write what has changed."""
        khz = clock_khz(self.celsius)
        quota = max(_LEAST_QUOTA_US, round(self.cores * khz / MAX_KHZ * PERIOD_US))
        self._write(self.folder / "thermal/thermal_zone0/temp", f"{round(self.celsius * 1000)}\n")
        self._write(self.folder / "cpufreq/policy0/scaling_cur_freq", f"{khz}\n")
        self._write(self.folder / "platform/soc/soc:firmware/get_throttled", f"{self._flags:x}\n")
        self._write(self.quota, f"{quota} {PERIOD_US}\n" if self.quota.name == "cpu.max" else f"{quota}\n")

    def _write(self, path: Path, text: str) -> None:
        """Write a file that others keep open, so that they find either the old text or the new one."""
        if self._written.get(path) == text:
            return
        descriptor = os.open(path, os.O_WRONLY)
        try:
            if os.fstat(descriptor).st_size > len(text):
                os.ftruncate(descriptor, len(text))
            os.pwrite(descriptor, text.encode(), 0)
        finally:
            os.close(descriptor)
        self._written[path] = text

    def _cpu_seconds(self) -> float:
        text = self.usage.read_text().split()
        if self.usage.name == "cpu.stat":
            return int(text[text.index("usage_usec") + 1]) / 1e6
        return int(text[0]) / 1e9


def obey(boards: dict[str, Board], asked: dict[str, Any]) -> None:
    """Do what a line asks for: `cores` of a board, or `held`, °C that it does not fall below (null: let go)."""
    board = boards[asked["alias"]]
    if "cores" in asked:
        board.cores = asked["cores"]
    if "held" in asked:
        board.held = asked["held"]


def main() -> None:
    """Keep boards up to date until the input ends."""
    lines = open(0, "rb", buffering=0)  # noqa: SIM115 – what is buffered would be hidden from select
    described = json.loads(lines.readline())
    boards = {
        alias: Board(Path(one["folder"]), Path(one["usage"]), Path(one["quota"]), one["cores"])
        for alias, one in described.items()
    }
    then = time.monotonic()
    os.write(1, b"done\n")
    while True:
        ready, _, _ = select.select([0], [], [], _EVERY)
        line = lines.readline() if ready else None
        if line == b"":
            return
        if line:
            obey(boards, json.loads(line))
        now = time.monotonic()
        for board in boards.values():
            board.pass_time(now - then)
        then = now
        if line:
            os.write(1, b"done\n")


if __name__ == "__main__":
    main()
