"""What a backend is: the protocols that every writer, reader and backend module meets.

A backend module has one class that meets `Backend`. Nothing of the server's client library is imported until
`Backend.load` is called, so that a host needs only the clients it uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, Self, runtime_checkable

from ..endpoint import Endpoint
from ..ledger import Ledger
from ..options import Option, Settings
from ..reading import Reading, Stream


@dataclass(frozen=True)
class Assignment:
    """What one writer is told: where to write, as whom, and how."""

    endpoint: Endpoint
    settings: Settings
    """The backend's own options, complete."""
    stream: Stream
    location: str
    """The location of every reading of this stream."""
    frequency: int = 1
    """Readings between two waits for durability; 0: only at the end."""
    wait: bool = True
    """False: send and forget, nothing is waited for and every reading ends as unanswered."""
    generation: int = 2
    """Which message generation (R3 or R4) backends that send messages use: 1 or 2."""
    timeout: float = 30.0
    """Seconds that a wait may take before what is outstanding counts as unknown."""


class Writer(Protocol):
    """Writes the readings of one stream, in one process, and reports on every one of them.

    A writer is made by `Backend.writer`, connected. It tells the ledger it was made with, exactly once for each
    reading submitted, `acknowledged`, `failed`, `unknown` or `unanswered` – as soon as it knows, and at the
    latest when `wait` returns. It never reports an acknowledgement that the server did not give.
    """

    def submit(self, reading: Reading) -> None:
        """Hand one reading over. May buffer it, and may settle this and earlier readings.

        What the server refuses is reported to the ledger, not raised.

        Raises:
            ServerError: the connection is gone for good; all that was outstanding is settled first.
        """

    def wait(self) -> None:
        """Return when every reading submitted is settled, at the latest after `Assignment.timeout` seconds.

        Raises:
            ServerError: as `submit` does.
        """

    def close(self) -> None:
        """Let go of the connection, waiting for nothing. May be called twice, and never raises."""


RawReading = tuple[int, int, str, int, str, int]
"""A reading as a burst hands it over: a plain tuple in the order of `Reading`'s fields, to be unpacked at once."""


@runtime_checkable
class BurstWriter(Protocol):
    """A writer that can also be given several readings by one call, so that what is done once a call is saved."""

    def submit_many(self, readings: Iterable[RawReading]) -> None:
        """Hand over readings of consecutive numbers, none of which is timed.

        Every item is read from the sensor when it is drawn, and counts as attempted from then on, so nothing is drawn
        before there is room for it: the bound on what is outstanding holds within a burst, too. All items are drawn,
        unless an error ends it.

        Raises:
            ServerError: as `Writer.submit` does.
        """


@runtime_checkable
class ServingWriter(Protocol):
    """A writer that can take note of acknowledgements while the loop has nothing else to do."""

    def serve(self, seconds: float) -> None:
        """Settle what the server answers within so many seconds (0: what is there now); return when they are over.

        It may return at once where nothing is outstanding.

        Raises:
            ServerError: as `Writer.submit` does.
        """


class Arrival(NamedTuple):
    """One stored reading, as found on the server."""

    producer: int
    number: int
    intact: bool
    """Its checksum fits, and (for messages) it is byte for byte what its generation prescribes."""
    partition: int = 0
    """Where the backend keeps order: arrivals of one (producer, partition) are given in stored order."""


class Reader(Protocol):
    """Reads one run's readings back from the server; made before the run starts, read after it has ended.

    Used as a context manager: entering takes note of where the server's data ends now, or begins to listen.
    """

    shows_duplicates: ClassVar[bool]
    """False where the server keeps one row per key whatever is sent (Cassandra)."""
    shows_order: ClassVar[bool]
    """False where stored rows have no order."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def arrivals(self, expected: int) -> Iterator[Arrival]:
        """Yield every stored reading of the run, once for each time it is stored.

        Args:
            expected: how many can be there at the most, were nothing written twice: a reader that listens
                stops when it has them, or when nothing more comes.
        """

    @property
    def complete(self) -> bool:
        """Whether `arrivals` has gone through everything the server holds; else the accounting is inconclusive."""

    @property
    def foreign(self) -> int:
        """Entries found that no producer of this run can have written or that cannot be read at all."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What else it saw, for the record: the broker's drop counters, the reader's own CPU seconds."""


class Backend(Protocol):
    """One kind of server, seen from the client's side."""

    name: ClassVar[str]
    """As the user types it: `kafka-confluent`."""
    summary: ClassVar[str]
    """One line for `--help`."""
    extra: ClassVar[str]
    """The extra of this distribution that installs the client; empty where none is needed."""
    service: ClassVar[str]
    """The service of `fixtures` that it runs against."""
    listener: ClassVar[str]
    """Which of the service's endpoints: `default`, or `tls`."""
    options: ClassVar[tuple[Option, ...]]
    can_forget: ClassVar[bool]
    """Whether sending without any acknowledgement exists (`--no-wait`)."""

    def load(self) -> str:
        """Import the client and return its name and version; start no thread and open no connection.

        Raises:
            Unavailable: the client is not installed; says with which command it would be.
        """

    def check(self, assignment: Assignment) -> None:
        """Look for what can be known to be wrong before anything connects.

        Raises:
            UsageError: settings that contradict each other, a missing or badly protected file.
        """

    def acknowledged_means(self, assignment: Assignment) -> str:
        """Return what an acknowledgement promises under these settings, in a few words for a table's column."""

    def prepare(self, assignment: Assignment) -> None:
        """Make the table or topic if it is missing; leave existing data alone. Called before any writer is made.

        Raises:
            ServerError: the server cannot be reached or refuses.
        """

    def writer(self, assignment: Assignment, ledger: Ledger) -> Writer:
        """Connect and return a writer.

        Raises:
            ServerError: the server cannot be reached or refuses; names the address and what was tried.
        """

    def reader(self, assignment: Assignment) -> Reader:
        """Return a reader of the run `assignment.stream.run`, of all its producers."""

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """Return what the server says of itself, for the record: at least its `version`.

        Raises:
            ServerError: the server cannot be reached.
        """


@runtime_checkable
class Doubting(Protocol):
    """A backend that knows of limits beyond which what it is told is not to be believed."""

    def doubts(self, assignment: Assignment, producer_tps: float) -> list[str]:
        """Return what casts doubt on a result, in words.

        Args:
            assignment: of one of the producers.
            producer_tps: readings per second of the fastest producer.
        """


def missing(client: str, extra: str) -> str:
    """Return the command that installs a missing client."""
    return f"make setup, or pip install 'thermobench[{extra}]'" if extra else f"pip install {client}"


class BaseReader:
    """What most readers have in common, to inherit: the three findings, and a context that does nothing."""

    def __init__(self) -> None:
        self.complete = False
        self.foreign = 0
        self.facts: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None
