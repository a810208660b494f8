"""Texts whose every character shows, and numbers that fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.page.chart import short
from reports.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pi-4 µ 温度 ×", "pi-4 µ 温度 ×"),
        ("a\u202eb\u2066c", "a‹U+202E›b‹U+2066›c"),
        ("arabic letter mark\u061c", "arabic letter mark‹U+061C›"),
        ("bell\x07 nul\x00", "bell‹U+0007› nul‹U+0000›"),
        ("two\nlines\tand a joiner\u200d", "two\nlines\tand a joiner\u200d"),
        ("\ud800", "‹U+D800›"),
    ],
)
def test_what_does_not_show_is_told(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_what_is_shown_can_be_written_and_has_nothing_that_reorders(text: str) -> None:
    found = visible(text)
    found.encode()
    assert not set(found) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\x00")


@pytest.mark.parametrize(
    ("value", "shown"), [(0, "0"), (0.25, "0.25"), (950, "950"), (12500, "12.5k"), (3.4e6, "3.4M"), (2e9, "2G")]
)
def test_numbers_fit_beside_an_axis(value: float, shown: str) -> None:
    assert short(value) == shown
