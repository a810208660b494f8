"""Whether an engine of our own can be started here."""

from __future__ import annotations

import pytest

from tools.engine import may_mount


@pytest.mark.parametrize(
    ("effective", "may"),
    [
        ("000001ffffffffff", True),  # root
        ("0000000000200000", True),  # CAP_SYS_ADMIN alone
        ("00000000a80425fb", False),  # root of a container, as Docker makes it
        ("0000000000000000", False),
    ],
)
def test_an_engine_takes_the_right_to_mount(effective: str, may: bool) -> None:
    assert may_mount(f"Name:\tpython\nCapPrm:\t000001ffffffffff\nCapEff:\t{effective}\nCapBnd:\t0\n") is may


def test_a_kernel_that_tells_no_capabilities_has_none() -> None:
    assert not may_mount("Name:\tpython\n")
