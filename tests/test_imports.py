"""Imports go one way: collectors know nobody, reports know the record, fixtures know both, and nobody knows perf."""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "collectors": {"collectors"},
    "reports": {"reports", "collectors"},
    "fixtures": {"fixtures", "collectors", "reports"},
    "perf": {"perf", "fixtures", "collectors", "reports"},
}
CLIENTS = {
    "MySQLdb": {"mysql.py"},
    "kafka": {"kafka.py"},
    "confluent_kafka": {"kafka_confluent.py"},
    "cassandra": {"cassandra.py"},
    "acsylla": {"cassandra_acsylla.py"},
    "paho": {"mqtt.py", "awsiot.py"},
    "adafruit_dht": {"dht22.py"},
}
"""Which module may import which client; a backend's helpers are named after it: `mqtt_connection.py`."""
CLIENT_FOLDERS = {Path("collectors/backends"), Path("collectors/sensors"), Path("perf/bare")}
"""Where such modules lie. The bare loops are what our own are measured against, each client in a module of its own."""
PYTEST_USERS = Path("fixtures/plugin")
MODULES = [path.relative_to(ROOT) for room in ALLOWED for path in sorted((ROOT / room).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    """Return the top-level packages that a module imports, at its top or in a function; relative ones as its own."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(path.parts[0] if node.level else (node.module or "").partition(".")[0])
    return found


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    rooms = imports(path) & set(ALLOWED)
    assert rooms <= ALLOWED[path.parts[0]]


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_only_the_plugin_and_the_suites_import_pytest(path: Path) -> None:
    assert path.parts[0] == "perf" or path.parent == PYTEST_USERS or not imports(path) & {"pytest", "_pytest"}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_client_is_imported_by_its_own_backend_alone(path: Path) -> None:
    for client in imports(path) & set(CLIENTS):
        assert path.parent in CLIENT_FOLDERS, client
        owners = {name.removesuffix(".py") for name in CLIENTS[client]}
        assert any(path.stem == owner or path.stem.startswith(f"{owner}_") for owner in owners), client


def test_no_client_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, collectors.__main__; from collectors.backends.registry import OWN, backend; "
        "[backend(name).options for name in OWN]; "
        f"print(sorted(set({sorted(CLIENTS)!r}) & set(sys.modules)))"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ALLOWED)
def test_each_room_is_imported_from_this_checkout(room: str) -> None:
    assert Path(str(importlib.import_module(room).__file__)).parent == ROOT / room
