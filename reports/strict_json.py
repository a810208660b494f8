"""JSON out of files that others may have made: of bounded size and depth, without NaN, and inert on a terminal."""

from __future__ import annotations

import json
import math
import os
import re
import stat
from pathlib import Path
from typing import Any

from collectors.errors import UsageError

from .visible import visible

LIMIT = "THERMOBENCH_MAX_FILE_MIB"
"""The variable that raises the bound of a file's size."""
MIB = 256
"""The bound unless it is raised. A night on five hosts comes to a few dozen MiB."""
VALUES_PER_MIB = 20_000
"""How many values a file may hold for each MiB of the bound: one of three bytes may take a hundred."""
DEPTH = 64
"""Levels of nesting; records have ten at most."""
LARGEST = 2**64
"""Below which integers lie: counters of the kernel and tokens of a ring do."""

Place = tuple[str | int, ...]
"""Where a value stands: names of fields, and numbers of items."""


class WrongValue(ValueError):
    """A value that is not what was expected.

    Args:
        place: where it stands.
        what: the value, and what was expected.
    """

    def __init__(self, place: Place, what: str) -> None:
        super().__init__(place, what)
        self.place = place
        self.what = what

    def __str__(self) -> str:
        return f"{spelt(self.place)}: {self.what}" if self.place else self.what


def spelt(place: Place) -> str:
    """Return a place as a person writes it: `rounds[2].tps`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def shown(value: object) -> str:
    """Return a value short enough for a line."""
    text = f"a list of {len(value)}" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 – what leaves room for the rest of the line


def content(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        UsageError: it cannot be read, is no plain file, or is larger than the bound; says how to raise that.
    """
    bound = bound_mib()
    try:
        with open(path, "rb", opener=_opened) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path}: no plain file, expected one that was saved")
            found = file.read(bound * 2**20 + 1)
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if len(found) > bound * 2**20:
        raise UsageError(f"{path}: larger than {bound} MiB", f"if it is to be trusted, set {LIMIT} to more MiB")
    return found


def parsed(text: bytes) -> Any:
    """Return what JSON in UTF-8 says.

    Raises:
        ValueError: it is none, or it is nested too deeply, or holds too many values; says where, or how many.
    """
    values = sum(text.count(mark) for mark in (b",", b"[", b"{"))
    if values > VALUES_PER_MIB * bound_mib():
        raise ValueError(f"{values:,} values, expected at most {VALUES_PER_MIB * bound_mib():,} ({LIMIT} raises that)")
    try:
        return json.loads(text.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"no UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise ValueError(f"nested too deeply, expected at most {DEPTH} levels") from None


def inert(value: Any, place: Place = ()) -> Any:
    """Return a parsed value in which nothing does harm; lists and objects are changed where they are.

    Characters that a terminal would obey, or that are none, are spelt out, as in `‹U+001B›`.

    Args:
        value: as `parsed` returned it, or a part of it.
        place: where it stands, for messages.

    Raises:
        WrongValue: NaN, an infinite number, an integer beyond 64 bits, or too many levels.
    """
    holder = [value]
    waiting: list[tuple[Any, Place]] = [(holder, place)]
    while waiting:
        within, at = waiting.pop()
        if len(at) > DEPTH:
            raise WrongValue(at[:4], f"nested too deeply, expected at most {DEPTH} levels")
        if isinstance(within, dict) and not all(map(str.isprintable, within)):
            cleaned = {visible(name): one for name, one in within.items()}
            within.clear()
            within.update(cleaned)
        for name, one in within.items() if isinstance(within, dict) else enumerate(within):
            kind = type(one)
            if kind is dict or kind is list:
                waiting.append((one, at if within is holder else (*at, name)))
            elif kind is str:
                if not one.isprintable():
                    within[name] = visible(one)
            elif (kind is float and not math.isfinite(one)) or (kind is int and abs(one) >= LARGEST):
                raise WrongValue((*at, name), f"{shown(one)}, expected a finite number of 64 bits")
    return holder[0]


def bound_mib() -> int:
    """Return the bound of a file's size in MiB.

    Raises:
        UsageError: the variable that raises it is no positive number.
    """
    given = os.environ.get(LIMIT, str(MIB))
    if not re.fullmatch(r"[1-9]\d{0,6}", given, re.ASCII):
        raise UsageError(f"{LIMIT}={given!r}: expected MiB, a positive integer")
    return int(given)


def _opened(path: str, flags: int) -> int:
    # A pipe that nobody writes to would be waited for.
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
