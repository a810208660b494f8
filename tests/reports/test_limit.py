from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from collectors.record import Trial
from reports.limit import limit
from tests.reports.limit_cases import BUSY, CASES
from tests.reports.limit_records import LOCAL, SECONDS, histogram, measured, sampled, series
from tests.trials import a_round, a_trial

HOSTS = [LOCAL | {"links": {"eth0": {"speed": 100_000_000}}}]


def named(trial: Trial) -> tuple[str, str]:
    found = limit(trial)
    return (found["class"], found["sure"])


def told(trial: Trial) -> str:
    return "\n".join(limit(trial)["evidence"])


@pytest.mark.parametrize("case", CASES)
def test_what_was_exhausted_is_named(case: str) -> None:
    one, expected = CASES[case]
    assert named(measured(one, one, hosts=HOSTS)) == expected


def test_what_a_link_is_shaped_to_counts_before_its_speed() -> None:
    links = {"eth0": {"speed": 10_000_000_000, "shaped": 2_000_000}}
    one = sampled({"net.eth0.tx_bytes": 0.24e6}, latency_ms=0.95)
    assert named(measured(one, hosts=[LOCAL | {"links": links}])) == ("network", "sure")
    assert named(measured(one, hosts=[LOCAL | {"fingerprint": {"links": links}}])) == ("network", "sure")


@pytest.mark.parametrize(
    ("label", "side", "resource"),
    [
        ("one producer on a core of its own", "producer", "cpu"),
        ("a server of one thread", "server", "cpu"),
        ("a machine whose cores are all in use by both", "both", "cpu"),
        ("a disk that is always at work", "server", "io"),
        ("a machine that swaps", "both", "memory"),
        ("a link at its speed", "between", "network"),
        ("nothing busy and as many in flight as may be", "between", "round trip"),
        ("nothing busy and few in flight", "none", "unknown"),
    ],
)
def test_side_and_resource_go_with_the_class(label: str, side: str, resource: str) -> None:
    found = limit(measured(CASES[label][0], hosts=HOSTS))
    assert (found["side"], found["resource"]) == (side, resource)


def test_how_the_cpu_is_shared_is_told() -> None:
    one = sampled({"producers.cpu": 1.2, "server.cpu": 0.7, "foreign.cpu": 0.1, **BUSY}, producers=4)
    assert limit(measured(one))["split"] == "producers 60 %, server 35 %, others 5 %"


def test_a_round_trip_is_taken_apart() -> None:
    one = sampled({"producers.cpu": 0.4, "server.cpu": 0.2, "producers.waiting": 0.1}, latency_ms=0.95)
    split = "the producer's CPU 40 %, the server's CPU 20 %, waiting for a CPU 10 %, neither 30 %"
    assert limit(measured(one))["split"] == split


def test_a_window_of_readings_is_full_when_it_is_half_full_in_the_middle() -> None:
    """Four producers may have 20 readings in flight each; 5000 a second for 10 ms are about 50 of those 80."""
    settings = {"frequency": 0, "in_flight": 20}
    waiting = sampled(tps=5000, latency_ms=10.0, producers=4)
    assert named(measured(waiting, settings=settings)) == ("round trip", "sure")
    assert " readings of the 80 that 4 producers may have" in told(measured(waiting, settings=settings))
    assert named(measured(sampled(tps=5000, latency_ms=5.0, producers=4), settings=settings)) == ("unknown", "guess")


def test_of_two_bounds_on_what_is_in_flight_the_lower_one_counts() -> None:
    waiting = sampled(tps=1500, latency_ms=10.0)
    assert "of the 20 that" in told(measured(waiting, settings={"frequency": 1000, "in_flight": 20}))
    assert "of the 25 that" in told(measured(waiting, settings={"frequency": 25, "in_flight": 100}))


def test_in_flight_is_what_was_handed_over_not_what_was_due() -> None:
    """Behind its schedule, a reading waits for its turn for longer than the server takes."""
    late = replace(sampled(latency_ms=900.0), service_histogram=histogram(0.2), schedule=kept(sent=100))
    assert "0.20 readings were in flight of the 1" in told(measured(late))


def test_without_a_bound_on_what_is_in_flight_the_round_trip_is_not_named() -> None:
    trial = measured(sampled(tps=5000, latency_ms=10.0), settings={"frequency": 0})
    assert named(trial) == ("unknown", "guess")
    assert " readings were in flight, without a bound" in told(trial)


def kept(**fields: float) -> Any:
    held = {"rate": 1000.0, "intended": 5000, "sent": 4999, "late": 3, "behind_max_ms": 8.0, "behind_end_ms": 0.0}
    return held | fields


def test_a_schedule_that_is_kept_is_the_limit_and_needs_no_samples() -> None:
    one = replace(sampled({"producers.cpu": 0.97}, tps=1000), schedule=kept())
    assert named(measured(one)) == ("schedule", "sure")
    assert named(measured(replace(one, samples={}))) == ("schedule", "sure")


@pytest.mark.parametrize("fields", [{"sent": 4000}, {"behind_end_ms": 900.0}, {"rate": 1100.0}])
def test_a_schedule_that_is_not_kept_is_not_the_limit(fields: dict[str, float]) -> None:
    one = replace(sampled({"producers.cpu": 0.97}, tps=1000), schedule=kept(**fields))
    assert named(measured(one)) == ("producer CPU", "sure")


