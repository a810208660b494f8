"""What a consumer group read, in words."""

from __future__ import annotations

from typing import Any

from reports.groups import group_lines
from reports.table import closing_table
from tests.trials import a_round, a_trial

SEVERAL = {"member": 1, "partitions": [0, 2], "readings": 8258, "reordered": 0, "reordered_across": 4136}
ONE = {"member": 2, "partitions": [1], "readings": 7, "reordered": 3, "reordered_across": 3}
NONE = {"member": 3, "partitions": [], "readings": 0, "reordered": 0, "reordered_across": 0}


def read_by(*rows: dict[str, Any]) -> Any:
    return a_trial(a_round(), a_round(reader={"group": list(rows)}), name="perf/test_a.py::test_a[kafka]")


def told(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


def test_each_member_is_told_with_what_it_read_and_how_often_order_was_not_kept() -> None:
    assert told(group_lines([read_by(SEVERAL, ONE, NONE)])) == (
        "consumer groups, in the last round: test_a[kafka]: "
        "member 1 read 8,258 readings of partitions 0, 2, out of order 0 within a partition, 4,136 across partitions; "
        "member 2 read 7 readings of partition 1, out of order 3 within a partition; "
        "member 3 got no partition"
    )


def test_nothing_is_told_where_nobody_read_in_a_group() -> None:
    assert group_lines([a_trial()]) == []
    assert not any("consumer groups" in line for line in closing_table([a_trial()]))


def test_it_stands_below_the_table() -> None:
    assert "consumer groups, in the last round:" in closing_table([a_trial(), read_by(NONE)])
