"""Predictions at the terminal: nobody may take them for something measured."""

from __future__ import annotations

from dataclasses import replace

from fixtures.topologies.kafka import KafkaTopology
from reports.prediction.prediction import HeldOut, Predicted, Prediction
from reports.prediction.table import prediction_table

from .grids import fields

HELD_OUT = HeldOut(cells=12, median=0.0312, ninth=0.098, inside=11)


def said(processes: int, *figures: float, why_not: str = "") -> Predicted:
    return Predicted(f"case {processes}", fields(KafkaTopology(processes=processes)), *figures, why_not=why_not)


def a_prediction(*cells: Predicted, held_out: HeldOut | None = HELD_OUT) -> Prediction:
    return Prediction("perf/k.py::k[*]", 12, 0, 4, list(cells), held_out)


def test_predicted_cells_stand_under_a_heading_of_their_own_and_every_figure_is_marked() -> None:
    lines = prediction_table([a_prediction(said(2, 1234.5, 1100.2, 1400.0), said(4, 99.6, 80.0, 123456.0))])
    assert lines == [
        "perf/k.py::k[*]: 12 cells measured, 2 predicted",
        "  predicted, not measured                  TPS     90 % interval",
        "  kafka-1x1-p1-rf1-acksall-mi1-from1x2  ~1,234  ~1,100 to ~1,400",
        "  kafka-1x1-p1-rf1-acksall-mi1-from1x4    ~100   ~80 to ~123,456",
        "  error on held-out cells: 3.1 % (median), 9.8 % (90th percentile) of what was measured; each of 12 cells was "
        "predicted from the others, and 11 were in their",
        "    interval",
    ]


def test_what_is_not_predicted_says_why() -> None:
    cells = [said(2, why_not="so"), said(4, why_not="so"), said(8, why_not="else")]
    assert prediction_table([a_prediction(*cells, held_out=None)]) == [
        "perf/k.py::k[*]: 12 cells measured, 0 predicted, 3 neither",
        f"  neither measured nor predicted: {cells[0].fields['id']}, {cells[1].fields['id']}: so",
        "  neither measured nor predicted: kafka-1x1-p1-rf1-acksall-mi1-from1x8: else",
    ]
    assert prediction_table([a_prediction(*cells[:2], held_out=None)])[1:] == ["  nothing is predicted: so"]
    some = prediction_table([a_prediction(cells[0], said(8, 3.0, 2.0, 4.0), held_out=None)])
    assert some[-1] == "  neither measured nor predicted: kafka-1x1-p1-rf1-acksall-mi1-from1x2: so"


def test_an_error_that_is_not_known_is_not_made_up() -> None:
    told = prediction_table([a_prediction(said(2, 3.0, 2.0, 4.0), held_out=HeldOut(0, None, None, 0))])[-1]
    assert told.startswith("  error on held-out cells: unknown, for no measured cell")
    assert not [
        line for line in prediction_table([a_prediction(said(2, why_not="so"), held_out=None)]) if "held" in line
    ]


def test_failed_cells_are_told_of_and_nothing_is_said_of_nothing() -> None:
    assert prediction_table([replace(a_prediction(), unusable=2)])[0] == (
        "perf/k.py::k[*]: 12 cells measured, 2 failed, 0 predicted"
    )
    assert prediction_table([]) == []
