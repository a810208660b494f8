"""A pip for machines whose Python has none, where nobody may install packages.

Anybody may download a Debian package and unpack it; apt checks its signature all the same.
"""

from __future__ import annotations

from pathlib import Path

from tools.log import Log

PACKAGE = "python3-pip-whl"


def downloaded(folder: Path, log: Log) -> Path | None:
    """Debian's pip as a wheel, which Python can run as it is; None where it cannot be had.

    Args:
        folder: an empty folder to work in.
        log: takes apt's output.
    """
    download = ["download", "-q", PACKAGE]
    if log.run(["apt-get", *download], cwd=folder) != 0:
        # No package lists on the machine: fetch them into a place of our own.
        lists, cache = folder / "lists", folder / "cache"
        for place in (lists, cache):
            (place / "partial").mkdir(parents=True)
        own = ["apt-get", "-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache}"]
        if log.run([*own, "update", "-q"]) != 0 or log.run([*own, *download], cwd=folder) != 0:
            return None
    packages = sorted(folder.glob("*.deb"))
    if not packages or log.run(["dpkg-deb", "-x", str(packages[0]), str(folder / "unpacked")]) != 0:
        return None
    return next(iter(sorted(folder.glob("unpacked/usr/share/python-wheels/pip-*.whl"))), None)
