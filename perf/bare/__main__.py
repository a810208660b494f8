"""`python -m perf.bare`: a client in the tightest loop by hand; it takes the options of `python -m collectors`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from collectors.arguments import load_from, parser
from collectors.errors import ThermobenchError, UsageError

from .crew import run

DONE, FAILED, USAGE = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one bare loop and return its exit status."""
    flags = parser()
    flags.prog, flags.epilog = "python -m perf.bare", None
    flags.description = "Write readings through a backend's client in the tightest loop one would write by hand."
    given = flags.parse_args(arguments)
    if given.help:
        print(flags.format_help())
        return DONE
    try:
        load, remark = load_from(given)
        if remark:
            print(remark, file=sys.stderr)
        found = run(load)
    except ThermobenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else FAILED
    if given.result:
        Path(given.result).write_text(json.dumps(found))
    for producer in found["producers"]:
        del producer["outcomes"]
    print(json.dumps(found) if given.json else f"{found['backend']}, bare: {found['tps']:,.1f} TPS", flush=True)
    return DONE


if __name__ == "__main__":
    sys.exit(main())
