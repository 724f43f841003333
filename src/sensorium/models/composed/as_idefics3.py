"""Idefics3, whose form SmolVLM has too: SigLIP, blocks of rows joined by one matrix, a Llama.

The reference's processor writes tokens around a picture, so the model must have learnt with them:

    around: {image: {before: [<fake_token_around_image>, <global-img>], after: [<fake_token_around_image>]}}

Pictures are seen whole, not in tiles, and are brought to the tower's size in one step, as the composed model does it.
"""

from collections.abc import Iterator
from pathlib import Path

import torch

from sensorium.chat.jinja import ChatTemplate
from sensorium.core.config import to_dict
from sensorium.inputs.pictures import SIGLIP, Exact, picture_spec
from sensorium.models.composed.config import Around, ComposedConfig
from sensorium.models.composed.equality import (
    FLATTEN,
    Form,
    Written,
    early,
    joins,
    sees,
    settings_of,
    speaks,
    whole_rows,
)
from sensorium.models.composed.folder import Model, as_json
from sensorium.models.composed.inputs import MARKS
from sensorium.models.composed.writing import mark_of_pictures, with_stops, write_as
from sensorium.models.idefics3.config import Idefics3Config, read_config
from sensorium.models.idefics3.inputs import AROUND, WHOLE
from sensorium.models.idefics3.model import BucketedPositions, build
from sensorium.models.idefics3.rules import rules
from sensorium.models.siglip.config import SiglipVisionConfig
from sensorium.nn.skeleton import Unfilled

_COLOURS = ("resample", "do_rescale", "rescale_factor", "do_normalize", "image_mean", "image_std")
"""Keys of a processor that both have."""

PLACED = Around(before=(AROUND, WHOLE), after=(AROUND,))
"""What stands around the rows of a picture that is seen whole."""

_NAMES = {
    "readers.image.encoder.tower.": "readers.image.tower.",
    "readers.image.connector.project.": "readers.image.connector.",
}
"""Parts that have other names in our own Idefics3 (models/idefics3/model.py)."""

_SIZES = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_channels", "image_size"),
    *("patch_size", "hidden_act", "layer_norm_eps"),
)
"""Keys of a SigLIP tower that Idefics3's has too."""


def _differing(model: Model) -> Iterator[str]:
    config = model.config
    yield from sees(config, ("siglip",))
    yield from whole_rows(config)
    yield from _connector(config)
    yield from _places(config)
    yield from _pictures(config)
    yield from early(config)
    if config.around.get("image") != PLACED:
        yield f"around its pictures stand not {' '.join(PLACED.before)} and {' '.join(PLACED.after)}"
    yield from speaks(model, ("llama",))


def _connector(config: ComposedConfig) -> Iterator[str]:
    yield from joins(config, "shuffle")
    connector = config.connector("image")
    if connector.kind == "shuffle" and not connector.alone:
        yield "its connector has a norm and two layers, not one matrix alone"
    if connector.kind == "shuffle" and len({*connector.factors}) > 1:
        yield f"its connector joins blocks of {'x'.join(map(str, connector.factors))}, not squares"


def _places(config: ComposedConfig) -> Iterator[str]:
    """The reference looks places up by fractions, which for some sizes round to a neighbour's."""
    encoder = config.encoders.get("image")
    sizes = None if encoder is None else encoder.built_sizes()
    if isinstance(sizes, SiglipVisionConfig):
        side = sizes.image_size // sizes.patch_size
        if not BucketedPositions(side=side, width=1).exact:
            yield f"Idefics3 rounds the places of {side}x{side} patches, so that some share one"


def _pictures(config: ComposedConfig) -> Iterator[str]:
    """Idefics3's processor can bring a picture to a square in one step, and no more than that."""
    encoder = config.encoders.get("image")
    if encoder is not None and encoder.kind == "siglip":
        spec = picture_spec(settings_of(config), where="encoders: image: settings", defaults=SIGLIP)
        if spec.square or spec.crop is not None or not isinstance(spec.size, Exact):
            yield "its pictures are padded or cropped, not brought to the tower's size whatever their proportions"


def _write(model: Model, folder: Path, out: Path, dtype: torch.dtype | None) -> None:
    data = with_stops(idefics3_json(model.config, image_token=mark_of_pictures(folder)), folder)
    family = read_config(data)
    with Unfilled():
        network = build(family)
    files = _processor(model.config, family, ChatTemplate.from_folder(folder).source)
    write_as(model, out, network, rules(family), names=_NAMES, config=data, files=files, dtype=dtype)


IDEFICS3 = Written(
    Form("Idefics3", "siglip, connector shuffle with alone, fusion early, tokens around pictures, Llama", _differing),
    _write,
)


def idefics3_json(config: ComposedConfig, *, image_token: int) -> dict[str, object]:
    """The config.json of Idefics3 for a config that equals one."""
    sizes = config.language.sizes or {}
    vision = {key: value for key, value in to_dict(config.encoders["image"].built_sizes()).items() if key in _SIZES}
    pad = sizes.get("pad_token_id")
    return {
        "architectures": ["Idefics3ForConditionalGeneration"],
        "model_type": "idefics3",
        "image_token_id": image_token,
        "pad_token_id": 0 if pad is None else pad,
        "scale_factor": config.factors("image")[0],
        "text_config": {"rms_norm_eps": 1e-6, **sizes},  # written out, as ours and the reference's defaults differ
        "tie_word_embeddings": config.language.decoder().tied,
        "vision_config": {"model_type": "idefics3_vision", **vision},
    }


def _processor(config: ComposedConfig, family: Idefics3Config, template: str) -> dict[str, bytes]:
    """Files that say how pictures and talks are prepared."""
    said = settings_of(config)
    pictures = {
        **{key: SIGLIP[key] if said.get(key) is None else said[key] for key in _COLOURS},
        "image_processor_type": "Idefics3ImageProcessor",
        "processor_class": "Idefics3Processor",
        "do_resize": False,
        "do_image_splitting": False,
        "do_pad": True,
        "max_image_size": {"longest_edge": family.vision.image_size},
    }
    return {
        "preprocessor_config.json": as_json(pictures),
        "processor_config.json": as_json(
            {"processor_class": "Idefics3Processor", "image_seq_len": family.rows_per_tile}
        ),
        "chat_template.jinja": (FLATTEN.replace("IMAGE", MARKS["image"]) + template).encode(),
    }
