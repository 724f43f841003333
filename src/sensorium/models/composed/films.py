"""Encoders of films: our own on tubelets, and those of VideoMAE (joint attention), TimeSformer (divided) and R3D."""

from functools import partial
from pathlib import Path

from torch import Tensor, nn

from sensorium.encoders.video_timesformer import TimesformerEncoder
from sensorium.encoders.video_tubelet import TubeletVideoEncoder
from sensorium.fusion.connectors import Grid
from sensorium.inputs.clips import clip_spec, prepare_clip
from sensorium.inputs.features import video_features
from sensorium.inputs.pictures import Exact
from sensorium.inputs.settings import wrong_size
from sensorium.inputs.spec import InputSpec
from sensorium.models.composed.kinds import (
    Kind,
    Prepare,
    Read,
    Settings,
    Shape,
    Wanted,
    alone,
    check_cut,
    check_heads,
    plain,
    up_to,
)
from sensorium.models.nano.config import VideoConfig
from sensorium.models.nano.model import watch
from sensorium.models.r3d import config as r3d
from sensorium.models.r3d.inputs import prepare_film
from sensorium.models.r3d.model import build as build_r3d
from sensorium.models.r3d.rules import rules as r3d_rules
from sensorium.models.timesformer import config as timesformer
from sensorium.models.timesformer.model import build_encoder as build_timesformer
from sensorium.models.timesformer.rules import rules as timesformer_rules
from sensorium.models.video.inputs import read_settings
from sensorium.models.videomae import config as videomae
from sensorium.models.videomae.model import build_encoder as build_videomae
from sensorium.models.videomae.rules import rules as videomae_rules
from sensorium.weights.checkpoint import read_json
from sensorium.weights.keymap import KeyMap

_PATCH, _TUBELET = TubeletVideoEncoder.patch, TubeletVideoEncoder.tubelet

_CLASSES = KeyMap((), dropped=("classifier.*", "fc_norm.*", "fc.*"))
"""What tells classes in a checkpoint, and is not needed here."""


def _tubelet(config: VideoConfig, _: InputSpec, layer: int | None) -> nn.Module:
    check_heads("tubelet", config.width, config.heads, axes=3)
    return up_to(TubeletVideoEncoder(**vars(config)), layer)


def _tubelet_prepare(_: VideoConfig, wanted: Wanted) -> Prepare:
    spec, (time, *space) = wanted.inputs.video, wanted.factors
    check_cut("video.tubelet", spec.tubelet, step=_TUBELET, factor=time)
    for factor in space:
        check_cut("video.multiple", spec.multiple, step=_PATCH, factor=factor)
    return partial(video_features, spec=spec)


TUBELET = Kind(
    sizes=VideoConfig,
    build=_tubelet,
    rows=watch,
    grid=lambda _, shape: (shape[0] // _TUBELET, shape[2] // _PATCH, shape[3] // _PATCH),
    prepare=_tubelet_prepare,
)


def _film_prepare(config: videomae.VideoMaeConfig | timesformer.TimesformerConfig, wanted: Wanted) -> Prepare:
    frames, height, width = config.shape
    where = "encoders: video: settings"
    spec = clip_spec(wanted.settings, frames=frames, where=where)
    if (spec.pictures.crop or spec.pictures.size) != Exact(height, width):
        raise wrong_size(spec.pictures, Exact(height, width), where)
    return alone(partial(prepare_clip, spec=spec))


def _film_settings(config: videomae.VideoMaeConfig | timesformer.TimesformerConfig) -> Settings:
    """What the processor is told for frames of the encoder's size."""
    _, height, width = config.shape
    return {"size": {"shortest_edge": min(height, width)}, "crop_size": {"height": height, "width": width}}


def _read_videomae(folder: Path) -> Read[videomae.VideoMaeConfig]:
    where = folder / "config.json"
    config = videomae.read_config(read_json(where), str(where))
    return Read(config, dict(read_settings(folder)[0]), videomae_rules(config, False) + _CLASSES)


VIDEOMAE = Kind(
    sizes=videomae.VideoMaeConfig,
    build=lambda config, _, layer: up_to(build_videomae(config), layer),
    rows=plain,
    grid=lambda config, _: tuple(n // step for n, step in zip(config.shape, config.tubelet, strict=True)),
    fixed=True,
    prepare=_film_prepare,
    settings=_film_settings,
    read=_read_videomae,
)


def _timesformer_rows(encoder: TimesformerEncoder, frames: Tensor, _: Tensor | None) -> Tensor:
    """Rows without the class token's, in the order of all others: time first. Returns: [N, F P, D]."""
    rows: Tensor = encoder(frames)[:, 1:]  # place by place
    return rows.unflatten(1, (-1, encoder.shape[0])).transpose(1, 2).flatten(1, 2)


def _timesformer_grid(config: timesformer.TimesformerConfig, _: Shape) -> Grid:
    side = config.image_size // config.patch_size
    return config.num_frames, side, side


def _read_timesformer(folder: Path) -> Read[timesformer.TimesformerConfig]:
    where = folder / "config.json"
    config = timesformer.read_config(read_json(where), str(where))
    return Read(config, dict(read_settings(folder)[0]), timesformer_rules(config, False) + _CLASSES)


TIMESFORMER = Kind(
    sizes=timesformer.TimesformerConfig,
    build=lambda config, _, layer: up_to(build_timesformer(config), layer),
    rows=_timesformer_rows,
    grid=_timesformer_grid,
    fixed=True,
    prepare=_film_prepare,
    settings=_film_settings,
    read=_read_timesformer,
)


def _r3d_grid(config: r3d.R3dConfig, _: Shape) -> Grid:
    """The stem halves height and width, each stage but the first all three, rounded up."""
    halved = len(config.channels) - 1
    steps = (2**halved, 2 ** (halved + 1), 2 ** (halved + 1))
    lengths = (config.num_frames, *config.crop)
    return tuple(-(-length // step) for length, step in zip(lengths, steps, strict=True))


def _read_r3d(folder: Path) -> Read[r3d.R3dConfig]:
    where = folder / "config.json"
    config = r3d.read_config(read_json(where), str(where))
    return Read(config, {}, r3d_rules(config, False) + _CLASSES)


R3D = Kind(
    sizes=r3d.R3dConfig,
    build=lambda config, _, layer: up_to(build_r3d(config).encoder, layer),
    rows=plain,
    grid=_r3d_grid,
    fixed=True,
    prepare=lambda config, _: alone(partial(prepare_film, config=config)),
    read=_read_r3d,
)
