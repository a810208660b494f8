"""The tables as Parquet files, which DuckDB writes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..store import write_atomically
from .database import filled
from .rows import Exported
from .tables import TABLES


def write_parquet(cases: Sequence[Exported], folder: Path) -> list[Path]:
    """Write a file for each table and return their paths.

    Raises:
        Unavailable: DuckDB is not installed.
        ThermobenchError: a file cannot be written; names it.
    """
    paths = []
    with tempfile.TemporaryDirectory(prefix="thermobench-export-") as name, filled(cases) as database:
        for table in TABLES:
            made = Path(name) / f"{table.name}.parquet"
            database.execute(f"COPY {table.name} TO '{made}' (FORMAT parquet, COMPRESSION zstd)")
            paths.append(folder / made.name)
            write_atomically(paths[-1], made.read_bytes())
    return paths
