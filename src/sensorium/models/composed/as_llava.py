"""LLaVA: CLIP or SigLIP, an `mlp`, and a language model of its checkpoint's form, with the rows among the tokens."""

from collections.abc import Iterator
from pathlib import Path

import torch

from sensorium.chat.jinja import ChatTemplate
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.equality import FLATTEN, Form, Written, early, joins, sees, settings_of, speaks
from sensorium.models.composed.folder import Model, as_json
from sensorium.models.composed.inputs import MARKS
from sensorium.models.composed.writing import mark_of_pictures, with_stops, write_as
from sensorium.models.llava.config import read_config
from sensorium.models.llava.model import build
from sensorium.models.llava.rules import rules
from sensorium.nn.skeleton import Unfilled

TOWERS = {"clip": "clip_vision_model", "siglip": "siglip_vision_model"}
"""Kinds of encoders that LLaVA has, and what it calls them."""

LANGUAGES = ("llama", "mistral", "qwen2", "qwen3")
"""Families of language models that a LLaVA has; Gemma would scale the rows of pictures too."""

_NAMES = {
    "readers.image.encoder.tower.": "readers.image.views.tower.",
    "readers.image.connector.project.": "readers.image.views.projector.",
}
"""Parts that have other names in our own LLaVA (models/llava/model.py)."""


def _differing(model: Model) -> Iterator[str]:
    config = model.config
    encoder, connector = config.encoders.get("image"), config.connector("image")
    yield from sees(config, (*TOWERS,))
    if encoder is not None and encoder.kind in TOWERS and encoder.layer is None:
        yield f"it takes the normed rows of {encoder.kind}, not those of a layer"
    yield from joins(config, "mlp")
    if connector.kind == "mlp" and connector.hidden not in (None, config.language.decoder().width):
        yield f"its connector is {connector.hidden} wide inside, not as wide as the language model"
    yield from early(config)
    if config.around:
        yield "it has tokens around its pictures"
    yield from speaks(model, LANGUAGES)


def _write(model: Model, folder: Path, out: Path, dtype: torch.dtype | None) -> None:
    data = with_stops(llava_json(model.config, image_token=mark_of_pictures(folder)), folder)
    family = read_config(data)
    with Unfilled():
        network = build(family)
    files = _processor(model.config, ChatTemplate.from_folder(folder).source)
    write_as(model, out, network, rules(family), names=_NAMES, config=data, files=files, dtype=dtype)


LLAVA = Written(
    Form("LLaVA", "clip or siglip with a layer, connector mlp, fusion early, Llama, Mistral or Qwen", _differing),
    _write,
)


def llava_json(config: ComposedConfig, *, image_token: int) -> dict[str, object]:
    """The config.json of LLaVA for a config that equals one."""
    encoder, sizes = config.encoders["image"], config.language.sizes or {}
    return {
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "image_token_index": image_token,
        "projector_hidden_act": "gelu",
        "text_config": sizes,
        "tie_word_embeddings": config.language.decoder().tied,
        "vision_config": {"model_type": TOWERS[encoder.kind], **encoder.sizes},
        "vision_feature_layer": encoder.layer,
        "vision_feature_select_strategy": _strategy(config),
    }


def _strategy(config: ComposedConfig) -> str:
    """What LLaVA calls it that CLIP's class token is left out, and that SigLIP has none."""
    return "default" if config.encoders["image"].kind == "clip" else "full"


def _processor(config: ComposedConfig, template: str) -> dict[str, bytes]:
    """Files that say how pictures and talks are prepared."""
    encoder = config.encoders["image"]
    return {
        "preprocessor_config.json": as_json({**settings_of(config), "processor_class": "LlavaProcessor"}),
        "processor_config.json": as_json(
            {
                "processor_class": "LlavaProcessor",
                "image_token": MARKS["image"],
                "num_additional_image_tokens": int(encoder.kind == "clip"),
                "patch_size": encoder.sizes["patch_size"],
                "vision_feature_select_strategy": _strategy(config),
            }
        ),
        "chat_template.jinja": (FLATTEN.replace("IMAGE", MARKS["image"]) + template).encode(),
    }
