"""What servers count by themselves, held against what was written to them; and the difference of two snapshots."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from collectors.backends.base import Assignment, Backend
from collectors.backends.counting import Counting, Difference, Snapshot, difference, server_record, with_totals
from collectors.backends.registry import OWN, backend, names
from collectors.endpoint import Endpoint
from collectors.errors import ServerError
from collectors.ledger import Ledger
from collectors.load import new_run
from collectors.reading import Stream
from fixtures.server_counts import ServerCounts
from fixtures.services.base import RunningService
from tests.writing import assignment_for, write

ServerOf = Callable[[str], RunningService]


def taken(at: float = 0.0, uptime: float | None = None, **counters: float) -> Snapshot:
    return Snapshot(at, counters, {}, {} if uptime is None else {"": uptime})


def written(made: Backend, assignment: Assignment, count: int) -> None:
    ledger = Ledger()
    writer = made.writer(assignment, ledger)
    write(writer, ledger, assignment, count)
    writer.close()
    ledger.close()


def counted(made: Backend, server: RunningService, count: int, **fields: Any) -> tuple[Difference, int | None]:
    """Write readings between two snapshots, and some of another run before; return what the server says."""
    made.load()
    assignment = assignment_for(made, server.endpoints[made.listener], **fields)
    made.prepare(assignment)
    counting = cast(Counting, made)
    earlier = replace(assignment, stream=Stream(new_run(), 0))
    written(made, earlier, 30)
    before = counting.counts(assignment)
    for producer in range(2):
        written(made, replace(assignment, stream=Stream(assignment.stream.run, producer)), count // 2)
    since = difference(before, counting.counts(assignment))
    return since, counting.stored(assignment, since)


def test_a_counter_that_was_not_there_began_at_nothing() -> None:
    since = difference(taken(10, a=2), taken(13, a=5, b=4))
    assert (since.seconds, since.grown, since.reset) == (3, {"a": 3, "b": 4}, [])


def test_counters_that_went_back_or_away_are_named() -> None:
    since = difference(taken(0, a=5, b=5, c=5), taken(1, a=5, b=4))
    assert since.grown == {"a": 0}
    assert since.reset == ["b", "c"]


@pytest.mark.parametrize(
    ("uptime", "known"),
    [
        (160, True),
        (159, True),  # whole seconds
        (60, False),  # it began when the run did
        (20, False),
        (None, True),  # of a server that does not tell
    ],
)
def test_a_restart_shows_even_where_the_counters_have_passed_their_old_values(
    uptime: float | None, known: bool
) -> None:
    since = difference(taken(1000, None if uptime is None else 100, a=2), taken(1060, uptime, a=500))
    assert (since.grown, since.reset) == (({"a": 498}, []) if known else ({}, ["a"]))


def test_of_a_cluster_only_the_restarted_nodes_counters_are_unknown_and_have_no_sum() -> None:
    before = Snapshot(0, {"a@1": 1, "a@2": 2}, {}, {"@1": 100, "@2": 100})
    after = Snapshot(60, {"a@1": 5, "a@2": 7, "b@1": 1, "b@2": 2}, {}, {"@1": 160, "@2": 160})
    assert with_totals(difference(before, after)) == {"a@1": 4, "a@2": 5, "b@1": 1, "b@2": 2, "a": 9, "b": 3}
    again = replace(after, uptimes={"@1": 160, "@2": 30})
    since = difference(before, again)
    assert since.reset == ["a@2", "b@2"]
    assert with_totals(since) == {"a@1": 4, "b@1": 1}


def test_a_node_that_was_not_asked_before_has_no_growth() -> None:
    before = Snapshot(0, {"a@1": 1}, {}, {"@1": 100})
    after = Snapshot(60, {"a@1": 5, "a@2": 7}, {}, {"@1": 160, "@2": 160})
    assert difference(before, after).reset == ["a@2"]


def test_levels_are_kept_as_they_were() -> None:
    since = difference(Snapshot(0, {}, {"heap": 5, "gone": 1}), Snapshot(1, {}, {"heap": 3, "new": 2}))
    assert since.levels == {"heap": [5, 3], "gone": [1, None], "new": [None, 2]}
    assert since.reset == []


def test_the_record_holds_all_of_it_and_can_be_saved() -> None:
    counts, metrics = difference(taken(1, a=1, x=2), taken(4, a=3, x=1)), difference(taken(2), taken(7, b=4))
    record = server_record(12, counts, metrics, ["no answer"])
    assert json.loads(json.dumps(record)) == {
        "stored": 12,
        "counts": {"a": 2},
        "metrics": {"b": 4},
        "seconds": {"counts": 3, "metrics": 5},
        "levels": {},
        "reset": ["x"],
        "missed": ["no answer"],
    }


@pytest.mark.parametrize("name", sorted(OWN))
def test_every_backend_of_ours_is_asked(name: str) -> None:
    assert isinstance(backend(name), Counting)


@pytest.mark.parametrize(
    "name",
    # The broker counts every other second: one of its backends is enough for the quick round.
    [pytest.param(name, marks=pytest.mark.slow if name in {"awsiot", "mqtt-raw"} else ()) for name in names()],
)
def test_the_servers_own_count_of_a_run_is_exact(name: str, server_of: ServerOf) -> None:
    made = backend(name)
    if not isinstance(made, Counting):
        pytest.skip(f"{name} does not count")
    since, stored = counted(made, server_of(name), 200)
    assert stored == 200
    assert since.reset == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mqtt", "kafka", "kafka-confluent"])
def test_what_nobody_answered_for_is_counted_too(name: str, server_of: ServerOf) -> None:
    made = backend(name)
    _, stored = counted(made, server_of(name), 20_000, frequency=0, wait=False)
    assert stored == 20_000


@pytest.mark.parametrize("name", ["kafka", "kafka-confluent"])
def test_the_logs_of_all_partitions_are_counted(name: str, server_of: ServerOf) -> None:
    given = {"topic": f"parts-of-{name}", "partitions": "3", "acks": "1"}
    since, stored = counted(backend(name), server_of(name), 300, given=given, frequency=10)
    assert sorted(since.grown) == [f"log_end_offset/{partition}" for partition in range(3)]
    assert sum(since.grown.values()) == stored == 300


def test_a_log_that_was_cut_or_not_asked_for_gives_no_count() -> None:
    made, nothing = cast(Counting, backend("kafka")), cast(Any, None)
    assert made.stored(nothing, Difference(grown={"log_end_offset/0": 7})) == 7
    assert made.stored(nothing, Difference(grown={"log_end_offset/0": 7}, reset=["log_end_offset/1"])) is None
    assert made.stored(nothing, Difference()) is None


def test_mysql_counts_statements_commits_and_bytes(server_of: ServerOf) -> None:
    since, _ = counted(backend("mysql"), server_of("mysql"), 200, frequency=10)
    assert (since.grown["Com_insert"], since.grown["Com_commit"]) == (200, 20)
    assert since.grown["Innodb_os_log_written"] > 200 * 50
    assert since.grown["Innodb_data_fsyncs"] >= 20
    assert since.grown["Bytes_received"] > 200 * 100
    assert since.grown["Aborted_connects"] == 0
    assert since.levels["Threads_running"][1] == 1


def test_sqlite_says_how_the_file_has_grown(server_of: ServerOf) -> None:
    since, _ = counted(backend("sqlite"), server_of("sqlite"), 2000, frequency=0)
    before, after = since.levels["page_count"]
    assert before is not None
    assert after is not None
    assert after > before


def test_each_snapshot_has_the_broker_say_what_it_has_received(server_of: ServerOf) -> None:
    """Else it says nothing of it once it was idle for a minute, and all that it ever received looks like this run's."""
    since, stored = counted(backend("mqtt"), server_of("mqtt"), 0)
    assert since.grown["$SYS/broker/publish/messages/received"] == 1
    assert stored == 0


