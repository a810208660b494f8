"""The keyspace and table that both Cassandra writers fill, whichever client they speak through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from ..endpoint import Endpoint
from ..errors import ServerError, UsageError
from ..ledger import Ledger
from ..options import Option, Settings, one_of, whole
from .base import Assignment

USUAL_PORT = 9042
CONNECT_SECONDS = 10.0
"""Seconds that each step of making a connection may take."""
NO_NODE = "no node answers any more"
LEVELS = ("ONE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM")

COLUMNS = {
    "reading_location": "text",
    "reading_run": "text",
    "reading_producer": "int",
    "reading_date": "timestamp",
    "reading_number": "bigint",
    "reading_note": "text",
    "reading_value": "float",
    "reading_checksum": "bigint",
}
"""Names and types, in the order in which the INSERT takes them. A float is exact for whole numbers to 2**24."""

KEYS = {
    "accounting": (
        "reading",
        ("reading_location", "reading_run", "reading_producer"),
        ("reading_date", "reading_number"),
    ),
    "location": ("reading_by_location", ("reading_location",), ("reading_date",)),
    "location-date": ("reading_by_location_date", ("reading_location", "reading_date"), ()),
}
"""Table name, partition key and clustering columns by the option `key`.

With `location` and `location-date` readings of one location that fall into the same millisecond overwrite each
other, and where their write times are the same microsecond Cassandra picks the larger value column by column.
"""


def _named(pattern: str, empty: bool = False) -> Any:
    def parse(text: str) -> str:
        if not (re.fullmatch(pattern, text) or (empty and not text)):
            raise ValueError(text)
        return text

    return parse


OPTIONS = (
    Option(
        "keyspace", "temperature", _named("[a-z][a-z0-9_]{0,47}"),
        "a lower-case name of up to 48 letters, digits and _", "keyspace that holds the table",
    ),
    Option(
        "datacenter", "", _named("[A-Za-z0-9_.-]+", empty=True),
        "a name, or nothing to take the first node's", "datacenter that holds the replicas",
    ),
    Option("replication", 1, whole(1, 99), "a whole number from 1 to 99", "replicas of every reading"),
    Option(
        "key", "accounting", one_of(*KEYS), ", ".join(KEYS),
        "primary key; all but accounting let readings of the same millisecond overwrite each other",
    ),
    Option("consistency", "ONE", one_of(*LEVELS), ", ".join(LEVELS), "replicas that acknowledge a reading"),
    Option(
        "in_flight", 128, whole(1, 4096), "a whole number from 1 to 4096",
        "readings outstanding at the most, where frequency is not 1",
    ),
)  # fmt: skip


class Client(Protocol):
    """One connection for everything that is not measured: making the table, reading it, asking for facts."""

    def rows(
        self, statement: str, values: Sequence[Any] = (), *, consistency: str = "ONE"
    ) -> Iterator[tuple[Any, ...]]:
        """Run a statement at once, wait until all nodes agree on the schema, and return its rows, page by page.

        Raises:
            ServerError: what the server or the connection to it said, in one line.
        """

    def close(self) -> None:
        """Let go of the connection. May be called twice, and never raises."""


@dataclass(frozen=True)
class Table:
    """A table of readings: where it is and what its primary key is."""

    keyspace: str
    name: str
    partition: tuple[str, ...]
    clustering: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the table that a backend's settings ask for."""
        return cls(settings["keyspace"], *KEYS[settings["key"]])

    @property
    def insert(self) -> str:
        """The statement that writes one reading, its values in the order of `COLUMNS`."""
        marks = ", ".join("?" * len(COLUMNS))
        return f"INSERT INTO {self} ({', '.join(COLUMNS)}) VALUES ({marks})"

    @property
    def create(self) -> str:
        """The statement that makes the table."""
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        return f"CREATE TABLE IF NOT EXISTS {self} ({columns}, PRIMARY KEY {self.key})"

    @property
    def key(self) -> str:
        """The primary key in CQL."""
        partition = f"({', '.join(self.partition)})"
        return f"({', '.join([partition, *self.clustering])})"

    def __str__(self) -> str:
        return f"{self.keyspace}.{self.name}"


def address(endpoint: Endpoint) -> str:
    """Return the nodes of a cluster as a person would name them."""
    return ", ".join(endpoint.bootstrap(USUAL_PORT))


def refusal(endpoint: Endpoint, error: BaseException | str) -> ServerError:
    """Return what a client said as one line that names the address."""
    reason = " ".join(str(error).split()) or type(error).__name__
    if re.search("authenticat|credentials|username|password", reason, re.IGNORECASE):
        mend = f"check the username {endpoint.username!r} and its password"
    elif re.search("authoriz|permission", reason, re.IGNORECASE):
        mend = "grant the user what is named there"
    elif re.search("connect|host|node|answer|timed out", reason, re.IGNORECASE):
        mend = "check that Cassandra runs there and answers"
    else:
        mend = ""
    return ServerError(f"cassandra at {address(endpoint)}: {reason}", mend)


def check(assignment: Assignment, name: str) -> None:
    """Refuse what neither Cassandra writer can do.

    Raises:
        UsageError: naming the backend and the setting.
    """
    if not assignment.wait:
        raise UsageError(f"backend {name} cannot send without waiting: Cassandra answers every write")
    if assignment.endpoint.ca_file or assignment.endpoint.cert_file:
        raise UsageError(f"backend {name} does not speak TLS", "leave the certificate files out")


def answering(level: str, replicas: int) -> int:
    """Return how many of so many replicas have to answer at a consistency level."""
    if level == "ALL":
        return replicas
    return replicas // 2 + 1 if "QUORUM" in level else 1


def acknowledged_means(settings: Settings) -> str:
    """Return what an acknowledgement promises, assuming the server's default commit log settings.

    With those the log is marked as readable every 0.1 s and synced to disk every 10 s: a killed server comes back
    without the readings of the last 0.1 s, a host that lost its power without those of the last 10 s.
    """
    replicas, level = settings["replication"], settings["consistency"]
    confirmed = answering(level, replicas)
    return f"in memory of {confirmed} of {replicas} replicas ({level}), on disk within 10 s by default"


def blame(ledger: Ledger, number: int, error: BaseException, refused: tuple[type[BaseException], ...]) -> None:
    """Settle a reading that was not acknowledged: failed where the server did not begin to write it."""
    name = type(error).__name__
    if isinstance(error, refused):
        ledger.failed(number, error=name)
    else:
        ledger.unknown(number, error=name)
