"""The tables in DuckDB: in memory, with no way to files or to the network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from collectors.errors import Unavailable

from .rows import Exported, rows
from .tables import TABLES, TEXTS, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "1GB"
"""What a query may take; DuckDB would take 80 % of the machine's."""
_AT_ONCE = 20_000
"""Rows that are handed over together."""


def filled(cases: Sequence[Exported], tables: Iterable[Table] = TABLES) -> DuckDBPyConnection:
    """Return a database with all tables, those named filled. Nothing keeps it from files yet: see `lock`.

    Raises:
        Unavailable: DuckDB is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 – only these commands need it
    except ImportError:
        raise Unavailable("DuckDB is not installed", "pip install 'thermobench[data]'") from None
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    settings |= {"memory_limit": MEMORY, "temp_directory": "", "python_enable_replacements": "false"}
    made = duckdb.connect(":memory:", config=settings)
    wanted = {table.name for table in tables}
    for table in TABLES:
        columns = ", ".join(f"{column.name} {column.kind}" for column in table.columns)
        made.execute(f"CREATE TABLE {table.name} ({columns})")
        if table.name in wanted:
            _fill(made, table, cases)
    return made


def lock(database: DuckDBPyConnection) -> None:
    """Take away every way to files, the network and extensions, for good.

    See "Securing DuckDB" in its documentation: `enable_external_access` and `lock_configuration`.
    """
    database.execute("SET enable_external_access = false")
    database.execute("SET lock_configuration = true")


def _fill(database: DuckDBPyConnection, table: Table, cases: Sequence[Exported]) -> None:
    shape = json.dumps({one.name: ["VARCHAR"] if one.kind == TEXTS else one.kind for one in table.columns})
    names = ", ".join(f"row.{one.name}" for one in table.columns)
    # One value for many rows: row by row takes a millisecond each.
    # Names of tables and columns are constants; values are a parameter.
    unpacked = f"SELECT unnest(from_json(?::JSON, '[{shape}]')) AS row"
    taken = f"INSERT INTO {table.name} SELECT {names} FROM ({unpacked})"  # noqa: S608
    every = rows(table, cases)
    while some := list(islice(every, _AT_ONCE)):
        database.execute(taken, [json.dumps(some)])
