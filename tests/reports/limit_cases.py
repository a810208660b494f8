"""What a machine did in a round, and what stopped it: class, and how sure that is."""

from __future__ import annotations

from collectors.record import Round
from tests.reports.limit_records import sampled

BUSY = {"cpu.user": 1.6, "cpu.system": 0.38, "cpu.idle": 0.02}

CASES: dict[str, tuple[Round, tuple[str, str]]] = {
    "one producer on a core of its own": (
        sampled({"producers.cpu": 0.97, "cpu.user": 1.0, "server.cpu": 0.2}),
        ("producer CPU", "sure"),
    ),
    "two producers with more cores than they can use": (
        sampled({"producers.cpu": 1.9, "producers.threads": 2.0, "server.cpu": 0.1}, producers=2),
        ("producer CPU", "sure"),
    ),
    "two producers that use half a core each": (
        sampled({"producers.cpu": 1.0, "producers.threads": 2.0, "cpu.user": 1.0}, producers=2, latency_ms=1.9),
        ("round trip", "sure"),
    ),
    "a client of several threads, one of them busy": (
        sampled({"producers.cpu": 1.3, "producers.threads": 4.0, "producers.busiest": 0.95}),
        ("producer CPU", "sure"),
    ),
    "a client of several threads, of which nothing is known": (
        sampled({"producers.cpu": 1.3, "producers.threads": 4.0}),
        ("producer CPU", "likely"),
    ),
    "a client of several threads, none of them known to be busy": (
        sampled({"producers.cpu": 1.3, "producers.threads": 4.0, "producers.busiest": 0.7}, latency_ms=0.95),
        ("round trip", "sure"),
    ),
    "a server of one thread": (sampled({"server.cpu": 0.96, "cpu.user": 1.2}), ("server CPU", "sure")),
    "a server of many threads, one of them busy": (
        sampled({"server.cpu": 1.2, "server.threads": 60.0, "server.busiest": 0.93}, producers=8),
        ("server CPU", "likely"),
    ),
    "a server of many threads that serves one producer with one": (
        sampled({"server.cpu": 0.95, "server.threads": 60.0}),
        ("server CPU", "likely"),
    ),
    "a server held by a quota": (
        sampled({"server.cpu": 0.1, "server.quota": 0.1, "server.throttled": 0.9}),
        ("server CPU", "sure"),
    ),
    "a server pinned to one core, which it uses": (
        sampled({"server.cpu": 0.95, "server.cpus": 1.0, "server.threads": 60.0}),
        ("server CPU", "sure"),
    ),
    "a server pinned to one core, which it does not use up": (
        sampled({"server.cpu": 0.5, "server.cpus": 1.0, "server.threads": 60.0}, latency_ms=0.95),
        ("round trip", "sure"),
    ),
    "producers held by a quota": (
        sampled({"producers.cpu": 0.19, "producers.quota": 0.2, "producers.throttled": 0.8}, producers=4),
        ("producer CPU", "sure"),
    ),
    "a producer held by a quota of one core, which is all that it can use": (
        sampled({"producers.cpu": 0.96, "producers.quota": 1.0, "producers.throttled": 0.1}),
        ("producer CPU", "sure"),
    ),
    "a quota that is there and not used up": (
        sampled({"server.cpu": 0.1, "server.quota": 1.0, "server.throttled": 0.0}, latency_ms=0.95),
        ("round trip", "sure"),
    ),
    "a quota that both share": (
        sampled(
            {
                "server.cpu": 0.2,
                "server.quota": 0.5,
                "server.throttled": 0.4,
                "producers.cpu": 0.28,
                "producers.quota": 0.5,
                "producers.throttled": 0.4,
            }
        ),
        ("shared CPU", "likely"),
    ),
    "a machine whose cores are all in use by both": (
        sampled({"producers.cpu": 1.2, "server.cpu": 0.7, **BUSY}, producers=4),
        ("shared CPU", "sure"),
    ),
    "a machine whose cores are all in use, a few by others": (
        sampled({"producers.cpu": 1.0, "server.cpu": 0.6, "foreign.cpu": 0.3, **BUSY}, producers=4),
        ("shared CPU", "likely"),
    ),
    "a machine whose cores are all in use, a few by those that read back": (
        sampled({"producers.cpu": 1.0, "server.cpu": 0.5, "reader.cpu": 0.4, **BUSY}, producers=4),
        ("shared CPU", "likely"),
    ),
    "a machine whose cores the producers use": (
        sampled({"producers.cpu": 1.85, "server.cpu": 0.1, **BUSY}, producers=4),
        ("producer CPU", "sure"),
    ),
    "a machine whose cores the server uses": (
        sampled({"producers.cpu": 0.1, "server.cpu": 1.85, "server.threads": 60.0, **BUSY}, producers=4),
        ("server CPU", "sure"),
    ),
    "a machine whose cores others use": (
        sampled(
            {"producers.cpu": 0.4, "producers.waiting": 0.4, "server.cpu": 0.2, "foreign.cpu": 1.3, **BUSY},
            latency_ms=0.99,
        ),
        ("unknown", "likely"),
    ),
    "a machine whose cores others use with less priority": (
        sampled(
            {"producers.cpu": 0.4, "producers.waiting": 0.05, "server.cpu": 0.2, "foreign.cpu": 1.3, **BUSY},
            latency_ms=0.99,
        ),
        ("round trip", "sure"),
    ),
    "the same, and a server that waits for the disk": (
        sampled(
            {
                "producers.cpu": 0.02,
                "foreign.cpu": 1.9,
                "server.write_bytes": 5e4,
                "pressure.io": 0.48,
                "cpu.steal": 0.05,
                **BUSY,
            },
            tps=14.0,
            latency_ms=70.0,
        ),
        ("server I/O", "sure"),
    ),
    "a machine whose cores are used by whom nobody told": (
        sampled(
            {"producers.cpu": 0.4, "producers.waiting": 0.4, "server.cpu": 0.2, "foreign.cpu": None, **BUSY},
            latency_ms=0.99,
        ),
        ("unknown", "likely"),
    ),
    "a machine whose cores the hypervisor takes": (
        sampled(
            {
                "producers.cpu": 0.4,
                "server.cpu": 0.2,
                "cpu.user": 0.5,
                "cpu.system": 0.1,
                "cpu.steal": 1.3,
            },
            latency_ms=0.99,
        ),
        ("unknown", "likely"),
    ),
    "a server held by a quota on a machine whose cores others use": (
        sampled(
            {
                "server.cpu": 0.1,
                "server.quota": 0.1,
                "server.throttled": 0.9,
                "server.waiting": 0.9,
                "foreign.cpu": 1.7,
                **BUSY,
            }
        ),
        ("server CPU", "likely"),
    ),
    "a disk that is always at work": (
        sampled(
            {
                "disk.sda.io": 980.0,
                "disk.sda.write_bytes": 4e5,
                "server.write_bytes": 2e5,
                "pressure.io": 0.95,
            }
        ),
        ("server I/O", "sure"),
    ),
    "a disk that is always at work, on a kernel that tells nothing of waiting": (
        sampled(
            {"disk.sda.io": 980.0, "disk.sda.write_bytes": 4e5, "server.write_bytes": 2e5}
            | {"pressure.io": None, "cpu.iowait": None}
        ),
        ("server I/O", "sure"),
    ),
    "a server that waits for the disk most of the time": (
        sampled({"server.write_bytes": 5e4, "pressure.io": 0.5, "cpu.iowait": 0.6}, latency_ms=0.95),
        ("server I/O", "likely"),
    ),
    "a full machine, where waiting for the disk now and then holds nobody up": (
        sampled(
            {"producers.cpu": 1.2, "server.cpu": 0.7, "server.write_bytes": 5e4, "pressure.io": 0.5, **BUSY},
            producers=4,
        ),
        ("shared CPU", "sure"),
    ),
    "a server that waits for a disk which never sees its requests": (
        sampled({"server.write_bytes": 5e4, "pressure.io": 0.9, "cpu.iowait": 1.0}, latency_ms=70.0, tps=14.0),
        ("server I/O", "sure"),
    ),
    "the same beside a busy core, where the kernel's averages show half of it": (
        sampled(
            {"server.write_bytes": 5e4, "pressure.io": 0.5, "cpu.iowait": 0.0, "cpu.user": 0.9},
            latency_ms=70.0,
            tps=14.0,
        ),
        ("server I/O", "sure"),
    ),
    "a server whose thread is always found waiting for a disk, others using all cores": (
        sampled(
            {"server.blocked": 1.0, "server.write_bytes": 5e4, "foreign.cpu": 1.8, "producers.waiting": 0.5, **BUSY},
            tps=14.0,
        ),
        ("server I/O", "likely"),
    ),
    "a disk that others keep busy": (
        sampled({"disk.sda.io": 990.0, "disk.sda.write_bytes": 9e6, "pressure.io": 0.9}, latency_ms=0.95),
        ("round trip", "sure"),
    ),
    "a disk that others write to more than the server does": (
        sampled(
            {
                "disk.sda.io": 990.0,
                "disk.sda.write_bytes": 9e6,
                "server.write_bytes": 1e5,
                "pressure.io": 0.9,
            }
        ),
        ("server I/O", "likely"),
    ),
    "a short wait for the disk in every round trip": (
        sampled(
            {"server.write_bytes": 1e6, "disk.sda.io": 300.0, "pressure.io": 0.2, "cpu.iowait": 0.2},
            latency_ms=0.95,
        ),
        ("round trip", "sure"),
    ),
    "a machine that swaps": (
        sampled(
            {
                "memory.swap_out": 3e6,
                "memory.swap_in": 1e6,
                "pressure.memory": 0.5,
                "disk.sda.io": 990.0,
            }
        ),
        ("memory", "sure"),
    ),
    "a link at its speed": (sampled({"net.eth0.tx_bytes": 11.4e6}), ("network", "sure")),
    "a link with room": (sampled({"net.eth0.tx_bytes": 6e6}, latency_ms=0.95), ("round trip", "sure")),
    "a link whose queue never empties": (
        sampled({"net.eth0.backlog": [9000.0, 0.0, 8000.0, 7000.0, 9000.0], "net.eth0.overlimits": 1600.0}),
        ("network", "sure"),
    ),
    "a shaped link, one reading at a time": (
        sampled({"net.eth0.backlog": 0.0, "net.eth0.overlimits": 650.0}, latency_ms=0.95),
        ("network", "likely"),
    ),
    "a shaped link with room": (
        sampled({"net.eth0.backlog": 0.0, "net.eth0.overlimits": 20.0}, latency_ms=0.95),
        ("round trip", "sure"),
    ),
    "nothing busy and as many in flight as may be": (sampled(latency_ms=0.95), ("round trip", "sure")),
    "nothing busy and few in flight": (sampled(latency_ms=0.2), ("unknown", "guess")),
    "nothing busy and nothing acknowledged": (sampled(latency_ms=0.0), ("unknown", "guess")),
}
