"""The page itself: what is told of a saved run, put into one HTML file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from collectors.errors import UsageError
from collectors.record import Trial

from ..baselines import baseline_lines
from ..saved_run import SavedRun
from ..visible import visible
from . import answer, asked, beside, hosts
from .case import HEAD, Case, case
from .chart import COLOURS, Chart, bars, labelled
from .levels import families, fitted
from .saturation import saturations

__all__ = ["page"]

_TEMPLATES = "templates"
_MOST_BARS = 60


def page(run: SavedRun) -> str:
    """Return a saved run as one HTML page.

    Its Content-Security-Policy lets in one style sheet and one script, by their hashes, and nothing from anywhere else.

    Raises:
        UsageError: the file has nothing to show, or something in it is not as it was saved; names it.
    """
    trials = [one.trial for one in run.cases]
    scalings = [*saturations(run.path), *map(fitted, families(trials))]
    if not trials and not scalings:
        raise UsageError(
            f"{run.path}: no case in it has a record", "name a run of this suite: python -m reports journal"
        )
    common = asked.shared(trials)
    style, script = _file("page.css"), _file("page.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            run=run,
            title=_title(run.label),
            when=_when(run.saved),
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 – a file of this package
            script=Markup(script),  # noqa: S704
            asked=asked.in_words(trials)
            if trials
            else "Servers were loaded more and more, until that brought nothing.",
            answer=answer.sentence(trials, scalings),
            best=answer.best(trials),
            glance=_glance(trials),
            colours=COLOURS,
            head=HEAD,
            cases=[case(trial, number, common) for number, trial in enumerate(trials, 1)],
            doubts=_doubts(trials),
            scalings=scalings,
            figures=beside.beside(trials),
            common=common,
            hosts=hosts.facts(trials),
            used=hosts.USED,
            baselines=[line.strip() for line in baseline_lines(trials)[1:]],
        )
    )


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(__package__, _TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalized,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["which"] = _which
    return made


def _finalized(value: Any) -> Any:
    """Show every character of a text; what is markup already was made of texts that do."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else visible(value)


def _file(name: str) -> str:
    return (resources.files(__package__) / _TEMPLATES / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    allowed = " ".join(f"{kind}-src '{_hash(text)}';" for kind, text in (("style", style), ("script", script)))
    return f"default-src 'none'; {allowed} base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _title(label: str) -> str:
    number = label.partition("_")[0]
    return f"Run {number}" if number.isdigit() else label


def _when(saved: str) -> str:
    try:
        return f"{datetime.fromisoformat(saved):%-d %B %Y, %H:%M %Z}".strip()
    except ValueError:
        return saved


def _glance(trials: Sequence[Trial]) -> list[Chart]:
    """Return bars of all cases on one scale, a chart for each promise: numbers of different ones do not compare."""
    told = [trial for trial in trials if trial.rounds]
    most = max((float(trial.tps["median"]) for trial in told), default=0.0)
    if not most or not 1 < len(told) <= _MOST_BARS:
        return []
    names = [f"{trial.backend}, {trial.processes}" for trial in told]
    if len(set(names)) < len(names):  # of cases that differ in more than that
        names = [trial.name.rpartition("::")[2] for trial in told]
    groups: dict[str, list[tuple[str, float]]] = {}
    for name, trial in sorted(zip(names, told, strict=True), key=lambda one: -float(one[1].tps["median"])):
        groups.setdefault(trial.acknowledged_means, []).append((name, float(trial.tps["median"])))
    room = max(len(labelled(*row)) for rows in groups.values() for row in rows)
    return [bars(promise, rows, most, room) for promise, rows in groups.items()]


def _doubts(trials: Sequence[Trial]) -> list[tuple[str, list[int]]]:
    """Return each doubt with the places of the cases that it is cast on."""
    found: dict[str, list[int]] = {}
    for at, trial in enumerate(trials):
        for doubt in trial.doubts:
            found.setdefault(doubt, []).append(at)
    return list(found.items())


def _which(places: Sequence[int], cases: Sequence[Case]) -> str | list[Case]:
    return "every case" if len(places) == len(cases) > 1 else [cases[at] for at in places]
