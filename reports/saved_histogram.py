"""Latency histograms of saved files, as texts: whether they can be unpacked without harm."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from typing import Any

from .strict_json import Place, WrongValue

PACKED = 2**20
"""Characters; those of records have a few thousand."""
UNPACKED = 2**22
"""Bytes. The text may be a thousand times as short, and the library unpacks it whatever comes."""
DIGITS = 5
"""Significant ones at most, as of HdrHistogram."""

_OUTER = struct.Struct(">II")
"""A cookie, and the length of what follows, packed by zlib (HdrHistogram, V2 encoding)."""
_INNER = struct.Struct(">IIIIqqd")
"""Cookie, length, normalizing offset, significant digits, lowest and highest value, conversion ratio."""


def check_histogram(text: Any, place: Place) -> None:
    """Hold a histogram's text against its form; the empty text and null stand for none.

    Raises:
        WrongValue: it is no histogram, or too large a one.
    """
    if not text:
        return
    if len(text) > PACKED:
        raise WrongValue(place, f"a histogram of {len(text):,} characters, expected at most {PACKED:,}")
    try:
        packed = base64.b64decode(text, validate=True)
        _OUTER.unpack_from(packed)
        unpacking = zlib.decompressobj()
        unpacked = unpacking.decompress(packed[_OUTER.size :], UNPACKED)
        _, _, _, digits, lowest, highest, _ = _INNER.unpack_from(unpacked)
    except (binascii.Error, zlib.error, struct.error, ValueError):
        raise WrongValue(place, "no HDR histogram in base64") from None
    if unpacking.unconsumed_tail:
        raise WrongValue(place, f"a histogram of more than {UNPACKED:,} bytes")
    if not (1 <= digits <= DIGITS and 1 <= lowest < highest):
        raise WrongValue(place, "an HDR histogram without a usable range")
