"""Charts of a page: SVG that pygal draws once, so that it shows without a script and prints as it is.

Colours are the page's, in light and dark: the charts bring no style of their own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree.ElementTree import Element

import pygal
from markupsafe import Markup
from pygal.style import Style

from ..visible import visible

# pygal looks for its plugins on every import of anything, in a way that Python 3.11 warns of. There are none here.
sys.meta_path[:] = [one for one in sys.meta_path if not isinstance(one, pygal.PluginImportFixer)]

Point = tuple[float, float | None]
"""A value of the x axis and one of the y axis; None interrupts the line."""

WIDTH, HEIGHT = 400, 165
"""In CSS pixels, as a phone shows it; wider screens show several beside each other."""
_ROW, _AXES = 17, 46
"""Height of one bar, and of what stands around all of them."""
_DOTS = 150
"""Points of a chart up to which each is marked: more of them hide the line."""
_MOST = 300
"""Points of a line, beyond which several are taken together: there are no more pixels."""
_LABEL = 6
"""Characters of every label of the y axis, so that charts below each other have their x axes below each other."""
_FIGURE_SPACE = "\u2007"
COLOURS = 8
"""How many lines differ in colour and dashes; further ones begin again."""
_COLOUR = re.compile(r"\bcolor-(\d+)")
_LEFT_OUT = {"defs", "title", "desc"}
_STYLE = Style(label_font_size=11, major_label_font_size=11, value_font_size=10, font_family="sans-serif")
_SHARED: Mapping[str, Any] = {
    "css": (),
    "js": (),
    "style": _STYLE,
    "width": WIDTH,
    "margin": 6,
    "margin_right": 16,
    "show_legend": False,
    "truncate_label": -1,
    "disable_xml_declaration": True,
    "pretty_print": False,
    "classes": ("chart",),
}


@dataclass(frozen=True)
class Line:
    """One line of a chart."""

    name: str
    points: Sequence[Point]
    marks: Literal["both", "dots", "line"] = "both"
    """What it is drawn with: its points joined, alone, or not shown as such."""


@dataclass(frozen=True)
class Chart:
    """A chart, and what tells of it besides."""

    title: str
    svg: Markup
    legend: Sequence[Line]
    """Its lines, in order; empty where there is but one."""


@dataclass(frozen=True)
class Axes:
    """What the axes of a chart show."""

    unit: str
    """Of the y axis."""
    span: tuple[float, float]
    """Of the x axis."""
    ticks: Sequence[tuple[float, str]]
    """Of the x axis: where, and what stands there."""
    least: float = 0.0
    """The y axis goes up to this at least."""
    logarithmic: bool = False
    said: Mapping[float, str] = field(default_factory=dict)
    """What values of the x axis are called, where that is not the value itself."""


def lines(title: str, drawn: Sequence[Line], axes: Axes) -> Chart:
    """Return a chart of lines over a common x axis.

    Args:
        title: of the chart, the unit of its y axis in it.
        drawn: at least one line with a point.
        axes: what they show.
    """
    values = [y for line in drawn for _, y in line.points if y is not None]
    top = max([*values, axes.least]) or 1.0
    made = pygal.XY(
        **_SHARED,
        height=HEIGHT,
        title=None,
        xrange=axes.span,
        range=None if axes.logarithmic else (0, top * 1.02),
        logarithmic=axes.logarithmic,
        allow_interruptions=True,
        include_x_axis=not axes.logarithmic,
        dots_size=2,
        max_scale=5,
        min_scale=3,
        value_formatter=lambda y: short(y).rjust(_LABEL, _FIGURE_SPACE),
        x_labels=[{"value": at, "label": visible(name)} for at, name in axes.ticks],
    )
    dots = sum(len(line.points) for line in drawn) <= _DOTS
    for line in drawn:
        shown = {"stroke": line.marks != "dots", "show_dots": line.marks == "dots" or (dots and line.marks == "both")}
        made.add(visible(line.name), _marked(line, axes), **shown)
    return Chart(title, _svg(made, title), drawn if len(drawn) > 1 else [])


def bars(title: str, rows: Sequence[tuple[str, float]], most: float = 0.0, room: int = 0) -> Chart:
    """Return a chart of bars below each other, the first on top, each with its value.

    Args:
        title: of the chart, with the unit.
        rows: name and value of each.
        most: what the x axis reaches to at least.
        room: characters to leave for the labels at least, as charts need that are to have one scale.
    """
    made = pygal.HorizontalBar(
        **_SHARED,
        height=_ROW * len(rows) + _AXES,
        value_formatter=short,
        range=(0, max(most, *(value for _, value in rows)) or 1.0),
        max_scale=4,
        x_labels=[labelled(*row).rjust(room, _FIGURE_SPACE) for row in reversed(rows)],
    )
    made.add(visible(title), [value for _, value in reversed(rows)])
    return Chart(title, _svg(made, title), [])


def labelled(name: str, value: float) -> str:
    """Return how a bar is labelled."""
    return visible(f"{name}: {value:,.0f}")


def _marked(line: Line, axes: Axes) -> list[Any]:
    """Return a line's points as pygal takes them, each with what is told where a pointer rests on it."""
    marked: list[Any] = []
    for x, y in _thinned(line.points):
        if y is None or (axes.logarithmic and y <= 0):
            marked.append((x, None))
            continue
        told = f"{line.name}, {axes.said.get(x, f'{x:.3g}')}: {y:,.3f}".rstrip("0").rstrip(".") + f" {axes.unit}"
        marked.append({"value": (x, y), "label": visible(told)})
    return marked


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return points with several neighbours as their mean, where there are more than a chart has pixels for."""
    each = -(-len(points) // _MOST)
    if each == 1:
        return points
    thinned: list[Point] = []
    for start in range(0, len(points), each):
        part = points[start : start + each]
        known = [y for _, y in part if y is not None]
        thinned.append((part[0][0], sum(known) / len(known) if known and len(known) == len(part) else None))
    return thinned


def _svg(made: Any, title: str) -> Markup:
    """Return a chart as markup: one image with a name, to those who cannot see it."""
    made.add_xml_filter(lambda root: _cleaned(root, visible(title)))
    # Every text in it was escaped by the XML library that wrote it.
    return Markup(made.render(is_unicode=True))  # noqa: S704


def _cleaned(root: Element, title: str) -> Element:
    """Take out what pygal brings for a file of its own (style, script, comments, tips), and keep tips as titles."""
    for parent in list(root.iter()):
        parent.set("class", _COLOUR.sub(lambda found: f"color-{int(found[1]) % COLOURS}", parent.get("class", "")))
        label = parent.findtext("desc[@class='label']")
        for child in list(parent):
            if not isinstance(child.tag, str) or child.tag in _LEFT_OUT or "tooltip-overlay" in child.get("class", ""):
                parent.remove(child)
        if label:
            tip = Element("title")
            tip.text = label
            parent.insert(0, tip)
    del root.attrib["id"]
    root.set("role", "img")
    root.set("aria-label", f"chart: {title}")
    return root


def short(value: float) -> str:
    """Return a number as an axis has room for: `950`, `12.5k`, `3.4M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
