from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import SensorError, Unavailable, UsageError
from collectors.sensors.base import HIGHEST, LOWEST
from collectors.sensors.choice import resolve, sensor
from collectors.sensors.dht22 import Dht22Sensor
from collectors.sensors.replay import ReplaySensor
from collectors.sensors.synthetic import SyntheticSensor
from collectors.sensors.sysfs import SysfsSensor


def test_the_thermal_zone_is_read_anew_each_time(tmp_path: Path) -> None:
    zone = tmp_path / "temp"
    zone.write_text("57452\n")
    source = SysfsSensor(str(zone))
    source.open()
    assert source.read() == (57452, "")
    zone.write_text("-1250\n")
    assert source.read() == (-1250, "")
    source.close()
    source.close()


@given(st.binary(max_size=40))
def test_a_file_holds_a_temperature_or_is_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, text: bytes
) -> None:
    zone = tmp_path_factory.mktemp("zone") / "temp"
    zone.write_bytes(text)
    source = SysfsSensor(str(zone))
    try:
        source.open()
    except SensorError as error:
        assert str(zone) in str(error)
        assert "expected thousandths of a degree" in str(error)
    else:
        assert LOWEST <= source.read().value <= HIGHEST
    finally:
        source.close()


def test_a_sensor_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(SensorError, match=r"/nowhere/temp: No such file.*--sensor"):
        SysfsSensor("/nowhere/temp").open()


def test_a_sensor_that_turns_unreadable_is_an_error(tmp_path: Path) -> None:
    zone = tmp_path / "temp"
    zone.write_text("50000\n")
    source = SysfsSensor(str(zone))
    source.open()
    zone.write_text("hot\n")
    with pytest.raises(SensorError, match="holds 'hot"):
        source.read()
    source.close()


def test_recorded_readings_are_played_in_order_and_again(tmp_path: Path) -> None:
    recorded = tmp_path / "readings"
    second = {"date": "1", "loc": "elsewhere", "ttrans": 9, "value": "57452", "note": "humidity 40.0 %"}
    first = {"reading_date": "1", "reading_location": "elsewhere", "reading_value": "58000"}
    recorded.write_text(f"{json.dumps(second)}\n\n{json.dumps(first)}\n45123\n")
    source = ReplaySensor(str(recorded))
    source.open()
    played = [source.read() for _ in range(4)]
    assert played == [(57452, "humidity 40.0 %"), (58000, ""), (45123, ""), (57452, "humidity 40.0 %")]
    assert source.describe() == f"replay:{recorded}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "empty"), ("50000\nwarm\n", "line 2"), ("9999999\n", "no temperature"), ('{"a": 1}\n', "line 1")],
)
def test_recorded_readings_that_cannot_be_played_are_named(tmp_path: Path, text: str, expected: str) -> None:
    recorded = tmp_path / "readings"
    recorded.write_text(text)
    with pytest.raises(SensorError, match=expected) as caught:
        ReplaySensor(str(recorded)).open()
    assert str(recorded) in str(caught.value)


def test_synthetic_readings_are_temperatures_and_say_what_they_are() -> None:
    source = SyntheticSensor()
    values = [source.read().value for _ in range(1000)]
    assert len(set(values)) > 100
    assert all(45_000 <= value <= 80_000 for value in values)
    assert source.describe() == "synthetic"


class Dht22:
    """The Adafruit library's device, as far as it is used."""

    def __init__(self, *measurements: object) -> None:
        self.measurements = list(measurements)
        self.released = False

    @property
    def temperature(self) -> object:
        if isinstance(self.measurements[0], Exception):
            raise self.measurements.pop(0)  # type: ignore[misc]
        return self.measurements[0][0]  # type: ignore[index]

    @property
    def humidity(self) -> object:
        return self.measurements.pop(0)[1]  # type: ignore[index]

    def exit(self) -> None:
        self.released = True


def test_the_dht22_keeps_the_humidity_and_measures_every_two_seconds() -> None:
    device, time = Dht22(RuntimeError("checksum"), (21.3, 45.25), (None, None), (21.4, 46.0)), [0.0]
    source = Dht22Sensor("D4", device=lambda _: device, clock=lambda: time[0])
    source.open()
    assert source.read() == (21300, "humidity 45.2 %")
    time[0] = 1.9
    assert source.read() == (21300, "humidity 45.2 %")
    time[0] = 2.1
    assert source.read() == (21300, "humidity 45.2 %"), "a transfer that failed leaves the measurement before"
    time[0] = 4.2
    assert source.read() == (21400, "humidity 46.0 %")
    source.close()
    assert device.released
    assert source.describe() == "dht22:D4"


def test_a_dht22_that_stays_silent_is_an_error() -> None:
    time = [0.0]

    def clock() -> float:
        time[0] += 1.0
        return time[0]

    source = Dht22Sensor("D4", device=lambda _: Dht22(*[RuntimeError("no answer")] * 100), clock=clock)
    with pytest.raises(SensorError, match=r"D4: no measurement for 30 s \(no answer\).*wiring"):
        source.open()


def test_the_dht22_needs_its_library() -> None:
    with pytest.raises(Unavailable, match=r"thermobench\[dht22\]"):
        Dht22Sensor("D4").open()


def test_a_machine_without_a_thermal_zone_says_so_and_makes_readings_up(tmp_path: Path) -> None:
    chosen, remark = resolve("auto", str(tmp_path / "temp"))
    assert chosen == "synthetic"
    assert "synthetic" in remark
    assert str(tmp_path / "temp") in remark


def test_a_machine_with_a_thermal_zone_uses_it(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("50000\n")
    assert resolve("auto", str(tmp_path / "temp")) == (f"sysfs:{tmp_path}/temp", "")


def test_a_sensor_asked_for_is_never_replaced() -> None:
    with pytest.raises(SensorError, match="/nowhere/temp"):
        resolve("sysfs:/nowhere/temp")


@pytest.mark.parametrize("text", ["", "replay", "replay:", "synthetic:1", "gpio"])
def test_a_sensor_that_does_not_exist_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected auto, sysfs"):
        sensor(text)


@pytest.mark.parametrize("text", ["sysfs:/a/b", "dht22:D17", "replay:/a/b", "synthetic"])
def test_a_sensor_describes_itself_as_it_is_asked_for(text: str) -> None:
    assert sensor(text).describe() == text
