"""The journal of a run: one line of JSON for all that happens, readable up to the moment that ended the run.

| kind | written when | holds |
|---|---|---|
| `session` | a session begins, anew or with `--resume` | schema, run, options, versions, machine, the cases selected |
| `begin` | a case begins | its settings |
| `round` | one of its rounds ends | the round |
| `end` | it ends | state, error, trial, and what pytest-benchmark saves of it |
| `close` | the session ends in order | pytest's exit status |
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from collectors.record import Trial

SCHEMA = "thermobench.journal/1"
LATEST = "latest"
RUN = re.compile(r"\d{8}T\d{6}-[0-9a-f]{4}")
"""A run's identifier: when it began (UTC), and what tells two of the same second apart."""


@dataclass
class Case:
    """What a journal says of one case, by the last time it was measured."""

    name: str
    state: str = "interrupted"
    """`whole`, `failed`, or `interrupted`, which is also what has begun and never ended."""
    settings: dict[str, Any] = field(default_factory=dict)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    """Each round as it was journalled when it ended."""
    trial: Trial | None = None
    """Its record; None where it ended before there was one."""
    record: dict[str, Any] = field(default_factory=dict)
    """The same as it stands in the journal."""
    benchmark: dict[str, Any] = field(default_factory=dict)
    """What pytest-benchmark saves of it, but for the trial; empty for a case that is not whole."""
    error: str = ""


@dataclass
class Journal:
    """A journal that was read."""

    path: Path
    run: str
    header: dict[str, Any]
    """Its first line: see `fixtures.results` for the fields."""
    cases: dict[str, Case] = field(default_factory=dict)
    """By name, in the order in which they were first measured."""
    torn: list[str] = field(default_factory=list)
    """Lines that cannot be read, each named, as the last one is when the disk or the power ended in it."""
    closed: bool = False
    """Whether its last session ended in order."""
    last: str = ""
    """When the last line was written, ISO 8601."""

    @property
    def whole(self) -> list[Case]:
        """Its cases that were measured to their end and passed."""
        return [case for case in self.cases.values() if case.state == "whole"]

    @property
    def unmeasured(self) -> list[str]:
        """The names of the cases that were selected and never began; skipped ones are among them."""
        return [name for name in self.header.get("selected", ()) if name not in self.cases]


def find(folder: Path, wanted: str) -> Path:
    """Return the path of a journal.

    Args:
        folder: where journals lie.
        wanted: a run's identifier, `latest`, or a path.

    Raises:
        UsageError: there is none; names those there are.
    """
    there = sorted(path for path in folder.glob("*.jsonl") if RUN.fullmatch(path.stem) and path.stat().st_size)
    if wanted == LATEST and there:
        return there[-1]
    if RUN.fullmatch(wanted) and (path := folder / f"{wanted}.jsonl").is_file():
        return path
    if Path(wanted).is_file():
        return Path(wanted)
    names = ", ".join(path.stem for path in there[-5:])
    raise UsageError(
        f"no journal of run {wanted!r} in {folder}",
        f"name one of {names}" if names else "expected a run's identifier, latest, or the path of a .jsonl file",
    )


def read(path: Path) -> Journal:
    """Return what a journal holds. Lines that are torn are left out, and named.

    Raises:
        UsageError: it is no journal, or of a schema that this version does not know; says which.
    """
    try:
        with path.open("rb") as file:
            lines = list(_lines(file.read()))
    except OSError as error:
        raise UsageError(f"journal {path}: {error.strerror}") from None
    header = next((line for _, line in lines if line), {})
    if header.get("schema") != SCHEMA:
        found = f"schema {header['schema']!r}" if "schema" in header else "no journal"
        raise UsageError(f"{path}: {found}, expected {SCHEMA}")
    journal = Journal(path, header["run"], header)
    for number, line in lines:
        try:
            _take(journal, line)
        except (KeyError, TypeError, ValueError):
            journal.torn.append(f"line {number} of {path.name} is torn or not readable")
    return journal


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line with its number; an empty one for what is not JSON."""
    for number, text in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
        try:
            line = json.loads(text)
        except ValueError:  # what is cut within a character is no UTF-8 either, and that is a ValueError, too
            line = {}
        yield number, line if isinstance(line, dict) else {}


def _take(journal: Journal, line: dict[str, Any]) -> None:
    kind, journal.last = line["kind"], line["at"]
    journal.closed = kind == "close"
    match kind:
        case "session":
            selected = [*journal.header.get("selected", ()), *line.get("selected", ())]
            journal.header["selected"] = list(dict.fromkeys(selected))
        case "begin":
            journal.cases[line["case"]] = Case(line["case"], settings=line["settings"])
        case "round":
            journal.cases[line["case"]].rounds.append(line["round"])
        case "end":
            case = journal.cases.setdefault(line["case"], Case(line["case"]))
            case.record = line["trial"] or {}
            case.trial = Trial.from_json(case.record) if case.record else None
            case.benchmark, case.error, case.state = line["benchmark"], line["error"], line["state"]
