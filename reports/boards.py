"""`python -m reports boards`: what one thread and all threads of each board model reach (L6)."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from collectors.errors import UsageError
from collectors.record import Trial

from .columns import aligned
from .command import Command, Say
from .saved_run import load, saved_runs
from .selection import add_storage

_HEAD = ("board", "CPUs", "backend", "one thread", "all threads", "threads", "runs")
_LEFT = {0, 2}
SUITES = ("test_one_thread", "test_all_threads", "test_threads")
"""Whose cases count: in all of them every reading is waited for."""


class Key(NamedTuple):
    """What figures are put together by."""

    board: str
    cpus: int
    backend: str


def saved_trials(paths: Iterable[Path]) -> list[Trial]:
    """Return the records in saved files, in their order.

    Raises:
        UsageError: a file cannot be read, or is none that pytest-benchmark saves; names it.
    """
    return [case.trial for path in paths for case in load(path).cases]


def board_table(trials: Iterable[Trial]) -> list[str]:
    """Return a line for each board model and backend: the median TPS of one thread, and the best of several threads.

    Cases that lost readings, ended early, or ran on several producer hosts do not count.
    """
    by_key: dict[Key, dict[int, list[float]]] = {}
    for trial in trials:
        key = _key(trial)
        if key and trial.state == "whole" and trial.accounting in {"pass", "measured"}:
            rate = statistics.median(one.tps for one in trial.rounds)
            by_key.setdefault(key, {}).setdefault(trial.processes, []).append(rate)
    rows = [_row(key, rates) for key, rates in sorted(by_key.items())]
    return aligned([_HEAD, *rows], _LEFT) if rows else []


def _key(trial: Trial) -> Key | None:
    producers = [host for host in trial.hosts if "producer" in host.get("roles", ())]
    suite = trial.name.rpartition("::")[2].partition("[")[0]
    if len(producers) != 1 or suite not in SUITES or trial.settings.get("rate"):
        return None
    [host] = producers
    return Key(str(host.get("board") or host.get("machine")), int(host.get("cpus") or 0), trial.backend)


def _row(key: Key, rates: dict[int, list[float]]) -> tuple[str, ...]:
    medians = {threads: statistics.median(found) for threads, found in rates.items()}
    several = {threads: rate for threads, rate in medians.items() if threads > 1}
    best = max(several, key=lambda threads: several[threads], default=0)
    return (
        key.board,
        str(key.cpus),
        key.backend,
        f"{medians[1]:,.0f}" if 1 in medians else "–",
        f"{several[best]:,.0f}" if best else "–",
        str(best) if best else "–",
        str(max(map(len, rates.values()))),
    )


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="*", help="saved files (default: all in the storage)")
    add_storage(parser)


def _run(given: argparse.Namespace, say: Say) -> int:
    files = [Path(name) for name in given.files] or saved_runs(Path(given.storage))
    lines = board_table(saved_trials(files))
    if not lines:
        raise UsageError(f"no saved case of {', '.join(SUITES)} in {', '.join(given.files) or given.storage}")
    for line in lines:
        say(line)
    return 0


COMMAND = Command(
    "boards",
    "show what one thread and all threads of each board model reach",
    """\
Show, for each board model and backend in saved results, the TPS of one thread and the most that several threads reached
and with how many threads: medians over runs. Every reading is waited for.

examples:
  python -m reports boards
  python -m reports boards .benchmarks/*/0001_*.json
  python -m reports reference --scenario L6    # the same of 2019
""",
    _arguments,
    _run,
)