def test_producers_told_to_sleep_are_limited_by_that() -> None:
    trial = measured(sampled(tps=9.9, latency_ms=1.0), settings={"frequency": 1, "sleep_time": 0.1})
    assert named(trial) == ("schedule", "sure")
    assert "slept 99 % of the time" in told(trial)
    hardly = measured(sampled(latency_ms=0.99), settings={"frequency": 1, "sleep_time": 1e-5})
    assert named(hardly) == ("round trip", "sure")


def test_without_samples_the_limit_is_unknown() -> None:
    assert named(a_trial(a_round(100.0, producers=[{}]))) == ("unknown", "guess")
    assert told(a_trial()) == "the record holds no samples of any host"


def test_where_nothing_was_measured_the_limit_is_unknown() -> None:
    assert told(measured(sampled(tps=0.0))) == "nothing was measured"


def test_samples_beside_the_measured_time_do_not_count() -> None:
    """Before and after it the machine is busy with other things."""
    one = sampled(latency_ms=0.95)
    for column in ("cpu.user", "foreign.cpu"):
        values = one.samples["local"][column]
        values[0] = values[-1] = 2.0
    assert named(measured(one)) == ("round trip", "sure")


def test_a_round_too_short_for_a_sample_makes_it_less_sure() -> None:
    one = sampled({"producers.cpu": 0.97})
    shorter = {name: [*values[:3]] for name, values in one.samples["local"].items()}
    shorter["at"] = [-0.2, 0.8, 1.8]
    trial = measured(replace(one, seconds=1.3, samples={"local": shorter}))
    assert named(trial) == ("producer CPU", "likely")
    assert "measure for longer" in told(trial)


def test_rounds_that_say_otherwise_make_it_less_sure() -> None:
    busy, idle = (sampled({"producers.cpu": 0.99}), sampled({"producers.cpu": 0.7}, latency_ms=0.95))
    trial = measured(busy, busy, busy, idle)
    assert named(trial) == ("producer CPU", "likely")
    assert "of 4 rounds, some say otherwise: round trip (1)" in told(trial)


def test_a_second_suspect_makes_it_less_sure() -> None:
    one = sampled({"server.cpu": 0.97, "producers.cpu": 0.93, "cpu.user": 1.5})
    trial = measured(one, hosts=[LOCAL | {"cpus": 4}])
    assert named(trial) == ("server CPU", "likely")
    assert "also, producer CPU: producers: 0.93 cores used by each of 1" in told(trial)


def test_what_was_never_sampled_is_no_evidence() -> None:
    """Of a server somewhere else nothing is known but how long it takes."""
    one = sampled(latency_ms=0.95)
    there = {name: values for name, values in one.samples["local"].items() if not name.startswith("server.")}
    trial = measured(replace(one, samples={"local": there}), hosts=[LOCAL | {"roles": ["producer"]}])
    assert named(trial) == ("round trip", "guess")
    assert "the server's host was not sampled" in told(trial)


def apart(producer: dict[str, float], server: dict[str, float]) -> Trial:
    """Return a trial of two machines: four producers here, a server there."""
    here = {name: values for name, values in series(producer).items() if not name.startswith("server.")}
    there = {name: values for name, values in series(server).items() if not name.startswith("producers.")}
    one = replace(sampled(latency_ms=3.9, producers=4), samples={"pi1": here, "pi2": there})
    hosts = [{"name": "pi1", "roles": ["producer"], "cpus": 4}, {"name": "pi2", "roles": ["server"], "cpus": 4}]
    return measured(one, hosts=hosts)


def test_of_two_machines_the_busy_one_is_named() -> None:
    idle = {"cpu.user": 0.3}
    full = {"cpu.user": 3.4, "cpu.system": 0.5}
    assert named(apart(full | {"producers.cpu": 3.8}, idle)) == ("producer CPU", "sure")
    assert named(apart(idle, full | {"server.cpu": 3.8, "server.threads": 50.0})) == ("server CPU", "sure")
    assert named(apart(idle, idle)) == ("round trip", "sure")


def test_the_disk_of_a_producer_is_nobodys_limit_but_its_own() -> None:
    assert named(apart({"disk.sda.io": 999.0, "pressure.io": 0.99}, {}))[0] == "round trip"
    wet = {"disk.sda.io": 999.0, "pressure.io": 0.99, "server.write_bytes": 1e5}
    assert named(apart({}, wet)) == ("server I/O", "sure")


def test_where_producers_write_to_a_file_their_own_waiting_for_the_disk_counts() -> None:
    one = sampled({"pressure.io": 0.95, "producers.write_bytes": 1e5, "disk.sda.io": 900.0}, latency_ms=0.95)
    mine = {name: values for name, values in one.samples["local"].items() if not name.startswith("server.")}
    trial = measured(replace(one, samples={"local": mine}))
    assert named(replace(trial, server=trial.server | {"service": "file"})) == ("server I/O", "sure")


def test_the_verdict_can_be_saved() -> None:
    trial = measured(sampled({"producers.cpu": 0.97}))
    found = limit(trial)
    assert set(found) == {"side", "resource", "class", "sure", "evidence", "split"}
    assert limit(Trial.from_json(trial.to_json())) == found
    assert len(trial.rounds[0].samples["local"]["at"]) == SECONDS + 2
