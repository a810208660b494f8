"""A saved run: a file that pytest-benchmark saved, with the trial of each case in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.errors import UsageError
from collectors.record import Trial

LATEST = "latest"


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
        UsageError: the file cannot be read, or is none that was saved by this suite; names file, case and field.
    """
    try:
        content = json.loads(path.read_text())
        cases = tuple(_case(one) for one in content["benchmarks"] if one["extra_info"].get("trial"))
        return SavedRun(path, content["datetime"], content["machine_info"], content["commit_info"], cases)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
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


def _case(saved: dict[str, Any]) -> SavedCase:
    rest = {name: value for name, value in saved.items() if name != "extra_info"}
    return SavedCase(saved["fullname"], Trial.from_json(saved["extra_info"]["trial"]), rest)
