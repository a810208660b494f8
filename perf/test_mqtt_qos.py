"""What does an MQTT broker's promise cost, in one thread and in all, plain and with AWS IoT's rules? (L7).

In 2019 four boards with all their threads got 25,076 messages/s into AWS IoT. Here its place is taken by a local broker
that asks for client certificates; its rows say so.
"""

from __future__ import annotations

import pytest

from fixtures.plugin import Measure


@pytest.mark.backends("mqtt", "mqtt-raw", "awsiot")
@pytest.mark.parametrize("threads", ["1", "2x"])
@pytest.mark.parametrize(
    ("qos", "in_flight"),
    [
        pytest.param(qos, most, id=f"qos{qos}-{most}")
        for qos, most in [("0", 1), ("1", 1), ("1", 20), ("2", 1), ("2", 20)]
    ],
)
def test_mqtt_qos(trial: Measure, qos: str, in_flight: int, threads: str) -> None:
    """Waiting for each message, or with 20 outstanding."""
    several = {"in_flight": str(in_flight)} if in_flight > 1 else {}
    trial(processes=threads, frequency=0 if several else 1, options={"qos": qos, **several})
