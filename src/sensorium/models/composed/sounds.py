"""Encoders of sounds: our own on log-mel frames, and those of Whisper and wav2vec 2.0."""

from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sensorium.core.errors import LimitExceeded
from sensorium.encoders.audio_mel import MelAudioEncoder
from sensorium.encoders.audio_whisper import STRIDE, WhisperEncoder
from sensorium.inputs.features import audio_features
from sensorium.inputs.mel import HOP, WINDOW, MelSpec, check_samples, log_mel
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import SAMPLE_RATE, AudioClip
from sensorium.models.composed.kinds import (
    ENCODER,
    Kind,
    Prepare,
    Read,
    Settings,
    Wanted,
    alone,
    check_cut,
    check_heads,
    plain,
    up_to,
)
from sensorium.models.nano.config import AudioConfig
from sensorium.models.wav2vec2 import config as wav2vec2
from sensorium.models.wav2vec2.inputs import normed, read_normed
from sensorium.models.wav2vec2.model import build_encoder as build_wav2vec2
from sensorium.models.wav2vec2.rules import encoder_rules as wav2vec2_rules
from sensorium.models.whisper import config as whisper
from sensorium.models.whisper.inputs import check_mel, mel_of
from sensorium.models.whisper.model import build_encoder as build_whisper
from sensorium.models.whisper.rules import encoder_rules as whisper_rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap


def _mel(config: AudioConfig, inputs: InputSpec, layer: int | None) -> nn.Module:
    check_heads("mel", config.width, config.heads, axes=1)
    return up_to(MelAudioEncoder(mel_bins=inputs.audio.mel_bins, **vars(config)), layer)


def _mel_prepare(_: AudioConfig, wanted: Wanted) -> Prepare:
    spec = wanted.inputs.audio
    check_cut("audio.frame_multiple", spec.frame_multiple, step=MelAudioEncoder.stride, factor=wanted.factors[0])
    check_cut("audio.mel_bins", spec.mel_bins, step=8, factor=1)
    return alone(partial(audio_features, spec=spec))


MEL = Kind(
    sizes=AudioConfig,
    build=_mel,
    rows=plain,
    grid=lambda _, shape: (shape[1] // MelAudioEncoder.stride,),
    prepare=_mel_prepare,
)


def _whisper(config: whisper.WhisperConfig, _: InputSpec, layer: int | None) -> nn.Module:
    return up_to(build_whisper(config), layer)


def _whisper_rows(encoder: WhisperEncoder, mel: Tensor, _: Tensor | None) -> Tensor:
    """The sound's own rows; the encoder hears silence behind it, up to its whole window, as it was trained to.

    Inputs: mel: [N, M, frames], of the sound alone. Returns: [N, frames / 2, D].
    """
    missing = STRIDE * len(encoder.positions) - mel.shape[2]
    silence = (mel.amax(dim=(1, 2), keepdim=True) - 2.0).clamp(min=-1.5)  # as in `log_mel`: 8 bels under the loudest
    rows: Tensor = encoder(torch.cat((mel, silence.expand(-1, mel.shape[1], missing)), dim=2))
    return rows[:, : mel.shape[2] // STRIDE]


def _whisper_prepare(config: whisper.WhisperConfig, wanted: Wanted) -> Prepare:
    factor = wanted.factors[0]
    check_cut("audio.max_source_positions of Whisper", config.max_source_positions, step=1, factor=factor)
    return alone(partial(_heard, spec=mel_of(config), factor=factor))


def _heard(clip: AudioClip, *, spec: MelSpec, factor: int) -> NDArray[np.float32]:
    """The frames that are not silence behind the sound, as many as fill whole blocks. Returns: [M, frames].

    Raises: UnreadableMedia for samples that are no numbers; LimitExceeded for too many.
    """
    check_samples(clip.samples, clip.source)
    if len(clip.samples) > spec.samples:
        raise _too_long(clip, spec.samples / SAMPLE_RATE)
    mel, _ = log_mel(clip.samples, spec)
    frames = (len(clip.samples) + WINDOW // 2) // HOP + 1  # windows that the sound reaches into
    block = STRIDE * factor
    return mel[:, : -(-frames // block) * block].contiguous().numpy()


def _too_long(clip: AudioClip, limit: float) -> LimitExceeded:
    return LimitExceeded(
        f"{clip.source}: {clip.seconds:.2f} s of sound is more than the {limit:g} s this model hears. Cut out the part "
        "that matters, or cut it into pieces and ask about each."
    )


def _read_whisper(folder: Path) -> Read[whisper.WhisperConfig]:
    where = folder / "config.json"
    config = whisper.read_config(read_json(where), str(where))
    check_mel(folder, mel_of(config))
    keymap = whisper_rules().under(theirs="model.encoder.", ours=ENCODER) + KeyMap(
        (), dropped=("model.decoder.*", "decoder.*", "proj_out.*"), prefixes=(("encoder.", "model.encoder."),)
    )
    return Read(config, {}, keymap)


WHISPER = Kind(
    sizes=whisper.WhisperConfig,
    build=_whisper,
    rows=_whisper_rows,
    grid=lambda _, shape: (shape[1] // STRIDE,),
    prepare=_whisper_prepare,
    read=_read_whisper,
)


def _wav2vec2(config: wav2vec2.Wav2Vec2Config, _: InputSpec, layer: int | None) -> nn.Module:
    return up_to(build_wav2vec2(config), layer)


def _reach(config: wav2vec2.Wav2Vec2Config) -> tuple[int, int]:
    """How many samples a row looks at, and from one row to the next."""
    reach, stride = 1, 1
    for kernel, step in zip(config.conv_kernel, config.conv_stride, strict=True):
        reach += (kernel - 1) * stride
        stride *= step
    return reach, stride


def _wav2vec2_grid(config: wav2vec2.Wav2Vec2Config, shape: tuple[int, ...]) -> tuple[int, ...]:
    reach, stride = _reach(config)
    return ((shape[0] - reach) // stride + 1,)


def _wav2vec2_prepare(config: wav2vec2.Wav2Vec2Config, wanted: Wanted) -> Prepare:
    factor, norm = wanted.factors[0], bool(wanted.settings.get("do_normalize", True))
    reach, stride = _reach(config)

    def make(clip: AudioClip) -> NDArray[np.float32]:
        """Samples with silence behind them, as many as fill whole blocks. Returns: [T]."""
        check_samples(clip.samples, clip.source)
        if clip.seconds > wanted.inputs.audio.max_seconds:
            raise _too_long(clip, wanted.inputs.audio.max_seconds)
        samples = normed(clip.samples) if norm else clip.samples.astype(np.float32)
        rows = max(1, -(-(len(samples) - reach) // stride) + 1)
        length = reach + (-(-rows // factor) * factor - 1) * stride
        return np.pad(samples, (0, length - len(samples)))

    return alone(make)


def _read_wav2vec2(folder: Path) -> Read[wav2vec2.Wav2Vec2Config]:
    where = folder / "config.json"
    config = wav2vec2.read_config(read_json(where), str(where))
    settings: Settings = {"do_normalize": read_normed(folder)}
    return Read(config, settings, wav2vec2_rules(config).under(ours=ENCODER))


WAV2VEC2 = Kind(
    sizes=wav2vec2.Wav2Vec2Config,
    build=_wav2vec2,
    rows=plain,
    grid=_wav2vec2_grid,
    prepare=_wav2vec2_prepare,
    read=_read_wav2vec2,
)
