"""What is measured in turn: a checkout of the suite, or options of pytest."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from collectors.errors import UsageError

ACROSS_CHECKOUTS = frozenset({"code"})
ACROSS_OPTIONS = frozenset(
    {"settings", "server", "topology", "container", "processes", "client", "sensor", "acknowledged"}
)
"""What options change is what is compared: neither the machine nor the code."""


@dataclass(frozen=True)
class Subject:
    """One of the two."""

    label: str
    """As it was named."""
    folder: Path
    """The checkout to run."""
    options: tuple[str, ...] = ()
    """Of pytest, for this one alone."""


def subjects(one: str, other: str, here: Path) -> tuple[tuple[Subject, Subject], frozenset[str]]:
    """Return both subjects, and the keys of `identity` in which they may differ.

    Args:
        one: a folder, options such as `--frequency 100`, or settings such as `kafka.acks=1 kafka.linger_ms=5`.
        other: the same kind of thing.
        here: the checkout that options are for.

    Raises:
        UsageError: it is neither, a folder is no checkout, or one is a folder and the other is not; names it.
    """
    folders = [Path(text).is_dir() for text in (one, other)]
    if all(folders):
        return (_checkout(one), _checkout(other)), ACROSS_CHECKOUTS
    if any(folders):
        raise UsageError(f"{one!r} and {other!r}: one is a folder, the other is not", "name two of a kind")
    _checked(here)
    return (Subject(one, here, _options(one)), Subject(other, here, _options(other))), ACROSS_OPTIONS


def _checkout(text: str) -> Subject:
    folder = Path(text).resolve()
    _checked(folder)
    return Subject(text, folder)


def _checked(folder: Path) -> None:
    for part in ("perf", "conftest.py"):
        if not (folder / part).exists():
            raise UsageError(f"{folder} is no checkout of the suite: there is no {part}", "name one, or go there")


def _options(text: str) -> tuple[str, ...]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r}: {error}") from None
    if words and words[0].startswith("-"):
        return tuple(words)
    if not words or not all("=" in word for word in words):
        raise UsageError(
            f"{text!r} is neither a folder nor options",
            "expected a checkout, options such as '--frequency 100', or settings such as kafka.acks=1",
        )
    return tuple(part for word in words for part in ("--set", word))
