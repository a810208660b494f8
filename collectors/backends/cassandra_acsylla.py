"""Cassandra, through acsylla: the C++ driver under asyncio, several times as fast as the one in Python (B3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from ..errors import Unavailable, UsageError
from ..ledger import Ledger
from . import cassandra_table as shared
from .base import Assignment, missing
from .cassandra_acsylla_connection import Connection
from .cassandra_acsylla_writer import AcsyllaWriter
from .cassandra_base import CassandraBase

_PAGE = 5000


class CassandraAcsyllaBackend(CassandraBase):
    """One session per writer; a reading is acknowledged when Cassandra answers its INSERT.

    Nothing is ever repeated after an answer that leaves open whether the write was done.
    """

    name: ClassVar[str] = "cassandra-acsylla"
    summary: ClassVar[str] = "Cassandra (acsylla, the C++ driver)"
    extra: ClassVar[str] = "cassandra-acsylla"

    def load(self) -> str:
        """See `Backend.load`."""
        try:
            import acsylla
            from acsylla.version import __version__
        except ImportError:
            raise Unavailable("acsylla is not installed", missing("acsylla", self.extra)) from None
        # Errors carry their own texts; the C++ driver's log would end up on the terminal.
        acsylla.get_logger().propagate = False
        return f"acsylla {__version__}"

    def check(self, assignment: Assignment) -> None:
        """See `Backend.check`."""
        super().check(assignment)
        ports = {port for _, port in assignment.endpoint.nodes(shared.USUAL_PORT)}
        if len(ports) > 1:
            raise UsageError(f"backend {self.name} takes one port for all nodes, given: {sorted(ports)}")

    def connect(self, assignment: Assignment) -> AcsyllaClient:
        """See `CassandraBase.connect`."""
        return AcsyllaClient(assignment)

    def writer(self, assignment: Assignment, ledger: Ledger) -> AcsyllaWriter:
        """See `Backend.writer`."""
        return AcsyllaWriter(assignment, ledger)


class AcsyllaClient:
    """See `Client`."""

    def __init__(self, assignment: Assignment) -> None:
        self._connection = Connection(assignment, "default")
        self._prepared: dict[str, Any] = {}

    def rows(
        self, statement: str, values: Sequence[Any] = (), *, consistency: str = "ONE"
    ) -> Iterator[tuple[Any, ...]]:
        """See `Client.rows`."""
        asked = self._connection.run(self._statement(statement, list(values), consistency))
        found = self._connection.run(self._connection.session.execute(asked))
        return self._pages(asked, found)

    def close(self) -> None:
        """See `Client.close`."""
        self._connection.close()

    async def _statement(self, statement: str, values: list[Any], consistency: str) -> Any:
        import acsylla

        level = acsylla.Consistency[consistency]
        if not values:
            return acsylla.create_statement(statement, page_size=_PAGE, consistency=level)
        if statement not in self._prepared:
            self._prepared[statement] = await self._connection.session.create_prepared(statement)
        return self._prepared[statement].bind(values, page_size=_PAGE, consistency=level)

    def _pages(self, asked: Any, found: Any) -> Iterator[tuple[Any, ...]]:
        while True:
            for row in found:
                yield row.as_tuple()
            if not found.has_more_pages():
                return
            asked.set_page_state(found.page_state())
            found = self._connection.run(self._connection.session.execute(asked))
