"""What is predicted, for a terminal: told apart from what was measured, and with how far off it may be."""

from __future__ import annotations

from collections.abc import Sequence

from ..columns import aligned, wrapped
from ..limits.suspect import percent
from .prediction import HeldOut, Predicted, Prediction

HEADING = "predicted, not measured"


def prediction_table(predictions: Sequence[Prediction]) -> list[str]:
    """Return lines for each suite: its predicted cells, those that are not predicted, and the model's error.

    Every figure that was not measured has a `~` before it.
    """
    return [line for one in predictions for line in _of_suite(one)]


def _of_suite(prediction: Prediction) -> list[str]:
    found = [one for one in prediction.cells if one.tps is not None]
    refused = [one for one in prediction.cells if one.tps is None]
    counts = [f"{prediction.measured} cells measured", f"{len(found)} predicted"]
    counts[1:1] = [f"{prediction.unusable} failed"] if prediction.unusable else []
    counts += [f"{len(refused)} neither"] if refused else []
    lines = wrapped(f"{prediction.suite}: {', '.join(counts)}", 2)
    if found:
        head = (f"  {HEADING}", "TPS", f"{percent(prediction.confidence)} interval")
        lines += aligned([head, *map(_row, found)], {0})
    lines += _refused(refused, everything=not found)
    return lines + (wrapped(f"  {_error(prediction.held_out)}", 4) if prediction.held_out else [])


def _refused(cells: Sequence[Predicted], everything: bool) -> list[str]:
    """Return why cells are not predicted: each by name, unless it is the same for all that there are."""
    by_reason: dict[str, list[str]] = {}
    for one in cells:
        by_reason.setdefault(one.why_not, []).append(_case(one))
    if everything and len(by_reason) == 1:
        return wrapped(f"  nothing is predicted: {cells[0].why_not}", 4)
    return [
        line
        for why, names in by_reason.items()
        for line in wrapped(f"  neither measured nor predicted: {', '.join(names)}: {why}", 4)
    ]


def _row(one: Predicted) -> tuple[str, str, str]:
    return f"  {_case(one)}", f"~{one.tps:,.0f}", f"~{one.low:,.0f} to ~{one.high:,.0f}"


def _case(one: Predicted) -> str:
    return str(one.fields.get("id") or one.name)


def _error(held_out: HeldOut) -> str:
    if held_out.median is None or held_out.ninth is None:
        return "error on held-out cells: unknown, for no measured cell lies within what the others range over"
    return (
        f"error on held-out cells: {_share(held_out.median)} (median), {_share(held_out.ninth)} (90th percentile) "
        f"of what was measured; each of {held_out.cells} cells was predicted from the others, and {held_out.inside} "
        "were in their interval"
    )


def _share(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
