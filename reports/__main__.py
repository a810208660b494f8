"""`python -m reports`: what can be made of saved results."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from collectors.errors import ThermobenchError, UsageError

from . import boards, contents, recover
from .command import Command
from .reference import command as reference

COMMANDS: tuple[Command, ...] = (contents.COMMAND, recover.COMMAND, boards.COMMAND, reference.COMMAND)
"""In the order in which `--help` lists them."""

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_EPILOG = """\
Results lie in .benchmarks: one .json file for each session of pytest that ended, and in .benchmarks/journal one
.jsonl file for each run, which has every case from the moment it ended.

examples:
  python -m reports journal                    # what the latest run has measured, and what it has not
  python -m reports recover latest -o out.json # the results of a run that was killed, for --benchmark-compare

`python -m reports COMMAND --help` tells more. Exit status: 0 done, 1 not possible, 2 wrong usage.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = parser().parse_args(arguments)
    command: Command = given.command
    try:
        return command.run(given, print)
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except ThermobenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read the output has enough of it; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    layout = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(
        prog="python -m reports",
        description="Make something of saved results.",
        epilog=_EPILOG,
        formatter_class=layout,
        allow_abbrev=False,
    )
    commands = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=layout,
            allow_abbrev=False,
        )
        command.arguments(one)
        one.set_defaults(command=command)
    return made


if __name__ == "__main__":
    sys.exit(main())
