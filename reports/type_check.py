"""Values out of JSON, held against type hints.

The hints of the record's own dataclasses are the only description of it, and the record has to load without any library
on a producer host; what they use of the type system is small enough to be held against here.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from .strict_json import Place, WrongValue, shown

_WORDS: dict[type, str] = {
    str: "a text",
    int: "an integer",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    list: "a list",
    dict: "an object",
}
_MAY_BE: dict[Any, frozenset[type]] = {
    str: frozenset({str}),
    int: frozenset({int}),
    float: frozenset({int, float}),
    bool: frozenset({bool}),
    type(None): frozenset({type(None)}),
    None: frozenset({type(None)}),
}
"""By hint, the types that JSON may have for it. True is no number here."""

Check = Callable[[Any, Place], None]


@cache
def check(hint: Any) -> Check:
    """Return what holds a value against a hint: it takes the value and its place, and raises WrongValue.

    Args:
        hint: of texts, numbers, truth values and None; lists, tuples and dicts of them; unions; and Any.

    Raises:
        TypeError: a hint of another kind.
    """
    if hint is Any:
        return lambda _value, _place: None
    if plain := scalars(hint):
        return _scalar(plain, _in_words(hint))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {types.UnionType, typing.Union} and type(None) in arguments:
        [rest] = [one for one in arguments if one is not type(None)]
        return _optional(check(rest))
    if origin is list:
        return _listed(scalars(arguments[0]), check(arguments[0]))
    if origin is dict and arguments[0] is str:
        return _mapped(check(arguments[1]))
    if origin is tuple:
        return _paired([check(one) for one in arguments])
    raise TypeError(f"no check for {hint}")


@cache
def scalars(hint: Any) -> frozenset[type]:
    """Return the types that JSON may have for a hint of plain values; empty for every other hint."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        parts = [scalars(one) for one in typing.get_args(hint)]
        return frozenset().union(*parts) if all(parts) else frozenset()
    return _MAY_BE.get(hint, frozenset())


def check_fields(
    saved: Any, hints: Mapping[str, Any], place: Place, *, nullable: bool = False, required: Iterable[str] = ()
) -> dict[str, Any]:
    """Hold those fields of an object that are there against their hints, and return it.

    Args:
        saved: what should be an object.
        hints: by field.
        place: where it stands.
        nullable: whether any field may be null.
        required: fields that have to be there.

    Raises:
        WrongValue: names the field, its value and what was expected.
    """
    if not isinstance(saved, dict):
        raise WrongValue(place, f"{shown(saved)}, expected an object")
    for name in required:
        if name not in saved:
            raise WrongValue((*place, name), "missing")
    for name, hint in hints.items():
        if name in saved and not (nullable and saved[name] is None):
            check(hint)(saved[name], (*place, name))
    return saved


def _scalar(allowed: frozenset[type], words: str) -> Check:
    def one(value: Any, place: Place) -> None:
        if type(value) not in allowed:
            raise WrongValue(place, f"{shown(value)}, expected {words}")

    return one


def _optional(rest: Check) -> Check:
    def one(value: Any, place: Place) -> None:
        if value is not None:
            rest(value, place)

    return one


def _listed(allowed: frozenset[type], each: Check) -> Check:
    def one(value: Any, place: Place) -> None:
        _expect(list, value, place)
        if allowed and set(map(type, value)) <= allowed:  # as long series are
            return
        for number, item in enumerate(value):
            each(item, (*place, number))

    return one


def _mapped(each: Check) -> Check:
    def one(value: Any, place: Place) -> None:
        _expect(dict, value, place)
        for name, item in value.items():
            each(item, (*place, name))

    return one


def _paired(parts: list[Check]) -> Check:
    def one(value: Any, place: Place) -> None:
        _expect(list, value, place)
        if len(value) != len(parts):
            raise WrongValue(place, f"{shown(value)}, expected {len(parts)} values")
        for number, (item, part) in enumerate(zip(value, parts, strict=True)):
            part(item, (*place, number))

    return one


def _expect(kind: type, value: Any, place: Place) -> None:
    if type(value) is not kind:
        raise WrongValue(place, f"{shown(value)}, expected {_WORDS[kind]}")


def _in_words(hint: Any) -> str:
    parts = typing.get_args(hint) or (hint,)
    return " or ".join(_WORDS.get(one, str(one)) for one in parts)
