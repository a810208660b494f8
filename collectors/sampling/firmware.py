"""What a Raspberry Pi's firmware says of its supply and its heat."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable

from .kept_file import KeptFile

_EVERY_NS = 5_000_000_000
_LAST_WAIT = 1.0


class Firmware:
    """The bit field of `vcgencmd get_throttled`, asked for every 5 s and never waited for.

    The program's answer is taken up by a later call. Where the program is not installed, the kernel's own file is read;
    it comes second because reading it resets the bits for what happened before (drivers/firmware/raspberrypi.c).

    Args:
        sys: where /sys is.
        clock: steady, in ns.
    """

    def __init__(self, sys: str = "/sys", clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._program = shutil.which("vcgencmd")
        path = f"{sys}/devices/platform/soc/soc:firmware/get_throttled"
        self._file = KeptFile(path) if os.path.exists(path) else None  # noqa: PTH110
        self._clock = clock
        self._asked_ns = -_EVERY_NS
        self._running: subprocess.Popen[bytes] | None = None
        self._answer: float | None = None
        self.cpu_seconds = 0.0
        """What the program has used so far."""

    def throttled(self) -> float | None:
        """Return the last answer, a whole number; None where there is none, or the program gave none in time."""
        if not self._program:
            try:
                return float(int(self._file.read(32), 16)) if self._file else None
            except (OSError, ValueError):
                return None
        now = self._clock()
        self._take_up()
        if now - self._asked_ns >= _EVERY_NS:
            self._ask(now)
        return self._answer

    def close(self) -> None:
        """End the program if it still runs."""
        if self._file:
            self._file.close()
        if self._running:
            self._running.kill()
            with contextlib.suppress(subprocess.TimeoutExpired), self._running.stdout or contextlib.nullcontext():
                self._running.wait(_LAST_WAIT)
            self._running = None

    def _ask(self, now: int) -> None:
        self._asked_ns = now
        if self._running:
            # It hangs, and would not die in the kernel's arms either: nothing is asked until it is gone.
            self._running.kill()
            self._answer = None
            return
        try:
            self._running = subprocess.Popen(
                [str(self._program), "get_throttled"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._answer = None

    def _take_up(self) -> None:
        if not self._running:
            return
        before = _of_children()
        if self._running.poll() is None:
            return
        self.cpu_seconds += _of_children() - before
        with self._running as ended:
            text = os.read(ended.stdout.fileno(), 64) if ended.stdout else b""
        self._running = None
        self._answer = None
        with contextlib.suppress(ValueError):
            self._answer = float(int(text.strip().rpartition(b"=")[2], 16))


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
