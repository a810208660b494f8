"""Machines as the tests want them."""

from __future__ import annotations

from collections.abc import Collection


class Everything:
    """A machine that has everything.

    Args:
        but: programs, modules, "compiler", "Python.h", libraries or "java 17" that it lacks.
    """

    def __init__(self, but: Collection[str] = ()) -> None:
        self.but = set(but)

    def has_program(self, name: str) -> bool:
        return name not in self.but

    def has_module(self, name: str) -> bool:
        return name not in self.but

    def has_compiler(self) -> bool:
        return "compiler" not in self.but

    def has_python_headers(self) -> bool:
        return "Python.h" not in self.but

    def has_library(self, *names: str) -> bool:
        return not self.but.intersection(names)

    def has_java(self, major: int) -> bool:
        return f"java {major}" not in self.but
