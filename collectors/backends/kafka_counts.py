"""What Kafka counts of a topic: where the log of each partition ends."""

from __future__ import annotations

import time

from ..errors import ServerError
from .base import Assignment
from .counting import Difference, Snapshot
from .kafka_reader import TopicLog
from .kafka_topic import address, effective_acks

LOG_END_OFFSET = "log_end_offset"
"""`log_end_offset/3`: records that partition 3 has taken since it was made and that all in-sync replicas have."""

_REST_SECONDS = 0.5
_LIMIT_SECONDS = 30.0


def counts(log: TopicLog, assignment: Assignment) -> Snapshot:
    """Return where each partition's log ends.

    With acks=all everything acknowledged lies before that. Else followers may still fetch, or the broker take in what
    has been sent without an answer: then two readings half a second apart have to agree.

    Raises:
        ServerError: no broker answers, or the ends moved on for half a minute.
    """
    ends = log.ends()
    deadline = time.monotonic() + _LIMIT_SECONDS
    while effective_acks(assignment) != "all":
        time.sleep(_REST_SECONDS)
        before, ends = ends, log.ends()
        if ends == before:
            break
        if time.monotonic() > deadline:
            raise ServerError(
                f"{address(assignment.endpoint)}: topic {assignment.settings['topic']} still grew "
                f"{_LIMIT_SECONDS:.0f} s after the writers ended"
            )
    return Snapshot(
        at=time.monotonic(),
        counters={f"{LOG_END_OFFSET}/{partition}": float(end) for partition, end in sorted(ends.items())},
    )


def stored(since: Difference) -> int | None:
    """Return how many records the topic has taken; None where it was not asked, or a log was cut or made anew.

    Those of other runs that write to the topic at the same time count as well.
    """
    growths = [growth for name, growth in since.grown.items() if name.startswith(LOG_END_OFFSET)]
    if not growths or any(name.startswith(LOG_END_OFFSET) for name in since.reset):
        return None
    return round(sum(growths))
