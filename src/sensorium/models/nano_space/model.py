"""`nano-space`: an encoder for each modality, and of its rows one, in a space that all have in common.

ids ───── TextTower ──────────── row of the end ── project ─┐
pixels ── NativeVisionEncoder ── Resampler, mean ───────────┤
mel ───── MelAudioEncoder ────── Resampler, mean ───────────┼─ unit length
frames ── TubeletVideoEncoder ── Resampler, mean ───────────┘
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from sensorium.encoders.audio_mel import MelAudioEncoder
from sensorium.encoders.text_tower import TextTower
from sensorium.encoders.video_tubelet import TubeletVideoEncoder
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.fusion.connectors import Grid
from sensorium.fusion.resampler import Resampler
from sensorium.inputs.carrier import MediaBatch
from sensorium.models.clip.model import EndRow
from sensorium.models.dual.network import TextEmbedder
from sensorium.models.early import by_shape
from sensorium.models.nano.model import draw_weights
from sensorium.models.nano_space.config import NanoSpaceConfig, TextConfig
from sensorium.nn.block import encoder_block

TEMPERATURE = 0.07
"""At the start, as in CLIP."""

Encode = Callable[[nn.Module, Tensor, Tensor | None], tuple[Tensor, Grid]]
"""From an encoder, features [N, ...] and times [N, F] to rows [N, S, D] and how they lie."""


class MediumEmbedder(nn.Module):
    """Media of one modality to one row each."""

    def __init__(self, *, encoder: nn.Module, pool: nn.Module, encode: Encode) -> None:
        """Build from ready parts; `pool` makes a few rows of any number of them, whose mean is taken."""
        super().__init__()
        self.encoder = encoder
        self.pool = pool
        self._encode = encode

    def forward(self, batch: MediaBatch) -> Tensor:
        """Returns: [N, D], of any length."""
        return torch.stack(by_shape(batch, self._pooled))

    def _pooled(self, features: Tensor, times: Tensor | None) -> Tensor:
        rows: Tensor = self.pool(*self._encode(self.encoder, features, times))
        return rows.mean(dim=1)


class SpaceNetwork(nn.Module):
    """Texts and media in one space."""

    def __init__(self, *, text: nn.Module, media: Mapping[str, nn.Module]) -> None:
        """Build from ready parts; `media` are named by modality."""
        super().__init__()
        self.text = text
        self.media = nn.ModuleDict(media)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / TEMPERATURE)))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.logit_scale.device

    def embed_texts(self, ids: Tensor, present: Tensor | None) -> Tensor:
        """Inputs: as `TextTower` takes them. Returns: [B, D] fp32, unit length. Raises: LimitExceeded."""
        return F.normalize(self.text(ids, present).float(), dim=-1)

    def embed_media(self, batch: MediaBatch) -> Tensor:
        """Returns: [N, D] fp32, unit length."""
        return F.normalize(self.media[batch.modality](batch).float(), dim=-1)


def see(encoder: nn.Module, pixels: Tensor, _: Tensor | None) -> tuple[Tensor, Grid]:
    """Pictures. Inputs: pixels: [N, 3, height, width] uint8. Returns: [N, S, D] and (rows, columns)."""
    patch = NativeVisionEncoder.patch
    return encoder(_signed(pixels)), (pixels.shape[2] // patch, pixels.shape[3] // patch)


def hear(encoder: nn.Module, mel: Tensor, _: Tensor | None) -> tuple[Tensor, Grid]:
    """Sounds. Inputs: mel: [N, M, frames]. Returns: [N, S, D] and (times,)."""
    return encoder(mel), (mel.shape[2] // MelAudioEncoder.stride,)


def watch(encoder: nn.Module, frames: Tensor, times: Tensor | None) -> tuple[Tensor, Grid]:
    """Films. Inputs: frames: [N, F, 3, height, width] uint8; times: [N, F]. Returns: [N, S, D] and how they lie."""
    _, count, _, height, width = frames.shape
    patch = TubeletVideoEncoder.patch
    grid = (count // TubeletVideoEncoder.tubelet, height // patch, width // patch)
    return encoder(_signed(frames), times), grid


def build(config: NanoSpaceConfig, *, end: int, initialise: bool = True) -> SpaceNetwork:
    """A fresh network with random weights; without `initialise` a checkpoint is to fill them.

    Args:
        config: the sizes.
        end: id of the token that ends every text.
        initialise: draw weights.
    """

    def embedder(encoder: nn.Module, width: int, encode: Encode) -> MediumEmbedder:
        pool = Resampler(width=width, out=config.width, apart=False, **vars(config.pool))
        return MediumEmbedder(encoder=encoder, pool=pool, encode=encode)

    vision, audio, video = config.vision, config.audio, config.video
    ears = MelAudioEncoder(mel_bins=config.inputs.audio.mel_bins, **vars(audio))
    media = {
        "image": embedder(NativeVisionEncoder(**vars(vision)), vision.width, see),
        "audio": embedder(ears, audio.width, hear),
        "video": embedder(TubeletVideoEncoder(**vars(video)), video.width, watch),
    }
    text = TextEmbedder(
        tower=_reader(config.text), pool=EndRow(end), project=nn.Linear(config.text.width, config.width)
    )
    network = SpaceNetwork(text=text, media=media)
    if initialise:
        network.apply(draw_weights)
    return network


def _reader(config: TextConfig) -> TextTower:
    return TextTower(
        embedding=nn.Embedding(config.vocabulary, config.width),
        context=config.context,
        blocks=[encoder_block(config.width, config.heads, config.hidden) for _ in range(config.layers)],
        norm=nn.LayerNorm(config.width),
        causal=False,
    )


def _signed(pixels: Tensor) -> Tensor:
    """Bytes to -1..1, in fp32."""
    return pixels.float() / 127.5 - 1.0
