"""One case of a run, as a page shows it: the cells of its row, and what each of them was made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from collectors.errors import UsageError
from collectors.record import Trial

from ..baselines import fractions
from ..columns import milliseconds
from ..spread import spread
from ..steady import IN_WORDS, steady
from . import accounting, asked, course, hosts, latency, placement
from .accounting import Accounting
from .answer import limit_of, named
from .asked import Settings
from .chart import Chart
from .latency import Latency
from .placement import Placement


@dataclass(frozen=True)
class Cell:
    """A cell of the table: its text, the part of the page that it leads to, and what it is sorted by."""

    text: str
    part: str = ""
    """Of the case's section; empty for a cell that leads nowhere."""
    order: float | None = None
    """None for a text."""


@dataclass(frozen=True)
class Case:
    """One case, ready to be shown."""

    at: str
    """Its anchor; those of its parts begin with it."""
    name: str
    test: str
    """Its test, without the file."""
    cells: list[Cell]
    trial: Trial
    own: Settings
    rounds: list[tuple[str, ...]]
    steady: dict[str, Any]
    limit: str
    why: list[str]
    """Evidence for the limit, and what confirming it has brought."""
    charts: list[Chart]
    latency: Latency | None
    accounting: Accounting
    producers: list[tuple[str, ...]]
    hosts: list[tuple[str, ...]]
    placement: Placement | None
    best_case: list[str]
    """What fraction of the hosts' baselines it came to."""


HEAD = (
    *("case", "threads", "readings/s", "spread", "steady", "limit", "p50 ms", "p99 ms"),
    *("acknowledged", "delivered", "accounting", "acknowledged means"),
)


def case(trial: Trial, number: int, common: Settings) -> Case:
    """Return a case, ready to be shown.

    Args:
        trial: its record.
        number: of the case, from 1, for its anchor.
        common: settings that all cases share, which are not said again.

    Raises:
        UsageError: a histogram of it cannot be decoded; names the case.
    """
    judged = trial.steady or steady(trial)
    try:
        taken, charts = latency.latency(trial), course.charts(trial)
    except ValueError as error:
        raise UsageError(f"{trial.name}: {error}") from None
    return Case(
        at=f"case-{number}",
        name=named(trial),
        test=trial.name.rpartition("::")[2],
        cells=_cells(trial, judged),
        trial=trial,
        own=asked.own(trial, common),
        rounds=_rounds(trial),
        steady=judged,
        limit=limit_of(trial) or "not known",
        why=_why(trial),
        charts=charts,
        latency=taken,
        accounting=accounting.accounting(trial),
        producers=accounting.producers(trial),
        hosts=hosts.used(trial),
        placement=placement.placement(trial),
        best_case=[one.in_words() for one in fractions(trial)],
    )


def _cells(trial: Trial, judged: dict[str, Any]) -> list[Cell]:
    tps = spread([one.tps for one in trial.rounds])
    threads = "–" if not trial.processes else str(trial.processes)
    times = (trial.latency.get(name) for name in ("p50_ms", "p99_ms"))
    counts = (trial.total(name) for name in ("acknowledged", "delivered"))
    return [
        Cell(threads, "", float(trial.processes or 0)),
        Cell(f"{tps.median:,.0f}", "tps", tps.median),
        Cell(tps.in_words(), "tps", max(tps.above, -tps.below)),
        Cell(IN_WORDS[judged.get("steady")], "steady"),
        Cell(limit_of(trial) or "–", "limit"),
        *(Cell(milliseconds(one), "latency", one or 0.0) for one in times),
        *(Cell("–" if one is None else f"{one:,}", "accounting", one or 0) for one in counts),
        Cell(trial.accounting, "accounting"),
        Cell(trial.acknowledged_means, "asked"),
    ]


def _rounds(trial: Trial) -> list[tuple[str, ...]]:
    return [
        (f"round {at}", f"{one.tps:,.0f}", f"{one.seconds:,.2f} s" if one.seconds else "–", one.run or "–")
        for at, one in enumerate(trial.rounds, 1)
    ]


def _why(trial: Trial) -> list[str]:
    found: Sequence[str] = (trial.limit or {}).get("evidence", [])
    confirmation = trial.confirmation or {}
    tested = (
        [f"put to the test: {confirmation.get('verdict')}: {confirmation['why']}"] if confirmation.get("why") else []
    )
    return [*map(str, found), *tested]
