"""Input facts that travel with the weights (`inputs.json`): sizes, mel, frames. Features are made from them alone."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ImageSpec:
    """Pictures: both sides become multiples of `multiple`, the area stays within bounds, the ratio within `aspect`."""

    multiple: int = 16
    min_pixels: int = 32 * 32
    max_pixels: int = 160 * 160
    aspect: float = 40.0


@dataclass(frozen=True)
class AudioSpec:
    """Sounds: log-mel of `mel_bins`, one frame each `hop` samples, length a multiple of `frame_multiple` frames."""

    mel_bins: int = 64
    window: int = 400
    hop: int = 160
    frame_multiple: int = 32
    frames_per_row: int = 8
    max_seconds: float = 30.0


@dataclass(frozen=True)
class VideoSpec:
    """Clips: an even number of frames, at most `max_frames`, sides multiples of `multiple`, area within bounds."""

    multiple: int = 16
    max_frames: int = 16
    tubelet: int = 2
    min_pixels: int = 48 * 48
    max_pixels: int = 96 * 96
    aspect: float = 8.0


@dataclass(frozen=True)
class InputSpec:
    """All modalities, and how many tokens (feature rows included) a talk may have."""

    image: ImageSpec = field(default_factory=ImageSpec)
    audio: AudioSpec = field(default_factory=AudioSpec)
    video: VideoSpec = field(default_factory=VideoSpec)
    max_tokens: int = 1024
