"""Memory and swap, from /proc/meminfo and /proc/vmstat."""

from __future__ import annotations

import os

from .kept_file import KeptFile
from .source import Columns, Rates

_KIB = 1024


class Memory:
    """What is left of the memory, and what goes to the swap and comes back.

    Args:
        proc: where /proc is.
    """

    def __init__(self, proc: str = "/proc") -> None:
        self._levels = KeptFile(f"{proc}/meminfo")
        self._counts = KeptFile(f"{proc}/vmstat")
        self._page = os.sysconf("SC_PAGE_SIZE")
        self._rates = Rates()

    def sample(self, seconds: float) -> Columns:
        """Return `memory.*`: bytes, and bytes per second for swap in and out. See `Source.sample`."""
        levels, counts = _text(self._levels, b"SwapFree:"), _text(self._counts, b"pswpout")
        total, free = _value(levels, b"SwapTotal:"), _value(levels, b"SwapFree:")
        available = _value(levels, b"MemAvailable:")
        pages = {"memory.swap_in": _value(counts, b"pswpin"), "memory.swap_out": _value(counts, b"pswpout")}
        known = {name: value * self._page for name, value in pages.items() if value is not None}
        return {
            "memory.available": None if available is None else float(available * _KIB),
            "memory.swap_used": None if total is None or free is None else float((total - free) * _KIB),
            **dict.fromkeys(pages),
            **self._rates.of(known, seconds),
        }

    def close(self) -> None:
        """See `Source.close`."""
        self._levels.close()
        self._counts.close()


def _text(file: KeptFile, last: bytes) -> bytes:
    """Return what a file holds at least up to a name: that is nearly always in what the kernel gives at once."""
    try:
        text = file.read()
        return b"\n" + (text if last in text else file.read_all())
    except OSError:
        return b""


def _value(text: bytes, name: bytes) -> int | None:
    """Return the number after a name at the start of a line. Splitting all 180 lines takes ten times as long."""
    at = text.find(b"\n" + name + b" ")
    return int(text[at + len(name) + 2 :].split(None, 1)[0]) if at >= 0 else None
