"""What the files beside the weights say about sound."""

from pathlib import Path

from sensorium.core.errors import CheckpointError
from sensorium.encoders.audio_whisper import STRIDE
from sensorium.inputs.mel import HOP, WINDOW, MelSpec
from sensorium.media.types import SAMPLE_RATE
from sensorium.models.whisper.config import WhisperConfig
from sensorium.weights.checkpoint import read_json

_FIXED: dict[str, object] = {
    "sampling_rate": SAMPLE_RATE,
    "n_fft": WINDOW,
    "hop_length": HOP,
    "dither": 0.0,
    "do_normalize": False,
}
"""Settings that all checkpoints have in common, and that our mel has."""


def mel_of(config: WhisperConfig) -> MelSpec:
    """What a network was built to hear."""
    return MelSpec(config.num_mel_bins, STRIDE * config.max_source_positions)


def read_mel(folder: Path, config: WhisperConfig) -> MelSpec:
    """What a network was built to hear. Raises: CheckpointError as `check_mel`."""
    spec = mel_of(config)
    check_mel(folder, spec)
    return spec


def check_mel(folder: Path, spec: MelSpec) -> None:
    """A folder must want sound prepared as the network was built to hear it, or say nothing of it.

    Raises: CheckpointError for a setting that is not supported, or does not fit the network.
    """
    path = folder / "preprocessor_config.json"
    settings: object = read_json(path) if path.is_file() else {}
    if not settings and (folder / "processor_config.json").is_file():
        path = folder / "processor_config.json"
        settings = read_json(path).get("feature_extractor", {})
    wanted = _FIXED | {"feature_size": spec.bins, "nb_max_frames": spec.frames}
    for key, expected in wanted.items():
        given = settings.get(key, expected) if isinstance(settings, dict) else None
        if given != expected:
            raise CheckpointError(
                f"{path}: {key} is {given!r}; expected {expected!r}, for which the network is made. Use the files of "
                "one model together."
            )


def write_mel(spec: MelSpec) -> dict[str, object]:
    """The preprocessor_config.json from which the reference and we prepare sound alike."""
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": spec.bins,
        "sampling_rate": SAMPLE_RATE,
        "hop_length": HOP,
        "chunk_length": spec.samples // SAMPLE_RATE,
        "n_fft": WINDOW,
        "n_samples": spec.samples,
        "nb_max_frames": spec.frames,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }
