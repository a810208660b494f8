"""What a comparison came to, for a terminal: a line for each case, then what its numbers need to be read rightly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from ..columns import counted, line_width, tables, wrapped
from ..limits.suspect import percent
from .change import Change, around, change
from .pair import Pair
from .power import MOST
from .reasons import reasons
from .side import Side
from .verdict import NO_VERDICT, NOT_COMPARABLE, Verdict

_HEAD = ("case", "base TPS", "candidate TPS", "change", "p", "could find", "a verdict takes", "verdict")
_LEFT = {0, 7}
_BREAKABLE = {0: 24, 7: 18}
_WIDE = 140
"""Characters of a line from which all columns stand in one table."""
_NARROW = ((0, 3, 7), (0, 1, 2), (0, 4, 5, 6))
"""Columns of the tables that narrower lines have instead."""
_NONE = "–"
_ALONE = "†"
_DOUBTFUL = "*"


def comparison_table(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the lines for some cases; none for none."""
    if not verdicts:
        return []
    groups = [range(len(_HEAD))] if line_width() >= _WIDE else _NARROW
    lines = tables([_HEAD, *map(_row, verdicts)], groups, _LEFT, _BREAKABLE)
    refused = [one for one in verdicts if one.word == NOT_COMPARABLE]
    compared = [one for one in verdicts if one.word != NOT_COMPARABLE]
    lines += _section(
        "not comparable (--across KEY where that is what is compared):",
        ((one.why, one) for one in refused),
        len(verdicts),
    )
    lines += _section("no verdict:", ((one.why, one) for one in verdicts if one.word == NO_VERDICT), len(verdicts))
    why = ((told, one) for one in compared for told in reasons(one.pair, one.word))
    lines += _section("what else is not the same, and the limits:", why, len(verdicts))
    lines += _ops(compared)
    return lines + _section(f"{_DOUBTFUL} doubts:", _doubts(verdicts), len(verdicts))


def legend(verdicts: Sequence[Verdict], to_find: float) -> list[str]:
    """Return what the columns are and which methods they come from, with their sources."""
    compared = [one for one in verdicts if one.word != NOT_COMPARABLE]
    if not compared:
        return []
    lines = [
        "TPS: median of the rounds, as in the closing table; of several runs the median of theirs. In brackets the "
        "95 % interval of their geometric mean, over runs.",
        "change: ratio of the geometric means, with its 95 % interval for each case alone.",
        *dict.fromkeys(f"  {one.found.method}." for one in compared if one.found),
        f"p: of no change, corrected for {counted(len(compared), 'case')} (Holm 1979); up to 5 % is faster or slower.",
        "could find: the smallest change that would have been found nine times of ten (power of the test; Bloom 1995).",
        f"a verdict takes: what a change of {percent(to_find)} takes for that; what is shorter is no verdict.",
    ]
    if any(_alone(one) for one in compared):
        lines.append(f"{_ALONE}: over the rounds of one session; what differs between sessions is not in it.")
    return [part for line in lines for part in wrapped(line, 2)]


def short(case: str) -> str:
    """Return a test's id without its file."""
    return case.rpartition("::")[2]


def change_in_words(one: Verdict) -> str:
    """Return the change with its interval: `+4.1% (-2.0% to +10.5%)`; a dash where there is none."""
    if one.word == NOT_COMPARABLE:
        return _NONE
    found = one.found or _of_rounds(one.pair)
    if found is None:
        return _NONE
    low, high = found.interval
    if high > _BEYOND:
        return f"{found.share:+.1%} (not bounded yet){'' if one.found else _ALONE}"
    return f"{found.share:+.1%} ({_share(low, '+')} to {_share(high, '+')}){'' if one.found else _ALONE}"


def _row(one: Verdict) -> tuple[str, ...]:
    pair = one.pair
    doubtful = f" {_DOUBTFUL}" if pair.doubts else ""
    needs = f"{'>' if one.length.needs >= MOST else ''}{one.length.needs:,} {one.length.unit}"
    return (
        short(pair.case),
        *(_tps(side) for side in pair.sides.values()),
        change_in_words(one),
        _NONE if one.p is None else f"{one.p:.2g}" if one.p >= _TINY else f"<{_TINY}",
        _share(one.length.smallest) if one.word != NOT_COMPARABLE else _NONE,
        needs if one.length.needs else _NONE,
        one.word + doubtful,
    )


_TINY = 0.001


def _tps(side: Side) -> str:
    if side.trouble:
        return _NONE if not side.results else f"{side.tps:,.0f}"
    several = len(side.results) > 1
    found = around(side.units if several else side.logs[0])
    if found is None:
        return f"{side.tps:,.0f}"
    return f"{side.tps:,.0f} ({found[0]:,.0f}–{_number(found[1])}){'' if several else _ALONE}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "∞"


def _alone(one: Verdict) -> bool:
    return any(len(side.results) == 1 for side in one.pair.sides.values())


def _of_rounds(pair: Pair) -> Change | None:
    """Return how the two sessions differ, over their rounds; nothing for several runs."""
    return change(pair.base.logs[0], pair.candidate.logs[0])


def _share(value: float, sign: str = "") -> str:
    if abs(value) < _BEYOND:
        return f"{value:{sign}.1%}"
    return f"{sign}∞" if sign else "none"


_BEYOND = 100.0
"""Shares above this are told as infinite, changes as none that could be found: so few units say nothing."""


def _section(head: str, told: Iterable[tuple[str, Verdict]], of: int) -> list[str]:
    """Return what is told of cases, each once, with the cases that it is told of."""
    cases: dict[str, list[str]] = {}
    for text, one in told:
        cases.setdefault(text, []).append(short(one.pair.case))
    lines = [
        line
        for text, names in cases.items()
        for line in wrapped(f"  {text} ({'every case' if len(names) == of > 1 else ', '.join(names)})", 4)
    ]
    return [head, *lines] if lines else []


def _doubts(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, Verdict]]:
    for one in verdicts:
        by_side = one.pair.doubts
        for doubt in dict.fromkeys(doubt for found in by_side.values() for doubt in found):
            names = [name for name, found in by_side.items() if doubt in found]
            yield f"{' and '.join(names)}: {doubt}", one


def _ops(compared: Sequence[Verdict]) -> list[str]:
    head = "ops, as pytest-benchmark has it (1 ÷ mean seconds per reading; TPS above is a median):"
    cases = list(_ops_of(compared))
    return [*wrapped(head, 2), *cases] if cases else []


def _ops_of(compared: Sequence[Verdict]) -> Iterator[str]:
    for one in compared:
        base, candidate = one.pair.base.ops, one.pair.candidate.ops
        if base and candidate:
            yield f"  {short(one.pair.case)}: {base:,.0f} → {candidate:,.0f} ({candidate / base - 1:+.1%})"
