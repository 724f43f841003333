"""Every kind of encoder gives a composed model the rows that its own family gives, fresh or from a checkpoint."""

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from sensorium.core.config import from_dict, to_dict
from sensorium.core.errors import CheckpointError, ConfigError, LimitExceeded
from sensorium.inputs.mel import log_mel
from sensorium.inputs.pictures import CLIP, SIGLIP, picture_spec, prepare
from sensorium.inputs.settings import picture_settings
from sensorium.inputs.spec import InputSpec
from sensorium.media.types import AudioClip, Image, Media, VideoClip
from sensorium.models.composed.compose import compose
from sensorium.models.composed.config import ComposedConfig, EncoderConfig, ModelConfig
from sensorium.models.composed.encoders import AXES, ENCODERS, KINDS, EncoderKind
from sensorium.models.composed.inputs import preparer, rows_out
from sensorium.models.composed.model import Reader, early_of
from sensorium.models.dual.load import load_dual
from sensorium.models.r3d.config import R3dConfig, config_json
from sensorium.models.r3d.load import load as load_r3d
from sensorium.models.r3d.model import build as build_r3d
from sensorium.models.r3d.rules import rules as r3d_rules
from sensorium.models.timesformer.load import load as load_timesformer
from sensorium.models.videomae.load import load as load_videomae
from sensorium.models.wav2vec2.inputs import normed
from sensorium.models.wav2vec2.load import load as load_wav2vec2
from sensorium.models.whisper.load import load as load_whisper
from sensorium.weights.loading import save_checkpoint

MODELS = Path(__file__).parents[1]
LANGUAGE: dict[str, object] = {"vocabulary": 300, "width": 16, "layers": 1, "heads": 2, "kv_heads": 1, "hidden": 16}

close = torch.testing.assert_close

