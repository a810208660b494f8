"""How a run goes, for another process to look at."""

from __future__ import annotations

import json
from pathlib import Path

from collectors.live_file import LiveFile
from collectors.progress import Tick


def test_the_file_holds_the_latest_tick(tmp_path: Path) -> None:
    path = tmp_path / "run.live"
    told = LiveFile(path)
    told(Tick(1.0, 10.0, 10.0, 10, 2))
    told(Tick(2.0, 30.0, 20.0, 40, 2))
    assert json.loads(path.read_text()) == {
        "seconds": 2.0,
        "current_tps": 30.0,
        "average_tps": 20.0,
        "total": 40,
        "processes": 2,
        "behind_ms": 0.0,
    }
    assert [one.name for one in tmp_path.iterdir()] == ["run.live"]


def test_a_run_goes_on_where_nobody_can_be_told(tmp_path: Path) -> None:
    LiveFile(tmp_path / "absent" / "run.live")(Tick(1.0, 10.0, 10.0, 10, 2))
