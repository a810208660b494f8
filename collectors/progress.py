"""How a run goes, second by second (L5)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tick:
    """What is told once a second while it runs."""

    seconds: float
    """Since the start."""
    current_tps: float
    """Since the tick before."""
    average_tps: float
    """Since the start."""
    total: int
    """Readings acknowledged so far, or sent where nothing was promised."""
    processes: int
    behind_ms: float = 0.0
    """Open loop: how late the latest producer is on its schedule."""


class Progress:
    """Turns a growing total into ticks, and into the windows of the measured time.

    Args:
        processes: producers that add to the total.
        warm_up: seconds at the start that are not measured.
    """

    def __init__(self, processes: int, warm_up: float) -> None:
        self._processes = processes
        self._warm_up = warm_up
        self._last = (0.0, 0)
        self._offset: int | None = None
        self.windows: list[tuple[float, int]] = []
        """Seconds of measured time, readings counted until then; the first is where it began."""
        self.behind_ms: list[float] = []
        """With each of them, how late the latest producer was on its schedule."""

    def note(self, seconds: float, total: int, behind_ns: int = 0) -> Tick:
        """Take in the total at so many seconds since the start."""
        before, counted = self._last
        self._last = seconds, total
        if seconds >= self._warm_up:
            if self._offset is None:
                self._offset = total
            self.windows.append((seconds - self._warm_up, total - self._offset))
            self.behind_ms.append(behind_ns / 1e6)
        current = (total - counted) / (seconds - before) if seconds > before else 0.0
        average = total / seconds if seconds else 0.0
        return Tick(seconds, current, average, total, self._processes, behind_ns / 1e6)
