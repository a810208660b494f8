"""Times, as they are written on a command line."""

from __future__ import annotations

import math
import re

_TIME = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)


def duration(text: str) -> float:
    """Return a time in seconds: `30m`, `90s`, `1.5h`, `1h30m`.

    Raises:
        ValueError: it is none, or no time at all; says what was expected.
    """
    if not text or not (found := _TIME.fullmatch(text)):
        raise ValueError("expected a time such as 30m, 90s or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if not 0 < total < math.inf:
        raise ValueError("expected more than 0 seconds, and an end")
    return total
