"""Which saved runs a command is about, on its command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from collectors.errors import UsageError

from .saved_run import SavedRun, find, load, saved_runs
from .store import STORAGE

ALL = "all"


def add_storage(parser: argparse.ArgumentParser) -> None:
    """Declare where results lie."""
    parser.add_argument(
        "--storage",
        metavar="DIR",
        default=STORAGE,
        help=f"where results lie, as --benchmark-storage (default {STORAGE})",
    )


def chosen(storage: str, wanted: Sequence[str]) -> list[SavedRun]:
    """Return saved runs, in the order in which they were saved where all are wanted.

    Args:
        storage: the folder that results lie in.
        wanted: of each its number, path or `latest`; `all` stands for every one in the storage.

    Raises:
        UsageError: one of them is not there, or cannot be read; names it.
    """
    folder = Path(storage)
    paths = [path for one in wanted for path in (saved_runs(folder) if one == ALL else [find(folder, one)])]
    if not paths:
        raise UsageError(f"no saved run in {storage}", "name another folder with --storage, or measure: make perf")
    return [load(path) for path in dict.fromkeys(paths)]
