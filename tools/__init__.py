"""What readies a machine for the suite and checks what is released; nothing here is part of the wheel."""

from __future__ import annotations

import sys

# Older versions read this file, too: they are to say what is wrong instead of showing a syntax error.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "thermobench: Python 3.11 or later is needed, and this is {}.{} – install one and name it: "
        "make PYTHON=python3.12 …".format(*sys.version_info)
    )
