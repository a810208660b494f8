"""How a case went: its throughput over time and, below it, what every host did meanwhile."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from collectors.record import Round, Series, Trial

from ..limits.usage import EDGE_SECONDS, usages
from .chart import Axes, Chart, Line, Point, lines
from .latency import of_round

_GAP = 0.03
"""Of all the time that is shown: what lies between two rounds."""
_NAMED = 5
"""Rounds up to which each has its name below the chart."""
_MEGA = 1e6
_PERCENTILES = (50, 99)
_GROUPS = {"producers.cpu": "producers", "server.cpu": "server", "foreign.cpu": "other programs"}
_Value = Callable[[Series, int], float | None]
"""What is shown of one sample: takes the columns and the sample's place in them."""


def charts(trial: Trial) -> list[Chart]:
    """Return charts with one x axis, seconds of measured time, its rounds one after the other.

    They are throughput; latency, of which a record has the percentiles of each round; in an open loop how late the
    schedule was; and CPU, disk, network and temperature of every host, as far as they were sampled and there was any.

    Raises:
        ValueError: a histogram cannot be decoded.
    """
    rounds = _placed(trial.rounds)
    if not rounds or not any(one.windows for _, one in rounds):
        return []
    found = [
        _throughput(rounds),
        _latency(rounds),
        _behind(rounds),
        *_cpu(trial, rounds),
        _disks(rounds),
        _network(rounds),
    ]
    found.append(_chart("Temperature, °C", "°C", _by_host(rounds, _column("cpu.temperature")), rounds))
    return [one for one in found if one]


def _placed(rounds: Sequence[Round]) -> list[tuple[float, Round]]:
    """Return rounds with the second at which each begins on the common axis."""
    gap = _GAP * sum(one.seconds or 0.0 for one in rounds) if len(rounds) > 1 else 0.0
    placed, at = [], 0.0
    for one in rounds:
        placed.append((at, one))
        at += (one.seconds or 0.0) + gap
    return placed