FRESH: dict[EncoderKind, dict[str, object]] = {
    "native": {"width": 16, "layers": 1, "heads": 2, "hidden": 16, "stem": [4, 8]},
    "clip": {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    "siglip": {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    "mel": {"width": 16, "layers": 1, "heads": 2, "hidden": 16, "stem": [4, 4, 8]},
    "whisper": {
        **{"d_model": 16, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 16},
        **{"decoder_attention_heads": 2, "max_source_positions": 60},
    },
    "wav2vec2": {
        **{"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16},
        **{"conv_dim": [8, 8], "conv_stride": [20, 8], "conv_kernel": [40, 8], "num_conv_pos_embedding_groups": 2},
    },
    "tubelet": {"width": 24, "layers": 1, "heads": 2, "hidden": 16, "stem": [4, 8, 8]},
    "r3d": {"channels": [4, 8], "depths": [1, 1], "num_frames": 4, "resize": [40, 50], "crop": [32, 32]},
    "timesformer": {
        **{"image_size": 32, "num_frames": 2, "hidden_size": 16, "num_hidden_layers": 2},
        **{"num_attention_heads": 2, "intermediate_size": 16},
    },
    "videomae": {
        **{"image_size": [32, 48], "num_frames": 4, "hidden_size": 16, "num_hidden_layers": 2},
        **{"num_attention_heads": 2, "intermediate_size": 16},
    },
}


def image() -> Image:
    return Image(np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8))


def sound(samples: int = 5000) -> AudioClip:
    return AudioClip(np.random.default_rng(0).normal(0, 0.1, samples).astype(np.float32))


def film() -> VideoClip:
    frames = np.random.default_rng(0).integers(0, 256, (6, 40, 56, 3), np.uint8)
    return VideoClip(frames, np.arange(6) / 2, 2.0)


def modality_of(kind: EncoderKind) -> Any:
    return next(modality for modality, kinds in KINDS.items() if kind in kinds)


MEDIA: dict[str, Media] = {"image": image(), "audio": sound(), "video": film()}


def alone(kind: EncoderKind, **encoder: Any) -> ComposedConfig:
    """A model with one encoder, whose rows are seen as they are."""
    return ComposedConfig({modality_of(kind): EncoderConfig(kind, **encoder)}, ModelConfig(sizes=LANGUAGE))


def seen(config: ComposedConfig, medium: Media) -> tuple[nn.Module, Tensor, int]:
    """The encoder, its rows of a medium [S, D], and how many the language model gets of them."""
    model = compose(config)
    (modality,) = config.encoders
    reader = early_of(model.network).readers[modality]
    assert isinstance(reader, Reader)
    item = preparer(model.config).item(medium)
    times = None if item.times is None else torch.from_numpy(item.times)[None]
    with torch.inference_mode():
        rows, grid = reader._encode(reader.encoder, torch.from_numpy(item.features)[None], times)
    assert rows.shape[:2] == (1, prod(grid))
    assert len(grid) == AXES[modality]
    assert item.rows == rows_out(model.config, modality, grid)
    return reader.encoder, rows[0], item.rows


def test_the_table_has_every_kind() -> None:
    assert set(ENCODERS) == set(get_args(EncoderKind)) == set(FRESH)


@pytest.mark.parametrize("kind", FRESH)
@pytest.mark.parametrize("layer", [None, -1])
def test_fresh_encoders_make_the_rows_that_were_counted(kind: EncoderKind, layer: int | None) -> None:
    config = alone(kind, sizes=FRESH[kind], layer=layer)
    if kind == "r3d" and layer is not None:
        with pytest.raises(ConfigError, match="got layer -1 for an encoder of stages"):
            compose(config)
        return
    torch.manual_seed(0)
    _, rows, count = seen(config, MEDIA[modality_of(kind)])
    assert count == len(rows)
    assert rows.isfinite().all()
    assert len({*rows[:, 0].tolist()}) > 1


@pytest.mark.parametrize("kind", FRESH)
def test_rows_are_merged_between_blocks(kind: EncoderKind) -> None:
    if kind in ("r3d", "timesformer"):
        with pytest.raises(ConfigError, match=r"merging: a .* has no blocks that all rows pass one after another"):
            compose(alone(kind, sizes=FRESH[kind], merging=0.5))
        return
    layers = next(key for key in ("layers", "encoder_layers", "num_hidden_layers") if key in FRESH[kind])
    sizes, found = FRESH[kind] | {layers: 2}, []
    for merging in (0.0, 0.5):
        torch.manual_seed(0)
        encoder, rows, count = seen(alone(kind, sizes=sizes, merging=merging), MEDIA[modality_of(kind)])
        assert count == len(rows)
        found.append((encoder.state_dict().keys(), rows))
    assert found[0][0] == found[1][0]
    assert not torch.equal(found[0][1], found[1][1])


def test_a_share_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"clip: merging is 1\.0; expected 0 or a share below 1"):
        EncoderConfig("clip", sizes=FRESH["clip"], merging=1.0)


def test_a_layer_that_there_is_not() -> None:
    for kind in ("clip", "whisper"):
        with pytest.raises(ConfigError, match="got layer 3 of an encoder of 2 blocks; expected 1 to 2, or -2 to -1"):
            compose(alone(kind, sizes=FRESH[kind], layer=3))


@pytest.mark.parametrize(("layer", "blocks"), [(1, 1), (-2, 1), (2, 2), (-1, 2)])
def test_blocks_behind_the_layer_are_left_out(layer: int, blocks: int) -> None:
    encoder, _, _ = seen(alone("whisper", sizes=FRESH["whisper"], layer=layer), sound())
    assert isinstance(encoder.blocks, nn.ModuleList)
    assert len(encoder.blocks) == blocks
    assert isinstance(encoder.norm, nn.Identity)


@pytest.mark.parametrize("kind", ["clip", "siglip"])
@pytest.mark.parametrize("layer", [None, 1])
def test_towers(kind: EncoderKind, layer: int | None) -> None:
    folder = MODELS / kind / "golden"
    _, few, _ = seen(alone(kind, checkpoint=str(folder), layer=layer, merging=0.5), image())  # names stay
    assert few.isfinite().all()
    _, rows, _ = seen(alone(kind, checkpoint=str(folder), layer=layer), image())
    embedder = load_dual(folder).network.image
    assert embedder is not None
    spec = picture_spec(picture_settings(folder)[0], where="", defaults=CLIP if kind == "clip" else SIGLIP)
    pixels = torch.from_numpy(prepare(image().pixels, spec, source=""))[None]
    with torch.inference_mode():
        expected = embedder.tower(pixels) if layer is None else embedder.tower.after(pixels, layer)
    close(rows, expected[0, 1:] if kind == "clip" else expected[0])


@pytest.mark.parametrize("samples", [1, 4000, 15_999, 16_000])
def test_whisper_hears_silence_behind_a_sound_and_gives_the_sound_s_rows(samples: int) -> None:
    folder = MODELS / "whisper" / "golden"
    _, rows, _ = seen(alone("whisper", checkpoint=str(folder)), sound(samples))
    whisper: Any = load_whisper(folder)
    mel, _ = log_mel(sound(samples).samples, whisper.mel)
    with torch.inference_mode():
        expected = whisper.network.encoder(mel[None])[0]
    close(rows, expected[: len(rows)], atol=1e-5, rtol=1e-5)
    assert samples / 320 <= len(rows) <= min(50, samples / 320 + 2)


def test_whisper_refuses_what_is_longer_than_its_window() -> None:
    with pytest.raises(LimitExceeded, match=r"1\.00 s of sound is more than the 1 s"):
        seen(alone("whisper", checkpoint=str(MODELS / "whisper" / "golden")), sound(16_001))


def test_wav2vec2() -> None:
    folder = MODELS / "wav2vec2" / "golden"
    _, rows, _ = seen(alone("wav2vec2", checkpoint=str(folder)), sound())
    network: Any = load_wav2vec2(folder).network
    samples = torch.from_numpy(normed(sound().samples))[None]
    encoder = network.encoder
    missing = (encoder.reach - samples.shape[1]) % encoder.stride
    with torch.inference_mode():
        close(rows, encoder(nn.functional.pad(samples, (0, missing)))[0])


@pytest.mark.parametrize("load", [load_videomae, load_timesformer])
def test_films(load: Callable[[Path], Any]) -> None:
    kind: Any = load.__module__.split(".")[-2]
    folder = MODELS / kind / "golden"
    encoder, rows, _ = seen(alone(kind, checkpoint=str(folder)), film())
    expected = load(folder).rows(film())
    if kind == "timesformer":
        frames: int = encoder.shape[0]  # type: ignore[index, assignment]
        expected = expected[1:].unflatten(0, (-1, frames)).transpose(0, 1).flatten(0, 1)
    close(rows, expected)


def test_r3d(tmp_path: Path) -> None:
    config = R3dConfig((4, 8), (1, 1), num_frames=3, resize=(30, 40), crop=(25, 27))
    network = build_r3d(config, classes=2)
    save_checkpoint(tmp_path, network, r3d_rules(config, True), dtype=None, config=config_json(config, ("a", "b")))
    _, rows, _ = seen(alone("r3d", checkpoint=str(tmp_path)), film())
    close(rows, load_r3d(tmp_path).rows(film()))


def test_a_checkpoint_of_another_kind() -> None:
    with pytest.raises(CheckpointError, match="model_type is 'clip'; expected one of siglip"):
        compose(alone("siglip", checkpoint=str(MODELS / "clip" / "golden")))


@pytest.mark.parametrize(
    ("kind", "connector", "inputs", "message"),
    [
        ("native", (2, 2), {"image": {"multiple": 24}}, "image.multiple is 24.*expected a multiple of 16"),
        ("mel", (3,), {}, "audio.frame_multiple is 32.*expected a multiple of 12"),
        ("whisper", (7,), {}, "max_source_positions of Whisper is 60.*expected a multiple of 7"),
        ("tubelet", (2, 1, 1), {}, "video.tubelet is 2.*expected a multiple of 4"),
        ("clip", (3, 3), {}, "blocks of 3x3 rows do not fill a grid of 7x7"),
        ("r3d", (3, 1, 1), {}, "blocks of 3x1x1 rows do not fill a grid of 2x8x8"),
        ("videomae", (2, 2, 2), {}, "blocks of 2x2x2 rows do not fill a grid of 2x2x3"),
        ("timesformer", (1, 3, 1), {}, "blocks of 1x3x1 rows do not fill a grid of 2x2x2"),
        ("tubelet", (1, 2, 1), {}, "video.multiple is 16.*expected a multiple of 32"),
    ],
)
def test_media_are_cut_as_encoder_and_connector_want_them(
    kind: EncoderKind, connector: tuple[int, ...], inputs: dict[str, object], message: str
) -> None:
    data = to_dict(alone(kind, sizes=FRESH[kind]))
    data |= {"connectors": {modality_of(kind): {"kind": "pool", "factors": connector}}, "inputs": inputs}
    config = from_dict(ComposedConfig, data, where="model")
    with pytest.raises(ConfigError, match=message):
        compose(config)


@pytest.mark.parametrize("kind", ["native", "mel", "tubelet"])
def test_heads_that_do_not_divide_the_width(kind: EncoderKind) -> None:
    with pytest.raises(ConfigError, match=f"{kind}: width is 20 and heads 3"):
        ENCODERS[kind].build(ENCODERS[kind].sizes(width=20, heads=3), InputSpec(), None)
