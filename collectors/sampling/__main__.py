"""`python -m collectors.sampling`: sample this host and processes on it, by hand or beside a server."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import ThermobenchError, UsageError
from .kept_file import allow_many_files
from .line import line
from .links import links
from .sampler import Sampler
from .series import Series

DONE, FAILED, USAGE = 0, 1, 2

_SHORTEST = 0.05

_EPILOG = """\
examples:
  python -m collectors.sampling                                     the host alone, until Ctrl-C
  python -m collectors.sampling --watch server=$(pidof mariadbd) --seconds 60 --json host.json
  python -m collectors.sampling --watch server=812,813,814 --watch producers=900 --interval 0.5 --quiet

All that a watched process starts is watched with it. A line a second goes to standard error: cores used by user,
system, waiting for disks, stolen by the hypervisor and used by processes that are not watched; the busiest disk in
ms of I/O a second; network; memory; frequency and temperature; cores used by each group and by this program (sampler).
At the end, after --seconds, on SIGTERM, SIGHUP or Ctrl-C, it writes JSON: `series` (a list of values for each column,
`at` in seconds since `began`, which is in seconds since 1970), `links` (what is known of each network interface) and
`cost` (CPU seconds a sample took).
Exit status: 0 done, however it was ended; 1 the file cannot be written; 2 wrong usage.
"""


def main(arguments: list[str] | None = None) -> int:
    """Sample until told to stop, write what was seen, and return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        watched = _watched(given.watch)
        interval = _seconds("--interval", given.interval, _SHORTEST)
        seconds = None if given.seconds is None else _seconds("--seconds", given.seconds, interval)
        target = _target(given.json)
        allow_many_files()
        with Sampler(watched) as sampler:
            found = _run(sampler, interval, seconds, (lambda _: None) if given.quiet else _say)
        _write(json.dumps(found), target)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except ThermobenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    return DONE


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m collectors.sampling",
        description="Sample this host, and processes on it, from /proc and /sys; needs no privileges, but shows more to"
        " root: bytes that other users' processes read and write.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "--watch",
        metavar="GROUP=PID[,PID…]",
        action="append",
        default=[],
        help="processes to tell apart, such as server=812; may be repeated",
    )
    made.add_argument("--interval", metavar="S", default="1", help="seconds from sample to sample (default 1)")
    made.add_argument("--seconds", metavar="S", help="how long (default: until stopped)")
    made.add_argument("--json", metavar="FILE", help="where the JSON goes (default: standard output)")
    made.add_argument("--quiet", action="store_true", help="no line a sample")
    return made


def _watched(given: list[str]) -> dict[str, list[int]]:
    watched: dict[str, list[int]] = {}
    for text in given:
        name, _, listed = text.partition("=")
        pids = listed.replace(" ", ",").split(",")
        if not all(pid.isdecimal() for pid in pids):
            raise UsageError(f"--watch {text!r}: expected GROUP=PID[,PID…]", "for example --watch server=812,813")
        for pid in map(int, pids):
            if not Path(f"/proc/{pid}").exists():
                raise UsageError(f"--watch {text!r}: there is no process {pid}", "list processes with: ps -e")
        watched.setdefault(name, []).extend(map(int, pids))
    return watched


def _seconds(flag: str, text: str, least: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value < math.inf:
        raise UsageError(f"{flag} {text!r}: expected a number of seconds, at least {least:g}")
    return value


def _target(given: str | None) -> Path | None:
    if given is None:
        return None
    target = Path(given)
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError(f"--json {given!r}: expected a file in a folder that exists")
    return target


def _run(sampler: Sampler, interval: float, seconds: float | None, say: Callable[[str], None]) -> dict[str, Any]:
    """Sample until the time is over or a signal comes, and return what the JSON holds."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, end)
    series = Series()
    series.take(sampler)
    start_ns, began = sampler.sampled_ns or 0, time.time()
    number = 0
    while not stop.is_set() and (seconds is None or number * interval < seconds):
        # By the clock and not from sample to sample, so that nothing adds up; what is over is left out.
        passed = (time.perf_counter_ns() - start_ns) / 1e9
        number = max(number + 1, math.ceil(passed / interval))
        if not stop.wait(number * interval - passed):
            say(line(number * interval, series.take(sampler)))
    return {"began": began, "series": series.columns(start_ns), "links": links(), "cost": sampler.cost}


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # whoever watched has gone; the samples are still wanted
        print(text, file=sys.stderr, flush=True)


def _write(text: str, target: Path | None) -> None:
    if target is None:
        print(text, flush=True)
        return
    try:
        partial = target.with_name(f"{target.name}.{os.getpid()}.part")
        partial.write_text(text)
        partial.replace(target)
    except OSError as error:
        raise ThermobenchError(f"--json {target}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
