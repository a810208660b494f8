"""Cassandra, through cassandra-driver: prepared statements and, where it is built in, the libev event loop (B3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, ClassVar

from ..errors import Unavailable
from ..ledger import Ledger
from . import cassandra_schema as schema
from . import cassandra_session as session
from . import cassandra_table as shared
from .base import Assignment, missing
from .cassandra_base import CassandraBase
from .cassandra_writer import CassandraWriter

_PAGE = 5000


class CassandraBackend(CassandraBase):
    """One session per writer; a reading is acknowledged when Cassandra answers its INSERT.

    Nothing is ever sent twice: the driver's default policy would repeat a write on the next node after an error that
    leaves open whether the first one took it.
    """

    name: ClassVar[str] = "cassandra"
    summary: ClassVar[str] = "Cassandra (cassandra-driver, in Python)"
    extra: ClassVar[str] = "cassandra"

    def load(self) -> str:
        """See `Backend.load`."""
        try:
            import cassandra
        except ImportError:
            raise Unavailable("cassandra-driver is not installed", missing("cassandra-driver", self.extra)) from None
        try:
            import cassandra.cluster
        except cassandra.DependencyException:
            raise Unavailable(
                "cassandra-driver was built without libev, and this Python has no other event loop for it",
                "apt install libev-dev && pip install --no-binary :all: --force-reinstall cassandra-driver",
            ) from None
        return f"cassandra-driver {cassandra.__version__}"

    def connect(self, assignment: Assignment) -> DriverClient:
        """See `CassandraBase.connect`."""
        return DriverClient(assignment)

    def writer(self, assignment: Assignment, ledger: Ledger) -> CassandraWriter:
        """See `Backend.writer`."""
        return CassandraWriter(assignment, ledger)

    def facts(self, assignment: Assignment) -> dict[str, Any]:
        """See `Backend.facts`; `reactor` is the class that the driver's input and output run on."""
        with closing(self.connect(assignment)) as client:
            return {**schema.facts(client), "reactor": client.reactor}


class DriverClient:
    """See `Client`."""

    def __init__(self, assignment: Assignment) -> None:
        from cassandra.policies import RetryPolicy

        self._endpoint = assignment.endpoint
        self._session = session.connect(assignment, RetryPolicy())
        self._session.default_fetch_size = _PAGE
        self._prepared: dict[str, Any] = {}
        self.reactor = self._session.cluster.connection_class.__name__

    def rows(
        self, statement: str, values: Sequence[Any] = (), *, consistency: str = "ONE"
    ) -> Iterator[tuple[Any, ...]]:
        """See `Client.rows`."""
        from cassandra.query import SimpleStatement

        try:
            asked = self._bound(statement, values) if values else SimpleStatement(statement)
            asked.consistency_level = session.level(consistency)
            future = self._session.execute_async(asked)
            found = future.result()
        except Exception as error:
            raise shared.refusal(self._endpoint, session.reason(error)) from None
        if not future.is_schema_agreed:
            raise shared.refusal(self._endpoint, "the nodes do not agree on the schema")
        return self._pages(iter(found))

    def _bound(self, statement: str, values: Sequence[Any]) -> Any:
        if statement not in self._prepared:
            self._prepared[statement] = self._session.prepare(statement)
        return self._prepared[statement].bind(values)

    def _pages(self, found: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        try:
            yield from found
        except Exception as error:
            raise shared.refusal(self._endpoint, session.reason(error)) from None

    def close(self) -> None:
        """See `Client.close`."""
        with suppress(Exception):
            self._session.cluster.shutdown()
