"""`python -m reports html`: a saved run as one page that needs no network."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..command import Command, Say
from ..saved_run import LATEST, find, load
from ..selection import add_storage
from ..store import STORAGE
from .writing import shown, write


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        metavar="RUN",
        nargs="?",
        default=LATEST,
        help="a saved run: its file, how the file's name begins, as 0003, or latest (default)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=f"where to write it (default {STORAGE}/html/LABEL.html)")
    add_storage(parser)


def _run(given: argparse.Namespace, say: Say) -> int:
    run = load(find(Path(given.storage), given.run))
    say(shown(write(run, Path(given.storage), Path(given.output) if given.output else None)))
    return 0


COMMAND = Command(
    "html",
    "make one page of a saved run, to be read without a network",
    """\
Make one page of a saved run: the answer, the table, what each of its numbers was made of, and every doubt. It is one
file that loads nothing from anywhere: it can be opened from a disk, mailed, printed, and read on a phone.

examples:
  python -m reports html                      # of the latest run
  python -m reports html 0020 -o report.html

It needs the extra html: pip install 'thermobench[html]'
""",
    _arguments,
    _run,
)
