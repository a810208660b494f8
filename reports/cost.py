"""The table of what measuring costs: our loop beside the bare client and the native tool."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .columns import aligned, wrapped

_LEGS = ("bare", "ours", "native")
_HEAD = (
    *("case", "TPS bare", "ours", "native", "CPU s/million bare", "ours", "native"),
    *("ours ÷ bare", "goal", "verdict", "ours ÷ native", "goal", "verdict", "bare ÷ native"),
)
_WORDS = {0, 9, 12}
"""Columns of words; the others are numbers and stand to the right."""
_MET = {True: "met", False: "missed", None: "not shown"}
_NONE = "–"


def cost_table(cases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines for cases by name, each as `fixtures.cost.cost` makes it; none where there is no case.

    TPS and CPU are medians over the rounds; a ratio is the median of the ratios of each round, with its interval.
    """
    if not cases:
        return []
    lines = aligned([_HEAD, *(_row(name, found) for name, found in cases.items())], _WORDS)
    for told, names in _told(cases).items():
        lines += wrapped(f"{', '.join(names)}: {told}", 2)
    return lines + wrapped(_reading(cases), 2)


_RATIOS = ("versus_bare", "versus_native")


def _told(cases: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return what ran in the legs, or why nothing did, in words, with the names of the cases."""
    told: dict[str, list[str]] = {}
    for name, found in cases.items():
        tools = [
            f"{leg}: {found[ratio]['name']}" for leg, ratio in zip(_LEGS[::2], _RATIOS, strict=True) if found[ratio]
        ]
        told.setdefault("; ".join([*tools, *filter(None, [found["missing"]])]), []).append(name)
    return told


def _row(name: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    tps, cpu = found["tps"], found["cpu_seconds_per_million"]
    return (
        name,
        *(f"{tps[leg]:,.0f}" if leg in tps else _NONE for leg in _LEGS),
        *(f"{cpu[leg]:,.2f}" if leg in cpu else _NONE for leg in _LEGS),
        *(cell for ratio in _RATIOS for cell in _goal(found, ratio)),
        _ratio(found["bare_versus_native"]),
    )


def _goal(found: Mapping[str, Any], ratio: str) -> tuple[str, str, str]:
    goal = found["goal"].get(ratio)
    if goal is None or found[ratio] is None:
        return _ratio(found[ratio]), "", ""
    return _ratio(found[ratio]), f"≥ {goal:.2f}", _MET[found["met"][ratio]]


def _ratio(found: Mapping[str, Any] | None) -> str:
    return f"{found['median']:.2f} ({found['low']:.2f}–{found['high']:.2f})" if found else _NONE


def _reading(cases: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what the ratios are, in words."""
    counts = sorted({len(found["rounds"]) for found in cases.values()})
    confidences = sorted({found["versus_bare"]["confidence"] for found in cases.values()})
    rounds = " or ".join(map(str, counts))
    sure = " or ".join(f"{confidence:.1%}" for confidence in confidences)
    return (
        f"ratios: median over {rounds} interleaved rounds, each ratio within one round; in brackets its interval by "
        f"order statistics, confidence {sure}; missed: the whole interval is below the goal"
    )
