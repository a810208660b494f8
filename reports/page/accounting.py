"""What became of every reading of a case, as the rows of a page's table."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.record import Round, Trial

_ROWS = (
    ("attempted", "handed over, to whatever end"),
    ("acknowledged", "the server said that it has it"),
    ("failed", "the server refused it, or the client gave up"),
    ("unknown", "a time-out, or an error on COMMIT: it may be there or not"),
    ("unanswered", "nothing was promised"),
    ("delivered", "acknowledged, and found intact on the server"),
    ("lost", "acknowledged, and not found"),
    ("duplicated", "found more than once"),
    ("reordered", "found behind a later one of its producer"),
    ("corrupt", "found, and changed"),
    ("never_sent", "found, and nobody sent it"),
    ("failed_arrived", "failed, and found"),
    ("unknown_arrived", "unknown, and found"),
    ("unanswered_arrived", "nothing was promised, and found"),
)
_MOST_ROUNDS = 8
"""Rounds up to which each has a column."""


@dataclass(frozen=True)
class Accounting:
    """The counts of a case."""

    verdict: str
    sums: str
    """How the counts belong together, with this case's own numbers."""
    head: list[str]
    rows: list[tuple[str, ...]]
    """Each count: its name, what it means, and the numbers: of all rounds, then of each."""
    said: list[str]
    """What is wrong, naming readings; and errors."""


def accounting(trial: Trial) -> Accounting:
    """Return the counts of a case: all rounds together, and each where there are few."""
    rounds = trial.rounds if 1 < len(trial.rounds) <= _MOST_ROUNDS else []
    rows = [
        (name.replace("_", " "), meaning, _number(trial.total(name)), *(_number(getattr(one, name)) for one in rounds))
        for name, meaning in _ROWS
        if trial.total(name) != 0 or name in {"acknowledged", "lost"}
    ]
    errors = [f"round {at}: {error}" for at, one in enumerate(trial.rounds, 1) for error in one.errors]
    head = ["all rounds" if len(trial.rounds) > 1 else "the round", *(f"round {at}" for at, _ in enumerate(rounds, 1))]
    return Accounting(trial.accounting, _sums(trial), head, rows, [*trial.evidence, *errors])


def producers(trial: Trial) -> list[tuple[str, ...]]:
    """Return a row for each producer: its name, and its TPS in each round; empty where there is but one."""
    rows: dict[str, list[str]] = {}
    for at, one in enumerate(trial.rounds):
        for name, tps in _by_producer(one):
            rows.setdefault(name, ["–"] * len(trial.rounds))[at] = tps
    return [(name, *each) for name, each in rows.items()] if len(rows) > 1 else []


def _by_producer(one: Round) -> list[tuple[str, str]]:
    found = []
    for row in one.producers:
        host = f" on {row['host']}" if row.get("host") else ""
        tps = row.get("tps")
        found.append((f"{row.get('producer')}{host}", f"{tps:,.0f}" if isinstance(tps, int | float) else "–"))
    return found


def _sums(trial: Trial) -> str:
    ends = [(name, trial.total(name)) for name in ("acknowledged", "failed", "unknown", "unanswered")]
    attempted = trial.total("attempted")
    if attempted is None or any(count is None for _, count in ends):
        return ""
    parts = " + ".join(f"{count:,} {name}" for name, count in ends if count or name == "acknowledged")
    kept, lost = trial.total("delivered"), trial.total("lost")
    return f"{attempted:,} attempted = {parts}; {ends[0][1]:,} acknowledged = {kept:,} delivered + {lost:,} lost"


def _number(count: int | None) -> str:
    return "cannot be seen" if count is None else f"{count:,}"
