"""`python -m reports history`: a case over all its saved runs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from collectors.errors import UsageError

from ..command import Command, Say
from ..export.rows import Exported, exported
from ..selection import ALL, add_storage, chosen
from .change_points import FEWEST, INSTALL, ChangePoint, change_points, program
from .point import Line, lines
from .table import history_lines, other_lines


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--case", metavar="NAME", help="the case: its name or a part of it; without it, all cases are listed"
    )
    parser.add_argument("--otava", metavar="PATH", help="Apache Otava's program (default: otava, where PATH has it)")
    add_storage(parser)


def _run(given: argparse.Namespace, say: Say) -> int:
    otava = program(given.otava)
    cases = exported(chosen(given.storage, [ALL]))
    if given.case is None:
        for text in _listed(cases):
            say(text)
        return 0
    wanted = _wanted(cases, given.case)
    found = lines(wanted)
    for line, changes in zip(found, _looked_for(found, otava), strict=True):
        for text in history_lines(line, changes):
            say(text)
        say("")
    for text in other_lines(found):
        say(text)
    if otava is None and any(len(line.counted) >= FEWEST for line in found):
        say(f"to have changes looked for: {INSTALL}")
    return 0


def _looked_for(found: Sequence[Line], otava: Path | None) -> list[list[ChangePoint] | None]:
    """Return the change points of each line; None where they were not looked for."""
    long = [line for line in found if len(line.counted) >= FEWEST]
    if otava is None or not long:
        return [None] * len(found)
    values = [[point.tps.median for point in line.counted] for line in long]
    known = dict(zip(map(id, long), change_points(values, otava), strict=True))
    return [known.get(id(line)) for line in found]


def _wanted(cases: Sequence[Exported], name: str) -> list[Exported]:
    """Return the cases of that name, else those whose name has it in it."""
    exact = [case for case in cases if name in {case.case.name, case.case.name.rpartition("::")[2]}]
    found = exact or [case for case in cases if name in case.case.name]
    if not found:
        names = ", ".join(sorted({case.case.name.rpartition("::")[2] for case in cases})[:5])
        raise UsageError(f"no saved run has a case {name!r}", f"name one such as {names}" if names else "")
    return found


def _listed(cases: Sequence[Exported]) -> list[str]:
    counts: dict[str, int] = {}
    for case in cases:
        counts[case.case.name] = counts.get(case.case.name, 0) + 1
    return [f"{count:>5}  {name}" for name, count in sorted(counts.items())]


COMMAND = Command(
    "history",
    "show a case over all its saved runs, and where its throughput changed",
    f"""\
Show a case over all its saved runs, one line each, and between them the points where its throughput changed, with the
commit, and what else was new. Runs on other hosts, in other environments or with other settings stand apart.

Change points are found by Apache Otava, a program that needs an environment of its own:
  {INSTALL}

examples:
  python -m reports history                    # all cases, and how many runs each has
  python -m reports history --case test_one_thread[sqlite]
  python -m reports history --case kafka --otava ~/otava/bin/otava
""",
    _arguments,
    _run,
)
