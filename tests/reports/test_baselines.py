"""Baselines in words, and the fractions of them that mean something."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.record import Series, Trial
from reports.baselines import Fraction, baseline_lines, fractions
from tests.trials import a_round, a_trial

CPU = {"one_thread": 1234.4, "all_threads": 2345.0, "threads": 2}
DISK = {"sequential_write": 310.2, "sequential_read": 95.04, "fsyncs": 1900.0, "fsync_p99": 0.8123}


def figures(**values: float) -> dict[str, Any]:
    return {name: {"value": value, "unit": "", "how": ""} for name, value in values.items()}


def a_host(name: str = "local", *roles: str, missed: tuple[str, ...] = (), **kinds: Any) -> dict[str, Any]:
    """Return a host with one data disk, `sda`."""
    measured = {"cpu": {}, "disk": figures(**DISK), "network": {}, "missed": list(missed)} | kinds
    return {"name": name, "roles": list(roles), "fingerprint": {"data_disks": ["sda"]}, "baselines": measured}


def samples(**columns: float) -> Series:
    made: Series = {"at": [1.0, 2.0]}
    return made | {name.replace("__", "."): [value, value] for name, value in columns.items()}


def mysql(*hosts: dict[str, Any], tps: float = 812.0, **fields: Any) -> Trial:
    server = {"service": "mariadb", "filesystem": "ext4"} | fields.pop("server", {})
    round_ = a_round(tps, samples=fields.pop("samples", {}))
    name = "perf/test_one_thread.py::test_one_thread[mysql]"
    return a_trial(round_, name=name, backend="mysql", hosts=list(hosts), server=server, **fields)


def shares(trial: Trial) -> dict[str, float]:
    return {one.what: round(one.share, 4) for one in fractions(trial)}


def test_what_was_never_measured_has_no_line() -> None:
    assert baseline_lines([]) == []
    assert baseline_lines([a_trial()]) == []
    assert fractions(a_trial()) == []


def test_a_host_has_one_line_however_many_cases_there_were() -> None:
    network = {"local": figures(loopback=21000.4, retransmits=0)}
    host = a_host("local", "producer", "server", cpu=figures(**CPU), network=network)
    lines = baseline_lines([mysql(host), mysql(host, acknowledged_means="in memory")])
    assert lines == [
        "baselines:",
        "  local: CPU 1,234 events/s (1 thread), 2,345 (2 threads); disk 310 MB/s written, 95 MB/s read, "
        "1,900 fsyncs/s (p99 0.812 ms); loopback 21,000 Mbit/s",
        "  test_one_thread[mysql]: 812 commits/s, 43 % of the 1,900 fsyncs/s of local",
    ]


def test_links_are_named_by_their_ends_and_what_was_missed_is_told() -> None:
    network = {"server1": figures(link=94.13, retransmits=12)}
    host = a_host("pi", cpu=figures(one_thread=99.96), disk={}, network=network, missed=("disk: fio is not there",))
    [_, line] = baseline_lines([a_trial(hosts=[host])])
    assert line == (
        "  pi: CPU 100 events/s (1 thread); to server1 94.1 Mbit/s (12 segments sent again); "
        "not measured: disk: fio is not there"
    )


@pytest.mark.parametrize(
    ("fields", "share"),
    [
        ({}, 812 / 1900),
        ({"tps": 3800.0}, 2.0),
        ({"settings": {"frequency": 1000}}, 0.812 / 1900),
        ({"settings": {"frequency": 0}}, None),
        ({"settings": {}}, None),
        ({"acknowledged_means": "in memory of 1 of 1 replicas (ONE), on disk within 10 s by default"}, None),
        ({"server": {"filesystem": "tmpfs"}}, None),
    ],
)
def test_commits_are_held_against_fsyncs_where_they_wait_for_the_disk(
    fields: dict[str, Any], share: float | None
) -> None:
    found = shares(mysql(a_host("local", "producer", "server"), **fields))
    assert found == ({} if share is None else {"commits/s": round(share, 4)})


def test_the_disk_is_that_of_the_one_host_which_stores() -> None:
    slow, fast = figures(fsyncs=100.0), figures(fsyncs=1000.0)
    producer, server = a_host("pi", "producer", disk=slow), a_host("box", "server", disk=fast)
    assert [one.baseline for one in fractions(mysql(producer, server))] == ["fsyncs/s of box"]
    assert fractions(mysql(producer, server, a_host("box2", "server"))) == []
    assert fractions(mysql(producer, {"name": "box", "roles": ["server"]})) == []
    assert fractions(mysql(producer)) == []
    assert shares(mysql(producer, tps=50.0, server={"service": "file"})) == {"commits/s": 0.5}


def test_a_disk_that_made_no_fsync_is_held_against_nothing() -> None:
    assert fractions(mysql(a_host("local", "server", disk=figures(fsyncs=0.0)))) == []


@pytest.mark.parametrize(("wrote", "share"), [(31.02e6, 0.1), (3.2e6, 0.0103), (3.0e6, None)])
def test_bytes_written_are_held_against_the_sequential_rate(wrote: float, share: float | None) -> None:
    host = a_host("local", "server", disk=figures(sequential_write=310.2))
    made = mysql(host, samples={"local": samples(disk__sda__write_bytes=wrote, disk__sdb__write_bytes=1e9)})
    assert shares(made) == ({} if share is None else {"MB/s written": share})


def test_of_several_data_disks_none_is_held_against_the_rate() -> None:
    host = a_host("local", "server", disk=figures(sequential_write=310.2))
    host["fingerprint"]["data_disks"].append("sdb")
    assert fractions(mysql(host, samples={"local": samples(disk__sda__write_bytes=31e6)})) == []


def test_bytes_sent_are_held_against_the_best_link_and_never_against_loopback() -> None:
    seen = {"pi": samples(net__lo__tx_bytes=1e9, net__eth0__tx_bytes=2.5e6, net__br0__tx_bytes=2.4e6)}
    network = {"a": figures(link=50.0), "b": figures(link=100.0)}
    pi = a_host("pi", "producer", disk={}, network=network)
    assert fractions(mysql(pi, samples=seen)) == [
        Fraction("Mbit/s sent", 20.0, 100.0, "Mbit/s that pi can send"),
    ]
    alone = a_host("pi", "producer", disk={}, network={"pi": figures(loopback=100.0)})
    assert fractions(mysql(alone, samples=seen)) == []
    assert fractions(mysql(pi, samples={"pi": samples(net__eth0__tx_bytes=1e4)})) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (812.0, "812 commits/s, 43 % of the 1,900 fsyncs/s of local"),
        (5700.0, "5,700 commits/s, 300 % of the 1,900 fsyncs/s of local"),
        (0.812, "0.812 commits/s, 0.043 % of the 1,900 fsyncs/s of local"),
        (190.0, "190 commits/s, 10 % of the 1,900 fsyncs/s of local"),
        (64.6, "64.6 commits/s, 3.4 % of the 1,900 fsyncs/s of local"),
    ],
)
def test_a_fraction_is_told_with_what_it_is_of(value: float, words: str) -> None:
    assert Fraction("commits/s", value, 1900.0, "fsyncs/s of local").in_words() == words
