"""What the processors do, from /proc/stat."""

from __future__ import annotations

from .kept_file import KeptFile
from .source import Columns

_USER, _NICE, _SYSTEM, _IDLE, _IOWAIT, _IRQ, _SOFTIRQ, _STEAL = range(8)
"""The fields of a line, in clock ticks (proc_stat(5)). The two after them, for guests, are part of the first two."""
_BUSY = (_USER, _NICE, _SYSTEM, _IRQ, _SOFTIRQ)


class Processor:
    """Shares out the time of all cores, and counts the processes and threads that are started.

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self._file = KeptFile(f"{proc}/stat")
        self._before: dict[bytes, list[int]] = {}
        self.forks: int | None = None
        """Processes and threads started since boot; None where the kernel does not say."""
        self.busy: float | None = None
        """Cores in the last interval that some process can have been using."""

    def sample(self, seconds: float) -> Columns:
        """Return `cpu.*` in cores and `core.N.busy` as a share. See `Source.sample`."""
        del seconds  # ticks are shared out against their own sum: all cores together are always whole
        now = self._read()
        grown = {name: _grown(self._before[name], ticks) for name, ticks in now.items() if name in self._before}
        columns = self._all_cores(grown.pop(b"cpu", None), len(now) - 1, now)
        for name, ticks in grown.items():
            total = sum(ticks)
            columns[f"core.{int(name[3:])}.busy"] = sum(ticks[one] for one in _BUSY) / total if total else None
        self._before = now
        return columns

    def close(self) -> None:
        """See `Source.close`."""
        self._file.close()

    def _read(self) -> dict[bytes, list[int]]:
        try:
            text = self._file.read_all()
        except OSError:
            return {}
        _, _, after = text.partition(b"\nprocesses ")
        self.forks = int(after.split(b"\n", 1)[0]) if after else None
        now = {}
        for line in text.split(b"\n"):
            if not line.startswith(b"cpu"):
                break
            name, *ticks = line.split()[:9]
            now[name] = [*map(int, ticks), *[0] * (8 - len(ticks))]
        return now

    def _all_cores(self, ticks: list[int] | None, cores: int, now: dict[bytes, list[int]]) -> Columns:
        total = sum(ticks) if ticks else 0
        self.busy = None
        if not ticks or not total:
            return dict.fromkeys(("cpu.user", "cpu.system", "cpu.iowait", "cpu.steal", "cpu.idle"))
        share = [one * cores / total for one in ticks]
        self.busy = share[_USER] + share[_NICE] + share[_SYSTEM]
        # A kernel that measures interrupts keeps them out of the time of processes, so no process can be named for
        # them; one that does not has never counted a tick as a hardware interrupt.
        if not now[b"cpu"][_IRQ]:
            self.busy += share[_SOFTIRQ]
        return {
            "cpu.user": share[_USER] + share[_NICE],
            "cpu.system": share[_SYSTEM] + share[_IRQ] + share[_SOFTIRQ],
            "cpu.iowait": share[_IOWAIT],
            "cpu.steal": share[_STEAL],
            "cpu.idle": share[_IDLE],
        }


def _grown(before: list[int], now: list[int]) -> list[int]:
    # Idle time and I/O wait sometimes go back a little.
    return [max(0, after - ago) for ago, after in zip(before, now, strict=True)]
