"""What went wrong while it was measured."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Trial


def not_whole(trial: Trial) -> Iterator[str]:
    """Doubt a case that did not come to its end."""
    if trial.state == "interrupted":
        yield f"it was interrupted; measured until then: {_rounds(len(trial.rounds))}"
    elif trial.state == "failed":
        yield f"it failed; measured until then: {_rounds(len(trial.rounds))}"


def troubled_readings(trial: Trial) -> Iterator[str]:
    """Doubt a case with readings that failed or whose outcome is unknown, or with errors without such readings."""
    if trouble := sum(one.failed + one.unknown for one in trial.rounds):
        yield f"{trouble:,} readings failed or have an unknown outcome"
    elif errors := [one.errors[0] for one in trial.rounds if one.errors]:
        yield f"errors in {len(errors)} of {_rounds(len(trial.rounds))}, the first: {errors[0]}"


def _rounds(count: int) -> str:
    return f"{count} round{'' if count == 1 else 's'}"
