"""`python -m reports compare --interleaved`: measuring in turn, and telling how it goes."""

from __future__ import annotations

import shlex
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from collectors.errors import UsageError

from ..columns import counted
from ..command import Say
from ..saved_run import SavedRun
from .interleaved import Interleaved
from .session import measure
from .subject import Subject, subjects
from .table import change_in_words, comparison_table, legend, short
from .verdict import NOT_COMPARABLE, Verdict

FOLDER = "interleaved"
"""Of a storage: results that were measured in turn lie apart, for they are no history of anything."""
_TOLD = 3
"""Cases told after each pair; of the others their number."""


class Wanted(NamedTuple):
    """What is asked of measuring in turn."""

    seconds: float
    """That it may take."""
    to_find: float
    """The change to find, as a share."""
    across: frozenset[str] = frozenset()
    """Keys of `identity` in which the sides may differ, besides those in which the subjects do."""
    pytest: str = ""
    """Arguments of pytest for both, as in a shell."""


def in_turn(named: tuple[str, str], wanted: Wanted, storage: Path, say: Say) -> list[Verdict]:
    """Measure two subjects in turn, tell what it comes to, and return that.

    Args:
        named: base and candidate, as `subjects` reads them.
        wanted: for how long, and what to find.
        storage: where results lie.
        say: shows a line.

    Raises:
        UsageError: they are no subjects, or the arguments are none.
        ThermobenchError: a session measured nothing; what was measured until then was told.
        KeyboardInterrupt: it was interrupted, by SIGTERM or SIGHUP too; what was measured until then was told.
    """
    both, differ = subjects(*named, Path.cwd())
    arguments, folder = _split(wanted.pytest), storage / FOLDER / time.strftime("%Y%m%dT%H%M%S", time.gmtime())
    say(f"base: {both[0].label}; candidate: {both[1].label}; results go to {folder}")

    def timed(subject: Subject) -> SavedRun:
        began = time.monotonic()
        run = measure(subject, arguments, folder)
        say(f"  {subject.label}: {counted(len(run.cases), 'case')} in {time.monotonic() - began:.0f} s")
        return run

    made = Interleaved(both, differ | wanted.across, timed, wanted.to_find)
    try:
        with _interruptible():
            for verdicts in made.until(wanted.seconds):
                say(f"pair {len(made.runs)}: {_in_words(verdicts)}")
    finally:
        verdicts = made.verdicts()
        for line in ["", *comparison_table(verdicts), *legend(verdicts, wanted.to_find)]:
            say(line)
    return verdicts


def _in_words(verdicts: Sequence[Verdict]) -> str:
    compared = [one for one in verdicts if one.word != NOT_COMPARABLE]
    told = [f"{short(one.pair.case)} {change_in_words(one)}, {one.word}" for one in compared[:_TOLD]]
    more = [f"and {len(compared) - _TOLD} more"] if len(compared) > _TOLD else []
    return "; ".join([*told, *more]) or "no case that compares"


def _split(arguments: str) -> list[str]:
    try:
        return shlex.split(arguments)
    except ValueError as error:
        raise UsageError(f"--pytest {arguments!r}: {error}") from None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have SIGTERM and SIGHUP stop it as Ctrl-C does: no session of pytest may be left behind."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
