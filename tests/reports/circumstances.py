"""Records of machines on which all was well, to be spoilt by one thing at a time."""

from __future__ import annotations

from typing import Any

from collectors.record import Round, Trial
from tests.trials import a_round, a_trial

SECONDS = 10
QUIET: dict[str, float | None] = {
    "cpu.user": 0.6,
    "cpu.system": 0.6,
    "cpu.iowait": 0.0,
    "cpu.steal": 0.0,
    "cpu.idle": 0.8,
    "foreign.cpu": 0.05,
    "sampler.cpu": 0.002,
    "memory.swap_in": 0.0,
    "memory.swap_out": 0.0,
    "net.eth0.drops": 0.0,
    "net.eth0.carrier_changes": 0.0,
    "cpu.mhz": 1500.0,
    "cpu.temperature": 55.0,
    "cpu.throttled": 0.0,
}
FINGERPRINT: dict[str, Any] = {
    "code": "3651dfea432e24813579eff5b537efd9",
    "python": "3.11.2",
    "clients": {"paho-mqtt": "2.2.0", "mysqlclient": "2.3.1"},
    "cpus": 2,
    "cpu": {"governors": {"policy0": "performance"}},
    "virtual": False,
    "idle": {"driver": "none", "states": [{"name": "WFI", "exit_latency_us": 1}]},
    "links": {"eth0": {"kind": "wired", "speed": 10**9, "duplex": "full"}, "lo": {"kind": "loopback", "speed": None}},
}


def a_host(name: str = "pi1", **fingerprint: Any) -> dict[str, Any]:
    board = "Raspberry Pi 4 Model B Rev 1.4"
    known = FINGERPRINT | fingerprint
    return {"name": name, "roles": ["producer"], "board": board, "cpus": known["cpus"], "fingerprint": known}


def samples(**columns: float | list[float | None]) -> dict[str, list[float | None]]:
    """Return a sample a second, from before the measured time to after it; one value stands for all of them.

    Columns are given with two underscores for each dot: `cpu__mhz`.
    """
    found: dict[str, list[float | None]] = {"at": [float(second) for second in range(SECONDS + 2)]}
    given = {name.replace("__", "."): value for name, value in columns.items()}
    for name, value in (QUIET | given).items():
        within = value if isinstance(value, list) else [value] * SECONDS
        found[name] = [QUIET.get(name, 0.0), *within, QUIET.get(name, 0.0)]
    return found


def good_round(tps: float = 100.0, **fields: Any) -> Round:
    windows = [(float(second), round(second * tps)) for second in range(SECONDS + 1)]
    defaults: dict[str, Any] = {
        "seconds": float(SECONDS),
        "windows": windows,
        "began": 1.7e9,
        "samples": {"pi1": samples()},
        "producers": [{"producer": 0, "tps": tps / 2}, {"producer": 1, "tps": tps / 2}],
        "clock": {"pi1": 0.001},
    }
    return a_round(tps, **defaults | fields)


def sampled(**columns: Any) -> Trial:
    """Return a trial of one round in which these columns of its one host were so."""
    return good_trial(good_round(samples={"pi1": samples(**columns)}))


def good_trial(*rounds: Round, **fields: Any) -> Trial:
    settings = {"frequency": 1, "in_flight": 1, "wait": True, "test_time": float(SECONDS)}
    defaults: dict[str, Any] = {
        "settings": settings,
        "processes": 2,
        "client": "paho-mqtt 2.2.0",
        "hosts": [a_host()],
    }
    return a_trial(*(rounds or [good_round()]), **defaults | fields)
