"""Texts of others: characters that would hide or reorder the rest, or that a terminal would obey, are spelt out."""

from __future__ import annotations

import unicodedata

_SHOWN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
"""Unicode's categories of what has no glyph: control, format (bidirectional overrides among it), private, surrogate."""
_KEPT = "\n\t"
_HARMLESS = "\u00ad\u200c\u200d"
"""Soft hyphen and joiners: they belong to how some languages are written, and reorder nothing."""


def visible(text: str) -> str:
    """Return a text whose characters all show: others stand as their code, `‹U+202E›`.

    Names of hosts, labels and errors are others'. A bidirectional override among them would have the rest of its line
    read from right to left (Unicode Technical Report 36, section 3.2), and XML forbids most control characters.
    """
    if text.isprintable():
        return text
    return "".join(one if _harmless(one) else f"‹U+{ord(one):04X}›" for one in text)


def _harmless(character: str) -> bool:
    return character in _KEPT or character in _HARMLESS or unicodedata.category(character) not in _SHOWN
