"""How much of the time tasks were stalled for want of something, from /proc/pressure."""

from __future__ import annotations

from .kept_file import KeptFile
from .source import Columns, Rates

_RESOURCES = ("cpu", "io", "memory")


class Pressure:
    """Pressure stall information; many boards' kernels leave it off unless booted with `psi=1`.

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self._files = {f"pressure.{name}": KeptFile(f"{proc}/pressure/{name}") for name in _RESOURCES}
        self._rates = Rates()

    def sample(self, seconds: float) -> Columns:
        """Return the shares of time in which some task was stalled. See `Source.sample`."""
        totals = {}
        for column, file in self._files.items():
            try:
                totals[column] = _some_total(file.read(256))
            except (OSError, ValueError):
                continue
        rates = self._rates.of(totals, seconds)
        shares = {name: None if one is None else min(1.0, one / 1e6) for name, one in rates.items()}
        return dict.fromkeys(self._files) | shares

    def close(self) -> None:
        """See `Source.close`."""
        for file in self._files.values():
            file.close()


def _some_total(text: bytes) -> int:
    """Return the microseconds of `some avg10=… avg60=… avg300=… total=…`."""
    return int(text.split(b"\n", 1)[0].rpartition(b"total=")[2])
