"""`python -m collectors`: the load generator, by hand."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from .arguments import load_from, options_help, parser, watched_by
from .backends.registry import backend
from .crew import Crew
from .errors import ThermobenchError, UsageError
from .gate import Gate
from .live_file import LiveFile
from .load import Load
from .progress import Tick
from .totals import LiveLine, details, in_words

OnTick = Callable[[Tick], object]
DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run the load generator and return its exit status."""
    flags = parser()
    given = flags.parse_args(arguments)
    try:
        if given.help:
            print(flags.format_help())
            print(options_help(backend(given.backend)) if given.backend else "")
            return DONE
        load, remark = load_from(given)
        if remark:
            print(remark, file=sys.stderr)
        crew_of = partial(Crew, watched=watched_by(given), gate=Gate(given.hold) if given.hold else None)
        return run(load, crew_of, on_tick_of(given), as_json=given.json, result_file=given.result)
    except KeyboardInterrupt:
        return INTERRUPTED
    except UsageError as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE
    except ThermobenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED


def on_tick_of(given: argparse.Namespace) -> OnTick:
    """Return what is told of each second."""
    if given.live:
        return LiveFile(Path(given.live))
    return (lambda _: None) if given.quiet else LiveLine()


def run(
    load: Load,
    crew_of: Callable[..., Crew],
    on_tick: Callable[[Tick], object],
    *,
    as_json: bool,
    result_file: str | None,
) -> int:
    """Run one load, show its totals, and return the exit status.

    Raises:
        ThermobenchError: it could not begin.
    """
    crew = crew_of(load, on_tick=on_tick)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        if not crew.started:
            raise KeyboardInterrupt
        crew.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    result = crew.run()
    if isinstance(on_tick, LiveLine):
        on_tick.end()
    found = details(load, result, load.backend.load())
    if result_file:
        _replace(Path(result_file), json.dumps(found))
    for producer in found["producers"]:
        del producer["outcomes"]
    print(json.dumps(found) if as_json else in_words(found), flush=True)
    for error in found["errors"]:
        print(f"error: {error}", file=sys.stderr)
    if result.interrupted:
        return INTERRUPTED
    return FAILED if found["errors"] else DONE


def _replace(path: Path, text: str) -> None:
    try:
        partial = path.with_name(f"{path.name}.{os.getpid()}.part")
        partial.write_text(text)
        partial.replace(path)
    except OSError as error:
        raise ThermobenchError(f"result {path}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
