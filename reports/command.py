"""What a subcommand of `python -m reports` is."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], object]
"""Shows a line to the user."""


@dataclass(frozen=True)
class Command:
    """One subcommand: to add one, make it in a module of its own and name it in `reports.__main__.COMMANDS`."""

    name: str
    summary: str
    """One line, for the list of all commands."""
    description: str
    """What it does, with examples, for its own `--help`."""
    arguments: Callable[[argparse.ArgumentParser], object]
    """Declares its arguments."""
    run: Callable[[argparse.Namespace, Say], int]
    """Does it and returns the exit status; raises ThermobenchError for what the user has to be told."""
