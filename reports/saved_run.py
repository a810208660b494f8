"""A saved run: a file that pytest-benchmark saved, with the trial of each case in it.

The file may be old, or come from anywhere: what is wrong with it is named, and nothing in it can do harm; see
`reports.strict_json` and `reports.saved_trial` for the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from collectors.record import Trial

from .saved_trial import trial
from .strict_json import Place, WrongValue, content, inert, parsed, shown
from .type_check import check_fields
from .visible import visible

LATEST = "latest"
CASES = 10_000
"""Of a file, at most."""

_FILE = {"datetime": str, "machine_info": dict[str, Any], "commit_info": dict[str, Any]}
_COMMIT = {"id": str | None, "time": str | None, "dirty": bool | None, "branch": str | None, "project": str | None}
_BENCHMARK = {
    "name": str,
    "fullname": str,
    "group": str | None,
    "params": dict[str, Any] | None,
    "param": str | None,
    "stats": dict[str, Any],
    "options": dict[str, Any],
}
"""What pytest-benchmark saves, as far as it is read."""


@dataclass(frozen=True)
class SavedCase:
    """One case of a saved run."""

    name: str
    """The test's id, stable from run to run."""
    trial: Trial
    benchmark: dict[str, Any]
    """What pytest-benchmark saved of it: `group`, `params`, `stats`, …; see its documentation."""


@dataclass(frozen=True)
class SavedRun:
    """One saved file."""

    path: Path
    saved: str
    """When, ISO 8601."""
    machine: dict[str, Any]
    """Of the controlling machine, as pytest-benchmark describes it."""
    commit: dict[str, Any]
    """What was checked out: `id`, `dirty`, `branch`, `time`."""
    cases: tuple[SavedCase, ...]

    @property
    def label(self) -> str:
        """What a person tells it by: its file's name without the ending."""
        return self.path.stem


def load(path: Path) -> SavedRun:
    """Return a saved run. Cases without a trial, of other suites, are left out.

    Raises:
        UsageError: the file cannot be read, is too large, or is none that was saved by this suite; names file, case,
            field, value, and what was expected.
    """
    text = content(path)
    saved: Any = None
    try:
        saved = parsed(text)
        return _run(path, inert(saved))
    except WrongValue as error:
        raise UsageError(f"{path}: {_in_words(error, saved)}") from None
    except ValueError as error:
        raise UsageError(f"{path}: expected a file that pytest-benchmark has saved: {error}") from None


def find(storage: Path, wanted: str) -> Path:
    """Return the path of a saved run.

    Args:
        storage: where results lie, as `--benchmark-storage`.
        wanted: a path, `latest`, or how the file's name begins: `0003`, `0003_20261123T0315`.

    Raises:
        UsageError: there is none, or there are several; names those there are.
    """
    if Path(wanted).is_file():
        return Path(wanted)
    there = saved_runs(storage)
    found = there[-1:] if wanted == LATEST else [path for path in there if path.name.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(path.stem for path in (found or there)[-5:])
    raise UsageError(
        f"{'several runs' if found else 'no saved run'} {wanted!r} in {storage}",
        f"name one of {names}" if names else "expected latest, or the path or the number of a saved file",
    )


def saved_runs(storage: Path) -> list[Path]:
    """Return the paths of all saved runs of a storage, the oldest first."""
    return sorted(storage.glob("*/[0-9][0-9][0-9][0-9]_*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def _run(path: Path, saved: Any) -> SavedRun:
    check_fields(saved, {}, (), required=("benchmarks", *_FILE))
    if not isinstance(saved["benchmarks"], list) or len(saved["benchmarks"]) > CASES:
        raise WrongValue(("benchmarks",), f"{shown(saved['benchmarks'])}, expected a list of at most {CASES:,} cases")
    check_fields(saved, _FILE, ())
    check_fields(saved["commit_info"], _COMMIT, ("commit_info",))
    try:
        datetime.fromisoformat(saved["datetime"])
    except ValueError:
        raise WrongValue(("datetime",), f"{shown(saved['datetime'])}, expected a time in ISO 8601") from None
    cases = [_case(one, ("benchmarks", number)) for number, one in enumerate(saved["benchmarks"])]
    found = tuple(case for case in cases if case)
    names: set[str] = set()
    for case in found:
        if case.name in names:
            raise WrongValue((), f"case {case.name}: there twice, expected each case once")
        names.add(case.name)
    return SavedRun(path, saved["datetime"], saved["machine_info"], saved["commit_info"], found)


def _case(saved: Any, place: Place) -> SavedCase | None:
    check_fields(saved, {"extra_info": dict[str, Any]}, place)
    if not saved.get("extra_info", {}).get("trial"):
        return None
    check_fields(saved, _BENCHMARK, place, required=("fullname",))
    rest = {name: value for name, value in saved.items() if name != "extra_info"}
    return SavedCase(saved["fullname"], trial(saved["extra_info"]["trial"], (*place, "extra_info", "trial")), rest)


def _in_words(error: WrongValue, saved: Any) -> str:
    """Return what is wrong with the case that it is wrong with, or where no name says which, its number."""
    match error.place:
        case ("benchmarks", int(number), *rest):
            named = saved["benchmarks"][number]
            name = named.get("fullname") if isinstance(named, dict) else None
            inside = rest[2:] if rest[:2] == ["extra_info", "trial"] else rest
            which = f"case {visible(name)}" if isinstance(name, str) else f"case {number + 1}"
            return f"{which}: {WrongValue(tuple(inside), error.what)}"
        case ():
            return f"expected a file that pytest-benchmark has saved: {error.what}"
    return f"expected a file that pytest-benchmark has saved: {error}"
