"""Whether a comparison lets a change pass, as `--fail-on-slower` asks."""

from __future__ import annotations

from collections.abc import Sequence

from ..limits.suspect import percent
from .table import short
from .verdict import SLOWER, Verdict


def failures(verdicts: Sequence[Verdict], by: float) -> list[str]:
    """Return why a change may not pass, each in words; none where it may.

    A case that is `slower`, and by so much or more as far as that can be told; one of which the candidate lost readings
    that the base did not lose; and a comparison without any verdict, for it has shown nothing.

    Args:
        verdicts: of all cases.
        by: a share.
    """
    found = [
        f"{short(one.pair.case)} is {percent(-one.found.share)} slower, {percent(by)} or more"
        for one in verdicts
        if one.word == SLOWER and one.found and one.found.share <= -by
    ]
    found += [
        f"{short(one.pair.case)} lost readings that the base did not lose"
        for one in verdicts
        if one.pair.candidate.lossy and not one.pair.base.lossy
    ]
    if not any(one.told for one in verdicts):
        found.append(f"no verdict on any case of {len(verdicts)}: name more runs, or --find a larger change")
    return found
