from collections.abc import Callable
from typing import Any


def test_two_producers(trial: Callable[..., Any]) -> None:
    trial(processes=2)
