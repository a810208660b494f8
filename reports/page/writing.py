"""Writing the page of a saved run to its place."""

from __future__ import annotations

from pathlib import Path

from collectors.errors import Unavailable, UsageError

from ..saved_run import SavedRun
from ..store import write_atomically

FOLDER = "html"
"""Of a storage, where its pages lie."""
MEND = "pip install 'thermobench[html]'"


def shown(path: Path) -> str:
    """Return a path as short as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def write(run: SavedRun, storage: Path, output: Path | None = None) -> Path:
    """Write the page of a run and return its path.

    Args:
        run: as it was saved.
        storage: where results lie.
        output: where to write it; None for its usual place in the storage.

    Raises:
        Unavailable: what pages are made with is not installed.
        UsageError: the run has nothing to show, or something in it is not as it was saved.
        ThermobenchError: the file cannot be written.
    """
    try:
        from .page import page  # noqa: PLC0415 – needs the extra
    except ImportError as error:
        raise Unavailable(f"the page needs Jinja2 and pygal: {error}", MEND) from None
    path = output or storage / FOLDER / f"{run.label}.html"
    try:
        content = page(run)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{run.path}: a record in it is not as this version knows it: {error!r}") from error
    write_atomically(path, content.encode("utf-8", "backslashreplace"))
    return path
