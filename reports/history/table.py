"""The history of a case as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..columns import aligned, counted, wrapped
from .change_points import FEWEST, ChangePoint
from .point import Line, Point, apart

_HEAD = ("  date (UTC)", "commit", "host", "TPS", "spread", "limit", "remark")
_LEFT = {0, 1, 2, 5, 6}
_LEAST = "< 0.000001"


def history_lines(line: Line, found: Sequence[ChangePoint] | None) -> list[str]:
    """Return one line for each run, with the change points between them.

    Args:
        line: the runs.
        found: change points among those of them that count; None where they were not looked for.
    """
    kept = line.counted
    before = {kept[one.index]: one for one in found or ()}
    rows = aligned([_HEAD, *map(_row, line.points)], _LEFT, {6: 24})
    told = [*wrapped(f"{line.key['case']}: {_common(line)}", 2), rows[0]]
    # A row that is broken in two begins where it is not set in further.
    starts = [number for number, text in enumerate(rows) if number and not text.startswith("    ")]
    blocks = [rows[start:end] for start, end in pairwise([*starts, len(rows)])]
    for point, block in zip(line.points, blocks, strict=True):
        if one := before.get(point):
            told += wrapped(f"  ── {_in_words(one, kept)}", 5)
        told += block
    return [*told, *_summary(kept, found)]


def other_lines(lines: Sequence[Line]) -> list[str]:
    """Return why runs of one case stand in several lines; nothing where each case has one."""
    firsts: dict[str, Line] = {}
    told = []
    for line in lines:
        first = firsts.setdefault(line.key["case"], line)
        if first is not line:
            told += wrapped(f"  {_date(line.points[0])}: {'; '.join(apart(line, first))}", 4)
    head = "not in one line, since they do not compare (the first run of each, and how it differs):"
    return [head, *told] if told else []


def _common(line: Line) -> str:
    hosts = "; ".join(
        f"{name.removeprefix('host ')} {is_}" for name, is_ in line.key.items() if name.startswith("host ")
    )
    return f"{line.key['environment']}, {hosts}; {counted(len(line.points), 'run')}"


def _row(point: Point) -> tuple[str, ...]:
    hosts = ", ".join(dict.fromkeys(str(one.get("hostname") or one["name"]) for one in point.trial.hosts))
    tps = point.tps
    remark = [] if point.counts else [f"left out: accounting {point.trial.accounting}, {point.trial.state}"]
    if count := len(point.trial.doubts):
        remark.append(counted(count, "doubt"))
    return (
        f"  {_date(point)}",
        point.commit,
        hosts or str(point.case.run.machine.get("node") or "–"),
        f"{tps.median:,.0f}",
        tps.in_words(),
        point.limit,
        ", ".join(remark),
    )


def _date(point: Point) -> str:
    return point.when[:16].replace("T", " ")


def _in_words(one: ChangePoint, kept: Sequence[Point]) -> str:
    last, first = kept[one.index - 1], kept[one.index]
    p = f"p = {one.p:.2g}" if one.p else f"p {_LEAST}"
    changed = list(_changed(last, first))
    rest = f"; what else is new: {', '.join(changed)}" if changed else "; nothing else that is recorded is new"
    return (
        f"{one.change:+.1%} from here on: {one.before:,.0f} to {one.after:,.0f} TPS on average, {p}; "
        f"commit {last.commit} to {first.commit}{rest}"
    )


def _changed(last: Point, first: Point) -> Iterator[str]:
    before, after = last.circumstances, first.circumstances
    for name, value in after.items():
        if value != before[name]:
            yield f"{name} {before[name] or '–'} → {value or '–'}"


def _summary(kept: Sequence[Point], found: Sequence[ChangePoint] | None) -> list[str]:
    if len(kept) < FEWEST:
        return [f"  too few runs to look for changes: {len(kept)} that count, of at least {FEWEST}"]
    if found is None:
        return ["  changes of throughput were not looked for: Apache Otava is not there"]
    if not found:
        return wrapped(
            f"  no change of throughput found in {len(kept)} runs; that does not show that there was none", 4
        )
    return []
