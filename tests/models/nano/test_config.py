"""Sizes that cannot be are refused with both numbers, and the default has the size that the docs state."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import ConfigError
from sensorium.inputs.spec import AudioSpec, ImageSpec, InputSpec, VideoSpec
from sensorium.models.nano.config import AudioConfig, LanguageConfig, NanoConfig, VideoConfig, VisionConfig
from sensorium.models.nano.model import build


def test_the_default_has_about_ten_million_parameters() -> None:
    with torch.device("meta"):
        model = build(NanoConfig())
    count = sum(each.numel() for each in model.parameters())
    assert count == 9_571_256  # another number means that the bundled weights no longer load


def test_there_and_back_as_plain_data(tiny_config: NanoConfig) -> None:
    for config in (NanoConfig(), tiny_config):
        assert from_dict(NanoConfig, to_dict(config), where="config.json") == config


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NanoConfig(vision=VisionConfig(width=100)), r"vision\.width is 100; .* 4 vision\.heads \(here 12\)"),
        (lambda: NanoConfig(audio=AudioConfig(heads=0)), "audio: heads is 0; expected 1 to 1024"),
        (lambda: NanoConfig(video=VideoConfig(heads=5)), r"video\.width is 192; .* 6 video\.heads \(here 30\)"),
        (lambda: NanoConfig(language=LanguageConfig(heads=3, kv_heads=3)), r"language\.width is 256"),
        (lambda: NanoConfig(language=LanguageConfig(kv_heads=3)), r"language\.heads is 4; .* \(here 3\)"),
        (lambda: NanoConfig(inputs=InputSpec(audio=AudioSpec(mel_bins=20))), r"mel_bins is 20; .* multiple of 8"),
    ],
)
def test_sizes_that_do_not_divide(make: Callable[[], NanoConfig], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize(
    ("part", "spec", "message"),
    [
        ("image", ImageSpec(multiple=32), r"inputs\.image\.multiple is 32; its encoders need 16"),
        ("audio", AudioSpec(frames_per_row=4), r"audio\.frames_per_row is 4; its encoders need 8"),
        ("audio", AudioSpec(frame_multiple=12), r"audio\.frame_multiple modulo 8 is 4; its encoders need 0"),
        ("video", VideoSpec(multiple=8), r"video\.multiple is 8; its encoders need 16"),
        ("video", VideoSpec(tubelet=4), r"video\.tubelet is 4; its encoders need 2"),
    ],
)
def test_inputs_that_the_encoders_cut_otherwise(part: str, spec: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(NanoConfig(inputs=replace(InputSpec(), **{part: spec})))
