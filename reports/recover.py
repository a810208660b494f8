"""`python -m reports recover`: the file that pytest-benchmark would have saved, made out of a journal."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from collectors.errors import ThermobenchError, UsageError

from .columns import counted
from .command import Command, Say
from .contents import add_run
from .journal import Journal, find, read
from .store import journals, next_number, write_atomically


def recovered(journal: Journal) -> dict[str, Any]:
    """Return the whole cases of a journal in the structure of a file that pytest-benchmark saves.

    The statistics are those that it computed itself when each case ended.

    Raises:
        ThermobenchError: there is no whole case.
        UsageError: the journal lacks what the file has to say.
    """
    for name in ("machine_id", "machine_info", "commit_info", "versions"):
        if name not in journal.header:
            raise UsageError(f"{journal.path}: {name} missing, expected a journal that a session of pytest began")
    cases = [case for case in journal.whole if case.benchmark]
    if not cases:
        raise ThermobenchError(f"{journal.path}: no case of run {journal.run} is whole, so there is nothing to recover")
    benchmarks = []
    for case in cases:
        record = {"trial": case.record} if case.record else {}
        benchmarks.append(case.benchmark | {"extra_info": case.benchmark.get("extra_info", {}) | record})
    return {
        "machine_info": journal.header["machine_info"],
        "commit_info": journal.header["commit_info"],
        "benchmarks": benchmarks,
        "datetime": journal.last,
        "version": journal.header["versions"].get("pytest-benchmark"),
    }


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the file to write (default: the next number in the storage)"
    )


def _run(given: argparse.Namespace, say: Say) -> int:
    journal = read(find(journals(given.storage), given.run))
    content = recovered(journal)
    path = Path(given.output) if given.output else _next_path(Path(given.storage), journal)
    write_atomically(path, json.dumps(content, indent=4).encode() + b"\n")
    for case in journal.cases.values():
        if case.state != "whole":
            say(f"left out: {case.name} ({case.state})")
    for torn in journal.torn:
        say(f"left out: {torn}")
    say(f"{path}: {counted(len(content['benchmarks']), 'case')} of run {journal.run}")
    return 0


def _next_path(storage: Path, journal: Journal) -> Path:
    folder = storage / str(journal.header["machine_id"])
    return folder / f"{next_number(folder)}_{journal.run}.json"


COMMAND = Command(
    "recover",
    "make the results of a run that was killed out of its journal",
    """\
Make the file that pytest-benchmark would have saved at the end of a session. It holds the cases that are whole; those
that failed or were interrupted are left out, and named.

examples:
  python -m reports recover latest
  python -m reports recover 20261123T031500-3f2a -o night.json
  pytest perf --benchmark-compare=night.json
""",
    _arguments,
    _run,
)
