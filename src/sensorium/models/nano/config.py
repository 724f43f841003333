"""Sizes of `nano`: one frozen dataclass per part."""

from dataclasses import dataclass, field

from sensorium.core.errors import ConfigError
from sensorium.inputs.spec import InputSpec


@dataclass(frozen=True)
class VisionConfig:
    """Sizes of `encoders/vision_native.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    hidden: int = 512
    stem: tuple[int, int] = (32, 64)


@dataclass(frozen=True)
class AudioConfig:
    """Sizes of `encoders/audio_mel.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    hidden: int = 512
    stem: tuple[int, int, int] = (24, 48, 64)


@dataclass(frozen=True)
class VideoConfig:
    """Sizes of `encoders/video_tubelet.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 4
    hidden: int = 512
    stem: tuple[int, int, int] = (24, 48, 96)


@dataclass(frozen=True)
class LanguageConfig:
    """Sizes of `language/decoder.py`."""

    vocabulary: int = 3072
    width: int = 256
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    hidden: int = 704
    rotary_base: float = 10_000.0


@dataclass(frozen=True)
class NanoConfig:
    """All parts, and the inputs that they were made for."""

    vision: VisionConfig = field(default_factory=VisionConfig)
    audio: AudioConfig = field(default_factory=AudioConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    language: LanguageConfig = field(default_factory=LanguageConfig)
    connector_hidden: int = 512
    inputs: InputSpec = field(default_factory=InputSpec)

    def __post_init__(self) -> None:
        for name, part in (("vision", self.vision), ("audio", self.audio), ("video", self.video)):
            if part.width % part.heads:
                raise ConfigError(
                    f"nano: {name}.width {part.width} is not divisible by {name}.heads {part.heads}. Change either."
                )
        if self.language.heads % self.language.kv_heads:
            raise ConfigError(
                f"nano: language.heads {self.language.heads} is not a multiple of language.kv_heads "
                f"{self.language.kv_heads}. Change one of them."
            )
