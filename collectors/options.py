"""Settings that only one backend has, such as Kafka's `acks`, declared by it and given as `key=value`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import UsageError

Settings = Mapping[str, Any]
"""Every option of one backend by name, defaults filled in; values are str, int, float or bool."""


@dataclass(frozen=True)
class Option:
    """One setting of a backend.

    `parse` makes the value of the text given, and raises ValueError for text it cannot use.
    """

    name: str
    default: Any
    parse: Callable[[str], Any]
    expected: str
    """What the value may be, for messages and help: `0, 1 or all`."""
    help: str


def one_of(*choices: str) -> Callable[[str], str]:
    """Return a parser that accepts just these texts."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return parse


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from low to high, both included."""

    def parse(text: str) -> int:
        number = int(text)
        if not low <= number <= high:
            raise ValueError(text)
        return number

    return parse


def flag(text: str) -> bool:
    """Parse `yes` or `no`."""
    return {"yes": True, "no": False}[one_of("yes", "no")(text)]


def settings(backend: str, options: Iterable[Option], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of a backend from what the user gave, defaults filled in.

    Raises:
        UsageError: naming the backend, the option, its value and what was expected.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            names = ", ".join(sorted(known)) or "none"
            raise UsageError(f"backend {backend} has no option {name!r}; it has: {names}")
    values = {option.name: option.default for option in known.values()}
    for name, text in given.items():
        try:
            values[name] = known[name].parse(text)
        except ValueError:
            raise UsageError(f"backend {backend}, option {name}: {text!r} – expected {known[name].expected}") from None
    return values
