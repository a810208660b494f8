"""`--repeat N`, and the cases, each made for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import TypeVar

import pytest

from collectors.errors import Unavailable

from .cases import CASES, Case

T = TypeVar("T")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--repeat", type=int, default=1, metavar="N", help="measure every known answer N times")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "known_answers: cases whose limit was made, so that it is known")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "repetition" in metafunc.fixturenames:
        # As part of all tests this file is found too late for its option: then each is measured once.
        metafunc.parametrize("repetition", range(1, 1 + metafunc.config.getoption("--repeat", 1)))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    """A case, everything that holds it included; skipped where that cannot be made, with the reason."""
    with ExitStack() as stack:

        def make(maker: Callable[[], AbstractContextManager[T]]) -> T:
            return stack.enter_context(maker())

        try:
            made = CASES[request.param](make)
        except Unavailable as error:
            pytest.skip(str(error))
        yield made
