"""Each broken writer, around each real one, is caught under the right name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from collectors.accounting import Account, Verdict
from collectors.backends.registry import OWN, backend
from fixtures.services.base import RunningService
from tests.contracts.test_writers import INSTALLED
from tests.mutants import writers
from tests.mutants.writers import BROKEN_AT, Broken
from tests.writing import accounted, assignment_for

COUNT = 2_020
"""Not a multiple of what `AcknowledgesBeforeSending` holds: 20 stay unwritten."""
FREQUENCY = 100
IN_TRANSACTIONS = {"sqlite", "mysql"}
WITHOUT_ORDER = {"mysql", "cassandra", "cassandra-acsylla"}
WITHOUT_DUPLICATES = {"cassandra", "cassandra-acsylla"}

ServerOf = Callable[[str], RunningService]


@pytest.fixture(params=INSTALLED)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def broken(kind: type[Broken], name: str, server_of: ServerOf) -> Account:
    made = backend(name)
    made.load()
    assignment = assignment_for(made, server_of(name).endpoints[made.listener], frequency=FREQUENCY, timeout=10.0)
    return accounted(made, assignment, COUNT, make_writer=lambda own, ledger: kind(made, own, ledger))


def shows(name: str, count: int | None, unable: set[str]) -> bool:
    """Whether a backend shows this kind of trouble; if not, it must not claim that there is none."""
    able = name not in unable if name in OWN else count is not None
    assert able == (count is not None)
    return able


def readings(*numbers: int) -> list[str]:
    return [f"producer 0, reading {number}" for number in numbers]


def test_what_is_not_broken_passes(name: str, server_of: ServerOf) -> None:
    account = broken(writers.NotBroken, name, server_of)
    assert (account.verdict, account.delivered) == (Verdict.PASS, COUNT), account.troubles()


def test_one_that_drops_every_1000th(name: str, server_of: ServerOf) -> None:
    account = broken(writers.DropsEvery1000th, name, server_of)
    assert (account.verdict, account.lost) == (Verdict.FAIL, 2)
    assert account.named["lost"] == readings(1000, 2000)


def test_one_that_drops_only_the_last(name: str, server_of: ServerOf) -> None:
    account = broken(writers.DropsTheLast, name, server_of)
    assert (account.verdict, account.lost) == (Verdict.FAIL, 1)
    assert account.named["lost"] == readings(COUNT)


def test_one_that_acknowledges_before_sending(name: str, server_of: ServerOf) -> None:
    account = broken(writers.AcknowledgesBeforeSending, name, server_of)
    assert (account.verdict, account.lost) == (Verdict.FAIL, 20)
    assert account.named["lost"] == readings(*range(2001, 2006))


def test_one_that_writes_a_reading_twice(name: str, server_of: ServerOf) -> None:
    account = broken(writers.WritesTwice, name, server_of)
    if shows(name, account.duplicated, WITHOUT_DUPLICATES):
        assert (account.verdict, account.duplicated) == (Verdict.FAIL, 1)
        assert account.named["duplicated"] == readings(BROKEN_AT)


def test_one_that_changes_a_value(name: str, server_of: ServerOf) -> None:
    account = broken(writers.ChangesAValue, name, server_of)
    assert (account.verdict, account.corrupt, account.lost) == (Verdict.FAIL, 1, 1)
    assert account.named["corrupt"] == account.named["lost"] == readings(BROKEN_AT)


def test_one_that_swaps_neighbours(name: str, server_of: ServerOf) -> None:
    account = broken(writers.SwapsNeighbours, name, server_of)
    if shows(name, account.reordered, WITHOUT_ORDER):
        assert (account.verdict, account.reordered) == (Verdict.FAIL, 1)
        assert account.named["reordered"] == readings(BROKEN_AT)


@pytest.mark.parametrize("name", sorted(IN_TRANSACTIONS))
def test_one_that_never_commits(name: str, server_of: ServerOf) -> None:
    account = broken(writers.NeverCommits, name, server_of)
    # Nothing at all was found, as if somebody had looked in the wrong place: no verdict, but never a pass.
    assert (account.verdict, account.lost) == (Verdict.INCONCLUSIVE, COUNT)
