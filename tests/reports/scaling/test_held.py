"""Whether a rate was held, told from the record of a round."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from collectors.record import Round
from reports.scaling.held import Verdict, growth, judged
from reports.scaling.probe import Probe, probe_of
from tests.fixtures.search.model_server import ModelServer
from tests.trials import a_round


def paced(rate: float, counted: list[float], **fields: Any) -> Round:
    """Return a round of as many seconds as there are counts, whose schedule was kept to unless told otherwise."""
    seconds = len(counted) - 1
    plan = {"rate": rate, "intended": round(rate * seconds), "sent": round(rate * seconds), "behind_end_ms": 0.0}
    schedule = plan | {"windows_behind_ms": [0.0] * len(counted)} | fields.pop("schedule", {})
    windows = [(float(at), int(count)) for at, count in enumerate(counted)]
    return a_round(
        counted[-1] / seconds, **{"seconds": float(seconds), "windows": windows, "schedule": schedule} | fields
    )


def steady(rate: float, taken: float = 1.0, seconds: int = 10) -> list[float]:
    return [rate * taken * at for at in range(seconds + 1)]


def paused(rate: float, capacity: float, begin: float, length: float, seconds: int = 10) -> list[float]:
    """Return what a server acknowledges that stands still for a while, and then catches up."""
    counts, steps = [0.0], 100
    for step in range(seconds * steps):
        at = (step + 1) / steps
        served = 0.0 if begin < at <= begin + length else capacity / steps
        counts.append(min(rate * at, counts[-1] + served))
    return counts[::steps]


def verdict(one: Round, **more: Any) -> Verdict:
    return judged(probe_of(one, **more))


def test_a_rate_that_is_taken_is_held() -> None:
    found = verdict(paced(1_000.0, steady(1_000.0)))
    assert found.held
    assert (found.side, found.growth, found.throughput, found.kept) == ("", pytest.approx(0), 1_000, 1.0)


def test_a_backlog_that_grows_is_not() -> None:
    found = verdict(paced(1_000.0, steady(1_000.0, 0.97)))
    assert not found.held
    assert (found.growth, found.side) == (pytest.approx(0.03), "server")
    assert found.why == "the backlog grew by 3.0 % of the rate"


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_one_pause_that_is_caught_up_does_not_fail_a_rate(load: float) -> None:
    for tenths in range(97):
        counts = paused(1_000.0, 1_000.0 / load, tenths / 10, 0.3)
        assert verdict(paced(1_000.0, counts)).held, tenths


def test_a_pause_of_seconds_fails_it_unless_it_is_caught_up() -> None:
    assert verdict(paced(1_000.0, paused(1_000.0, 2_000.0, 3.0, 2.5))).held
    assert not verdict(paced(1_000.0, paused(1_000.0, 1_050.0, 3.0, 2.5))).held
    assert not verdict(paced(1_000.0, paused(1_000.0, 2_000.0, 8.0, 2.5))).held


def test_a_server_that_stops_for_good_fails_it() -> None:
    for begin in range(1, 9):
        assert not verdict(paced(1_000.0, paused(1_000.0, 2_000.0, begin, 10.0))).held
    assert not verdict(paced(1_000.0, [0.0] * 11, seconds=40.0, failed=10_000)).held


def test_noise_of_5_percent_does_not_fail_a_rate_that_is_held() -> None:
    held = [verdict(ModelServer(10_000.0, seed, pauses=None).probe(9_500.0)).held for seed in range(50)]
    assert sum(held) >= 48


def test_pauses_and_noise_seldom_fail_it_either() -> None:
    held = [verdict(ModelServer(10_000.0, seed).probe(9_000.0)).held for seed in range(50)]
    assert sum(held) >= 43


def test_a_rate_a_tenth_above_capacity_is_hardly_ever_held() -> None:
    held = [verdict(ModelServer(10_000.0, seed).probe(11_000.0)).held for seed in range(50)]
    assert sum(held) <= 1


def test_a_schedule_that_was_not_sent_fails_it() -> None:
    late = {"sent": 9_000, "behind_end_ms": 900.0, "windows_behind_ms": [90.0 * at for at in range(11)]}
    found = verdict(paced(1_000.0, steady(1_000.0, 0.9), schedule=late))
    assert not found.held
    assert found.kept == 0.9
    assert "90.0 % of the schedule" in found.why


def test_one_straggler_among_many_fails_it_by_its_own_lag() -> None:
    late = {"sent": 9_960, "behind_end_ms": 500.0, "windows_behind_ms": [50.0 * at for at in range(11)]}
    found = verdict(paced(1_000.0, steady(1_000.0, 0.996), schedule=late))
    assert not found.held
    assert "schedule's lag grew by 5.0 %" in found.why


def test_what_is_still_outstanding_long_after_the_end_fails_it() -> None:
    assert not verdict(paced(1_000.0, steady(1_000.0), seconds=14.0)).held
    assert verdict(paced(1_000.0, steady(1_000.0), seconds=10.5)).held


def test_a_consumer_that_falls_behind_fails_it() -> None:
    one = paced(1_000.0, steady(1_000.0))
    assert "consumer's lag grew" in verdict(one, lag=[(float(at), 40.0 * at) for at in range(11)]).why
    assert verdict(one, lag=[(float(at), 300.0) for at in range(11)]).held
    assert not verdict(one, lag=[(float(at), 3_000.0) for at in range(11)]).held


def test_readings_that_fail_are_not_held() -> None:
    found = verdict(paced(1_000.0, steady(1_000.0), failed=500, unknown=100))
    assert (found.held, found.why) == (False, "600 readings failed")


def test_acknowledgements_in_lumps_are_judged_by_when_they_come() -> None:
    lumps = [1_000.0 * (at // 3 * 3) for at in range(11)]
    assert verdict(paced(1_000.0, lumps)).held
    assert verdict(paced(1_000.0, lumps)).throughput == 1_000
    assert not verdict(paced(1_000.0, [0.97 * count for count in lumps])).held


def test_where_acknowledgements_come_after_the_end_it_is_judged_by_how_long_they_take() -> None:
    nothing = [0.0] * 11
    assert verdict(paced(1_000.0, nothing, seconds=10.2)).held
    late = verdict(paced(1_000.0, nothing, seconds=12.5))
    assert (late.held, late.throughput) == (False, pytest.approx(800))


def test_at_a_few_readings_a_second_one_more_or_less_is_no_growth() -> None:
    assert verdict(paced(1.0, [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 9])).held
    assert not verdict(paced(2.0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], seconds=15.0)).held


def test_a_probe_in_which_nothing_was_due_holds_nothing() -> None:
    found = judged(Probe(0.01, 0, 0, 0.0, ((0.0, 0.0), (10.0, 0.0))))
    assert (found.held, found.side) == (False, "")


def test_producers_that_cannot_send_as_fast_are_told_from_a_server_that_falls_behind() -> None:
    producers = ModelServer(50_000.0, producers=8_000.0).probe(10_000.0)
    assert verdict(producers).side == "producer"
    assert verdict(producers, side="server").side == "server"
    server = ModelServer(8_000.0).probe(10_000.0)
    assert verdict(server).side == "server"
    assert [verdict(server, side=side).side for side in ("producer", "both", "between", "none")] == [
        *("producer", "both", "between", "server")
    ]


def test_who_kept_to_the_schedule_is_not_to_blame() -> None:
    assert verdict(paced(1_000.0, steady(1_000.0, 0.9)), side="producer").side == "server"


def test_what_comes_after_the_schedule_is_no_window_of_it() -> None:
    one = paced(1_000.0, steady(1_000.0))
    one = replace(one, windows=[*one.windows, (11.0, 10_000), (12.0, 10_000)], seconds=10.3)
    assert verdict(one) == verdict(replace(one, windows=one.windows[:11]))


def test_a_round_in_a_closed_loop_is_no_probe() -> None:
    with pytest.raises(ValueError, match="follows no schedule"):
        probe_of(a_round())


def test_a_record_from_before_the_lag_of_each_window_can_be_judged() -> None:
    one = paced(1_000.0, steady(1_000.0))
    schedule = {name: value for name, value in (one.schedule or {}).items() if name != "windows_behind_ms"}
    assert verdict(replace(one, schedule=schedule)).held


def test_growth_is_per_second_and_not_tilted_by_one_pause() -> None:
    assert growth(((0.0, 1.0), (2.0, 2.0), (4.0, 3.0))) == pytest.approx(0.5)
    assert growth(tuple((float(at), 5.0 if at == 9 else 0.0) for at in range(11))) == 0
    assert growth(((0.0, 1.0),)) == 0


def test_it_is_json() -> None:
    found = verdict(ModelServer(1_000.0).probe(1_500.0))
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["held"] is False
