"""What a subcommand is, of `python -m reports` and `python -m fixtures`, and how one is run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from collectors.errors import ThermobenchError, UsageError

from .columns import width_for, within

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses."""

Say = Callable[[str], object]
"""Shows a line to the user."""


@dataclass(frozen=True)
class Command:
    """One subcommand: to add one, make it in a module of its own and name it in `COMMANDS` of the room's `__main__`."""

    name: str
    summary: str
    """One line, for the list of all commands."""
    description: str
    """What it does, with examples, for its own `--help`."""
    arguments: Callable[[argparse.ArgumentParser], object]
    """Declares its arguments."""
    run: Callable[[argparse.Namespace, Say], int]
    """Does it and returns the exit status; raises ThermobenchError for what the user has to be told."""


def command_line(prog: str, description: str, epilog: str, commands: Sequence[Command]) -> argparse.ArgumentParser:
    """Return the parser of a program that has subcommands, which `run` runs."""
    layout = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(
        prog=prog, description=description, epilog=epilog, formatter_class=layout, allow_abbrev=False
    )
    listed = made.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in commands:
        one = listed.add_parser(
            command.name,
            help=command.summary,
            description=command.description,
            formatter_class=layout,
            allow_abbrev=False,
        )
        command.arguments(one)
        one.set_defaults(command=command)
    return made


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None, say: Say) -> int:
    """Run the subcommand that is asked for, and return the exit status.

    Args:
        parser: as `command_line` made it.
        arguments: those of the process for None.
        say: shows what the command tells.
    """
    given = parser.parse_args(arguments)
    command: Command = given.command
    try:
        with within(width_for(sys.stdout)):
            return command.run(given, say)
    except ThermobenchError as error:
        sys.stderr.write(f"error: {error}\n")
        return USAGE if isinstance(error, UsageError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read the output has enough of it; Python would complain once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
