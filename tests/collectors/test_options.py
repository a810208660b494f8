from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.backends.registry import OWN, backend
from collectors.errors import UsageError
from collectors.options import Option, flag, one_of, settings, whole

OPTIONS = (
    Option("acks", "all", one_of("0", "1", "all"), "0, 1 or all", ""),
    Option("batch", 1, whole(1, 100), "a number from 1 to 100", ""),
    Option("idempotence", False, flag, "yes or no", ""),
)


def test_defaults_are_filled_in() -> None:
    assert settings("kafka", OPTIONS, {"batch": "7"}) == {"acks": "all", "batch": 7, "idempotence": False}


def test_an_option_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UsageError, match=r"backend kafka has no option 'ack'; it has: acks, batch, idempotence"):
        settings("kafka", OPTIONS, {"ack": "1"})


@given(st.text())
def test_any_value_is_taken_or_refused_by_name(text: str) -> None:
    try:
        batch = settings("kafka", OPTIONS, {"batch": text})["batch"]
    except UsageError as error:
        assert str(error).startswith(f"backend kafka, option batch: {text!r} – expected a number from 1 to 100")
    else:
        assert 1 <= batch <= 100


@pytest.mark.parametrize("name", OWN)
def test_every_default_is_a_value_that_could_be_given(name: str) -> None:
    for option in backend(name).options:
        text = str(option.default)
        if isinstance(option.default, bool):
            text = "yes" if option.default else "no"
        assert option.parse(text) == option.default, option.name
