"""A sample, as a person reads it."""

from __future__ import annotations

from .source import Columns

_MIB = 2**20
_FULL_CORE = 0.005


def line(seconds: float, sample: Columns) -> str:
    """Return a sample in one line.

    Args:
        seconds: since the start.
        sample: its columns.
    """
    parts = [_processor(sample), _disk(sample), *_links(sample), _memory(sample), *_board(sample), *_groups(sample)]
    return f"{seconds:6.1f} s  " + " | ".join(part for part in parts if part)


def _value(sample: Columns, name: str) -> float:
    return sample.get(name) or 0.0


def _processor(sample: Columns) -> str:
    shown = " ".join(f"{name} {_value(sample, f'cpu.{name}'):.2f}" for name in ("user", "system", "iowait", "steal"))
    return f"cpu {shown}, foreign {_number(sample.get('foreign.cpu'))}"


def _disk(sample: Columns) -> str:
    """Return the busiest one."""
    busy = {
        name.split(".")[1]: _value(sample, name) for name in sample if name.startswith("disk.") and name.endswith(".io")
    }
    if not busy:
        return ""
    name = max(busy, key=lambda one: busy[one])
    read, written = (_value(sample, f"disk.{name}.{kind}_bytes") for kind in ("read", "write"))
    return f"{name} {busy[name]:.0f} ms/s, {_mib(read)} read, {_mib(written)} written"


def _links(sample: Columns) -> list[str]:
    names = [name.removeprefix("net.").removesuffix(".rx_bytes") for name in sample if name.endswith(".rx_bytes")]
    return [
        _link(sample, name)
        for name in names
        if _value(sample, f"net.{name}.rx_bytes") + _value(sample, f"net.{name}.tx_bytes")
    ]


def _link(sample: Columns, name: str) -> str:
    text = (
        f"{name} {_mib(_value(sample, f'net.{name}.rx_bytes'))} in, {_mib(_value(sample, f'net.{name}.tx_bytes'))} out"
    )
    waiting = sample.get(f"net.{name}.backlog")
    return text if waiting is None else f"{text}, {waiting / 1024:,.0f} KiB waiting"


def _memory(sample: Columns) -> str:
    text = f"memory {_value(sample, 'memory.available') / _MIB:,.0f} MiB free"
    moved = _value(sample, "memory.swap_in") + _value(sample, "memory.swap_out")
    used = _value(sample, "memory.swap_used")
    return f"{text}, swap {used / _MIB:,.0f} MiB, {_mib(moved)}" if used or moved else text


def _board(sample: Columns) -> list[str]:
    known = (("cpu.mhz", "{:,.0f} MHz"), ("cpu.temperature", "{:.1f} °C"), ("cpu.throttled", "throttled {:#x}"))
    return [_shown(text, value) for name, text in known if (value := sample.get(name)) is not None]


def _shown(text: str, value: float) -> str:
    return text.format(int(value) if "#x" in text else value)


def _groups(sample: Columns) -> list[str]:
    return [_group(sample, name.removesuffix(".rss")) for name in sample if name.endswith(".rss")]


def _group(sample: Columns, name: str) -> str:
    used = sample.get(f"{name}.cpu")
    if used is None:
        return f"{name} ?"
    text = f"{name} {used:.2f}"
    waiting, throttled = _value(sample, f"{name}.waiting"), _value(sample, f"{name}.throttled")
    text += f" waiting {waiting:.2f}" if waiting >= _FULL_CORE else ""
    return text + (f" throttled {throttled:.0%}" if throttled else "")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"


def _mib(value: float) -> str:
    return f"{value / _MIB:,.1f} MiB/s"
