"""Who owns what of a ring."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.backends.cassandra_ring import RING, Ring

LOW = -(2**63)
OWNERS = st.dictionaries(st.integers(LOW, -LOW - 1), st.sampled_from("abcd"), min_size=1, max_size=20)
"""Who has a token, by token."""


def test_two_nodes_with_a_quarter_and_three_quarters() -> None:
    ring = Ring.of({"a": [LOW], "b": [LOW + RING // 4 * 3]}, replicas=1)
    assert ring.owned()[0] == {"a": 0.25, "b": 0.75}
    # A row belongs to the first token that is not below its own, and after the last one comes the first.
    assert [ring.homes(token) for token in (LOW, LOW + 1, LOW + RING // 4 * 3, -LOW - 1)] == [
        ["a"],
        ["b"],
        ["b"],
        ["a"],
    ]


def test_the_next_replica_is_the_next_other_node() -> None:
    ring = Ring.of({"a": [10, 20], "b": [30], "c": [25]}, replicas=2)
    assert [ring.homes(token) for token in (5, 15, 22, 27, 31)] == [
        ["a", "c"], ["a", "c"], ["c", "b"], ["b", "a"], ["a", "c"],
    ]  # fmt: skip


def test_a_single_token_owns_all() -> None:
    assert Ring.of({"a": [7]}, replicas=3).owned() == ({"a": 1.0}, {"a": 1.0})


@given(OWNERS, st.integers(1, 4), st.integers(LOW, -LOW - 1))
def test_every_row_has_its_replicas_and_all_shares_make_one_ring(
    owners: dict[int, str], replicas: int, token: int
) -> None:
    tokens = {node: [one for one, owner in owners.items() if owner == node] for node in set(owners.values())}
    ring = Ring.of(tokens, replicas)
    homes = ring.homes(token)
    assert len(homes) == len(set(homes)) == min(replicas, len(tokens))
    first, any_of = ring.owned()
    assert sum(first.values()) == pytest.approx(1)
    assert sum(any_of.values()) == pytest.approx(len(homes))
    assert all(first[node] <= any_of[node] + 1e-12 for node in tokens)
