"""Encoders of pictures: our own at native resolution, and the towers of CLIP and SigLIP."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.encoders.vision_native import NativeVisionEncoder
from sensorium.encoders.vision_tower import VisionTower
from sensorium.fusion.connectors import Grid
from sensorium.inputs.features import image_features
from sensorium.inputs.pictures import CLIP, SIGLIP, prepare
from sensorium.inputs.settings import picture_settings, tower_pictures
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import Image
from sensorium.models.clip import config as clip
from sensorium.models.clip.model import build_vision as build_clip
from sensorium.models.clip.rules import vision_rules as clip_rules
from sensorium.models.composed.kinds import (
    ENCODER,
    Kind,
    Prepare,
    Read,
    Settings,
    Shape,
    Wanted,
    alone,
    check_cut,
    check_heads,
    depth_of,
    plain,
    up_to,
)
from sensorium.models.nano.config import VisionConfig
from sensorium.models.siglip import config as siglip
from sensorium.models.siglip.model import build_vision as build_siglip
from sensorium.models.siglip.rules import vision_rules as siglip_rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap

Tower = clip.ClipVisionConfig | siglip.SiglipVisionConfig

_PATCH = NativeVisionEncoder.patch


class TowerRows(nn.Module):
    """The rows of a tower's patches, without that of the class token.

    The tower stays whole, although a layer's rows are taken: other tools expect it so where it is exported.
    """

    def __init__(self, *, tower: VisionTower, layer: int | None) -> None:
        """Build. Args: layer: whose rows are taken, without the final norm; None for the last one's, with it.

        Raises: ConfigError for a layer that the tower does not have.
        """
        super().__init__()
        if layer is not None:
            depth_of(layer, len(tower.blocks))
        self.tower = tower
        self.layer = layer
        self.width = tower.width

    def forward(self, pixels: Tensor) -> Tensor:
        """Inputs: pixels: [N, 3, height, width], normalised. Returns: [N, P, D]."""
        rows = self.tower(pixels) if self.layer is None else self.tower.after(pixels, self.layer)
        return rows[:, self.tower.class_token is not None :]


def _native_rows(encoder: nn.Module, pixels: Tensor, _: Tensor | None) -> Tensor:
    """Inputs: pixels: [N, 3, height, width] uint8. Returns: [N, P, D]."""
    rows: Tensor = encoder(pixels.float() / 127.5 - 1.0)
    return rows


def _native_prepare(_: VisionConfig, wanted: Wanted) -> Prepare:
    for factor in wanted.factors:
        check_cut("image.multiple", wanted.inputs.image.multiple, step=_PATCH, factor=factor)
    return alone(partial(image_features, spec=wanted.inputs.image))


def _native(config: VisionConfig, _: InputSpec, layer: int | None) -> nn.Module:
    check_heads("native", config.width, config.heads, axes=2)
    return up_to(NativeVisionEncoder(**vars(config)), layer)


NATIVE = Kind(
    sizes=VisionConfig,
    build=_native,
    rows=_native_rows,
    grid=lambda _, shape: (shape[1] // _PATCH, shape[2] // _PATCH),
    prepare=_native_prepare,
)


def _tower_grid(config: Tower, _: Shape) -> Grid:
    side = config.image_size // config.patch_size
    return side, side


def _tower_prepare(config: Tower, wanted: Wanted, *, defaults: Mapping[str, object]) -> Prepare:
    spec = tower_pictures(wanted.settings, config.image_size, where="encoders: image: settings", defaults=defaults)

    def make(image: Image) -> NDArray[np.float32]:
        return prepare(image.pixels, spec, source=image.source)

    return alone(make)


def clip_settings(config: clip.ClipVisionConfig) -> Settings:
    """What CLIP's processor is told for pictures of the tower's size."""
    side = config.image_size
    return {
        "image_processor_type": "CLIPImageProcessor",
        "size": {"shortest_edge": side},
        "crop_size": {"height": side, "width": side},
    }


def siglip_settings(config: siglip.SiglipVisionConfig) -> Settings:
    """What SigLIP's processor is told for pictures of the tower's size."""
    side = config.image_size
    return {"image_processor_type": "SiglipImageProcessor", "size": {"height": side, "width": side}}


def _no_tower(where: Path) -> CheckpointError:
    return CheckpointError(
        f"{where}: has no vision_config, so no encoder of pictures; expected one. Take the whole model, or its vision "
        "tower."
    )


_BESIDE = ("text_model.*", "logit_scale", "logit_bias", "visual_projection.*", "text_projection.*")
"""Names of what stands beside the picture tower in a whole model."""


def _read_clip(folder: Path) -> Read[clip.ClipVisionConfig]:
    where = folder / "config.json"
    vision = clip.read_config(read_json(where), str(where)).vision
    if vision is None:
        raise _no_tower(where)
    return Read(vision, _settings(folder), _tower_rules(clip_rules()))


def _read_siglip(folder: Path) -> Read[siglip.SiglipVisionConfig]:
    where = folder / "config.json"
    vision = siglip.read_config(read_json(where), str(where)).vision
    if vision is None:
        raise _no_tower(where)
    return Read(vision, _settings(folder), _tower_rules(siglip_rules()))


def _settings(folder: Path) -> Settings:
    return dict(picture_settings(folder)[0])


def _tower_rules(rules: KeyMap) -> KeyMap:
    """The key map of a tower in a whole model or alone; the head that pools is left out."""
    heads = ("vision_model.head.*", "head.*")
    return rules.under(ours=f"{ENCODER}tower.") + KeyMap((), dropped=(*_BESIDE, *heads))


CLIP_TOWER = Kind(
    sizes=clip.ClipVisionConfig,
    build=lambda config, _, layer: TowerRows(tower=build_clip(config), layer=layer),
    rows=plain,
    grid=_tower_grid,
    fixed=True,
    prepare=partial(_tower_prepare, defaults=CLIP),
    settings=clip_settings,
    read=_read_clip,
)

SIGLIP_TOWER = Kind(
    sizes=siglip.SiglipVisionConfig,
    build=lambda config, _, layer: TowerRows(tower=build_siglip(config), layer=layer),
    rows=plain,
    grid=_tower_grid,
    fixed=True,
    prepare=partial(_tower_prepare, defaults=SIGLIP),
    settings=siglip_settings,
    read=_read_siglip,
)
