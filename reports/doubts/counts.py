"""What the server counted by itself, against what was read back from it (M4)."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.record import Round, Trial


def counted_otherwise(trial: Trial) -> Iterator[str]:
    """Doubt a round of which the server says that it holds another number of readings than were found in it.

    The two ways have nothing in common but the server. What another program wrote to the same topic is counted, too.
    """
    for one in trial.rounds:
        stored = one.server.get("stored")
        if stored is None or one.accounting == "inconclusive":
            continue
        if stored != (found := _found(one)):
            yield f"the server counts {stored:,} readings of a round in which {found:,} were found"


def missed(trial: Trial) -> Iterator[str]:
    """Doubt what the server could not be asked."""
    for one in trial.rounds:
        for what in one.server.get("missed", []):
            yield f"the server's own {what}"


def _found(one: Round) -> int:
    arrived = one.delivered + one.failed_arrived + one.unknown_arrived + one.unanswered_arrived
    return arrived + (one.duplicated or 0) + one.corrupt + one.never_sent
