"""What readies a machine for the suite and checks what is released; nothing here is part of the wheel."""

import sys

# Older versions read this file, too, hence nothing from __future__ and plain ASCII:
# they are to say what is wrong instead of showing a syntax error.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "thermobench: Python 3.11 or later is needed, and this is {}.{} - install one and name it: "
        "make PYTHON=python3.12 ...".format(*sys.version_info)
    )
