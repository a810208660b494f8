"""Which of this machine's CPUs belong to which host."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence


def shared_out(cores: Sequence[float], available: Sequence[int]) -> list[list[int]]:
    """Return the CPUs of each host: as many as it has cores, rounded up, but no more than there are.

    Hosts take them in turn, so that no CPU has two hosts while another has none.

    Args:
        cores: of each host.
        available: the numbers of the CPUs that there are.
    """
    turn = itertools.cycle(available)
    return [sorted(itertools.islice(turn, min(math.ceil(one), len(available)))) for one in cores]