def test_a_counter_that_was_not_told_before_has_grown_by_nobody_knows_how_much() -> None:
    before = Snapshot(0, {"a": 1}, {}, {"": 100}, frozenset({"b"}))
    after = Snapshot(60, {"a": 5, "b": 700, "c": 2}, {}, {"": 160})
    since = difference(before, after)
    assert since.grown == {"a": 4, "c": 2}
    assert since.reset == ["b"]


@pytest.mark.parametrize(("seconds", "grown", "reset"), [(50, {"a": 4, "b": 0}, []), (60, {"a": 4}, ["b"])])
def test_a_counter_that_is_told_no_more_has_stood_still_for_as_long_as_that_takes(
    seconds: float, grown: dict[str, float], reset: list[str]
) -> None:
    before = Snapshot(0, {"a": 1, "b": 7}, {}, {"": 100})
    after = Snapshot(seconds, {"a": 5}, {}, {"": 100 + seconds}, frozenset({"b"}), still_seconds=55)
    since = difference(before, after)
    assert (since.grown, since.reset) == (grown, reset)


@pytest.mark.slow
def test_mosquitto_counts_bytes_but_not_messages_of_the_highest_quality(server_of: ServerOf) -> None:
    since, stored = counted(backend("mqtt"), server_of("mqtt"), 100, given={"qos": "2"}, frequency=10)
    assert stored is None
    assert since.grown["$SYS/broker/publish/bytes/received"] > 100 * 50


def test_aws_is_not_asked_since_it_counts_nothing() -> None:
    made = backend("awsiot")
    assignment = assignment_for(made, Endpoint("x.iot.eu-west-1.amazonaws.com", 8883))
    counting = cast(Counting, made)
    assert counting.counts(assignment) == Snapshot()
    assert counting.stored(assignment, Difference()) is None


def test_the_notes_own_keys_share_partitions_so_that_cassandra_does_not_count_a_run(server_of: ServerOf) -> None:
    _, stored = counted(backend("cassandra"), server_of("cassandra"), 20, given={"key": "location"})
    assert stored is None


@pytest.mark.parametrize("name", ["sqlite", "mysql", "kafka-confluent", "cassandra"])
def test_a_round_says_what_the_server_counted(name: str, server_of: ServerOf) -> None:
    made, server = backend(name), server_of(name)
    made.load()
    assignment = assignment_for(made, server.endpoints[made.listener], frequency=10)
    made.prepare(assignment)
    counts = ServerCounts(made, assignment, server)
    written(made, assignment, 100)
    record = json.loads(json.dumps(counts.after()))
    assert (record["stored"], record["reset"], record["missed"]) == (100, [], [])
    assert bool(record["metrics"]) == bool(server.exporters)


def test_a_server_that_is_gone_leaves_what_is_missing_in_words(server_of: ServerOf) -> None:
    made, server = backend("mysql"), server_of("mysql")
    made.load()
    assignment = assignment_for(made, replace(server.endpoints["default"], port=1), timeout=2.0)
    with pytest.raises(ServerError, match=":1,"):
        cast(Counting, made).counts(assignment)
    record = ServerCounts(made, assignment, server).after()
    assert (record["stored"], record["counts"], record["reset"]) == (None, {}, [])
    assert len(record["missed"]) == 2
    assert all("MySQL at" in words for words in record["missed"])
