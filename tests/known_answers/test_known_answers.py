"""A limit that was made is named, and changing one thing confirms it."""

from __future__ import annotations

import pytest

from collectors.record import Trial
from fixtures.confirmation import confirmed
from fixtures.confirmation_rounds import ChangedRounds
from reports.doubts.others import foreign_cpu
from reports.limit import limit

from .cases import Case

pytestmark = [pytest.mark.known_answers, pytest.mark.slow]


@pytest.mark.usefixtures("repetition")
def test_the_limit_is_named(case: Case) -> None:
    trial = case.measured()
    found = limit(trial)
    if found["class"] != case.limit:
        skip_if_disturbed(trial)
    assert found["class"] == case.limit, "\n".join(found["evidence"])


@pytest.mark.confirms
def test_changing_one_thing_confirms_the_limit(case: Case) -> None:
    trial = case.measured()
    with ChangedRounds("known answer", case.load, case.host, case.service, case.another) as rounds:
        found = confirmed(trial, {"class": case.limit}, rounds)
    if found["verdict"] != "confirmed":
        skip_if_disturbed(trial)
        skip_if_disturbed(case.measured())
    assert found["verdict"] == "confirmed", found["why"]


def skip_if_disturbed(trial: Trial) -> None:
    """Skip where the limit was not the one that was made, since others used the machine all the time."""
    for doubt in foreign_cpu(trial):
        pytest.skip(f"this machine was never quiet: {doubt}")
