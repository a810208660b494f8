"""What both Cassandra backends are, whichever client they speak through."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import closing
from typing import Any, ClassVar

from ..options import Option
from . import cassandra_counts, cassandra_ring
from . import cassandra_schema as schema
from . import cassandra_table as shared
from .base import Assignment
from .cassandra_reader import CassandraReader
from .counting import Difference, Snapshot


class CassandraBase(ABC):
    """All of a `Backend` but its client and its writer: they share keyspace, table, reader and wording."""

    name: ClassVar[str]
    service: ClassVar[str] = "cassandra"
    listener: ClassVar[str] = "default"
    options: ClassVar[tuple[Option, ...]] = shared.OPTIONS
    can_forget: ClassVar[bool] = False

    @abstractmethod
    def connect(self, assignment: Assignment) -> shared.Client:
        """Return a connected client for what is done before and after the measurement.

        Raises:
            ServerError: no node can be reached, or it refuses.
        """

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        shared.check(assignment, self.name)

    def acknowledged_means(self, assignment: Assignment) -> str:
        """See `Backend.acknowledged_means`."""
        return shared.acknowledged_means(assignment.settings)

    def prepare(self, assignment: Assignment) -> None:
        """See `Backend.prepare`."""
        with closing(self.connect(assignment)) as client:
            schema.prepare(client, assignment)

    def reader(self, assignment: Assignment) -> CassandraReader:
        """See `Backend.reader`."""
        return CassandraReader(assignment, lambda: self.connect(assignment))

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`."""
        with closing(self.connect(assignment)) as client:
            return schema.facts(client)

    def counts(self, assignment: Assignment) -> Snapshot:  # noqa: ARG002 – the protocol's argument
        """See `Counting.counts`: nothing, since what CQL shows are the counters of whichever node answers."""
        return Snapshot()

    def stored(self, assignment: Assignment, since: Difference) -> int | None:  # noqa: ARG002 – the protocol's argument
        """See `Counting.stored`; readings that overwrote others are not there any more."""
        with closing(self.connect(assignment)) as client:
            return cassandra_counts.stored(client, assignment)

    def layout(self, assignment: Assignment) -> dict[str, Any]:
        """See `Placed.layout`."""
        with closing(self.connect(assignment)) as client:
            return cassandra_ring.layout(client, assignment)

    def drop(self, assignment: Assignment) -> None:
        """See `Disposing.drop`; the keyspace stays."""
        with closing(self.connect(assignment)) as client:
            schema.drop(client, assignment)
