"""Sizes that contradict each other are refused with what would do."""

import pytest

from sensorium.core.errors import ConfigError
from sensorium.models.nano.config import AudioConfig, VideoConfig, VisionConfig
from sensorium.models.nano_space.config import NanoSpaceConfig


def test_heads_that_cannot_turn_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"nano-space: video\.width is 16; .* 6 video\.heads \(here 24\)"):
        NanoSpaceConfig(video=VideoConfig(width=16))
    with pytest.raises(ConfigError, match=r"vision\.width is 18; .* 4 vision\.heads \(here 12\)"):
        NanoSpaceConfig(vision=VisionConfig(width=18))
    with pytest.raises(ConfigError, match=r"audio\.width is 9; .* 2 audio\.heads \(here 6\)"):
        NanoSpaceConfig(audio=AudioConfig(width=9))
