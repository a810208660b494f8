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

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from collectors.record import STATES, Trial

from .saved_trial import trial
from .strict_json import WrongValue, content, inert, parsed, shown
from .type_check import check_fields

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
    """Lines that sessions left unfinished, each named, as the disk or the power ended in them."""
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
    """Return what a journal holds. Lines that sessions left torn when they were killed are left out, and named.

    Raises:
        UsageError: it is no journal, of a schema that this version does not know, too large, or damaged: a line that no
            session left so cannot be read, or a field is not what it should be. Says which.
    """
    try:
        lines = list(_lines(path))
        header = next((line for _, line in lines if line), {})
        if header.get("schema") != SCHEMA:
            found = f"schema {shown(header['schema'])}" if "schema" in header else "no journal"
            raise UsageError(f"{path}: {found}, expected {SCHEMA}")
        journal = Journal(path, header.get("run", ""), check_fields(header, _HEADER, ()))
        _check_names(journal)
        for (number, line), (_, following) in zip_longest(lines, lines[1:], fillvalue=(0, _AFTERWARDS)):
            if line:
                _take_checked(journal, number, line)
            elif following.get("kind") == "session":
                journal.torn.append(f"line {number} of {path.name} is torn or not readable")
            else:
                raise UsageError(f"{path}: line {number} is not readable, and sessions went on after it", _MEND)
    except WrongValue as error:
        raise UsageError(f"{path}: {error}", _MEND) from None
    return journal


_MEND = "the file was damaged, or changed by other programs; take it from a copy"
_AFTERWARDS: dict[str, Any] = {"kind": "session"}
"""What may follow the last line, as it may any that is torn: the next session."""
_HEADER = {
    "run": str,
    "selected": list[str],
    "versions": dict[str, str | None],
    "machine_id": str,
    "machine_info": dict[str, Any],
    "commit_info": dict[str, Any],
}
_FIELDS: dict[str, dict[str, Any]] = {
    "session": {"selected": list[str]},
    "begin": {"case": str, "settings": dict[str, Any]},
    "round": {"case": str, "round": dict[str, Any]},
    "end": {
        "case": str,
        "state": str,
        "error": str,
        "trial": dict[str, Any] | None,
        "benchmark": dict[str, Any],
    },
}
"""By kind of line, what it has to hold."""


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line with its number; an empty one for what is not JSON."""
    for number, text in enumerate(content(path).removesuffix(b"\n").split(b"\n"), 1):
        try:
            line = parsed(text)
        except ValueError:
            line = {}
        try:
            yield number, inert(line) if isinstance(line, dict) else {}
        except WrongValue as error:
            raise WrongValue((f"line {number}", *error.place), error.what) from None


def _check_names(journal: Journal) -> None:
    """Refuse what would lead elsewhere: both become names of files."""
    folder = str(journal.header.get("machine_id", "-"))
    if not RUN.fullmatch(journal.run):
        raise WrongValue(("run",), f"{shown(journal.run)}, expected a run's identifier such as 20261123T031500-3f2a")
    if not re.fullmatch(r"[\w-][\w.-]*", folder):
        raise WrongValue(("machine_id",), f"{shown(folder)}, expected the name of a folder")


def _take_checked(journal: Journal, number: int, line: dict[str, Any]) -> None:
    try:
        kind = check_fields(line, {"kind": str, "at": str}, (), required=("kind", "at"))["kind"]
        hints = _FIELDS.get(kind, {})
        check_fields(line, hints, (), required=() if kind == "session" else hints)
        _take(journal, line)
    except WrongValue as error:
        raise WrongValue((f"line {number}", *error.place), error.what) from None


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
            check_fields(line["round"], {"tps": float}, ("round",), required=("tps",))
            journal.cases.setdefault(line["case"], Case(line["case"])).rounds.append(line["round"])
        case "end":
            if line["state"] not in STATES:
                raise WrongValue(("state",), f"{shown(line['state'])}, expected {', '.join(STATES)}")
            case = journal.cases.setdefault(line["case"], Case(line["case"]))
            case.record = line["trial"] or {}
            case.trial = trial(case.record, ("trial",)) if case.record else None
            case.benchmark, case.error, case.state = line["benchmark"], line["error"], line["state"]
            check_fields(case.benchmark, {"extra_info": dict[str, Any]}, ("benchmark",))
