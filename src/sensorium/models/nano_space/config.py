"""Sizes of `nano-space`: those of `nano`'s encoders, and what makes one row of theirs."""

from dataclasses import dataclass, field

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.inputs.spec import InputSpec
from sensorium.models.nano.config import AudioConfig, VideoConfig, VisionConfig, check_heads


@dataclass(frozen=True)
class TextConfig:
    """Sizes of `encoders/text_tower.py`; `context` is how many tokens a text may have, its end included."""

    vocabulary: int = 3072
    width: int = 256
    layers: int = 3
    heads: int = 4
    hidden: int = 512
    context: int = 128

    def __post_init__(self) -> None:
        check_sizes("text", width=self.width, layers=self.layers, heads=self.heads, hidden=self.hidden)


@dataclass(frozen=True)
class PoolConfig:
    """Sizes of `fusion/resampler.py`, one for each of the other modalities."""

    queries: int = 4
    layers: int = 2
    heads: int = 4


@dataclass(frozen=True)
class NanoSpaceConfig:
    """All parts; `dimensions` are the widths that places may be cut to, the whole one first."""

    vision: VisionConfig = field(default_factory=VisionConfig)
    audio: AudioConfig = field(default_factory=AudioConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    text: TextConfig = field(default_factory=TextConfig)
    pool: PoolConfig = field(default_factory=PoolConfig)
    dimensions: tuple[int, ...] = (256, 128, 64)
    inputs: InputSpec = field(default_factory=InputSpec)

    def __post_init__(self) -> None:
        if not self.dimensions or list(self.dimensions) != sorted({*self.dimensions}, reverse=True):
            raise ConfigError(
                f"nano-space: dimensions is {list(self.dimensions)}; expected widths that fall, such as 256, 128, 64. "
                "Put them in order."
            )
        check_heads("nano-space", self.vision, self.audio, self.video)
        for name, width in (("vision", self.vision.width), ("audio", self.audio.width), ("video", self.video.width)):
            if self.pool.heads < 1 or width % self.pool.heads:
                raise ConfigError(
                    f"nano-space: pool.heads is {self.pool.heads}, {name}.width {width}; expected a divisor. "
                    "Change one of them."
                )

    @property
    def width(self) -> int:
        """Numbers of a whole embedding."""
        return self.dimensions[0]
