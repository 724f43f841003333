"""Every field is taken or refused by its name."""

from typing import Any

import pytest

from sensorium.serving.faults import Refusal
from sensorium.serving.fields import Fields


def test_what_nobody_took_is_refused_with_a_near_name() -> None:
    odd = Fields({"temprature": 1})
    assert odd.number("temperature", 0, 2) is None
    with pytest.raises(Refusal, match=r"temprature: this field is unknown .* Did you mean 'temperature'") as caught:
        odd.close()
    assert caught.value.field == "temprature"
    with Fields({"a": 1, "b": None}) as fields:
        assert fields.integer("a") == 1


def test_another_error_is_not_hidden() -> None:
    with pytest.raises(KeyError), Fields({"a": 1}):
        raise KeyError


def test_values_and_their_bounds() -> None:
    with Fields({"t": "x", "i": 3, "f": 2, "b": True, "w": "on", "l": [1], "s": ["a"], "d": {"e": 1}}) as fields:
        assert fields.text("t") == "x"
        assert fields.integer("i", 1, 3) == 3
        assert fields.number("f", 0, 2) == 2.0
        assert fields.flag("b")
        assert fields.word("w", ("on", "off")) == "on"
        assert fields.items("l", most=1) == [1]
        assert fields.texts("s", most=1, longest=1) == ("a",)
        with fields.table("d") as inner:
            assert inner.at("e") == "d.e"
            assert inner.integer("e") == 1
        assert fields.text("none", "default") == "default"
        assert fields.integer("none") is None


WRONG: list[tuple[Any, Any]] = [
    ("x", lambda fields: fields.integer("a")),
    (True, lambda fields: fields.integer("a")),
    (1.5, lambda fields: fields.integer("a")),
    (-1, lambda fields: fields.integer("a", 0)),
    (5, lambda fields: fields.text("a")),
    (None, lambda fields: fields.text("a")),
    (True, lambda fields: fields.number("a", 0, 1)),
    (2, lambda fields: fields.number("a", 0, 1)),
    (1, lambda fields: fields.flag("a")),
    ("z", lambda fields: fields.word("a", ("x", "y"))),
    ({}, lambda fields: fields.items("a", most=1)),
    ([1, 2], lambda fields: fields.items("a", most=1)),
    ([], lambda fields: fields.items("a", most=1, needed=True)),
    ([], lambda fields: fields.table("a")),
    ([1], lambda fields: list(fields.tables("a", most=1))),
    ([1], lambda fields: fields.texts("a", most=1, longest=1)),
    (["ab"], lambda fields: fields.texts("a", most=1, longest=1)),
    (["a", "b"], lambda fields: fields.texts("a", most=1, longest=1)),
    (True, lambda fields: fields.only("a", 1, otherwise="no")),
    ([1], lambda fields: fields.only("a", otherwise="no")),
]


@pytest.mark.parametrize(("value", "take"), WRONG)
def test_wrong_values_name_their_field(value: Any, take: Any) -> None:
    with pytest.raises(Refusal) as caught:
        take(Fields({"a": value}))
    assert caught.value.field.startswith("a")


@pytest.mark.parametrize("value", [None, [], {}, 1])
def test_what_asks_for_nothing_is_taken(value: Any) -> None:
    with Fields({"a": value}) as fields:
        fields.only("a", 1, otherwise="no")
