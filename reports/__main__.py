"""`python -m reports`: what can be made of saved results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import boards, contents, recover, sql
from .command import Command, command_line, run
from .comparison import command as comparison
from .export import command as export
from .history import command as history
from .page import command as page
from .reference import command as reference

COMMANDS: tuple[Command, ...] = (
    contents.COMMAND,
    recover.COMMAND,
    boards.COMMAND,
    reference.COMMAND,
    export.COMMAND,
    sql.COMMAND,
    history.COMMAND,
    comparison.COMMAND,
    page.COMMAND,
)
"""In the order in which `--help` lists them."""

_EPILOG = """\
Results lie in .benchmarks: one .json file for each session of pytest that ended, and in .benchmarks/journal one
.jsonl file for each run, which has every case from the moment it ended.

examples:
  python -m reports journal                    # what the latest run has measured, and what it has not
  python -m reports html                       # one page of the latest saved run
  python -m reports recover latest -o out.json # the results of a run that was killed, for --benchmark-compare
  python -m reports export csv all -o results/ # all saved runs as tables

`python -m reports COMMAND --help` tells more. Exit status: 0 done, 1 not possible, 2 wrong usage.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    return run(parser(), arguments, print)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    return command_line("python -m reports", "Make something of saved results.", _EPILOG, COMMANDS)


if __name__ == "__main__":
    sys.exit(main())
