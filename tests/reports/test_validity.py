"""Each doubt: a record that has it, and the nearest record that has not."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.backends.placement import partition_row
from collectors.record import Round, Trial
from reports.validity import RULES, doubts
from tests.reports.circumstances import a_host, good_round, good_trial, sampled, samples
from tests.reports.series import trial_of
from tests.trials import a_round, a_trial

MIB = 2**20


def paced(**held: Any) -> Trial:
    schedule = {"rate": 100.0, "intended": 1000, "sent": 990, "late": 0, "behind_max_ms": 5.0, "behind_end_ms": 5.0}
    return good_trial(good_round(schedule=schedule | held))


def on(*hosts: dict[str, Any]) -> Trial:
    one = good_round(samples={str(host["name"]): samples() for host in hosts})
    return good_trial(one, hosts=list(hosts))


def waiting(tps: float = 2000.0, **fields: Any) -> Trial:
    """Return a single client that waits for each reading on an idle virtual machine."""
    idle = {"pi1": samples(cpu__user=0.3, cpu__system=0.3, cpu__idle=1.4)}
    settings = {"frequency": 1, "in_flight": 1, "wait": True} | fields.pop("settings", {})
    one = good_round(tps, samples=fields.pop("samples", idle))
    return good_trial(one, **{"processes": 1, "hosts": [a_host(virtual=True)], "settings": settings} | fields)


def linked(speed: int, duplex: str = "full", **fields: Any) -> dict[str, Any]:
    return a_host(links={"eth0": {"kind": "wired", "speed": speed, "duplex": duplex}}) | fields


def row(tps: float, **fields: Any) -> dict[str, Any]:
    return {"producer": 0, "tps": tps} | fields


def uneven(trial: Trial) -> Trial:
    """Return it with a producer on its first host that did less than those on the second."""
    rows = [row(49, host="pi1"), row(100, host="pi2"), row(100, host="pi2")]
    return replace(trial, rounds=[replace(one, producers=rows) for one in trial.rounds])


def laid_out(*replicas: list[int], leader: int = 0, in_sync: list[int] | None = None, **settings: int) -> Trial:
    partitions = [
        partition_row(number, leader or those[0], those, those if in_sync is None else in_sync, 10)
        for number, those in enumerate(replicas)
    ]
    made = good_trial()
    return replace(
        made, server=made.server | {"layout": {"partitions": partitions}}, settings={**made.settings, **settings}
    )


def warmed_up(seconds: float, *tps: float, settled: bool) -> Trial:
    made = good_trial()
    warm_up = {"seconds": seconds, "tps": list(tps), "settled": settled}
    return replace(made, server=made.server | {"warm_up": warm_up})


def contained(kind: str = "official", *, seen: bool = True, **columns: float) -> Trial:
    """Return a trial whose server ran in a container on its first host, whose sampler saw it or not."""
    columns |= {"container__kafka-1__cores": 0.5} if seen else {}
    inside = a_host("kafka-1") | {"roles": ["server"], "container": {"image": "a/kafka:1", "image_kind": kind}}
    return good_trial(good_round(samples={"pi1": samples(**columns)}), hosts=[a_host("pi1"), inside])


PI1, PI2, PI3 = a_host("pi1"), a_host("pi2"), a_host("pi3")
OLD = {"code": "d40d99ae20cec7e9f9a52f75cb1438db"}
PI_3 = {"board": "Raspberry Pi 3 Model B Rev 1.2"}
HOT_HALF: list[float | None] = [1500.0] * 5 + [1000.0] * 5

PAIRS: dict[str, tuple[Trial, str, Trial]] = {
    "counted otherwise": (
        good_trial(good_round(server={"stored": good_round().delivered + 1, "missed": []})),
        f"the server counts {good_round().delivered + 1:,} readings of a round in which",
        good_trial(good_round(server={"stored": good_round().delivered, "missed": []})),
    ),
    "not asked": (
        good_trial(good_round(server={"stored": None, "missed": ["counts: no answer"]})),
        "the server's own counts: no answer",
        good_trial(good_round(server={"stored": None, "missed": []})),
    ),
    "interrupted": (good_trial(state="interrupted"), "it was interrupted; measured until then: 1 round", good_trial()),
    "failed": (good_trial(state="failed"), "it failed; measured until then: 1 round", good_trial()),
    "synthetic": (
        good_trial(sensor="synthetic"),
        "the readings are not this machine's own: sensor synthetic",
        good_trial(sensor="dht22:4"),
    ),
    "replayed": (
        good_trial(sensor="replay:a.csv"),
        "the readings are not this machine's own: sensor replay:a.csv",
        good_trial(),
    ),
    "tmpfs": (
        good_trial(server={"filesystem": "tmpfs"}),
        "the server's data lies in memory (tmpfs), so waiting for the disk is free",
        good_trial(server={"filesystem": "ext4"}),
    ),
    "failed readings": (
        good_trial(good_round(failed=1), good_round(unknown=1999)),
        "2,000 readings failed or have an unknown outcome",
        good_trial(good_round(unanswered=5), good_round()),
    ),
    "errors": (
        good_trial(good_round(errors=["producer 0: gone"]), good_round()),
        "errors in 1 of 2 rounds, the first: producer 0: gone",
        good_trial(good_round(), good_round()),
    ),
    "cold": (
        warmed_up(30.4, 1000, 2000.4, settled=False),
        "the servers were still getting faster when their warm-up of 30 s ended: 1,000, 2,000 TPS",
        warmed_up(30.4, 1000, 2000.4, settled=True),
    ),
    "not warmed up": (
        warmed_up(0, settled=False),
        "the servers compile their code while they run, and were not warmed up",
        good_trial(),
    ),
    "other partitions": (
        laid_out([1, 2], [2, 1], partitions=3),
        "the topic has 2 partitions, not the 3 that were asked for",
        laid_out([1, 2], [2, 1], partitions=2),
    ),
    "other replicas": (
        laid_out([1, 2], replication=3),
        "partitions have 2 replicas, not the 3 that were asked for",
        laid_out([1, 2], replication=2),
    ),
    "out of sync": (
        laid_out([1, 2], in_sync=[1]),
        "partition 0 had 1 of 2 replicas in sync afterwards",
        laid_out([1, 2], in_sync=[2, 1]),
    ),
    "no leader": (
        laid_out([1, 2], leader=-1),
        "partition 0 had no leader afterwards",
        laid_out([1, 2], leader=2),
    ),
    "uneven leaders": (
        laid_out([1, 2], [1, 2]),
        "partitions are not led evenly (by broker 1: 2, 2: 0)",
        laid_out([1, 2], [2, 1], [1, 2]),
    ),
    "uneven": (
        good_trial(good_round(producers=[row(49), row(100), row(101)])),
        "uneven producers: 49 to 101 TPS in one round",
        good_trial(good_round(producers=[row(51), row(100), row(101)])),
    ),
    "uneven twins": (
        uneven(on(PI1, PI2)),
        "uneven producers: 49 to 100 TPS in one round",
        uneven(on(PI1 | PI_3, PI2)),
    ),
    "not steady": (
        trial_of([1000] * 30 + [700] * 30),
        "not steady: TPS fell by 3",
        trial_of([1000] * 60),
    ),
    "steady or not": (
        trial_of([0.0, 10000.0] * 20),
        "steady or not, too short to say: readings are acknowledged in lumps",
        trial_of([0.0, 10000.0] * 14),
    ),
    "wide rounds": (
        good_trial(good_round(100), good_round(85), good_round(108)),
        "rounds differ: 85 to 108 TPS, a variation of 12.0 %, more than 10 %",
        good_trial(good_round(100), good_round(88), good_round(106)),
    ),
    "falling rounds": (
        good_trial(good_round(120), good_round(100), good_round(80)),
        "20.0 %, more than 10 %, each slower than the one before",
        good_trial(good_round(108), good_round(100), good_round(92)),
    ),
    "behind schedule": (
        paced(sent=979),
        "the schedule was not held in 1 of 1 rounds: 979 of 1,000 readings were sent in time, 5 ms behind at the end",
        paced(sent=980),
    ),
    "behind at the end": (paced(behind_end_ms=201.0), "201 ms behind at the end", paced(behind_end_ms=200.0)),
    "code": (
        on(PI1, PI2, a_host("pi3", **OLD)),
        "hosts differ in code: pi3 d40d99ae20ce, but pi1, pi2 3651dfea432e",
        on(PI1, PI2, PI3),
    ),
    "code of two": (
        on(PI1, a_host("pi2", **OLD)),
        "hosts differ in code: pi1 3651dfea432e; pi2 d40d99ae20ce",
        on(PI1, {"name": "pi2"}),
    ),
    "client": (
        on(PI1, PI2, a_host("pi3", clients={"paho-mqtt": "2.1.0"})),
        "hosts differ in paho-mqtt: pi3 2.1.0, but pi1, pi2 2.2.0",
        on(PI1, PI2, a_host("pi3", clients={"paho-mqtt": "2.2.0", "mysqlclient": "2.2.4"})),
    ),
    "python": (
        on(PI1, a_host("pi2", python="3.13.1")),
        "hosts differ in Python: pi1 3.11.2; pi2 3.13.1",
        on(PI1, a_host("pi2", python="3.13.1") | {"roles": ["server"]}),
    ),
    "settings": (
        on(PI1 | {"settings": {"frequency": 1}}, PI2 | {"settings": {"frequency": 10}}),
        "hosts differ in frequency: pi1 1; pi2 10",
        on(PI1 | {"settings": {"location": "a"}}, PI2 | {"settings": {"location": "b"}}),
    ),
    "processes": (
        on(PI1 | {"settings": {"processes": 32}}, PI2 | {"settings": {"processes": 64}}),
        "hosts differ in processes: pi1 32; pi2 64",
        on(PI1 | {"settings": {"processes": 32}}, a_host("pi2", cpus=4) | {"settings": {"processes": 64}}),
    ),
    "governor": (
        on(PI1, a_host("pi2", cpu={"governors": {"policy0": "powersave"}})),
        "hosts differ in CPU governor: pi1 performance; pi2 powersave",
        on(PI1, a_host("pi2", cpu={"governors": {"policy0": "powersave"}}) | PI_3),
    ),
    "throttled": (
        sampled(cpu__throttled=[0.0] * 9 + [float(0x50005)]),
        "host pi1 was held back while it was measured: under-voltage, throttled (get_throttled 0x50005)",
        sampled(cpu__throttled=0.0),
    ),
    "throttled between two samples": (
        sampled(cpu__throttled=[0.0] * 9 + [float(0x80000)]),
        "host pi1 was held back while it was measured: soft temperature limit (get_throttled 0x80000)",
        sampled(cpu__throttled=[None] * 10),
    ),
    "throttled before": (
        sampled(cpu__throttled=float(0x20000)),
        "host pi1 has been held back since it was started: frequency capped (get_throttled 0x20000)",
        sampled(cpu__throttled=float(0x10)),
    ),
    "hot": (
        sampled(cpu__temperature=[70.0] * 9 + [80.0]),
        "host pi1 reached 80.0 °C: from 80 °C on",
        sampled(cpu__temperature=79.9),
    ),
    "slowed": (
        sampled(cpu__mhz=HOT_HALF, cpu__temperature=76.0),
        "host pi1 slowed down to 1,000 MHz from 1,500 MHz while it was busy, at up to 76 °C",
        sampled(cpu__mhz=HOT_HALF, cpu__temperature=59.0),
    ),
    "slowed and busy": (
        sampled(cpu__mhz=HOT_HALF, cpu__temperature=76.0, cpu__idle=1.2),
        "host pi1 slowed down",
        sampled(cpu__mhz=HOT_HALF, cpu__temperature=76.0, cpu__idle=1.3),
    ),
    "foreign": (
        sampled(foreign__cpu=0.1, cpu__steal=0.06),
        "others used 0.16 cores of host pi1 (0.10 by other processes, 0.06 stolen by the hypervisor), more than 0.15",
        sampled(foreign__cpu=[1.0] + [0.05] * 9),
    ),
    "swapped out": (
        sampled(memory__swap_out=[1.5 * MIB] + [0.0] * 9),
        "host pi1 swapped: 1.5 MiB out and 0.0 MiB in while it was measured, more than 1 MiB",
        sampled(memory__swap_out=[0.9 * MIB] + [0.0] * 9),
    ),
    "swapped in": (sampled(memory__swap_in=2.0 * MIB), "0.0 MiB out and 20.0 MiB in", sampled(memory__swap_in=4096.0)),
    "slow link": (
        on(linked(10**8)),
        "link eth0 of host pi1 runs at 100 Mbit/s, not at 1000 Mbit/s: cable or switch",
        on(linked(10**8, **PI_3)),
    ),
    "very slow link": (
        on(linked(10**7, **PI_3)),
        "link eth0 of host pi1 runs at 10 Mbit/s, not at 100 Mbit/s",
        on(a_host(links={"wlan0": {"kind": "wireless", "speed": 10**7}}) | PI_3),
    ),
    "slower than its twin": (
        on(linked(10**9, board="NUC"), linked(10**8, board="NUC", name="pi2")),
        "link eth0 of host pi2 runs at 100 Mbit/s, not at 1000 Mbit/s",
        on(linked(10**9, board="NUC"), linked(10**8, board="PC", name="pi2")),
    ),
    "half duplex": (on(linked(10**9, "half")), "link eth0 of host pi1 runs half duplex", on(linked(10**9))),
    "flapping": (
        sampled(net__eth0__carrier_changes=[2.0] + [0.0] * 9),
        "link eth0 of host pi1 went down or up 2 times while it was measured",
        sampled(),
    ),
    "drops": (
        sampled(net__eth0__drops=1.5),
        "link eth0 of host pi1 dropped 1.5 packets a second, more than 1",
        sampled(net__eth0__drops=0.5),
    ),
    "clock": (
        good_trial(good_round(clock={"pi1": 0.01}), good_round(clock={"pi1": -3.6})),
        "the wall clock of host pi1 was set by -3.600 s in one round: correcting its speed explains up to 0.055 s",
        good_trial(good_round(clock={"pi1": 0.01}), good_round(clock={"pi1": -0.05})),
    ),
    "a wrong clock": (
        good_trial(good_round(starts={"pi1": {"offset_ms": -90.0, "uncertainty_ms": 30.0, "late_ms": 0.0}})),
        "the wall clock of host pi1 is 0.090 s behind the controlling machine's (known to ± 0.030 s), more than 0.05 s",
        good_trial(good_round(starts={"pi1": {"offset_ms": -90.0, "uncertainty_ms": 45.0, "late_ms": 0.0}})),
    ),
    "a late start": (
        good_trial(good_round(starts={"pi1": {"late_ms": 0.0}, "pi2": {"late_ms": 51.0}}), good_round()),
        "host pi2 began up to 51 ms after the others, more than 50 ms",
        good_trial(good_round(starts={"pi1": {"late_ms": 50.0}})),
    ),
    "an unchecked host key": (
        good_trial(hosts=[a_host("pi1") | {"host_key": "unchecked"}]),
        "the host key of host pi1 was not checked: it may be another machine",
        good_trial(hosts=[a_host("pi1") | {"host_key": "checked"}]),
    ),
    "idle states of a virtual machine": (
        waiting(),
        "idle cores of host pi1 sleep between two readings (a virtual machine, whose real idle states cannot be seen)",
        waiting(tps=900.0),
    ),
    "idle states": (
        waiting(
            hosts=[
                a_host(idle={"states": [{"name": "C1", "exit_latency_us": 2}, {"name": "C6", "exit_latency_us": 133}]})
            ]
        ),
        "sleep between two readings (C6, 133 µs to wake up)",
        waiting(hosts=[a_host(idle={"states": [{"name": "C1", "exit_latency_us": 2}]})]),
    ),
    "idle states of a busy machine": (
        waiting(),
        "sleep between two readings",
        waiting(samples={"pi1": samples(cpu__user=0.6, cpu__system=0.6)}),
    ),
    "idle states and several in flight": (
        waiting(),
        "sleep between two readings",
        waiting(settings={"frequency": 100, "in_flight": 10}),
    ),
    "idle states and no waiting": (
        waiting(),
        "sleep between two readings",
        waiting(settings={"frequency": 0, "in_flight": 1, "wait": False}),
    ),
    "idle states and several clients": (waiting(), "sleep between two readings", waiting(processes=2)),
    "idle states and pauses": (waiting(), "sleep between two readings", waiting(settings={"sleep_time": 0.1})),
    "a stand-in": (
        contained("stand-in"),
        "the server ran in a/kafka:1, which stands in for the official image",
        contained("official"),
    ),
    "forwarded": (
        contained(forwarders__cpu=0.06),
        "the engine used 0.06 cores of host pi1 to forward published ports, more than 0.05",
        contained(forwarders__cpu=0.05),
    ),
    "a container not sampled": (
        contained(seen=False),
        "host kafka-1 was not sampled",
        contained(),
    ),
    "not sampled": (
        good_trial(good_round(), good_round(samples={})),
        "host pi1 was not sampled",
        good_trial(good_round(), good_round(samples={}, seconds=1.9)),
    ),
    "one of two not sampled": (
        replace(on(PI1, PI2), rounds=[good_round()]),
        "host pi2 was not sampled",
        on(PI1, PI2),
    ),
    "dear sampler": (
        sampled(sampler__cpu=0.011),
        "the sampler used 1.1 % of a core of host pi1, more than 1 %",
        sampled(sampler__cpu=0.01),
    ),
}


@pytest.mark.parametrize("case", PAIRS)
def test_a_doubt_is_told_of_the_record_that_has_it_and_not_of_the_nearest_that_has_not(case: str) -> None:
    has, words, has_not = PAIRS[case]
    assert [doubt for doubt in doubts(has) if words in doubt], doubts(has)
    assert doubts(has_not) == []


def test_what_happens_now_is_not_told_again_as_what_happened_before() -> None:
    assert len(doubts(sampled(cpu__throttled=float(0x50005)))) == 1
    assert len(doubts(sampled(cpu__throttled=float(0x50001)))) == 2


def test_unknown_boards_are_not_twins() -> None:
    powersave = a_host("pi2", cpu={"governors": {"policy0": "powersave"}})
    assert doubts(on(PI1 | {"board": None}, powersave | {"board": None})) == []


def test_a_good_record_has_no_doubt() -> None:
    assert doubts(good_trial()) == []
    assert doubts(good_trial(*[good_round()] * 3)) == []


def test_every_rule_is_tried() -> None:
    told = [rule.__name__ for rule in RULES if any(list(rule(has)) for has, _, _ in PAIRS.values())]
    assert told == [rule.__name__ for rule in RULES]


def test_what_the_trial_was_told_stands_last_and_nothing_twice() -> None:
    trial = good_trial(sensor="synthetic", told=["beyond the quota", "beyond the quota"])
    assert doubts(trial) == ["the readings are not this machine's own: sensor synthetic", "beyond the quota"]


def test_what_was_concluded_before_is_not_taken_for_granted() -> None:
    """A saved file gives the same answers years later, whatever doubts it was saved with."""
    assert doubts(good_trial(doubts=["gone"])) == []


def test_a_record_of_the_first_schema_has_the_doubts_it_had() -> None:
    saved = a_trial(a_round(), a_round(), sensor="synthetic").to_json() | {"schema": "thermobench.trial/1"}
    late = {one.name for one in fields(Trial) if one.name in {"told", "state", "steady", "limit", "confirmation"}}
    later = ("began", "histogram", "service_histogram", "schedule", "samples", "server", "clock", "starts")
    saved["rounds"] = [{name: one[name] for name in one if name not in later} for one in saved["rounds"]]
    trial = Trial.from_json({name: saved[name] for name in saved if name not in late})
    assert doubts(trial) == ["the readings are not this machine's own: sensor synthetic"]


def test_a_short_default_run_is_not_drowned_in_doubts() -> None:
    rounds = [
        good_round(tps, seconds=2.0, windows=[(0.0, 0), (1.0, round(tps)), (2.0, round(2 * tps))])
        for tps in (95, 100, 103)
    ]
    assert doubts(good_trial(*rounds)) == []


_VALUES = st.none() | st.floats(0, 1e9)
_COLUMNS = st.sampled_from(["at", *samples()])
_SERIES = st.dictionaries(_COLUMNS, st.lists(_VALUES, max_size=5), max_size=6)


def _rounds() -> st.SearchStrategy[Round]:
    return st.builds(
        good_round,
        tps=st.floats(0, 1e6),
        seconds=st.floats(0, 400),
        samples=st.dictionaries(st.sampled_from(["pi1", "pi9"]), _SERIES),
        producers=st.lists(st.builds(row, _VALUES)),
        clock=st.dictionaries(st.just("pi1"), st.floats(-10, 10)),
        began=st.sampled_from([0.0, 1.7e9]),
        windows=st.lists(st.tuples(st.floats(0, 400), st.integers(0, 10**6)), max_size=20).map(sorted),
    )


_HOSTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["pi1", "pi2"])},
        optional={
            "fingerprint": st.none()
            | st.dictionaries(st.sampled_from(["idle", "links", "clients", "cpu", "code", "virtual"]), st.none()),
            "settings": st.dictionaries(st.sampled_from(["frequency", "processes"]), st.integers()),
            "roles": st.lists(st.sampled_from(["producer", "server"])),
            "board": st.none(),
        },
    ),
    max_size=3,
)


@given(
    st.lists(_rounds(), max_size=4), _HOSTS, st.dictionaries(st.sampled_from(["test_time", "rate"]), st.floats(0, 400))
)
def test_whatever_is_missing_nothing_is_raised(
    rounds: list[Round], hosts: list[dict[str, Any]], settings: dict[str, Any]
) -> None:
    trial = replace(good_trial(), rounds=rounds, hosts=hosts, settings=settings, server={}, processes=1)
    assert all(isinstance(doubt, str) for doubt in doubts(trial))


@given(st.floats(0, 1), st.floats(0, 1))
def test_others_are_doubted_from_their_threshold_on(foreign: float, steal: float) -> None:
    found = [doubt for doubt in doubts(sampled(foreign__cpu=foreign, cpu__steal=steal)) if "others used" in doubt]
    if abs(foreign + steal - 0.15) > 1e-9:
        assert bool(found) == (foreign + steal > 0.15)


@pytest.mark.parametrize("bit", [0, 1, 2, 3, 16, 17, 18, 19])
def test_every_bit_of_the_firmware_is_told(bit: int) -> None:
    assert [
        doubt for doubt in doubts(sampled(cpu__throttled=float(1 << bit))) if f"get_throttled {1 << bit:#x}" in doubt
    ]
