"""What `perf/test_saturation.py` has saved: levels of load, the knee, the curve, and the sustained rate of servers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from collectors.errors import UsageError

from ..scaling.held import Verdict
from ..scaling.knee import Knee, Step
from ..scaling.level import Level, in_order
from ..scaling.sustained import Sustained
from ..scaling.usl import Estimate, Scalability
from .levels import Scaling, scaling

_FIELD = "saturation"


def saturations(path: Path) -> list[Scaling]:
    """Return what each set of servers in a saved file took; empty where the file is not about that.

    Raises:
        UsageError: the file cannot be read, or is not as it was saved; names it and the field.
    """
    try:
        benchmarks = json.loads(path.read_text())["benchmarks"]
        found = [one for saved in benchmarks for one in saved["extra_info"].get(_FIELD, [])]
        return [_scaling(one) for one in found]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: extra_info, {_FIELD}: expected what test_saturation saves: {error!r}") from None


def _scaling(saved: Mapping[str, Any]) -> Scaling:
    levels = [Level(float(one["load"]), tuple(one["rounds"]), str(one["limit"])) for one in saved["growth"]["levels"]]
    found = Knee(**dict(saved["knee"]) | {"steps": tuple(Step(**one) for one in saved["knee"]["steps"])})
    rate = saved["sustained"]
    sustained = Sustained(**dict(rate) | {"probes": tuple(Verdict(**one) for one in rate["probes"])})
    return scaling(str(saved["name"]), in_order(levels), found, _law(saved["usl"]), sustained.in_words())


def _law(saved: Mapping[str, Any]) -> Scalability | str:
    """Return the curve as it was fitted then, or why none was."""
    if "refused" in saved:
        return str(saved["refused"])
    fields: dict[str, Any] = dict(saved)
    fields |= {name: Estimate(**one) for name, one in saved.items() if isinstance(one, Mapping)}
    return Scalability(**fields)
