"""What is predicted of the cells of a suite that were not measured, and how far off such predictions are."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from collectors.record import Trial

from ..scaling.level import Level, noise
from .features import Features, Fields
from .model import CONFIDENCE, Model
from .ranges import Ranges

SCHEMA = "thermobench.prediction/1"
SPARE = 2
"""Cells that have to be measured beside one for each feature: for the level, and for the noise."""
_MEDIAN = math.pi / 2 - 1


@dataclass(frozen=True)
class Unmeasured:
    """A cell that was not measured."""

    name: str
    """The test's id."""
    fields: Fields
    """Of its topology, `id` among them, as a record has them."""


@dataclass(frozen=True)
class Predicted:
    """What is said of a cell that was not measured; without figures where `why_not` says why."""

    name: str
    fields: Fields
    tps: float | None = None
    """Median, in TPS, of what the median over rounds would be."""
    low: float | None = None
    high: float | None = None
    why_not: str = ""


@dataclass(frozen=True)
class HeldOut:
    """How far off the model was where each measured cell was predicted from the others."""

    cells: int
    """How many were; those that the others do not range over are not, for they would not be predicted either."""
    median: float | None
    """Of |predicted ÷ measured − 1|."""
    ninth: float | None
    """Its 90th percentile."""
    inside: int
    """How many were in their interval."""


@dataclass(frozen=True)
class Prediction:
    """All that is predicted in one suite. None of it was measured."""

    suite: str
    """The tests' id, with `*` for that of the topology."""
    measured: int
    """Cells that the model was fitted to."""
    unusable: int
    """Cells that failed, or brought nothing: their logarithm is no throughput."""
    needed: int
    """Cells without which nothing is predicted."""
    cells: list[Predicted]
    held_out: HeldOut | None
    confidence: float = CONFIDENCE

    def to_json(self) -> dict[str, Any]:
        """Return it as what `json.dumps` takes."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, saved: Mapping[str, Any]) -> Prediction:
        """Return what `to_json` made this of.

        Raises:
            ValueError: it is none, or of a schema that this version does not know.
        """
        if saved.get("schema") != SCHEMA:
            raise ValueError(f"schema {saved.get('schema')!r}: expected {SCHEMA}")
        known = {name: value for name, value in saved.items() if name != "schema"}
        known["cells"] = [Predicted(**one) for one in saved["cells"]]
        known["held_out"] = HeldOut(**saved["held_out"]) if saved["held_out"] else None
        return cls(**known)


def predictions(trials: Sequence[Trial], unmeasured: Sequence[Unmeasured]) -> list[Prediction]:
    """Return what the measured cells of each suite say of its other cells.

    Args:
        trials: of one machine and with the same options; those without a topology do not count.
        unmeasured: cells to be predicted.

    Raises:
        Unavailable: NumPy or SciPy is not installed.
    """
    suites: dict[str, tuple[list[Trial], list[Unmeasured]]] = {}
    for one in unmeasured:
        suites.setdefault(suite_of(one.name, one.fields), ([], []))[1].append(one)
    for trial in trials:
        if (fields := trial.server.get("topology")) and (found := suites.get(suite_of(trial.name, fields))):
            found[0].append(trial)
    return [_predicted(suite, *both) for suite, both in suites.items()]


def suite_of(name: str, fields: Fields) -> str:
    """Return the id of a test with `*` instead of that of its topology: cells with the same obey the same law."""
    return name.replace(str(fields.get("id") or "\n"), "*")


def _predicted(suite: str, trials: Sequence[Trial], unmeasured: Sequence[Unmeasured]) -> Prediction:
    usable = [one for one in trials if one.state == "whole" and one.accounting in {"pass", "measured"}]
    usable = [one for one in usable if one.tps["median"] > 0]
    measured, wanted = [one.server["topology"] for one in usable], [one.fields for one in unmeasured]
    grid = [*(one.server["topology"] for one in trials), *wanted]
    features = Features(grid)
    needed = features.rank + SPARE
    if len(measured) < needed:
        why = f"{len(measured)} cells were measured, and it takes {needed}"
        cells = [Predicted(one.name, one.fields, why_not=why) for one in unmeasured]
        return Prediction(suite, len(measured), len(trials) - len(usable), needed, cells, None)
    tps = [one.tps["median"] for one in usable]
    model = Model(features, measured, tps, _noise(usable))
    ranges = Ranges(measured, grid)
    cells = [
        Predicted(one.name, one.fields, why_not=why)
        if (why := ranges.why_outside(one.fields))
        else Predicted(one.name, one.fields, estimate.tps, estimate.low, estimate.high)
        for one, estimate in zip(unmeasured, model.predict(wanted), strict=True)
    ]
    return Prediction(suite, len(measured), len(trials) - len(usable), needed, cells, _held_out(model, measured, tps))


def _held_out(model: Model, measured: Sequence[Fields], tps: Sequence[float]) -> HeldOut:
    found = [
        (estimate, value)
        for at, (estimate, value) in enumerate(zip(model.left_out(), tps, strict=True))
        if not Ranges([*measured[:at], *measured[at + 1 :]], measured).why_outside(measured[at])
    ]
    off = sorted(abs(estimate.tps / value - 1) for estimate, value in found)
    inside = sum(estimate.low <= value <= estimate.high for estimate, value in found)
    if not off:
        return HeldOut(0, None, None, 0)
    return HeldOut(len(off), statistics.median(off), off[math.ceil(0.9 * len(off)) - 1], inside)


def _noise(trials: Sequence[Trial]) -> float:
    """Return the standard deviation of a median over rounds, as a share: asymptotically √(π/2) times a mean's."""
    levels = [Level(1.0, tuple(one.tps["rounds"])) for one in trials]
    rounds = statistics.fmean(len(one.rounds) for one in levels)
    return noise(levels).deviation * math.sqrt((1 + _MEDIAN) / (rounds + _MEDIAN))
