"""The tables that saved runs are exported and queried as: their columns, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.record import COUNTS

TEXT, NUMBER, WHOLE, TRUTH, TIME = "VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "TIMESTAMP"
TEXTS, OBJECT = "VARCHAR[]", "JSON"
"""Types, as SQL has them. Times are UTC."""


@dataclass(frozen=True)
class Column:
    """One column."""

    name: str
    kind: str
    says: str
    """What stands in it, with its unit."""


@dataclass(frozen=True)
class Table:
    """One table."""

    name: str
    says: str
    """What one row is."""
    columns: tuple[Column, ...]


_KEY = (
    Column("run", TEXT, "the saved run: its file's name without the ending"),
    Column("case_name", TEXT, "the test's id"),
)
_ROUND = (*_KEY, Column("round", WHOLE, "1 for the first"))
_COUNTS = tuple(Column(name, WHOLE, "readings; null where the backend cannot show it") for name in COUNTS)

TRIALS = Table(
    "trials",
    "one case of one run",
    (
        *_KEY,
        Column("saved", TIME, "when the run was saved"),
        Column("commit_id", TEXT, "what was checked out"),
        Column("dirty", TRUTH, "whether there were changes beside it"),
        Column("branch", TEXT, "of that checkout"),
        Column("backend", TEXT, "kafka, mysql, …"),
        Column("environment", TEXT, "native, container, hardware or reference"),
        Column("processes", WHOLE, "producers"),
        Column("producer_hosts", TEXTS, "hosts that wrote"),
        Column("server_hosts", TEXTS, "hosts that servers ran on"),
        Column("board", TEXT, "of the first host that wrote"),
        Column("sensor", TEXT, "where readings came from"),
        Column("client", TEXT, "and its version"),
        Column("service", TEXT, "the server"),
        Column("server_version", TEXT, "of the server"),
        Column("acknowledged_means", TEXT, "what an acknowledgement promises"),
        Column("frequency", WHOLE, "readings between two waits; 0 for none"),
        Column("rate", NUMBER, "readings/s asked for; 0 for as fast as it goes"),
        Column("test_time", NUMBER, "seconds of each round"),
        Column("rounds", WHOLE, "rounds"),
        Column("tps_median", NUMBER, "readings/s, median over the rounds: the TPS of the closing table"),
        Column("tps_low", NUMBER, "readings/s of the slowest round"),
        Column("tps_high", NUMBER, "readings/s of the fastest"),
        Column("ops", NUMBER, "readings/s as pytest-benchmark has it: the harmonic mean over the rounds"),
        *(Column(name, NUMBER, "latency in ms") for name in ("p50_ms", "p90_ms", "p99_ms", "p99_9_ms", "max_ms")),
        *_COUNTS,
        Column("accounting", TEXT, "pass, fail, inconclusive or measured"),
        Column("state", TEXT, "whole, failed or interrupted"),
        Column("steady", TRUTH, "null for too short to say"),
        Column("limited_by", TEXT, "what stopped it from going faster: server CPU, round trip, …"),
        Column("limit_side", TEXT, "producer, server, both, between or none"),
        Column("limit_sure", TEXT, "sure, likely or guess"),
        Column("doubts", TEXTS, "what casts doubt on it"),
        Column("settings", OBJECT, "everything that was asked for"),
        Column("server", OBJECT, "what the server is, and its topology"),
    ),
)
ROUNDS = Table(
    "rounds",
    "one round of one case",
    (
        *_ROUND,
        Column("tps", NUMBER, "readings/s"),
        Column("seconds", NUMBER, "measured time"),
        Column("began", TIME, "when it began, by the producer host's clock; null where that was not kept"),
        *_COUNTS,
        Column("accounting", TEXT, "pass, fail, inconclusive or measured"),
        Column("errors", TEXTS, "in words"),
        Column("schedule", OBJECT, "open loop: how it was held"),
    ),
)
WINDOWS = Table(
    "windows",
    "one window of one round, about a second",
    (
        *_ROUND,
        Column("seconds", NUMBER, "of measured time, at its end"),
        Column("readings", WHOLE, "counted until then"),
        Column("tps", NUMBER, "readings/s within it"),
    ),
)
HOSTS = Table(
    "hosts",
    "one host of one case",
    (
        *_KEY,
        Column("host", TEXT, "its name in the run"),
        Column("roles", TEXTS, "producer, server"),
        Column("hostname", TEXT, "its own name"),
        *(Column(name, TEXT, "of the host") for name in ("board", "machine", "kernel", "os", "python")),
        Column("cpus", WHOLE, "that it has"),
        Column("memory_mib", WHOLE, "MiB"),
        Column("code", TEXT, "SHA-256 of the collectors that ran on it"),
        Column("fingerprint", OBJECT, "all that is known of it"),
    ),
)
SAMPLES = Table(
    "samples",
    "one figure of one sample of one host",
    (
        *_ROUND,
        Column("host", TEXT, "its name in the run"),
        Column("seconds", NUMBER, "of measured time; before 0 is the warm-up"),
        Column("metric", TEXT, "producers.cpu, disk.sda.write_bytes, …: see collectors/sampling/"),
        Column("value", NUMBER, "in the metric's unit; null where there was nothing to read"),
    ),
)
TABLES = (TRIALS, ROUNDS, WINDOWS, HOSTS, SAMPLES)
