"""`nano`: three encoders, a connector each, early fusion, a causal decoder.

pixels ── NativeVisionEncoder ── 2x2 fold ── connector ─┐
mel ───── MelAudioEncoder ────── 2 fold ──── connector ─┼─ merge_rows ── Decoder ── logits
frames ── TubeletVideoEncoder ────────────── connector ─┘      │
ids ───── embedding ───────────────────────────────────────────┘
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.audio_mel import MelAudioEncoder
from sensorium.encoders.video_tubelet import TubeletVideoEncoder
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.fusion.connectors import MlpConnector, fold_grid, fold_time
from sensorium.inputs.carrier import MediaBatch
from sensorium.inputs.spec import InputSpec
from sensorium.language.config import AttentionConfig, DecoderConfig, build_decoder
from sensorium.language.decoder import Decoder
from sensorium.models.early import EarlyFusion, by_shape
from sensorium.models.nano.config import LanguageConfig, NanoConfig
from sensorium.nn.block import Block
from sensorium.nn.rotary import Rotary

GRID_FOLD, TIME_FOLD = 2, 2


Encode = Callable[[nn.Module, Tensor, Tensor | None], Tensor]
"""From an encoder, features [N, ...] and times [N, F] to rows [N, S, D]."""


class Reader(nn.Module):
    """An encoder and the connector behind it."""

    def __init__(self, *, encoder: nn.Module, connector: nn.Module, encode: Encode) -> None:
        """Build from ready parts; `encode` is how features go through the encoder, and what joins its rows."""
        super().__init__()
        self.encoder = encoder
        self.connector = connector
        self._encode = encode

    def forward(self, batch: MediaBatch) -> list[Tensor]:
        """Rows of every item at the language model's width: a list of [S, D]."""
        return by_shape(batch, lambda features, times: self.connector(self._encode(self.encoder, features, times)))


def see(encoder: nn.Module, pixels: Tensor, _: Tensor | None) -> Tensor:
    """Pictures. Inputs: pixels: [N, 3, height, width] uint8. Returns: [N, S, 4 D], squares of four patches joined."""
    patch = NativeVisionEncoder.patch
    return fold_grid(encoder(_signed(pixels)), pixels.shape[2] // patch, pixels.shape[3] // patch)


def hear(encoder: nn.Module, mel: Tensor, _: Tensor | None) -> Tensor:
    """Sounds. Inputs: mel: [N, M, frames]. Returns: [N, S, 2 D], neighbours in time joined."""
    return fold_time(encoder(mel), TIME_FOLD)


def watch(encoder: nn.Module, frames: Tensor, times: Tensor | None) -> Tensor:
    """Films. Inputs: frames: [N, F, 3, height, width] uint8; times: [N, F] seconds. Returns: [N, S, D]."""
    rows: Tensor = encoder(_signed(frames), times)
    return rows


def build(config: NanoConfig, *, initialise: bool = True) -> EarlyFusion:
    """A fresh `nano` with random weights; without `initialise` a checkpoint is to fill them.

    Raises: ConfigError when its inputs are not cut as its encoders cut them.
    """
    _check_inputs(config.inputs)
    language = _decoder(config.language)

    def reader(encoder: nn.Module, width: int, encode: Encode) -> Reader:
        connector = MlpConnector(width=width, hidden=config.connector_hidden, out=language.width)
        return Reader(encoder=encoder, connector=connector, encode=encode)

    vision, audio, video = config.vision, config.audio, config.video
    readers = {
        "image": reader(NativeVisionEncoder(**vars(vision)), vision.width * GRID_FOLD**2, see),
        "audio": reader(
            MelAudioEncoder(mel_bins=config.inputs.audio.mel_bins, **vars(audio)), audio.width * TIME_FOLD, hear
        ),
        "video": reader(TubeletVideoEncoder(**vars(video)), video.width, watch),
    }
    model = EarlyFusion(readers=readers, language=language)
    if initialise:
        model.apply(draw_weights)
    return model


def _decoder(config: LanguageConfig) -> Decoder:
    head_width = config.width // config.heads
    sizes = DecoderConfig(
        vocabulary=config.vocabulary,
        width=config.width,
        layers=config.layers,
        hidden=config.hidden,
        attention=AttentionConfig(config.heads, config.kv_heads, head_width, qk_norm=True),
    )
    # The weights were trained with these frequencies; `nn.rotary.frequencies` differs from them in the last bit.
    pairs = torch.arange(head_width // 2, dtype=torch.float32) / (head_width // 2)
    return build_decoder(sizes, rotary=Rotary(config.rotary_base**-pairs))


def _check_inputs(spec: InputSpec) -> None:
    """Compare what `inputs/` counts rows by with what the encoders make of it."""
    cuts = {
        "image.multiple": (spec.image.multiple, NativeVisionEncoder.patch * GRID_FOLD),
        "audio.frames_per_row": (spec.audio.frames_per_row, MelAudioEncoder.stride * TIME_FOLD),
        "video.multiple": (spec.video.multiple, TubeletVideoEncoder.patch),
        "video.tubelet": (spec.video.tubelet, TubeletVideoEncoder.tubelet),
        "audio.frame_multiple modulo 8": (spec.audio.frame_multiple % (MelAudioEncoder.stride * TIME_FOLD), 0),
    }
    for name, (got, expected) in cuts.items():
        if got != expected:
            raise ConfigError(f"nano: inputs.{name} is {got}; its encoders need {expected}. Set it to that.")


def draw_weights(module: nn.Module) -> None:
    """How training begins; for `Module.apply`.

    Truncated normals: 0.1 for embeddings, so that tokens are heard beside media rows; fan-in scaled for linears.
    What a block adds begins small (GPT-2's 1/sqrt(layers), at eight), so that rows reach the decoder's end at once.
    """
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=module.in_features**-0.5)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.trunc_normal_(module.weight, std=0.1)
    elif isinstance(module, Block):  # after its children
        with torch.no_grad():
            for name, weight in module.named_parameters():
                if name in ("attention.out.weight", "mlp.down.weight"):
                    weight.mul_(8**-0.5)


def _signed(pixels: Tensor) -> Tensor:
    """Bytes to -1..1, in fp32."""
    return pixels.float() / 127.5 - 1.0
