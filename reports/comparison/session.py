"""One session of pytest, run as a process of its own in the checkout that is measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from collectors.errors import ThermobenchError

from ..saved_run import SavedRun, load, saved_runs
from .subject import Subject

GRACE = 60.0
"""Seconds that a session has to stop its servers when it is ended early."""
_MEASURED = (0, 1)
"""Exit statuses of pytest after which there may be results: all cases passed, or some failed."""
_NO_CASE = 5


def measure(subject: Subject, arguments: Sequence[str], storage: Path) -> SavedRun:
    """Run the suite once, from its start to its end, servers and all, and return what it saved.

    It runs in a session of its own, so that Ctrl-C reaches it once, from here: it is then told to stop as by Ctrl-C,
    by its process id, and waited for.

    Args:
        subject: what is measured.
        arguments: of pytest, for both subjects.
        storage: a folder for the results, made where there is none; what the session shows goes to a `.log` there.

    Raises:
        ThermobenchError: it measured nothing; names the status and where its output is.
    """
    storage.mkdir(parents=True, exist_ok=True)
    before = set(saved_runs(storage))
    log = storage / f"session-{len(before) + 1:02}.log"
    with log.open("wb") as output:
        status = _run(_command(subject, arguments, storage), subject.folder, output.fileno())
    new = [path for path in saved_runs(storage) if path not in before]
    if status not in _MEASURED or not new:
        what = "selected no case" if status == _NO_CASE else f"ended with status {status} and saved nothing"
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise ThermobenchError(f"pytest for {subject.label} {what}: {' '.join(last)}", f"its output is in {log}")
    return load(new[-1])


def _command(subject: Subject, arguments: Sequence[str], storage: Path) -> list[str]:
    suite = [] if any(one.split("/")[0] == "perf" for one in arguments) else ["perf"]
    own = ["--color=no", f"--benchmark-storage=file://{storage.resolve()}"]
    return [sys.executable, "-m", "pytest", *suite, *arguments, *subject.options, *own]


def _run(command: Sequence[str], folder: Path, output: int) -> int:
    # The checkout before anything that is installed, for pytest and for every process that it starts.
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        return process.wait()
    finally:
        if process.returncode is None:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a session, whose servers end with it; with force where it takes too long, or Ctrl-C is pressed again."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
