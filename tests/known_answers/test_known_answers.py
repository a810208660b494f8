"""A limit that was made is named, and changing one thing confirms it."""

from __future__ import annotations

import pytest

from fixtures.confirmation import confirmed
from fixtures.confirmation_rounds import ChangedRounds
from reports.limit import limit

from .cases import Case

pytestmark = [pytest.mark.known_answers, pytest.mark.slow]


@pytest.mark.usefixtures("repetition")
def test_the_limit_is_named(case: Case) -> None:
    found = limit(case.measured())
    assert found["class"] == case.limit, "\n".join(found["evidence"])


def test_changing_one_thing_confirms_the_limit(case: Case) -> None:
    trial = case.measured()
    with ChangedRounds("known answer", case.load, case.host, case.service, case.another) as rounds:
        found = confirmed(trial, {"class": case.limit}, rounds)
    assert found["verdict"] == "confirmed", found["why"]
