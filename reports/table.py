"""The closing table: one line a case, then what its numbers need to be read rightly."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collectors.record import Trial

from .baselines import baseline_lines
from .columns import WIDTH, line_width, milliseconds, tables, within, wrapped
from .groups import group_lines
from .layout import layout_lines
from .pace import pace_table
from .places import place_lines
from .spread import spread
from .steady import IN_WORDS, steady

_HEAD = (
    *("backend", "case", "threads", "TPS", "spread", "steady", "limit", "p50 ms", "p99 ms"),
    *("acknowledged", "delivered", "accounting", "acknowledged means"),
)
_MEANS = len(_HEAD) - 1
_LEFT = {0, 1, 5, 6, 11, _MEANS}
"""Columns of words; the others are numbers and stand to the right."""
_BREAKABLE = {0: 12, 1: 16, 6: 11, _MEANS: 24}
"""Columns that may be broken where a line is too long, and how narrow they may become; the last one first."""
_WIDE = 120
"""Characters of a line from which all columns stand in one table."""
_FIRST = (0, 1, 2, 3, 4, 6, 8, 11)
_SECOND = (0, 1, 2, 5, 7, 9, 10)
"""Columns of the two tables that narrower lines have instead; what acknowledged means stands below them."""
_THREADS = re.compile(r"(\d+x?)?")
_SURE = {"sure": "", "likely": "?", "guess": "??"}
_EVIDENCE = 2
"""Lines of evidence that are shown; the record holds all of them."""
_MARKS = {"?": "likely", "??": "a guess"}


def closing_table(trials: Sequence[Trial], width: int = WIDTH) -> list[str]:
    """Return the lines that a session ends with; empty where nothing was measured.

    TPS is the median over the rounds, the spread how far the lowest and the highest round are from it. What is
    longer than a line has room for is broken, or marked as the same as above.

    Args:
        trials: the records, as they were measured.
        width: of the terminal, in characters.
    """
    if not trials:
        return []
    with within(width):
        return _lines(trials)


def _lines(trials: Sequence[Trial]) -> list[str]:
    backends = list(dict.fromkeys(trial.backend for trial in trials))
    # Cases that differ in more than their threads stand in the order in which they were measured.
    named = any(map(_case, trials))
    trials = sorted(trials, key=lambda trial: (backends.index(trial.backend), 0 if named else trial.processes))
    lines = _table(trials, without=set() if named else {1})
    if marked := {mark for mark in map(_mark, trials) if mark}:
        lines.append(f"limit: {', '.join(f'{mark} {_MARKS[mark]}' for mark in sorted(marked))}")
    lines += pace_table(trials)
    lines += place_lines(trials) + _limits(trials) + layout_lines(trials) + group_lines(trials) + baseline_lines(trials)
    for trial in trials:
        for trouble in trial.evidence:
            lines += wrapped(f"{trial.name}: {trouble}", 2)
    return lines + _doubts(trials)


def _table(trials: Sequence[Trial], without: set[int]) -> list[str]:
    rows, wide = [_HEAD, *map(_row, trials)], line_width() >= _WIDE
    groups = [range(len(_HEAD))] if wide else [_FIRST, _SECOND]
    kept = [[column for column in group if column not in without] for group in groups]
    lines = tables(rows, kept, _LEFT, _BREAKABLE, ditto=_MEANS)
    return lines if wide else [*lines, "", *_meanings(trials)]


def _meanings(trials: Sequence[Trial]) -> list[str]:
    by_meaning: dict[str, dict[str, None]] = {}
    for trial in trials:
        by_meaning.setdefault(trial.acknowledged_means, {})[trial.backend] = None
    told = (f"  {', '.join(backends)}: {meaning}" for meaning, backends in by_meaning.items())
    return ["acknowledged means:", *(line for one in told for line in wrapped(one, 4))]


def _row(trial: Trial) -> tuple[str, ...]:
    tps = spread([one.tps for one in trial.rounds])
    return (
        _label(trial),
        _case(trial),
        str(trial.processes),
        f"{tps.median:,.0f}",
        tps.in_words(),
        IN_WORDS[(trial.steady or steady(trial)).get("steady")],
        _limit(trial),
        milliseconds(trial.latency.get("p50_ms")),
        milliseconds(trial.latency.get("p99_ms")),
        _count(trial, "acknowledged"),
        _count(trial, "delivered"),
        trial.accounting,
        trial.acknowledged_means,
    )


def _label(trial: Trial) -> str:
    """Name the backend, and what it ran against where the name would promise something else."""
    endpoint = trial.server.get("says", {}).get("endpoint")
    return f"{trial.backend} ({endpoint})" if endpoint else trial.backend


def _case(trial: Trial) -> str:
    """Return what tells a case from others of its backend, but for the number of its threads; mostly nothing."""
    last = trial.name.rpartition("::")[2]
    if "[" not in last:  # a level within a case
        return last
    _, _, parameters = last.removesuffix("]").partition("[")
    rest = parameters.removeprefix(trial.backend).removeprefix(f"@{trial.environment}").strip("-")
    return "" if _THREADS.fullmatch(rest) else rest


def _limit(trial: Trial) -> str:
    if not trial.limit or not trial.limit.get("class"):
        return "–"
    verdict = (trial.confirmation or {}).get("verdict", "not tried")
    return f"{trial.limit['class']}{_mark(trial)}{'' if verdict == 'not tried' else f', {verdict}'}"


def _mark(trial: Trial) -> str:
    limit = trial.limit or {}
    return "" if limit.get("class") == "unknown" else _SURE.get(str(limit.get("sure")), "")


def _limits(trials: Sequence[Trial]) -> list[str]:
    """Tell what each limit is concluded from, and what putting it to the test has brought."""
    lines: list[str] = []
    for trial in trials:
        why = [*(trial.limit or {}).get("evidence", [])[:_EVIDENCE]]
        if told := (trial.confirmation or {}).get("why"):
            why.append(f"{(trial.confirmation or {})['verdict']}: {told}")
        if why:
            lines += wrapped(f"  {trial.name.rpartition('::')[2]}: {'; '.join(why)}", 4)
    return ["limits:", *lines] if lines else []


def _count(trial: Trial, name: str) -> str:
    total = trial.total(name)
    return "–" if total is None else f"{total:,}"


def _doubts(trials: Sequence[Trial]) -> list[str]:
    cases: dict[str, list[str]] = {}
    for trial in trials:
        for doubt in trial.doubts:
            cases.setdefault(doubt, []).append(trial.name.rpartition("::")[2])
    if not cases:
        return []
    rows = [line for doubt, names in cases.items() for line in wrapped(f"  {doubt} ({_which(names, len(trials))})", 4)]
    return ["doubts:", *rows]


def _which(names: Sequence[str], of: int) -> str:
    return "every case" if len(names) == of else ", ".join(names)
