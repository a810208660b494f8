"""Builds the wheel, installs it with its extras into an empty environment and uses it outside the checkout.

Run by tox: python tools/check_wheel.py. It needs pip and virtualenv.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CONSTRAINTS = str(CHECKOUT / "constraints.txt")
PIP = ("-m", "pip", "--disable-pip-version-check")

# Each package has to come from the wheel: their names are common ones.
ORIGINS = """
import importlib, pathlib, sys
home = pathlib.Path(sys.prefix).resolve()
for name in ("collectors", "fixtures", "perf", "reports"):
    origin = pathlib.Path(importlib.import_module(name).__path__[0]).resolve()
    print(f"{name}: {origin}")
    if home not in origin.parents:
        sys.exit(f"{name} was imported from {origin}, not from the wheel in {home}")
"""

# What is data, and has to be in the wheel, too.
SCHEMA = """
import json
from importlib import resources
json.loads((resources.files("fixtures.inventory") / "cluster.schema.json").read_text(encoding="utf-8"))
"""

# What has to work: the load generator, the suite by its package's name, a run of the server-less backend, and its page.
USES: tuple[tuple[str, ...], ...] = (
    ("-c", ORIGINS),
    ("-c", SCHEMA),
    ("-m", "collectors", "--help"),
    ("-m", "pytest", "--pyargs", "perf", "--collect-only", "-q"),
    ("-m", "pytest", "--pyargs", "perf", "-m", "sqlite", "--test-time", "1", "--rounds", "1"),
    ("-m", "reports", "html"),
)


def main() -> int:
    """The exit status of the first step that fails; 0 when all work."""
    # The folder lies outside the checkout, or pytest would find the checkout's settings and conftest.
    with tempfile.TemporaryDirectory(prefix="thermobench-wheel-") as name:
        folder = Path(name).resolve()
        try:
            python = _install(_build(folder / "dist"), folder / "env")
            elsewhere = folder / "elsewhere"
            elsewhere.mkdir()
            for use in USES:
                _run([str(python), *use], elsewhere)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"failed with exit status {error.returncode}\n")
            return 1
    return 0


def _build(folder: Path) -> Path:
    build = ("wheel", "-q", "--no-deps", "--build-constraint", CONSTRAINTS, "-w", str(folder), str(CHECKOUT))
    _run([sys.executable, *PIP, *build], CHECKOUT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _install(wheel: Path, folder: Path) -> Path:
    python = folder / "bin" / "python"
    _run([sys.executable, "-m", "virtualenv", "-q", str(folder)], CHECKOUT)
    install = ("install", "-q", "-c", CONSTRAINTS, f"{wheel}[backends,suite,html]")
    _run([str(python), *PIP, *install], folder)
    return python


def _run(command: Sequence[str], cwd: Path) -> None:
    shown = " ".join(word if "\n" not in word else "'…'" for word in command)
    sys.stdout.write(f"wheel: {shown}\n")
    sys.stdout.flush()
    subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    sys.exit(main())
