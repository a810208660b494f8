"""What the fields of a figure may be, and what each of them has to go with; an error names file, figure and field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.errors import ThermobenchError

BOARDS = ("Pi 1", "Pi 2", "Pi 3", "Pi 4", "desktop PC")
SOURCES = ("notes", "scenarios")
_SCENARIO = re.compile(r"[A-Z]\d+")


@dataclass(frozen=True)
class Field:
    """What a field may hold."""

    expected: str
    fits: Callable[[Any], bool]


def refuse(where: str, name: str, value: Any, expected: str) -> None:
    """Refuse a field.

    Args:
        where: the file, and the figure in it.
        name: of the field.
        value: what it holds.
        expected: what it may hold.

    Raises:
        ThermobenchError: always.
    """
    raise ThermobenchError(f"{where}, {name}: {value!r} – expected {expected}")


def check(where: str, given: Mapping[str, Any], known: Mapping[str, Field], required: Sequence[str] = ()) -> None:
    """Look whether a table has fields that are known, of the right kind, and all that it needs.

    Raises:
        ThermobenchError: it has not; names `where` and the field.
    """
    for name, value in given.items():
        if name not in known:
            refuse(where, name, value, f"one of the fields {', '.join(known)}")
        if not known[name].fits(value):
            refuse(where, name, value, known[name].expected)
    for name in required:
        if name not in given:
            refuse(where, name, None, known[name].expected)


def check_together(where: str, given: Mapping[str, Any]) -> None:
    """Look whether the fields of one figure go together.

    Raises:
        ThermobenchError: they do not; names `where` and the field.
    """
    first = given["scenarios"][0].lower()
    if not given["name"].startswith(f"{first}-"):
        refuse(where, "name", given["name"], f"a name that begins with its first scenario: {first}-…")
    place = "lines" if given.get("source", "notes") == "notes" else "row"
    if not given.get(place):
        refuse(where, place, given.get(place), f"where it stands: {_FIGURE[place].expected}")
    if not any(name in given for name in _MEASURED):
        refuse(where, "tps", None, f"at least one of the fields {', '.join(_MEASURED)}")
    _check_total(where, given)
    _check_parts(where, given)


def _check_total(where: str, given: Mapping[str, Any]) -> None:
    if "tps" in given and "total" in given:
        refuse(where, "total", given["total"], "either tps or total: the one that the notes give")
    is_total = "tps" not in given and ("total" in given or "parts" in given)
    if is_total and "minutes" not in given:
        refuse(where, "minutes", None, "how long a total took")
    if "minutes" in given and ("minutes_said" in given) == ("minutes_assumed" in given):
        refuse(where, "minutes", given["minutes"], "either minutes_said or minutes_assumed beside it")
    if "counted" in given and ("total" not in given or given.get("rounded_to", 1) != 1):
        refuse(where, "counted", given["counted"], "an exact total beside it")


def _check_parts(where: str, given: Mapping[str, Any]) -> None:
    whole = given.get("tps", given.get("total"))
    if "parts" not in given:
        return
    if whole is not None and sum(given["parts"]) != whole:
        refuse(where, "parts", given["parts"], f"numbers whose sum is {whole:,}, not {sum(given['parts']):,}")
    hosts = sum(one.get("hosts", 1) for one in given.get("producers", ()))
    if hosts and hosts != len(given["parts"]):
        refuse(where, "parts", given["parts"], f"one for each of {hosts} producer hosts")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == len(("low", "high")) and all(map(_is_number, value))


def _several(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and bool(value) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_scenario(value: Any) -> bool:
    return isinstance(value, str) and bool(_SCENARIO.fullmatch(value))


_TEXT = Field("a text", _is_text)
_COUNT = Field("a whole number above 0", _is_count)
_POSITIVE = Field("a number above 0", lambda value: _is_number(value) and value > 0)
_VALUES = Field("a list of numbers and [low, high]", _several(lambda value: _is_number(value) or _is_range(value)))
TABLES = Field("a list of tables", _several(lambda value: isinstance(value, dict)))
_NAME = Field("small letters, digits and -", lambda value: _is_text(value) and bool(re.fullmatch(r"[a-z\d-]+", value)))

_SHARED = {
    "scenarios": Field('a list of ids, as ["K1"]', _several(_is_scenario)),
    "heading": _TEXT,
    "quote": _TEXT,
    "source": Field(f"one of {', '.join(SOURCES)}", lambda value: value in SOURCES),
    "row": Field("the id of a scenario", _is_scenario),
    "backend": _NAME,
    "rounded_to": _COUNT,
    "minutes": _POSITIVE,
    "minutes_said": _TEXT,
    "minutes_assumed": _TEXT,
    "settings": Field("a table", lambda value: isinstance(value, dict)),
    "producers": TABLES,
    "servers": TABLES,
    "doubts": Field("a list of texts", _several(_is_text)),
}
_MEASURED = ("tps", "total", "parts", "producers_cpu", "server_cpu", "server_io", "observed")
_FIGURE = _SHARED | {
    "name": _NAME,
    "lines": Field("a list of line numbers", _several(_is_count)),
    "tps": _POSITIVE,
    "total": _COUNT,
    "parts": Field("a list of numbers", _several(_is_number)),
    "counted": _COUNT,
    "producers_cpu": _VALUES,
    "server_cpu": _VALUES,
    "server_io": _VALUES,
    "observed": TABLES,
    "bottleneck": _TEXT,
    "acknowledged_means": _TEXT,
}
SECTION: Mapping[str, Field] = _SHARED
"""What figures may have in common: each has these as if they stood in it, its own settings and doubts added."""
FIGURE: Mapping[str, Field] = _FIGURE
FIGURE_REQUIRED = ("name", "scenarios", "heading", "quote")
HOSTS: Mapping[str, Field] = {
    "board": Field(f"one of {', '.join(BOARDS)}", lambda value: value in BOARDS),
    "hosts": _COUNT,
    "threads": _COUNT,
}
SETTINGS: Mapping[str, Field] = {
    **dict.fromkeys(("hosts", "per_host", "partitions", "replication", "min_isr", "frequency"), _COUNT),
    **dict.fromkeys(("buffer_bytes", "heap_mib"), _COUNT),
    **dict.fromkeys(("wait", "auto_create_topics"), Field("true or false", lambda value: isinstance(value, bool))),
    "acks": Field('"0", "1" or "all"', lambda value: value in {"0", "1", "all"}),
    "tokens": Field("a list of whole numbers above 0", _several(_is_count)),
    "key": Field('"location" or "location-date"', lambda value: value in {"location", "location-date"}),
}
"""By the names that the settings of a trial and of its server's topology have; `hosts` are the servers'."""
OBSERVED: Mapping[str, Field] = {"what": _TEXT, "unit": _TEXT, "values": _VALUES}
SHORTHANDS = {
    "producers_cpu": ("CPU of the producers", "%"),
    "server_cpu": ("CPU of the servers", "%"),
    "server_io": ("I/O of the servers", "ms/s"),
}
"""Fields for what is observed most often: what it is and its unit; one value for each host, or one for all."""
