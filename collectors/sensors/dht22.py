"""The DHT-22, a temperature and humidity sensor on one GPIO pin (R5)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..errors import SensorError, Unavailable
from .base import HIGHEST, LOWEST, Sample

REFRESH_SECONDS = 2.0
"""The sensor itself measures no more often (Aosong's AM2302 data sheet: collecting period 2 s)."""
SILENCE_SECONDS = 30.0
"""Single failed transfers are usual on this bus; no good one for this long is a fault."""


class Dht22Sensor:
    """Temperature with the humidity as the reading's note, through Adafruit's `adafruit-circuitpython-dht`.

    Asked more often than every two seconds it gives the last measurement again, so the rate of readings is not
    held to the sensor's own; a fresh measurement takes about a quarter of a second.

    Args:
        pin: name of the GPIO pin on the board, such as `D4`.
        device: makes the device for a pin; by default the Adafruit library does.
        clock: seconds that never go back.
    """

    suffix = "dht22"

    def __init__(
        self,
        pin: str = "D4",
        device: Callable[[str], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pin = pin
        self._make = device or _adafruit_device
        self._clock = clock
        self._device: Any = None
        self._last: Sample | None = None
        self._tried = self._succeeded = 0.0

    def open(self) -> None:
        """Claim the pin and wait for the first good measurement. See `Sensor.open`."""
        self._device = self._make(self.pin)
        self._succeeded = self._clock()
        while self._last is None:
            self._measure()

    def read(self) -> Sample:
        """Return the last measurement, a fresh one where it is older than two seconds."""
        if self._last is None or self._clock() - self._tried >= REFRESH_SECONDS:
            self._measure()
        if self._last is None:
            raise SensorError(f"DHT-22 on pin {self.pin}: read before it was opened")
        return self._last

    def close(self) -> None:
        """Give the pin back."""
        if self._device is not None:
            self._device.exit()
            self._device = None

    def describe(self) -> str:
        """Return `dht22:` and the pin."""
        return f"dht22:{self.pin}"

    def _measure(self) -> None:
        self._tried = self._clock()
        try:
            celsius, humidity = self._device.temperature, self._device.humidity
        except RuntimeError as error:  # the library's word for a transfer that failed; the next one may do
            self._give_up_after_silence(str(error))
            return
        if celsius is None or humidity is None:
            self._give_up_after_silence("it gave no value")
            return
        value = round(celsius * 1000)
        if not LOWEST <= value <= HIGHEST:
            raise SensorError(f"DHT-22 on pin {self.pin}: {celsius!r} °C is no temperature")
        self._last = Sample(value, f"humidity {humidity:.1f} %")
        self._succeeded = self._tried

    def _give_up_after_silence(self, why: str) -> None:
        if self._clock() - self._succeeded > SILENCE_SECONDS:
            raise SensorError(
                f"DHT-22 on pin {self.pin}: no measurement for {SILENCE_SECONDS:.0f} s ({why})",
                "check the wiring, the pull-up resistor and the pin's name",
            )


def _adafruit_device(pin: str) -> Any:
    try:
        import adafruit_dht  # noqa: PLC0415 – only where a DHT-22 is used
        import board  # noqa: PLC0415
    except (ImportError, NotImplementedError) as error:
        raise Unavailable(f"DHT-22: {error}", "pip install 'thermobench[dht22]', on a board with GPIO pins") from None
    where = getattr(board, pin, None)
    if where is None:
        raise SensorError(f"DHT-22: this board has no pin {pin!r}, expected a name such as D4")
    return adafruit_dht.DHT22(where)
