"""Contenders have equal size, or there are none."""

from dataclasses import replace

import pytest

from sensorium.core.errors import ConfigError
from sensorium.evaluation.fusion.settings import BASE, Settings, contenders, parameters, suited
from sensorium.models.composed.config import ModelConfig
from sensorium.models.composed.model import build


def test_contenders_are_of_equal_size_and_share_their_encoders() -> None:
    found = contenders(BASE)
    assert list(found) == ["early", "middle", "late", "gated"]
    sizes = [sum(each.numel() for each in build(config).parameters()) for config in found.values()]
    assert max(sizes) <= 1.02 * min(sizes)
    assert sizes == [parameters(config) for config in found.values()]
    assert all((each.encoders, each.connectors) == (BASE.encoders, BASE.connectors) for each in found.values())


def test_a_base_without_room_is_refused() -> None:
    narrow = replace(BASE, language=ModelConfig(sizes={**(BASE.language.sizes or {}), "hidden": 16}))
    with pytest.raises(ConfigError, match=r"middle has \d+ parameters where early has .* wider feed-forwards"):
        contenders(narrow)


def test_beside_words_two_ways_are_left() -> None:
    found = contenders(suited(BASE, "text"))
    assert list(found) == ["early", "middle"]
    assert all(list(each.encoders) == list(each.connectors) == ["image"] for each in found.values())
    assert suited(BASE, "sound") == BASE


def test_settings_that_measure_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="samples is 5; expected at least 30"):
        Settings(samples=5)
