"""Items of all kinds get places of unit length, the same whatever stands beside them."""

import numpy as np
import pytest

from sensorium.core.errors import LimitExceeded, UsageError
from sensorium.inputs.assemble import nano_item
from sensorium.media.types import AudioClip, Image, VideoClip
from sensorium.models.nano_space.placer import NanoSpace, gather
from sensorium.models.placing import Item


def picture(seed: int, height: int = 32, width: int = 48) -> Image:
    return Image(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def sound(seed: int, seconds: float = 0.5) -> AudioClip:
    return AudioClip(np.random.default_rng(seed).uniform(-0.5, 0.5, int(16_000 * seconds)).astype(np.float32))


def film(seed: int) -> VideoClip:
    frames = np.random.default_rng(seed).integers(0, 256, (4, 32, 32, 3), np.uint8)
    return VideoClip(frames, np.arange(4) / 4, 1.0)


def test_all_kinds_in_any_order(tiny_space: NanoSpace) -> None:
    items: list[Item] = [
        "a boot",
        picture(0),
        sound(1),
        film(2),
        "two red circles and a boot",
        picture(3, 48, 32),
        sound(4, 0.9),
    ]
    made = tiny_space.embed(items)
    assert made.shape == (7, tiny_space.width)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1.0, atol=1e-5)
    for index, item in enumerate(items):
        np.testing.assert_allclose(tiny_space.embed([item])[0], made[index], atol=1e-5)
    assert len({tuple(row.round(4).tolist()) for row in made}) == 7


def test_nothing_gives_nothing(tiny_space: NanoSpace) -> None:
    assert tiny_space.embed([]).shape == (0, tiny_space.width)


def test_a_text_that_is_too_long_is_named(tiny_space: NanoSpace) -> None:
    with pytest.raises(LimitExceeded, match=r"text: 'red red .* tokens; this model takes 128"):
        tiny_space.embed(["red " * 400])
    with pytest.raises(LimitExceeded, match="more than the 4 s"):
        tiny_space.embed([sound(0, 5.0)])


def test_modalities_are_not_mixed_in_a_batch(tiny_space: NanoSpace) -> None:
    spec = tiny_space.config.inputs
    with pytest.raises(UsageError, match=r"items of \['audio', 'image'\]; expected one modality"):
        gather([nano_item(picture(0), spec), nano_item(sound(0), spec)])


def test_what_was_measured_goes_before_what_was_trained(tiny_space: NanoSpace) -> None:
    assert tiny_space.sharpness("audio") == pytest.approx(1 / 0.07, rel=1e-5)
    measured = NanoSpace(tiny_space.network, tiny_space.config, tiny_space.tokenizer, {"audio": 20.0})
    assert measured.sharpness("audio") == 20.0
    assert measured.sharpness("image") == pytest.approx(1 / 0.07, rel=1e-5)
