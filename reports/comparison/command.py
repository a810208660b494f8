"""`python -m reports compare`: which cases got faster or slower, which do not compare, and what else has changed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from collectors.errors import UsageError

from ..command import DONE, FAILED, Command, Say
from ..duration import duration
from ..saved_run import SavedRun, find, load
from ..selection import add_storage
from .gate import failures
from .identity import KEYS, checked_out
from .in_turn import Wanted, in_turn
from .pair import pairs
from .table import comparison_table, legend
from .verdict import TO_FIND, Verdict, compare

TIME = 600.0
"""Seconds that `--interleaved` may take unless it is told otherwise."""
_SHARE = re.compile(r"(\d+(?:\.\d+)?) ?%", re.ASCII)


def share(text: str) -> float:
    """Return 0.05 for `5%`.

    Raises:
        ValueError: it is none, or not above 0 and below 100 %; says what was expected.
    """
    found = _SHARE.fullmatch(text.strip())
    if not found or not 0 < (value := float(found[1]) / 100) < 1:
        raise ValueError("expected a share above 0% and below 100%, such as 5%")
    return value


def runs(storage: Path, named: str) -> list[SavedRun]:
    """Return the saved runs that are named, comma separated.

    Raises:
        UsageError: one is not there, cannot be read, or is named twice; names it.
    """
    paths = [find(storage, one.strip()) for one in named.split(",") if one.strip()]
    if not paths:
        raise UsageError(f"{named!r}: expected one saved run, or several with commas between them")
    for path in paths:
        if sum(path.samefile(other) for other in paths) > 1:
            raise UsageError(f"{path} is named twice", "name each saved run once")
    return [load(path) for path in paths]


def keys(text: str) -> frozenset[str]:
    """Return the keys that `--across` names.

    Raises:
        UsageError: one is no key; names those there are.
    """
    named = frozenset(one.strip() for one in text.split(",") if one.strip())
    for one in sorted(named):
        if one.partition(".")[0] not in KEYS:
            raise UsageError(f"--across {one}: no such key", f"expected {', '.join(KEYS)}, or one below them")
    return named


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("base", metavar="BASE", help="a saved run, or several with commas between them: number, path or latest")
    add("candidate", metavar="CANDIDATE", help="the same of what is to be faster or slower than that")
    add_storage(parser)
    add("-k", metavar="TEXT", default="", help="compare those cases alone whose id contains this")
    add(
        "--across",
        metavar="KEY[,KEY…]",
        default="",
        help=f"what the sides differ in on purpose: {', '.join(KEYS)}, or one below them such as settings.acks",
    )
    add(
        "--find",
        metavar="N%",
        type=_given(share),
        help="the change that the comparison has to be long enough for (default: that of --fail-on-slower, else 10%%)",
    )
    add(
        "--fail-on-slower",
        metavar="N%",
        type=_given(share),
        help="exit with 1 where a case is slower, and by so much or more; where the candidate lost readings and the "
        "base did not; and where no case has a verdict",
    )
    group = parser.add_argument_group("measuring in turn")
    group.add_argument(
        "--interleaved",
        action="store_true",
        help="measure BASE and CANDIDATE now, in turn: checkouts of the suite, options of pytest in quotes, or "
        "settings such as kafka.acks=1",
    )
    group.add_argument("--time", metavar="T", type=_given(duration), help="for so long at most (default 10m)")
    group.add_argument(
        "--pytest", metavar="ARGS", help="arguments of pytest for both, in quotes: '-m kafka -k one_thread --rounds 5'"
    )


def _run(given: argparse.Namespace, say: Say) -> int:
    across, to_find = keys(given.across), given.find or given.fail_on_slower or TO_FIND
    if given.interleaved:
        if given.k:
            raise UsageError("-k is for saved runs", "choose what is measured by --pytest '-k …'")
        wanted = Wanted(given.time or TIME, to_find, across, given.pytest or "")
        verdicts = in_turn((given.base, given.candidate), wanted, Path(given.storage), say)
    else:
        if given.time or given.pytest is not None:
            raise UsageError("--time and --pytest are for --interleaved", "saved runs were measured before")
        verdicts = _saved(given, across, to_find, say)
    return _gate(verdicts, given.fail_on_slower, say)


def _saved(given: argparse.Namespace, across: frozenset[str], to_find: float, say: Say) -> list[Verdict]:
    """Compare saved runs, tell what it comes to, and return that."""
    base, candidate = (runs(Path(given.storage), named) for named in (given.base, given.candidate))
    for one in base:
        if any(one.path.samefile(other.path) for other in candidate):
            raise UsageError(f"{one.path} is on both sides", "name each saved run once")
    found = [pair for pair in pairs(base, candidate, across) if given.k in pair.case]
    if not found:
        raise UsageError(f"no case to compare{f' whose id contains {given.k!r}' if given.k else ''}")
    verdicts = compare(found, to_find)
    for line in [*_named("base", base), *_named("candidate", candidate), "", *comparison_table(verdicts)]:
        say(line)
    for line in legend(verdicts, to_find):
        say(line)
    return verdicts


def _gate(verdicts: Sequence[Verdict], by: float | None, say: Say) -> int:
    failed = [] if by is None else failures(verdicts, by)
    for line in failed:
        say(f"failed: {line}")
    return FAILED if failed else DONE


def _named(side: str, chosen: Sequence[SavedRun]) -> list[str]:
    return [f"{side + ':':<10} {one.label} of {one.saved[:19]}, commit {checked_out(one.commit)}" for one in chosen]


def _given(read: Callable[[str], float]) -> Callable[[str], float]:
    """Return what argparse reads a value with, so that the error says what was expected."""

    def converted(text: str) -> float:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None

    return converted


COMMAND = Command(
    "compare",
    "tell which cases got faster or slower, and what else has changed",
    """\
Compare saved runs case by case: TPS, the change with its interval, and a verdict – faster, slower, no difference shown,
no verdict (too short), or not comparable, naming the key and both values. Two sessions of the same code differ, too, so
a verdict takes several saved runs a side; how many is told. docs/comparing.md says what each method is.

examples:
  python -m reports compare 0001,0003,0005 0002,0004,0006
  python -m reports compare 0001,0003,0005 latest --across code --fail-on-slower 5%

With --interleaved both are measured now, in turn, A B B A, each time by a session of `pytest perf` of its own, until
there is a verdict on every case or the time is up. It may stop at any time, by Ctrl-C too: its verdicts allow for that.

  python -m reports compare --interleaved kafka.acks=1 kafka.acks=all --pytest "-m kafka -k one_thread"
  python -m reports compare --interleaved "--frequency 1" "--frequency 100" --pytest "-m mysql" --time 20m
  python -m reports compare --interleaved ../before . --pytest "-m sqlite" --find 5%

What begins with a dash needs quotes, and a space in them: " --no-wait".
""",
    _arguments,
    _run,
)
