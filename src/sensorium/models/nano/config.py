"""Sizes of `nano`: one frozen dataclass per part."""

from dataclasses import dataclass, field

from sensorium.core.errors import ConfigError
from sensorium.core.sizes import check_sizes
from sensorium.inputs.spec import InputSpec


@dataclass(frozen=True)
class VisionConfig:
    """Sizes of `encoders/vision_native.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    hidden: int = 512
    stem: tuple[int, int] = (24, 48)

    def __post_init__(self) -> None:
        check_sizes("vision", width=self.width, layers=self.layers, heads=self.heads, hidden=self.hidden)


@dataclass(frozen=True)
class AudioConfig:
    """Sizes of `encoders/audio_mel.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 3
    hidden: int = 512
    stem: tuple[int, int, int] = (16, 32, 64)

    def __post_init__(self) -> None:
        check_sizes("audio", width=self.width, layers=self.layers, heads=self.heads, hidden=self.hidden)


@dataclass(frozen=True)
class VideoConfig:
    """Sizes of `encoders/video_tubelet.py`."""

    width: int = 192
    layers: int = 4
    heads: int = 4
    hidden: int = 512
    stem: tuple[int, int, int] = (16, 32, 64)

    def __post_init__(self) -> None:
        check_sizes("video", width=self.width, layers=self.layers, heads=self.heads, hidden=self.hidden)


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
        check_heads("nano", self.vision, self.audio, self.video)
        _multiple("language.width", self.language.width, "2 language.heads", 2 * self.language.heads)
        _multiple("language.heads", self.language.heads, "language.kv_heads", self.language.kv_heads)
        _multiple("inputs.audio.mel_bins", self.inputs.audio.mel_bins, "8", 8)


def check_heads(model: str, vision: VisionConfig, audio: AudioConfig, video: VideoConfig) -> None:
    """A head turns in pairs of numbers, as many pairs for each axis of its positions.

    Raises: ConfigError for a width that does not hold them.
    """
    _multiple("vision.width", vision.width, "4 vision.heads", 4 * vision.heads, model)
    _multiple("audio.width", audio.width, "2 audio.heads", 2 * audio.heads, model)
    _multiple("video.width", video.width, "6 video.heads", 6 * video.heads, model)


def _multiple(name: str, value: int, of: str, divisor: int, model: str = "nano") -> None:
    if divisor < 1 or value < 1 or value % divisor:
        raise ConfigError(
            f"{model}: {name} is {value}; expected a positive multiple of {of} (here {divisor}). Change one of them."
        )
