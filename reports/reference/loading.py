"""Reads the figures from the files that they are kept in."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from collectors.errors import ThermobenchError

from .fields import (
    FIGURE,
    FIGURE_REQUIRED,
    HOSTS,
    OBSERVED,
    SECTION,
    SETTINGS,
    SHORTHANDS,
    TABLES,
    Field,
    check,
    check_together,
    refuse,
)
from .figure import Figure, Hosts, Observed

_FOLDER = "figures_2019"
_SECTIONS: Mapping[str, Field] = {"section": Field("tables [[section]]", TABLES.fits)}
_FIGURES: Mapping[str, Field] = {"figure": Field("tables [[section.figure]]", TABLES.fits)}


@cache
def figures() -> tuple[Figure, ...]:
    """Return every figure, in the order of the files.

    Raises:
        ThermobenchError: a file is not as it has to be; names file, figure and field.
    """
    found: dict[str, Figure] = {}
    files = (one for one in resources.files(__package__).joinpath(_FOLDER).iterdir() if one.name.endswith(".toml"))
    for file in sorted(files, key=lambda one: one.name):
        for figure in parsed(file.name, file.read_text(encoding="utf-8")):
            if figure.name in found:
                refuse(f"{file.name}, figure {figure.name}", "name", figure.name, "one that no other figure has")
            found[figure.name] = figure
    return tuple(found.values())


def parsed(file: str, text: str) -> list[Figure]:
    """Return the figures of one file.

    Args:
        file: its name, for errors.
        text: TOML: tables `[[section]]`, each with what its figures have in common and tables `[[section.figure]]`.

    Raises:
        ThermobenchError: it is not as it has to be; names file, figure and field.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ThermobenchError(f"{file}: {error} – expected TOML") from None
    check(file, content, _SECTIONS, required=("section",))
    return [_figure(where, given) for where, given in _entries(file, content)]


def _entries(file: str, content: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every figure with all that it has of its section, and where it stands."""
    for number, section in enumerate(content["section"], 1):
        where = f"{file}, section {number}"
        check(where, section, {**SECTION, **_FIGURES}, required=("figure",))
        common = {name: value for name, value in section.items() if name != "figure"}
        for place, own in enumerate(section["figure"], 1):
            named = f"{file}, figure {own.get('name') or f'{place} of section {number}'}"
            check(named, own, FIGURE)
            given = common | own
            given["settings"] = common.get("settings", {}) | own.get("settings", {})
            given["doubts"] = [*common.get("doubts", ()), *own.get("doubts", ())]
            yield named, {name: value for name, value in given.items() if value not in ({}, [])}


def _figure(where: str, given: dict[str, Any]) -> Figure:
    check(where, given, FIGURE, FIGURE_REQUIRED)
    check(f"{where}, settings", given.get("settings", {}), SETTINGS)
    for role in ("producers", "servers"):
        for number, hosts in enumerate(given.get(role, ()), 1):
            check(f"{where}, {role} {number}", hosts, HOSTS)
    for number, one in enumerate(given.get("observed", ()), 1):
        check(f"{where}, observed {number}", one, OBSERVED, required=tuple(OBSERVED))
    check_together(where, given)
    made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    made["observed"] = _observed(made)
    for role in ("producers", "servers"):
        made[role] = tuple(Hosts(**hosts) for hosts in given.get(role, ()))
    return Figure(**made)


def _observed(given: dict[str, Any]) -> tuple[Observed, ...]:
    """Return what was observed, the shorthands taken out of the fields and put first."""
    short = [(*SHORTHANDS[name], given.pop(name)) for name in SHORTHANDS if name in given]
    rows = [*short, *((one["what"], one["unit"], one["values"]) for one in given.get("observed", ()))]
    return tuple(
        Observed(what, unit, tuple(tuple(one) if isinstance(one, list) else one for one in values))
        for what, unit, values in rows
    )
