"""Rows as comma-separated values (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any


def separated(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a line of names and one for each row; lists and objects are JSON, and null is nothing."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return made.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else value
