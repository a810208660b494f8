"""`python -m reports journal`: what a run has measured, and what it has not."""

from __future__ import annotations

import argparse

from .columns import counted
from .command import Command, Say
from .journal import LATEST, Case, find, read
from .selection import add_storage
from .store import journals


def add_run(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Declare the arguments that say which journal is meant."""
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?" if optional else None,
        default=LATEST,
        help="a run's identifier, the path of its journal, or latest" + (" (default)" if optional else ""),
    )
    add_storage(parser)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add_run(parser, optional=True)


def _run(given: argparse.Namespace, say: Say) -> int:
    journal = read(find(journals(given.storage), given.run))
    state = "ended in order" if journal.closed else "was cut short, or still runs"
    say(f"run {journal.run}: {counted(len(journal.whole), 'whole case')}; it {state}, at {journal.last}")
    for case in journal.cases.values():
        say(f"{case.state:<12} {case.name}: {_told(case)}")
    for name in journal.unmeasured:
        say(f"{'not measured':<12} {name}")
    for torn in journal.torn:
        say(torn)
    return 0


def _told(case: Case) -> str:
    rates = [one.tps for one in case.trial.rounds] if case.trial else [float(one["tps"]) for one in case.rounds]
    told = counted(len(rates), "round") + (f", TPS {', '.join(f'{tps:,.0f}' for tps in rates)}" if rates else "")
    return f"{told}; {case.error.splitlines()[0]}" if case.error else told


COMMAND = Command(
    "journal",
    "list what a run has measured, and what it has not",
    """\
List the cases of a run: whole, failed, interrupted (begun, and never ended), or not measured (skipped, or not reached).

example:
  python -m reports journal 20261123T031500-3f2a

The rest of a run that was cut short is measured by the command that it was begun with, and --resume RUN.
""",
    _arguments,
    _run,
)
