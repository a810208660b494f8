"""Change points in a series of runs, found by Apache Otava in an environment of its own.

Otava pins a version of numpy that the suite cannot have, so it is a program here, not a library: a CSV file goes in,
JSON comes out. Its method: E-divisive (Matteson & James 2014) with Student's t-test for significance (Fleming et al.,
"Hunter: Using Change Point Detection to Hunt for Performance Regressions", ICPE 2023).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.errors import ThermobenchError, UsageError

from ..strict_json import WrongValue, inert, parsed
from ..type_check import check, check_fields
from ..visible import visible

PROGRAM = "otava"
SIGNIFICANCE = 0.0005
SMALLEST = 0.05
"""Of the throughput: smaller changes are not told. With both, 1 to 6 % of histories without any change show one
(docs/decisions/0014-change-points.md)."""
FEWEST = 6
"""Runs below which nothing is looked for: there, no change of any size would be significant."""
SECONDS = 120
"""That it may take."""
INSTALL = "python3 -m venv OTAVA && OTAVA/bin/pip install apache-otava==0.8.0, then --otava OTAVA/bin/otava"

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ChangePoint:
    """Where a series changes its level."""

    index: int
    """Of the first value after it."""
    before: float
    """Mean from the change point before it, or the beginning."""
    after: float
    """Mean to the next one, or the end."""
    p: float

    @property
    def change(self) -> float:
        """The change as a share of what was before."""
        return self.after / self.before - 1 if self.before else 0.0


def program(given: str | None) -> Path | None:
    """Return the path of Otava; None where there is none and none was named.

    Raises:
        UsageError: what was named is no program.
    """
    found = shutil.which(given or PROGRAM)
    if found is None and given:
        raise UsageError(f"--otava {given}: no program there", INSTALL)
    return Path(found).absolute() if found else None


def change_points(series: Sequence[Sequence[float]], otava: Path) -> list[list[ChangePoint]]:
    """Return the change points of each series, the first one first.

    Args:
        series: of each, one value for each run, in their order.
        otava: the program; it is started once.

    Raises:
        ThermobenchError: it failed, did not end, or said something else than change points; says what.
    """
    with tempfile.TemporaryDirectory(prefix="thermobench-otava-") as name:
        folder = Path(name)
        names = [f"s{number}" for number in range(len(series))]
        for one, values in zip(names, series, strict=True):
            (folder / f"{one}.csv").write_text(_csv(values))
        # Its YAML takes JSON.
        (folder / "otava.yaml").write_text(json.dumps({"tests": {one: _test(folder, one) for one in names}}))
        said = _called(otava, folder, names)
    try:
        groups: dict[str, Any] = {}
        for line in said.splitlines():
            groups |= check_fields(inert(parsed(line)), {}, ())
        return [_read(groups.get(one), len(values)) for one, values in zip(names, series, strict=True)]
    except ValueError as error:
        raise ThermobenchError(f"{otava} said something else than change points: {error}", INSTALL) from None


def _csv(values: Sequence[float]) -> str:
    # Only the order counts: runs may be of the same second.
    days = ((_FIRST + timedelta(days=number)).isoformat() for number in range(len(values)))
    rows = (f"{day},{value!r}" for day, value in zip(days, values, strict=True))
    return "\n".join(["time,tps", *rows, ""])


def _test(folder: Path, name: str) -> dict[str, Any]:
    metrics = {"tps": {"direction": 1, "scale": 1}}
    return {"type": "csv", "file": str(folder / f"{name}.csv"), "time_column": "time", "metrics": metrics}


def _called(otava: Path, folder: Path, names: Sequence[str]) -> bytes:
    options = ["--output", "json", "--since", "1999-01-01"]  # else, the last year alone
    thresholds = ["-P", str(SIGNIFICANCE), "-M", str(SMALLEST)]
    # Otava takes options, among them where to send results, from the variables of its environment.
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(folder), "OTAVA_CONFIG": "otava.yaml"}
    command = [str(otava), "analyze", *names, *options, *thresholds]
    try:
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ThermobenchError(f"{otava} did not end within {SECONDS} s") from None
    except OSError as error:
        raise ThermobenchError(f"{otava} cannot be started: {error.strerror}", INSTALL) from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ThermobenchError(f"{otava} failed: {visible(last) or f'exit status {done.returncode}'}", INSTALL)
    return done.stdout


def _read(said: Any, runs: int) -> list[ChangePoint]:
    check(list[dict[str, Any]])(said, ())
    found = []
    for group in said:
        check(list[dict[str, Any]])(group.get("changes"), ("changes",))
        for one in group["changes"]:
            check(int)(one.get("index"), ("index",))
            if not 0 < one["index"] < runs:
                raise WrongValue(("index",), f"{one['index']}, expected 1 to {runs - 1}")
            numbers = (float(str(one.get(name))) for name in ("mean_before", "mean_after", "pvalue"))
            found.append(ChangePoint(one["index"], *numbers))
    return sorted(found, key=lambda one: one.index)
