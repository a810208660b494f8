"""Files of figures that are not as they have to be: each error names the file, the figure and the field."""

from __future__ import annotations

import pytest

from collectors.errors import ThermobenchError
from reports.reference.loading import parsed

SOUND = """
[[section]]
scenarios = ["K1"]
heading = "a heading"
minutes = 5
minutes_said = "line 3"
settings = { partitions = 1, acks = "all" }
doubts = ["of the section"]

[[section.figure]]
name = "k1-one"
lines = [7]
quote = "100+200=300"
total = 300
parts = [100, 200]
producers = [{ board = "Pi 4", hosts = 2, threads = 64 }]
server_cpu = [80, [10, 20]]
settings = { acks = "1" }
doubts = ["of the figure"]
"""


def test_a_figure_has_what_its_section_has() -> None:
    (figure,) = parsed("f.toml", SOUND)
    assert figure.settings == {"partitions": 1, "acks": "1"}
    assert figure.doubts == ("of the section", "of the figure")
    assert (figure.scenarios, figure.rate, figure.threads) == (("K1",), 1.0, 128)
    assert figure.observed[0].values == (80, (10, 20))


BROKEN = {
    "unknown field": ("total = 300", "totals = 300", r"k1-one, totals: 300 – expected one of the fields"),
    "wrong kind": ("total = 300", 'total = "300"', r"k1-one, total: '300' – expected a whole number above 0"),
    "never 0": ("total = 300", "total = 0", r"k1-one, total: 0 – expected a whole number above 0"),
    "true is no number": ("total = 300", "total = true", r"k1-one, total: True"),
    "wrong sum": ("total = 300", "total = 301", r"k1-one, parts: .* whose sum is 301, not 300"),
    "other hosts": ("hosts = 2", "hosts = 3", r"k1-one, parts: .* each of 3 producer hosts"),
    "two wholes": ("total = 300", "total = 300\ntps = 300", r"k1-one, total: 300 – expected either tps or total"),
    "no duration": ('minutes = 5\nminutes_said = "line 3"', "", r"k1-one, minutes: None – expected how long"),
    "no word of it": ('minutes_said = "line 3"', "", r"k1-one, minutes: 5 – expected either minutes_said or"),
    "no place": ("lines = [7]", "", r"k1-one, lines: None – expected where it stands"),
    "no quote": ('quote = "100+200=300"', "", r"k1-one, quote: None – expected a text"),
    "another scenario": ('["K1"]', '["K2"]', r"k1-one, name: 'k1-one' – expected .* k2-…"),
    "no scenario": ('["K1"]', '["brokers"]', r", section 1, scenarios: \['brokers'\] – expected a list of ids"),
    "settings that are none": ('{ acks = "1" }', '"acks=1"', r"k1-one, settings: 'acks=1' – expected a table"),
    "an unknown setting": ('{ acks = "1" }', "{ ack = 1 }", r"k1-one, settings, ack: 1 – expected one of the fields"),
    "a setting of the wrong kind": ('{ acks = "1" }', "{ acks = 1 }", r'k1-one, settings, acks: 1 – expected "0", "1"'),
    "no such board": ("Pi 4", "Pi 9", r"k1-one, producers 1, board: 'Pi 9' – expected one of Pi 1"),
    "no range": ("[10, 20]", "[10]", r"k1-one, server_cpu: .* – expected a list of numbers and \[low, high\]"),
    "no name": ('name = "k1-one"', "", r"figure 1 of section 1, name: None – expected small letters"),
    "rounded and counted": ("total = 300", "total = 300\nrounded_to = 100\ncounted = 300", r"k1-one, counted: 300"),
    "a bare observation": (
        "settings = { acks",
        'observed = [{ what = "a thing", values = [1] }]\nsettings = { acks',
        r"k1-one, observed 1, unit: None – expected a text",
    ),
    "nothing measured": (
        "total = 300\nparts = [100, 200]\nproducers = "
        '[{ board = "Pi 4", hosts = 2, threads = 64 }]\nserver_cpu = [80, [10, 20]]',
        "",
        r"k1-one, tps: None – expected at least one of the fields tps, total",
    ),
    "no TOML": ("[[section]]", "[[section", r": .* – expected TOML"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_an_error_names_the_file_the_figure_and_the_field(what: str) -> None:
    sound, broken, message = BROKEN[what]
    assert sound in SOUND
    with pytest.raises(ThermobenchError, match=rf"^f\.toml.*{message}"):
        parsed("f.toml", SOUND.replace(sound, broken, 1))


def test_figures_have_to_be_tables() -> None:
    section = SOUND.partition("[[section.figure]]")[0]
    with pytest.raises(ThermobenchError, match=r"^f\.toml, section 1, figure: \[1\] – expected tables"):
        parsed("f.toml", f"{section}figure = [1]")
    with pytest.raises(ThermobenchError, match=r"^f\.toml, section 1, figure: None – expected tables"):
        parsed("f.toml", section)
