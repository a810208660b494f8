"""Texts in columns, for a terminal."""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise, zip_longest
from typing import TextIO

WIDTH = 160
"""Characters of a line where nothing else was asked for; longer texts go on below."""
LEAST = 80
"""Characters that a line has at least, however narrow the terminal is."""
_GAP = "  "
_width: ContextVar[int] = ContextVar("width", default=WIDTH)


def width_for(file: TextIO) -> int:
    """Return how long lines may be that go to a file: those of a terminal fit it, up to what still reads well.

    What goes into a file or a pipe is not broken for a terminal, unless COLUMNS says so.
    """
    narrow = file.isatty() or "COLUMNS" in os.environ
    return min(WIDTH, shutil.get_terminal_size().columns) if narrow else WIDTH


def line_width() -> int:
    """Return the characters of a line."""
    return _width.get()


@contextmanager
def within(width: int) -> Iterator[None]:
    """Have lines made that are no longer than so many characters, of which `LEAST` is the least."""
    token = _width.set(max(width, LEAST))
    try:
        yield
    finally:
        _width.reset(token)


def aligned(
    rows: Sequence[Sequence[str]],
    words: Collection[int],
    breakable: Mapping[int, int] | None = None,
    ditto: int | None = None,
) -> list[str]:
    """Return rows as lines whose columns stand under each other, within `line_width()` as far as texts may be broken.

    Args:
        rows: cells; the first row is the head.
        words: columns of words, which stand to the left; the others are numbers and stand to the right.
        breakable: columns that may be broken into several lines, and how narrow they may become.
        ditto: a column in which a text that would be broken, and is that of the row above, is a ditto mark.
    """
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - line_width()
    for column in sorted(breakable or {}, reverse=True):
        narrower = max(0, min(excess, widths[column] - (breakable or {})[column]))
        widths[column] -= narrower
        excess -= narrower
    rows = [rows[0], *(_repeating(row, above, ditto, widths) for above, row in pairwise(rows))]
    return [line for row in rows for line in _lines(row, widths, words)]


def tables(
    rows: Sequence[Sequence[str]],
    groups: Sequence[Sequence[int]],
    words: Collection[int],
    breakable: Mapping[int, int],
    ditto: int | None = None,
) -> list[str]:
    """Return rows as lines, in several tables of some of the columns each, with an empty line between two.

    Args:
        rows: as `aligned` takes them.
        groups: of each table, its columns.
        words: as `aligned` takes them, of all columns.
        breakable: likewise.
        ditto: likewise.
    """
    lines: list[str] = []
    for group in groups:
        at = {column: new for new, column in enumerate(group)}
        own = {at[column]: least for column, least in breakable.items() if column in at}
        cells = [[row[column] for column in group] for row in rows]
        same = at.get(ditto) if ditto is not None else None
        lines += ["", *aligned(cells, {at[column] for column in words if column in at}, own, same)]
    return lines[1:]


def wrapped(text: str, indent: int) -> list[str]:
    """Return a text as lines of at most `line_width()`, all but the first one set in."""
    start = text[: len(text) - len(text.lstrip())]
    return textwrap.wrap(
        text.lstrip(), line_width(), initial_indent=start, subsequent_indent=" " * indent, break_long_words=False
    ) or [text]


def counted(number: int, noun: str) -> str:
    """Return `1 case`, `2,000 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def milliseconds(value: float | None) -> str:
    """Return a time as a person reads it: to three digits, or the hundredth; a dash where there is none."""
    return "–" if value is None else f"{value:,.3f}" if value < 1 else f"{value:,.2f}"


def _repeating(row: Sequence[str], above: Sequence[str], column: int | None, widths: Sequence[int]) -> Sequence[str]:
    if column is None or row[column] != above[column] or len(row[column]) <= widths[column]:
        return row
    return [*row[:column], "″", *row[column + 1 :]]


def _lines(row: Sequence[str], widths: Sequence[int], words: Collection[int]) -> list[str]:
    cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    found = []
    for parts in zip_longest(*cells, fillvalue=""):
        padded = [
            part.ljust(width) if column in words else part.rjust(width)
            for column, (part, width) in enumerate(zip(parts, widths, strict=True))
        ]
        found.append(_GAP.join(padded).rstrip())
    return found
