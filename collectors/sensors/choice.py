"""Choosing a sensor by name, as `--sensor` does."""

from __future__ import annotations

from ..errors import SensorError, UsageError
from .base import Sensor
from .dht22 import Dht22Sensor
from .replay import ReplaySensor
from .synthetic import SyntheticSensor
from .sysfs import THERMAL_ZONE, SysfsSensor

SENSORS = "auto, sysfs, sysfs:PATH, dht22, dht22:PIN, replay:FILE or synthetic"


def sensor(text: str) -> Sensor:
    """Return the sensor that a text such as `sysfs:/sys/class/hwmon/hwmon0/temp1_input` names, not yet opened.

    Raises:
        UsageError: no such sensor.
    """
    kind, colon, detail = text.partition(":")
    if kind == "sysfs":
        return SysfsSensor(detail) if detail else SysfsSensor()
    if kind == "dht22":
        return Dht22Sensor(detail) if detail else Dht22Sensor()
    if kind == "replay" and detail:
        return ReplaySensor(detail)
    if kind == "synthetic" and not colon:
        return SyntheticSensor()
    raise UsageError(f"sensor {text!r}: expected {SENSORS}")


def resolve(text: str, thermal_zone: str = THERMAL_ZONE) -> tuple[str, str]:
    """Return which sensor to use, checked by reading it once, and a line for the user (empty if as asked).

    `auto` is the thermal zone where there is a usable one, else the synthetic sensor, and the line says so.

    Raises:
        UsageError: no such sensor.
        SensorError: the sensor asked for cannot be read.
    """
    if text != "auto":
        chosen = sensor(text)
        chosen.open()
        chosen.close()
        return chosen.describe(), ""
    zone = SysfsSensor(thermal_zone)
    try:
        zone.open()
    except SensorError as error:
        return "synthetic", f"no usable sensor here ({error.what}): the readings are synthetic"
    zone.close()
    return zone.describe(), ""
