"""`python -m reports sql`: questions to all saved runs."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from collectors.errors import UsageError

from .columns import aligned, counted
from .command import Command, Say
from .export.database import filled, lock
from .export.rows import exported
from .export.separated import separated
from .export.tables import TABLES
from .selection import ALL, add_storage, chosen
from .visible import visible

ROWS = 1_000_000
"""That an answer may have."""
FORMATS = ("table", "csv", "json")
EXAMPLES = (
    "SELECT case_name, tps_median, limited_by FROM trials WHERE backend = 'kafka' ORDER BY saved",
    "SELECT backend, max(tps_median) AS best FROM trials WHERE accounting = 'pass' GROUP BY backend ORDER BY best DESC",
    "SELECT case_name, unnest(doubts) AS doubt FROM trials WHERE run LIKE '0003%'",
    "SELECT case_name, settings->>'acks' AS acks, tps_median FROM trials WHERE backend = 'kafka'",
    "SELECT round, seconds, value FROM samples WHERE metric = 'producers.cpu' AND run LIKE '0003%'",
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "query", metavar="SQL", nargs="?", help="the question; without one, tables and columns are shown"
    )
    parser.add_argument("--format", choices=FORMATS, default="table", help="of the answer (default table)")
    parser.add_argument("--run", metavar="RUN", action="append", help="of this run alone; may be given again")
    add_storage(parser)


def _run(given: argparse.Namespace, say: Say) -> int:
    if not given.query:
        for line in _described():
            say(line)
        return 0
    names, rows = _answer(given.query, given.storage, given.run or [ALL])
    if given.format == "csv":
        sys.stdout.write(separated(names, rows))
    elif given.format == "json":
        plain = [dict(zip(names, map(_plain, row), strict=True)) for row in rows]
        say(json.dumps(plain, default=str, indent=2, ensure_ascii=False))
    else:
        for line in _table(names, rows):
            say(line)
    return 0


def _answer(query: str, storage: str, runs: Sequence[str]) -> tuple[list[str], list[tuple[Any, ...]]]:
    cases = exported(chosen(storage, runs))
    # Samples are most of all that there is: what the question does not name stays empty.
    wanted = [table for table in TABLES if re.search(rf"\b{table.name}\b", query, re.IGNORECASE)]
    with filled(cases, wanted) as database:
        lock(database)
        import duckdb  # noqa: PLC0415 – it is there by now

        try:
            found = database.execute(query)
            if found is None or found.description is None:
                raise UsageError(f"no question: {query!r}", "expected SELECT …")
            names, rows = _named(found.description), found.fetchmany(ROWS + 1)
        except duckdb.Error as error:
            told = visible(" ".join(str(error).partition("\n\nLINE ")[0].split()))
            raise UsageError(f"SQL: {told}", "tables and columns: python -m reports sql") from None
    if len(rows) > ROWS:
        raise UsageError(f"an answer of more than {ROWS:,} rows", "ask for fewer: LIMIT, or a GROUP BY")
    return names, rows


def _named(description: Sequence[Sequence[Any]]) -> list[str]:
    """Return the names of an answer's columns, each once: in JSON, a second one would hide the first."""
    names: list[str] = []
    for one in description:
        name = str(one[0])
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return names


def _table(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[str]:
    numbers = {at for at in range(len(names)) if all(isinstance(row[at], int | float | None) for row in rows)}
    cells = [list(names), *([_shown(value) for value in row] for row in rows)]
    words = set(range(len(names))) - numbers
    return [*aligned(cells, words, dict.fromkeys(words, 24)), f"({counted(len(rows), 'row')})"]


def _plain(value: Any) -> Any:
    """Return a value as JSON has it, which knows neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.6g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 – from here on, whole ones
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case list():
            return "; ".join(map(str, value)) or "–"
    return str(value)


def _described() -> Iterator[str]:
    for table in TABLES:
        yield f"{table.name}: {table.says}"
        yield from aligned([[f"  {one.name}", one.kind, one.says] for one in table.columns], {0, 1, 2})
        yield ""
    yield "Times are UTC. The dialect is DuckDB's: https://duckdb.org/docs/sql/introduction"
    yield "examples:"
    for query in EXAMPLES:
        yield f'  python -m reports sql "{query}"'


COMMAND = Command(
    "sql",
    "ask all saved runs a question in SQL",
    """\
Ask all saved runs a question in SQL (DuckDB's). The question sees the saved runs and nothing else: no file, no network.
It needs the extra `data`: pip install 'thermobench[data]'

examples:
  python -m reports sql                        # tables, columns, and examples
  python -m reports sql "SELECT run, case_name, tps_median FROM trials WHERE backend = 'mqtt'"
  python -m reports sql --run latest --format csv "SELECT * FROM windows" > windows.csv
""",
    _arguments,
    _run,
)
