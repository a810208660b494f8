from __future__ import annotations

from typing import Any

import pytest

from reports.validity import doubts
from tests.trials import a_round, a_trial


def told(stored: int | None, **fields: Any) -> list[str]:
    made = a_trial(a_round(server={"stored": stored, "missed": []}, **fields))
    return [one for one in doubts(made) if "the server counts" in one]


def test_a_server_that_counts_what_was_found_is_believed() -> None:
    assert not told(200)
    assert not told(None)
    assert not told(203, duplicated=2, corrupt=1)
    assert not told(207, unknown_arrived=3, failed_arrived=4)
    assert not told(150, acknowledged=0, delivered=0, unanswered=200, unanswered_arrived=150, accounting="measured")
    assert not told(0, accounting="inconclusive")


@pytest.mark.parametrize("stored", [0, 199, 201])
def test_a_server_that_counts_otherwise_is_a_doubt(stored: int) -> None:
    assert told(stored) == [f"the server counts {stored:,} readings of a round in which 200 were found"]


def test_what_could_not_be_asked_is_told() -> None:
    made = a_trial(a_round(server={"stored": None, "missed": ["metrics: no answer within 5 s"]}))
    assert "the server's own metrics: no answer within 5 s" in doubts(made)
    assert not [one for one in doubts(a_trial()) if "server's own" in one]
