"""Rows as comma-separated values (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..store import write_atomically
from .rows import Exported, rows
from .tables import TABLES


def separated(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a line of names and one for each row; lists and objects are JSON, and null is nothing."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return made.getvalue()


def write_csv(cases: Sequence[Exported], folder: Path) -> list[Path]:
    """Write a file for each table and return their paths.

    Raises:
        ThermobenchError: a file cannot be written; names it.
    """
    paths = []
    for table in TABLES:
        names = [column.name for column in table.columns]
        made = separated(names, ([row.get(name) for name in names] for row in rows(table, cases)))
        paths.append(folder / f"{table.name}.csv")
        write_atomically(paths[-1], made.encode())
    return paths


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else value