def _axes(rounds: Sequence[tuple[float, Round]], unit: str, least: float = 0.0) -> Axes:
    last, final = rounds[-1]
    end = last + final.seconds
    if len(rounds) == 1:
        ticks = [(end * part / 4, f"{end * part / 4:.3g} s") for part in range(5)]
    else:
        each = -(-len(rounds) // _NAMED)
        ticks = [
            (at + one.seconds / 2, f"round {number}")
            for number, (at, one) in enumerate(rounds, 1)
            if not (number - 1) % each
        ]
    said = {at + x: f"{x:.1f} s of round {number}" for number, (at, one) in enumerate(rounds, 1) for x in _times(one)}
    return Axes(unit, (0.0, end), ticks, least, said=said)


def _times(one: Round) -> Iterator[float]:
    yield from (at for at, _ in one.windows)
    for columns in one.samples.values():
        yield from (at for at in columns.get("at", []) if at is not None)


def _chart(title: str, unit: str, drawn: list[Line], rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    """Return a chart of lines; None where none of them is ever above 0."""
    told = [line for line in drawn if any(y for _, y in line.points)]
    return lines(title, told, _axes(rounds, unit)) if told else None


def _throughput(rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    points: list[Point] = []
    for at, one in rounds:
        points += [(at + end, rate) for end, rate in _rates(one)]
        points.append((at + one.seconds, None))
    return _chart("Throughput, readings per second", "readings/s", [Line("throughput", points)], rounds)


def _rates(one: Round) -> list[tuple[float, float]]:
    """Return readings per second of each window, at its end; the last window may be too short to tell one."""
    steps = [(now[0], now[0] - before[0], now[1] - before[1]) for before, now in pairwise(one.windows)]
    usual = statistics.median(seconds for _, seconds, _ in steps) if steps else 0.0
    return [(at, count / seconds) for at, seconds, count in steps if seconds > 0 and seconds >= usual / 2]


def _latency(rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    drawn = []
    for percent in _PERCENTILES:
        points: list[Point] = []
        for at, one in rounds:
            found = of_round(one.histogram) if one.histogram else {}
            value = found.get(f"p{percent}_ms")
            points += [(at, value), (at + one.seconds, value), (at + one.seconds, None)]
        drawn.append(Line(f"p{percent}", points, "line"))
    return _chart("Latency, ms, over each round", "ms", drawn, rounds)


def _behind(rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    points: list[Point] = []
    for at, one in rounds:
        late = (one.schedule or {}).get("windows_behind_ms", [])
        points += [(at + end, float(ms)) for (end, _), ms in zip(one.windows, late, strict=False)]
        points.append((at + one.seconds, None))
    return _chart("Behind its schedule, ms", "ms", [Line("behind", points)], rounds)


def _cpu(trial: Trial, rounds: Sequence[tuple[float, Round]]) -> Iterator[Chart | None]:
    found = usages(trial, trial.rounds)
    if len(found) == 1:
        drawn = [Line("all", _points(rounds, found[0].name, _busy))]
        drawn += [Line(name, _points(rounds, found[0].name, _column(column))) for column, name in _GROUPS.items()]
        told = [line for line in drawn if any(y for _, y in line.points)]
        title = f"CPU of host {found[0].name}, in cores, of which it has {found[0].cores:g}"
        yield lines(title, told, _axes(rounds, "cores", found[0].cores)) if told else None
        return
    cores = {one.name: one.cores for one in found}
    drawn = [
        Line(name, [(x, None if y is None else 100 * y / count) for x, y in _points(rounds, name, _busy)])
        for name, count in cores.items()
    ]
    yield _chart("CPU of each host, % of its cores", "%", drawn, rounds)


def _disks(rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    names = _hosts(rounds)
    if len(names) == 1:
        both = {"written": _summed("disk.", ".write_bytes"), "read": _summed("disk.", ".read_bytes")}
        drawn = [Line(word, _points(rounds, names[0], value)) for word, value in both.items()]
        return _chart("Disks, MB per second", "MB/s", drawn, rounds)
    drawn = _by_host(rounds, _summed("disk.", "_bytes"))
    return _chart("Disks, MB per second read and written", "MB/s", drawn, rounds)


def _network(rounds: Sequence[tuple[float, Round]]) -> Chart | None:
    """What goes over links, sent and received; over loopback where that is all there is."""
    drawn = _by_host(rounds, _summed("net.", "_bytes", without="net.lo."))
    if found := _chart("Network, MB per second sent and received", "MB/s", drawn, rounds):
        return found
    return _chart("Loopback, MB per second", "MB/s", _by_host(rounds, _summed("net.lo.", ".tx_bytes")), rounds)


def _hosts(rounds: Sequence[tuple[float, Round]]) -> list[str]:
    return list(dict.fromkeys(name for _, one in rounds for name in one.samples))


def _by_host(rounds: Sequence[tuple[float, Round]], value: _Value) -> list[Line]:
    return [Line(name, _points(rounds, name, value)) for name in _hosts(rounds)]


def _points(rounds: Sequence[tuple[float, Round]], host: str, value: _Value) -> list[Point]:
    points: list[Point] = []
    for at, one in rounds:
        columns = one.samples.get(host, {})
        for index, end in enumerate(columns.get("at", [])):
            if end is not None and 0 < end <= one.seconds + EDGE_SECONDS:
                points.append((at + end, value(columns, index)))
        points.append((at + one.seconds, None))
    return points


def _column(name: str) -> _Value:
    return lambda columns, index: columns[name][index] if name in columns else None


def _busy(columns: Series, index: int) -> float | None:
    parts = [columns[name][index] for name in ("cpu.user", "cpu.system", "cpu.steal") if name in columns]
    known = [one for one in parts if one is not None]
    return sum(known) if known else None


def _summed(start: str, end: str, without: str = " ") -> _Value:
    """Return what sums up columns of bytes per second, in MB/s."""

    def value(columns: Series, index: int) -> float | None:
        names = (one for one in columns if one.startswith(start) and one.endswith(end) and not one.startswith(without))
        known = [one for name in names if (one := columns[name][index]) is not None]
        return sum(known) / _MEGA if known else None

    return value
