"""The model by itself: what is left out is as if it had not been measured; and what the features are."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.topologies.cassandra import CassandraTopology
from fixtures.topologies.kafka import KafkaTopology
from reports.prediction.features import Features, amount
from reports.prediction.model import Model, _estimates

from .grids import fields, grid, interacting, saturating


def test_what_is_left_out_is_predicted_as_if_it_had_not_been_measured() -> None:
    cells = grid(hosts=[1, 2, 3], acks=["1", "all"], processes=[1, 4])
    law, rng = saturating(4), random.Random(4)
    found, tps = [fields(one) for one in cells], [law(one) * rng.lognormvariate(0, 0.05) for one in cells]
    features = Features(found)
    left_out = Model(features, found, tps, 0.03).left_out()
    for at, estimate in enumerate(left_out):
        without = Model(features, found[:at] + found[at + 1 :], tps[:at] + tps[at + 1 :], 0.03)
        [again] = without.predict([found[at]])
        assert tuple(estimate) == pytest.approx(tuple(again), rel=1e-6)


def test_an_interval_widens_away_from_what_was_measured() -> None:
    cells = grid(processes=[1, 2, 3, 4, 5, 6, 7, 8, 64])
    law = saturating(5)
    features = Features([fields(one) for one in cells])
    model = Model(features, [fields(one) for one in cells[:8]], [law(one) for one in cells[:8]], 0.03)
    near, far = model.predict([fields(cells[4]), fields(cells[8])])
    assert math.log(far.high / far.low) > 5 * math.log(near.high / near.low)


def test_where_models_contradict_each_other_the_interval_holds_both() -> None:
    import numpy as np

    weights, means, squares = np.array([[0.5], [0.5]]), np.array([[0.0], [2.0]]), np.array([[1e-9], [1e-9]])
    [found] = _estimates(weights, means, squares, freedom=30)
    assert found.tps == pytest.approx(math.e)
    assert found.low < 1 < math.exp(2) < found.high


@settings(max_examples=20, deadline=None)
@given(st.floats(1e-3, 1e6), st.integers(0, 20))
def test_the_unit_of_throughput_does_not_matter(unit: float, seed: int) -> None:
    cells = grid(hosts=[1, 2], processes=[1, 2, 4])
    law, rng = interacting(seed), random.Random(seed)
    found, tps = [fields(one) for one in cells], [law(one) * rng.lognormvariate(0, 0.05) for one in cells]
    features, more = Features(found), [fields(KafkaTopology(hosts=2, processes=3))]
    [one] = Model(features, found, tps, 0.03).predict(more)
    [other] = Model(features, found, [unit * value for value in tps], 0.03).predict(more)
    assert other == pytest.approx([unit * value for value in one], rel=1e-2)
    assert one.low < one.tps < one.high


def test_what_is_the_same_everywhere_is_no_feature() -> None:
    one = fields(KafkaTopology(hosts=2))
    assert Features([one, one]).columns([one]).shape == (1, 0)
    assert Features([one, one]).rank == 0
    assert Features([]).rank == 0


@pytest.mark.parametrize(
    ("axes", "rank"),
    [
        ({"processes": [1, 8]}, 1),
        ({"processes": [1, 2, 8]}, 2),
        ({"processes": [0, 8]}, 1),
        ({"acks": ["0", "1", "all"]}, 2),
        ({"hosts": [1, 2], "partitions": [1, 10]}, 3),
        ({"hosts": [1, 2], "processes": [1, 8], "partitions": [1, 10]}, 5),
        ({"hosts": [3], "replication": [1, 3], "acks": ["1", "all"]}, 3),
        ({"hosts": [3], "replication": [1, 3], "heap_mib": [200, 400]}, 2),
    ],
)
def test_features_are_the_fields_that_vary_with_what_bends_and_interacts(axes: dict[str, list[int]], rank: int) -> None:
    found = [fields(one) for one in grid(**axes)]
    assert Features(found).rank == rank


def test_unequal_hosts_are_words_and_one_number_of_tokens_is_an_amount() -> None:
    cells = [
        fields(CassandraTopology(hosts=2, tokens=(16,))),
        fields(CassandraTopology(hosts=2, tokens=(256,), quotas=(1.0, 0.5))),
        fields(CassandraTopology(hosts=2, tokens=(64,), quotas=(1.0, 0.5))),
    ]
    features = Features(cells)
    assert features.places(cells).tolist() == [[-1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    uneven = [*cells, fields(CassandraTopology(hosts=2, tokens=(128, 256)))]
    assert Features(uneven).places(uneven).shape == (4, 4)


@pytest.mark.parametrize(
    ("value", "is_amount"),
    [(3, 3.0), (0, 0.0), (0.5, 0.5), ([16], 16.0), (True, None), ("1", None), (-1, None), ([], None)],
)
def test_amounts_are_told_from_words(value: object, is_amount: float | None) -> None:
    assert amount(value) == is_amount
