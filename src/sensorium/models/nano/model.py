"""`nano`: three encoders, a connector each, early fusion, a causal decoder.

pixels ── NativeVisionEncoder ── 2x2 fold ── connector ─┐
mel ───── MelAudioEncoder ────── 2 fold ──── connector ─┼─ merge_rows ── Decoder ── logits
frames ── TubeletVideoEncoder ────────────── connector ─┘      │
ids ───── embedding ───────────────────────────────────────────┘
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.encoders.audio_mel import MelAudioEncoder
from sensorium.encoders.video_tubelet import TubeletVideoEncoder
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.fusion.connectors import MlpConnector, fold_grid, fold_time
from sensorium.fusion.early import merge_rows
from sensorium.inputs.carrier import MediaBatch, ModelInputs
from sensorium.inputs.spec import InputSpec
from sensorium.language.decoder import Decoder
from sensorium.models.nano.config import NanoConfig
from sensorium.nn.block import Block
from sensorium.nn.cache import KVCache

GRID_FOLD, TIME_FOLD = 2, 2


class Nano(nn.Module):
    """Parts and the way of the data between them."""

    def __init__(self, *, encoders: nn.ModuleDict, connectors: nn.ModuleDict, language: Decoder) -> None:
        """Build from ready parts; encoders and connectors are named by modality."""
        super().__init__()
        self.encoders = encoders
        self.connectors = connectors
        self.language = language
        self._encode: dict[str, Callable[[Tensor, Tensor | None], Tensor]] = {
            "image": self._encode_images,
            "audio": self._encode_sounds,
            "video": self._encode_clips,
        }

    def rows(self, batch: MediaBatch) -> list[Tensor]:
        """Rows of every item, at the language model's width: a list of [S, D].

        Items of one shape are encoded together, so no encoder sees padding and no item depends on its neighbours.
        """
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for index, item in enumerate(batch.features):
            groups[tuple(item.shape)].append(index)
        rows: list[Tensor] = [torch.empty(0)] * len(batch.features)
        for members in groups.values():
            features = torch.stack([batch.features[index] for index in members])
            times = torch.stack([batch.times[index] for index in members]) if batch.times else None
            encoded = self.connectors[batch.modality](self._encode[batch.modality](features, times))
            for index, item_rows in zip(members, encoded, strict=True):
                rows[index] = item_rows
        return rows

    def encode(self, inputs: ModelInputs) -> ModelInputs:
        """The same inputs with the rows of all media made, for whoever wants to look at them before they are taken."""
        return replace(inputs, media=tuple(replace(batch, rows=tuple(self.rows(batch))) for batch in inputs.media))

    def embed(self, inputs: ModelInputs) -> Tensor:
        """Token embeddings with every modality's rows in their places. Returns: [B, T, D].

        Raises: SpanMismatch when rows and placeholders do not agree.
        """
        embeds: Tensor = self.language.embedding(inputs.ids)
        for batch, places in zip(inputs.media, inputs.places, strict=True):
            rows = batch.rows or self.rows(batch)
            counts = torch.zeros(len(inputs.ids), dtype=torch.int64, device=embeds.device)
            for span, item in zip(batch.spans, rows, strict=True):
                counts[span.sample] += len(item)
            embeds = merge_rows(embeds, places, torch.cat(rows), counts, modality=batch.modality)
        return embeds

    def forward(self, inputs: ModelInputs, cache: KVCache | None = None) -> Tensor:
        """Hidden states of a whole batch. Returns: [B, T, D]."""
        return self.language(self.embed(inputs), inputs.positions, present=inputs.present, cache=cache)

    def new_cache(self, batch: int, capacity: int) -> KVCache:
        """Room for `capacity` tokens of `batch` sequences."""
        language = self.language
        return KVCache.empty(
            layers=len(language.blocks),
            batch=batch,
            kv_heads=language.kv_heads,
            capacity=capacity,
            head_width=language.head_width,
            like=language.embedding.weight,
        )

    def prefill(self, inputs: ModelInputs, cache: KVCache) -> Tensor:
        """Take whole prompts. Returns: scores of the next token [B, V]."""
        return self.language.logits(self(inputs, cache)[:, -1])

    def decode(self, ids: Tensor, positions: Tensor, present: Tensor | None, cache: KVCache) -> Tensor:
        """Take one more token each; inputs as in `engine.generate.TokenModel`. Returns: scores of the next [B, V]."""
        embeds = self.language.embedding(ids.unsqueeze(1))
        hidden = self.language(embeds, positions.unsqueeze(1), present=present, cache=cache)
        return self.language.logits(hidden[:, -1])

    def _encode_images(self, pixels: Tensor, _: Tensor | None) -> Tensor:
        rows = self.encoders["image"](_signed(pixels))
        patch = NativeVisionEncoder.patch
        return fold_grid(rows, pixels.shape[2] // patch, pixels.shape[3] // patch)

    def _encode_sounds(self, mel: Tensor, _: Tensor | None) -> Tensor:
        return fold_time(self.encoders["audio"](mel), TIME_FOLD)

    def _encode_clips(self, frames: Tensor, times: Tensor | None) -> Tensor:
        return self.encoders["video"](_signed(frames), times)


def build(config: NanoConfig, *, initialise: bool = True) -> Nano:
    """A fresh `nano` with random weights; without `initialise` its weights are left for a checkpoint to fill.

    Raises: ConfigError when its inputs are not cut as its encoders cut them.
    """
    _check_inputs(config.inputs)
    language = Decoder(**vars(config.language))
    widths = {"image": config.vision.width, "audio": config.audio.width, "video": config.video.width}
    encoders: dict[str, nn.Module] = {
        "image": NativeVisionEncoder(**vars(config.vision)),
        "audio": MelAudioEncoder(mel_bins=config.inputs.audio.mel_bins, **vars(config.audio)),
        "video": TubeletVideoEncoder(**vars(config.video)),
    }
    folded = {"image": GRID_FOLD**2, "audio": TIME_FOLD, "video": 1}
    connectors = {
        name: MlpConnector(width=width * folded[name], hidden=config.connector_hidden, out=language.width)
        for name, width in widths.items()
    }
    model = Nano(encoders=nn.ModuleDict(encoders), connectors=nn.ModuleDict(dict(connectors)), language=language)
    if initialise:
        model.apply(_initialise)
    return model


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


def _initialise(module: nn.Module) -> None:
    """Truncated normals: 0.1 for embeddings, so that tokens are heard beside media rows; fan-in scaled for linears.

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
