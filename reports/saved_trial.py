"""A trial out of a saved file or a journal, held against what a record may be before it becomes one."""

from __future__ import annotations

import typing
from dataclasses import MISSING, fields
from itertools import pairwise
from typing import Any

from collectors.record import COUNTS, READABLE, Round, Trial

from .saved_histogram import check_histogram
from .saved_shapes import COUNTED, PRODUCER, SCHEDULE, SETTINGS, check_host, check_series, check_server
from .strict_json import Place, WrongValue, shown
from .type_check import check_fields

ROUNDS = 10_000
"""A case has three unless told otherwise."""
WINDOWS = 1_000_000
"""Of a round: eleven days of one a second."""
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(COUNTS, (0, 2**53)),
    "tps": (0, 1e12),
    "seconds": (0, 1e9),
    "began": (0, 1e11),
    "processes": (0, 1e6),
}
"""By field, the lowest and the highest value: beyond these nothing was measured, and sums of them go wrong."""
VERDICTS = ("pass", "fail", "inconclusive", "measured")

_HINTS = {kind: typing.get_type_hints(kind) for kind in (Trial, Round)}
_TRIAL = {name: hint for name, hint in _HINTS[Trial].items() if name != "rounds"}


def trial(saved: Any, place: Place = ()) -> Trial:
    """Return the trial that was saved.

    Figures of others (environment `reference`) may be null in any field.

    Args:
        saved: parsed JSON.
        place: where it stands, for messages.

    Raises:
        WrongValue: names the field, its value, and what was expected.
        ValueError: the record itself refuses it.
    """
    check_fields(saved, {"schema": str, "environment": str, "name": str}, place)
    if saved.get("schema") not in READABLE:
        raise WrongValue((*place, "schema"), f"{shown(saved.get('schema'))}, expected {' or '.join(READABLE)}")
    nullable = saved.get("environment") == "reference"
    _whole(saved, Trial, place)
    check_fields(saved, _TRIAL, place, nullable=nullable)
    _check_ranges(saved, place)
    for number, host in enumerate(saved["hosts"]):
        check_host(host, (*place, "hosts", number))
    check_fields(saved["settings"], SETTINGS, (*place, "settings"), nullable=True)
    check_server(saved["server"], (*place, "server"), nullable=nullable)
    check_histogram(saved["histogram"], (*place, "histogram"))
    _check_rounds(saved["rounds"], (*place, "rounds"), nullable=nullable)
    return Trial.from_json(saved)


def check_round(saved: Any, place: Place, *, nullable: bool = False) -> None:
    """Hold one round against what a round may be.

    Raises:
        WrongValue: names the field, its value, and what was expected.
    """
    check_fields(saved, _HINTS[Round], place, nullable=nullable)
    _whole(saved, Round, place)
    for name in saved:
        if name not in _HINTS[Round]:
            raise WrongValue((*place, str(name)), f"no field of a round of {READABLE[-1]}")
    _check_ranges(saved, place)
    if saved["accounting"] not in VERDICTS:
        raise WrongValue((*place, "accounting"), f"{shown(saved['accounting'])}, expected {', '.join(VERDICTS)}")
    for number, row in enumerate(saved["producers"]):
        check_fields(row, PRODUCER, (*place, "producers", number), nullable=nullable, required=("producer",))
    check_fields(saved.get("server", {}), COUNTED, (*place, "server"))
    if saved.get("schedule") is not None:
        check_fields(saved["schedule"], SCHEDULE, (*place, "schedule"), required=tuple(SCHEDULE))
    for name in ("histogram", "service_histogram"):
        check_histogram(saved.get(name, ""), (*place, name))
    for host, series in saved.get("samples", {}).items():
        check_series(series, (*place, "samples", host))
    _check_windows(saved["windows"], (*place, "windows"))


def _check_rounds(saved: Any, place: Place, *, nullable: bool) -> None:
    if not isinstance(saved, list) or len(saved) > ROUNDS:
        raise WrongValue(place, f"{shown(saved)}, expected a list of at most {ROUNDS:,} rounds")
    for number, one in enumerate(saved):
        check_round(one, (*place, number), nullable=nullable)


def _check_ranges(saved: dict[str, Any], place: Place) -> None:
    for name, (low, high) in RANGES.items():
        value = saved.get(name)
        if isinstance(value, int | float) and not low <= value <= high:
            raise WrongValue((*place, name), f"{shown(value)}, expected {low:,} to {high:,.0f}")


def _check_windows(windows: list[list[float]], place: Place) -> None:
    if len(windows) > WINDOWS:
        raise WrongValue(place, f"{len(windows):,} windows, expected at most {WINDOWS:,}")
    for number, (at, count) in enumerate(windows):
        if not -1 <= at <= RANGES["seconds"][1] or not 0 <= count <= RANGES["attempted"][1]:
            raise WrongValue((*place, number), f"{shown([at, count])} {at:g} s, {count:g} readings: out of bounds")
    for number, ((before, counted), (at, count)) in enumerate(pairwise(windows), 1):
        if at < before or count < counted:
            words = f"{at:g} s and {count} readings after {before:g} s and {counted}"
            raise WrongValue((*place, number), f"{words}, expected windows that go forwards")


def _whole(saved: dict[str, Any], kind: type[Trial | Round], place: Place) -> None:
    required = [one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING]
    check_fields(saved, {}, place, required=required)
