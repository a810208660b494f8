"""How fast and how hot the processor runs, from /sys."""

from __future__ import annotations

from pathlib import Path

from .firmware import Firmware
from .kept_file import KeptFile, text_of
from .source import Columns


class Board:
    """The processor's frequency and temperature, and whether the firmware holds it back.

    Args:
        sys: where /sys is.
    """

    def __init__(self, sys: str = "/sys") -> None:
        policies = sorted(Path(sys, "devices/system/cpu/cpufreq").glob("policy*"))
        self._frequencies = [(KeptFile(f"{one}/scaling_cur_freq"), _cores(one)) for one in policies]
        # What is not there when the system has started does not come later, and looking for it takes its time.
        thermometer = Path(sys, "class/thermal/thermal_zone0/temp")
        self._temperature = KeptFile(str(thermometer)) if thermometer.exists() else None
        self.firmware = Firmware(sys)

    def sample(self, seconds: float) -> Columns:
        """Return `cpu.mhz`, `cpu.temperature` in °C and `cpu.throttled`. See `Source.sample`."""
        del seconds
        temperature = _number(self._temperature) if self._temperature else None
        return {
            "cpu.mhz": self._mean_mhz(),
            "cpu.temperature": None if temperature is None else temperature / 1e3,
            "cpu.throttled": self.firmware.throttled(),
        }

    def close(self) -> None:
        """See `Source.close`."""
        for file, _ in self._frequencies:
            file.close()
        if self._temperature:
            self._temperature.close()
        self.firmware.close()

    def _mean_mhz(self) -> float | None:
        """Return the mean over the cores; those of one policy share a clock."""
        known = [(khz, cores) for file, cores in self._frequencies if (khz := _number(file)) is not None]
        cores = sum(cores for _, cores in known)
        return sum(khz * cores for khz, cores in known) / cores / 1e3 if cores else None


def _cores(policy: Path) -> int:
    return len((text_of(f"{policy}/affected_cpus") or "").split())


def _number(file: KeptFile) -> int | None:
    try:
        return int(file.read(32))
    except (OSError, ValueError):
        return None
