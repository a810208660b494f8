"""`python -m reports export`: saved runs in the forms of other programs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from collectors.errors import UsageError

from ..command import Command, Say
from ..saved_run import LATEST
from ..selection import ALL, add_storage, chosen
from ..store import write_atomically
from .github import github
from .junit import junit
from .openmetrics import openmetrics
from .parquet import write_parquet
from .rows import Exported, exported
from .separated import write_csv

ONE_FILE: dict[str, Callable[[Sequence[Exported]], str | bytes]] = {
    "openmetrics": openmetrics,
    "junit": junit,
    "github": github,
}
"""Forms that are one text each."""
FOLDERS: dict[str, Callable[[Sequence[Exported], Path], list[Path]]] = {"csv": write_csv, "parquet": write_parquet}
"""Forms that are a file for each table."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("form", metavar="FORM", choices=[*FOLDERS, *ONE_FILE], help=", ".join([*FOLDERS, *ONE_FILE]))
    parser.add_argument(
        "runs",
        metavar="RUN",
        nargs="*",
        default=[LATEST],
        help=f"a run's number or path, latest, or {ALL} (default latest)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="PATH",
        help="the file to write (default: the terminal); of csv and parquet the folder, which has to be named",
    )
    add_storage(parser)


def _run(given: argparse.Namespace, say: Say) -> int:
    if given.form in FOLDERS and not given.output:
        raise UsageError(f"{given.form} is a file for each table", "name a folder for them: -o DIR")
    cases = exported(chosen(given.storage, given.runs))
    if not cases:
        raise UsageError(f"no case with a record in {', '.join(given.runs)}", "expected runs of this suite")
    if given.form in FOLDERS:
        for path in FOLDERS[given.form](cases, Path(given.output)):
            say(str(path))
        return 0
    made = ONE_FILE[given.form](cases)
    content = made.encode() if isinstance(made, str) else made
    if given.output:
        write_atomically(Path(given.output), content)
        say(given.output)
    else:
        sys.stdout.write(content.decode())
    return 0


COMMAND = Command(
    "export",
    "write saved runs as CSV, Parquet, OpenMetrics, JUnit XML or for github-action-benchmark",
    """\
Write saved runs in the forms of other programs.

  csv, parquet   a file each for trials, rounds, windows, hosts and samples, in a folder; parquet needs the extra `data`
  openmetrics    TPS, latency, counts and conclusions, with the time of the run: for Prometheus
  junit          a test case for each, its figures as properties: for Jenkins, GitLab, …
  github         customBiggerIsBetter of github-action-benchmark

examples:
  python -m reports export csv all -o results/
  python -m reports export openmetrics latest -o results.om
  python -m reports export junit 0003 -o results.xml
  python -m reports export github > benchmark.json
""",
    _arguments,
    _run,
)
