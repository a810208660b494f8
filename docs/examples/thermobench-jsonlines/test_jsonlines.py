from fixtures.plugin import Measure


def test_two_producers(trial: Measure) -> None:
    trial(processes=2)
