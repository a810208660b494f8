"""Small programs that do one thing, so that what they use is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

BURN = """
import time, sys
def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        for _ in range(500):  # for the user's share, and asking for the time, for the system's
            pass
        for _ in range(20):
            time.process_time()
def say(text=""):
    print(text, flush=True)
def wait():
    return sys.stdin.readline().strip()
"""
"""What the programs are written in."""


class Program:
    """A Python program of its own that is spoken to by lines, and ended with all that it started.

    Args:
        text: the program; it may use what `BURN` defines.
        prefix: what runs it, such as `ip netns exec NAME`.
        session: whether it leads a session.
    """

    def __init__(self, text: str, *, prefix: tuple[str, ...] = (), session: bool = False) -> None:
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-c", BURN + text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=session,
            process_group=None if session else 0,
        )
        self.pid = self._process.pid

    def tell(self, text: str = "") -> None:
        """Send a line."""
        assert self._process.stdin
        self._process.stdin.write(f"{text}\n")
        self._process.stdin.flush()

    def said(self) -> str:
        """Return its next line."""
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def asked(self, text: str = "") -> str:
        """Send a line and return the answer."""
        self.tell(text)
        return self.said()

    def end(self) -> None:
        """Kill it and all that it started, and wait for it."""
        with self._process as process:
            if process.returncode is None:
                os.killpg(process.pid, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
