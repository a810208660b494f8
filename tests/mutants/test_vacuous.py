"""Runs that prove nothing. Each is inconclusive, whatever else it looks like; none is a pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Arrival
from collectors.ledger import CONFIRMED, DOUBTED, OPEN, REFUSED
from fixtures.case import failure
from tests.trials import a_round, a_trial


def sent(*states: int, promised: bool = True) -> Sent:
    packed = bytearray(-(-len(states) // 4))
    for at, state in enumerate(states):
        packed[at >> 2] |= state << ((at & 3) << 1)
    return Sent(len(states), bytes(packed), promised)


def found(*numbers: int, intact: bool = True) -> list[Arrival]:
    return [Arrival(0, number, intact) for number in numbers]


@dataclass(frozen=True)
class Run:
    sent: dict[int, Sent]
    arrivals: tuple[Arrival, ...] = ()
    complete: bool = True
    unaccounted: frozenset[int] = frozenset()

    def account(self) -> Account:
        reconciliation = Reconciliation(
            self.sent, shows_duplicates=True, shows_order=True, unaccounted=self.unaccounted
        )
        reconciliation.take(self.arrivals)
        return reconciliation.account(complete=self.complete)


def run(one: Sent, *arrivals: Arrival, complete: bool = True, unaccounted: frozenset[int] = frozenset()) -> Run:
    return Run({0: one}, arrivals, complete, unaccounted)


ACKNOWLEDGED = sent(CONFIRMED, CONFIRMED, CONFIRMED)
UNANSWERED = sent(CONFIRMED, CONFIRMED, CONFIRMED, promised=False)

VACUOUS: dict[str, Run] = {
    "no producer": Run({}),
    "a producer that attempted nothing": run(sent()),
    "producers that attempted nothing": Run({0: sent(), 1: sent()}),
    "all failed": run(sent(REFUSED, REFUSED, REFUSED)),
    "all timed out and none arrived": run(sent(DOUBTED, DOUBTED)),
    "all timed out and all arrived": run(sent(DOUBTED, DOUBTED), *found(1, 2)),
    "all timed out and some arrived": run(sent(DOUBTED, DOUBTED), *found(2)),
    "killed before the first answer": run(sent(OPEN, OPEN, OPEN)),
    "killed before the first answer, and all arrived": run(sent(OPEN, OPEN), *found(1, 2)),
    "some failed and the rest timed out": run(sent(REFUSED, DOUBTED, OPEN), *found(2)),
    "nothing promised and nothing arrived": run(UNANSWERED),
    "nothing promised and not all read": run(UNANSWERED, *found(1, 2), complete=False),
    "nothing promised and nothing sent": run(sent(REFUSED, REFUSED, promised=False)),
    "acknowledged and nothing read": run(ACKNOWLEDGED, complete=False),
    "acknowledged and some read": run(ACKNOWLEDGED, *found(1, 2), complete=False),
    "acknowledged, all found and the reader not done": run(ACKNOWLEDGED, *found(1, 2, 3), complete=False),
    "acknowledged and nothing there, as if looked for elsewhere": run(ACKNOWLEDGED),
    "acknowledged, all found, and a host lost with its counts": run(
        ACKNOWLEDGED, *found(1, 2, 3), unaccounted=frozenset({7})
    ),
    "a host lost before it had told anything": Run({}, unaccounted=frozenset({7})),
    "one twin failed, the other timed out": Run({0: sent(REFUSED), 1: sent(DOUBTED)}, tuple(found())),
}


@pytest.mark.parametrize("kind", VACUOUS)
def test_a_run_that_proves_nothing_is_inconclusive(kind: str) -> None:
    assert VACUOUS[kind].account().verdict is Verdict.INCONCLUSIVE


def test_there_are_twenty_kinds_and_each_is_one_step_from_a_verdict() -> None:
    """The same runs, with what they lack: if these were inconclusive, too, the test above could not fail."""
    assert len(VACUOUS) >= 20
    assert run(ACKNOWLEDGED, *found(1, 2, 3)).account().verdict is Verdict.PASS
    assert run(UNANSWERED, *found(2)).account().verdict is Verdict.MEASURED
    assert run(sent(CONFIRMED, DOUBTED, REFUSED, OPEN), *found(1, 2)).account().verdict is Verdict.PASS
    assert run(ACKNOWLEDGED, *found(1, 2)).account().verdict is Verdict.FAIL


@pytest.mark.parametrize(
    "rounds",
    [[], ["inconclusive"], ["pass", "inconclusive"], ["inconclusive", "measured"], ["pass", "pass", "inconclusive"]],
    ids=" ".join,
)
def test_a_case_with_such_a_round_fails_and_is_no_pass(rounds: list[str]) -> None:
    trial = replace(a_trial(), rounds=[a_round(accounting=one) for one in rounds])
    assert trial.accounting == "inconclusive"
    assert failure(trial)


def test_a_case_with_a_loss_is_lost_whatever_the_other_rounds_say() -> None:
    trial = replace(a_trial(), rounds=[a_round(accounting=one) for one in ("pass", "fail", "inconclusive")])
    assert trial.accounting == "fail"
