"""Whose a cluster is: names that carry its owner's pid and start, so that what a dead owner left can be told."""

from __future__ import annotations

import os
import re
import secrets

from fixtures.process_table import Entry, entry

PREFIX = "thermobench-cluster"
_TAG = re.compile(rf"{PREFIX}-(\d+)-(\d+)-[0-9a-f]{{8}}")
_ENDED = "ZX"


def new_tag() -> str:
    """Return a name for a cluster of this process; everything that is made for it has a name that begins so."""
    own = entry(os.getpid())
    assert own is not None
    return f"{PREFIX}-{own.pid}-{own.started}-{secrets.token_hex(4)}"


def tag_in(name: str) -> str | None:
    """Return the tag that a name begins with, or None."""
    found = _TAG.match(name)
    return found[0] if found else None


def is_dead(tag: str) -> bool:
    """Whether the owner of a cluster has ended; its pid may belong to another process by now."""
    found = _TAG.fullmatch(tag)
    return found is not None and not lives(int(found[1]), int(found[2]))


def lives(pid: int, started: int) -> bool:
    """Whether a process still runs: the one of that pid that was started then, in clock ticks since boot."""
    now: Entry | None = entry(pid)
    return now is not None and now.started == started and now.state not in _ENDED
