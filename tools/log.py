"""What the set-up tells a person, and the file that takes the output of the programs it runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ERROR_MARKS = ("E: ", "ERROR: ", "error: ", "sudo: ")


class SetupError(Exception):
    """The set-up cannot go on.

    Args:
        what: what is wrong.
        mend: what a person can do about it.
    """

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what} – {mend}")


class Log:
    """Says things to a person and keeps what programs print.

    Args:
        path: the file; emptied when the first program is run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._started = False
        self._last: list[str] = []

    def say(self, line: str) -> None:
        """Prints one line, at once."""
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def run(self, command: Sequence[str], *, cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> int:
        """Runs `command`, its output going to the file.

        Args:
            command: program and arguments.
            cwd: the folder to run it in.
            extra: environment variables set beside the present ones.

        Returns:
            Its exit status; 127 where there is no such program.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a" if self._started else "w", encoding="utf-8") as file:
            self._started = True
            file.write(f"$ {' '.join(command)}\n")
            file.flush()
            begin = file.tell()
            status = _run_to_its_end(command, file.fileno(), cwd, {**os.environ, **(extra or {})})
        with self.path.open(encoding="utf-8", errors="replace") as file:
            file.seek(begin)
            self._last = file.read().splitlines()
        return status

    def last_error(self) -> str:
        """The line by which the program run last told why it failed."""
        lines = [line.strip() for line in self._last if line.strip()]
        marked = [line for line in lines if line.startswith(ERROR_MARKS)]
        return (marked or lines or ["it printed nothing"])[-1]


def _run_to_its_end(command: Sequence[str], output: int, cwd: Path | None, env: Mapping[str, str]) -> int:
    """Runs `command`; when interrupted, lets it end its own way, as the terminal has interrupted it, too."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, env=env
        )
    except OSError as error:
        os.write(output, f"{command[0]}: {error.strerror}\n".encode())
        return 127
    with process:
        try:
            return process.wait()
        finally:
            process.wait()
