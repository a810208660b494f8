"""`python -m reports reference`: the figures of 2019, to be read or to be set beside a run."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path

from collectors.errors import UsageError

from ..columns import aligned, wrapped
from ..command import Command, Say
from ..store import write_atomically
from .figure import Figure
from .loading import figures
from .saved import saved
from .trials import NOT_OURS, doubts_of

_HEAD = ("scenario", "figure of", "backend", "measured", "producers → servers", "source")
_BREAKABLE = {3: 40, 4: 36, 5: 20}
_ORDER = "RBLMYKOCG"
"""The letters of the scenarios, in the order in which they are described."""


def chosen(wanted: Sequence[str] = ()) -> list[Figure]:
    """Return the figures of some scenarios, or all, ordered by scenario.

    Raises:
        UsageError: a scenario has no figure, or there is none of that name; says which have.
    """
    found = figures()
    known = sorted({scenario for figure in found for scenario in figure.scenarios}, key=_place)
    asked = [scenario.upper() for scenario in wanted]
    for scenario in asked:
        if scenario not in known:
            raise UsageError(f"no figure of scenario {scenario!r}", f"there are figures of {', '.join(known)}")
    taken = [figure for figure in found if not asked or set(asked) & set(figure.scenarios)]
    return sorted(taken, key=lambda figure: _place(figure.scenarios[0]))


def table(taken: Sequence[Figure]) -> list[str]:
    """Return a line for each figure under a head; long cells go on below."""
    return aligned([_HEAD, *map(_row, taken)], set(range(len(_HEAD))), _BREAKABLE)


def _row(figure: Figure) -> tuple[str, ...]:
    return (
        " ".join(figure.scenarios),
        figure.name,
        figure.backend or "–",
        figure.in_words,
        figure.hardware,
        figure.place,
    )


def _doubts(taken: Sequence[Figure]) -> list[str]:
    names: dict[str, list[str]] = {}
    for figure in taken:
        for doubt in doubts_of(figure):
            names.setdefault(doubt, []).append(figure.name)
    names.pop(NOT_OURS, None)
    rows = [line for doubt, of in names.items() for line in wrapped(f"  {doubt} ({', '.join(of)})", 4)]
    return ["doubts:", *rows] if rows else []


def _place(scenario: str) -> tuple[int, int]:
    letter, number = re.match(r"(\D)(\d+)", scenario).groups()  # type: ignore[union-attr]
    return _ORDER.find(letter), int(number)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", metavar="ID", nargs="+", action="extend", default=[], help="of these alone, as K3 (default: all)"
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write them as a saved run, as pytest-benchmark does, instead of a table"
    )


def _run(given: argparse.Namespace, say: Say) -> int:
    taken = chosen(given.scenario)
    if given.output:
        content = saved(taken)
        write_atomically(Path(given.output), json.dumps(content, indent=4).encode() + b"\n")
        say(f"{given.output}: {len(taken)} figures, of which {len(content['benchmarks'])} are benchmarks")
        return 0
    for line in [*table(taken), *(_doubts(taken) if given.scenario else [])]:
        say(line)
    return 0


COMMAND = Command(
    "reference",
    "show the figures of 2019, or write them as a saved run",
    """\
Show the figures that were measured by hand on a shelf of Raspberry Pis in 2019, each with its scenario, hardware and
place in the notes. They are what a run can be set beside, and are never part of a result. A rate that the notes do not
give is their total by their duration; `5? min` marks a duration that is assumed.

examples:
  python -m reports reference --scenario K3 K4      # with what casts doubt on them
  python -m reports reference -o reference-2019.json
  pytest-benchmark compare reference-2019.json .benchmarks/*/0001_*.json
""",
    _arguments,
    _run,
)
