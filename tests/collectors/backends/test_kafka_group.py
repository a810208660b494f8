"""Reading back by a consumer group: who gets what, and in which order (O7, O8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from collectors.accounting import Account, Reconciliation, Sent, Verdict
from collectors.backends.base import Assignment, Backend
from collectors.backends.kafka_confluent_member import ConfluentMember
from collectors.backends.registry import backend
from collectors.errors import ServerError
from collectors.ledger import Ledger
from collectors.load import new_run
from fixtures.services.base import RunningService
from tests.writing import assignment_for, write

ServerOf = Callable[[str], RunningService]
COUNT = 800


@pytest.fixture
def made() -> Backend:
    found = backend("kafka-confluent")
    found.load()
    return found


def asked(made: Backend, server: RunningService, **given: str) -> Assignment:
    given = {"topic": f"group-{new_run()}"} | given
    assignment = assignment_for(made, server.endpoints["default"], given=given, frequency=100)
    made.prepare(assignment)
    return assignment


def read_back(made: Backend, assignment: Assignment) -> tuple[Account, list[dict[str, Any]]]:
    """Write readings beside those of another run, and return the account and what the group says of itself."""
    ledger, other = Ledger(), Ledger()
    with made.reader(assignment) as reader:
        for run, into in ((new_run(), other), (assignment.stream.run, ledger)):
            one = assignment_for(
                made, assignment.endpoint, run=run, frequency=100, given={"topic": assignment.settings["topic"]}
            )
            writer = made.writer(one, into)
            write(writer, into, one, COUNT)
            writer.close()
        reconciliation = Reconciliation(
            {0: Sent(COUNT, ledger.outcomes())},
            shows_duplicates=reader.shows_duplicates,
            shows_order=reader.shows_order,
        )
        reconciliation.take(reader.arrivals(COUNT))
        account = reconciliation.account(complete=reader.complete, foreign=reader.foreign)
        assert reader.facts["other_runs"] == COUNT
        rows: list[dict[str, Any]] = reader.facts["group"]
    ledger.close()
    other.close()
    return account, rows


@pytest.mark.parametrize("join", ["before", "after"])
def test_members_share_partitions_and_together_read_all(made: Backend, server_of: ServerOf, join: str) -> None:
    account, rows = read_back(made, asked(made, server_of(made.name), partitions="4", members="2", join=join))
    assert (account.verdict, account.delivered) == (Verdict.PASS, COUNT)
    assert [len(row["partitions"]) for row in rows] == [2, 2]
    assert sorted(number for row in rows for number in row["partitions"]) == [0, 1, 2, 3]
    assert sum(row["readings"] for row in rows) == COUNT
    assert [row["reordered"] for row in rows] == [0, 0]


def test_with_one_partition_one_of_two_members_gets_nothing(made: Backend, server_of: ServerOf) -> None:
    account, rows = read_back(made, asked(made, server_of(made.name), members="2"))
    assert account.verdict is Verdict.PASS
    assert sorted((row["partitions"], row["readings"], row["reordered_across"]) for row in rows) == [
        ([], 0, 0),
        ([0], COUNT, 0),
    ]


def test_from_the_beginning_order_is_kept_within_partitions_alone(made: Backend, server_of: ServerOf) -> None:
    _, [row] = read_back(made, asked(made, server_of(made.name), partitions="4", members="1", join="after"))
    assert row["reordered"] == 0
    assert row["reordered_across"] > 0


def test_what_a_member_passes_over_is_lost(made: Backend, server_of: ServerOf, monkeypatch: pytest.MonkeyPatch) -> None:
    take = ConfluentMember._take

    def passing_over(self: ConfluentMember, message: Any) -> None:
        before = len(self.arrivals)
        take(self, message)
        if before == 5:
            del self.arrivals[5:]

    monkeypatch.setattr(ConfluentMember, "_take", passing_over)
    account, _ = read_back(made, asked(made, server_of(made.name), partitions="4", members="2", join="after"))
    assert account.verdict is Verdict.FAIL
    assert account.lost > 0


def test_a_group_that_cannot_form_says_why(made: Backend, server_of: ServerOf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("no partitions for you")

    monkeypatch.setattr(ConfluentMember, "_given", refused)
    reader = made.reader(asked(made, server_of(made.name), members="2"))
    with pytest.raises(ServerError, match=r"group thermobench-.* RuntimeError: no partitions for you"), reader:
        pytest.fail("it was entered")
