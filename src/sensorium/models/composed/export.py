"""A composed model that equals a known family as a genuine checkpoint of that family, for the tools that serve it.

CLIP or SigLIP, an `mlp` and a language model of its checkpoint's form, with the rows among the tokens, are LLaVA. What
is written has the names, the config and the processor of the reference.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from sensorium.chat.hub_tokenizer import HubTokenizer, stop_ids
from sensorium.chat.jinja import ChatTemplate
from sensorium.core.errors import UsageError
from sensorium.core.files import write_atomic
from sensorium.models.composed.config import ComposedConfig
from sensorium.models.composed.encoders import ENCODERS
from sensorium.models.composed.folder import TEMPLATED, Model, as_json
from sensorium.models.composed.folder import load as load_model
from sensorium.models.composed.inputs import MARKS
from sensorium.models.llava.config import read_config
from sensorium.models.llava.model import build
from sensorium.models.llava.rules import rules
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.loading import save_checkpoint

TOWERS = {"clip": "clip_vision_model", "siglip": "siglip_vision_model"}
"""Kinds of encoders that LLaVA has, and what it calls them."""

LANGUAGES = ("llama", "mistral", "qwen2", "qwen3")
"""Families of language models that a LLaVA has; Gemma would scale the rows of pictures too."""

_NAMES = {
    "readers.image.encoder.tower.": "readers.image.views.tower.",
    "readers.image.connector.project.": "readers.image.views.projector.",
}
"""Parts that have other names in our own LLaVA (models/llava/model.py)."""

_FLATTEN = (
    "{% set flat = namespace(messages=[]) %}{% for message in messages %}{% set said = namespace(text='') %}"
    "{% if message['content'] is string %}{% set said.text = message['content'] %}"
    "{% else %}{% for part in message['content'] %}"
    "{% set said.text = said.text + (part['text'] if part['type'] == 'text' else 'IMAGE') %}"
    "{% endfor %}{% endif %}"
    "{% set flat.messages = flat.messages + [{'role': message['role'], 'content': said.text}] %}{% endfor %}"
    "{% set messages = flat.messages %}"
)
"""Stands before a template that takes strings: the reference's processors give it lists of parts."""


def export(folder: Path, out: Path, *, dtype: torch.dtype | None = None) -> str:
    """Write the model of a folder as a checkpoint of the family that it equals.

    Args:
        folder: of a composed model.
        out: made if need be.
        dtype: of the weights; None for the type that each has.

    Returns: the family.

    Raises: UsageError when it equals no family, with all that differs; CheckpointError for a damaged folder; OSError
    when a file cannot be written.
    """
    model = load_model(folder)
    if differences := [*_differences(model)]:
        raise UsageError(
            f"{folder}: equals no family: {'; '.join(differences)}. Expected LLaVA: clip or siglip with a layer, a "
            "connector mlp, fusion early and a language model from a checkpoint. It can be asked as it is: sensorium "
            f"ask --model {folder}"
        )
    config, tokenizer = model.config, HubTokenizer.from_folder(folder, also=(MARKS["image"],))
    data = llava_json(config, image_token=tokenizer.id(MARKS["image"]))
    if stops := sorted(stop_ids(folder)):
        data["eos_token_id"] = stops
    family = read_config(data)
    with Unfilled():
        network = build(family)
    network.load_state_dict(_renamed(model.network.state_dict()))
    save_checkpoint(out, network, rules(family), dtype=dtype, config=data)
    for name, content in (dict(model.words) | _processor(config, ChatTemplate.from_folder(folder).source)).items():
        write_atomic(out / name, content)
    return "llava"


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


def _differences(model: Model) -> Iterator[str]:
    """What keeps a model from being a LLaVA, a phrase each."""
    config = model.config
    encoder = config.encoders.get("image")
    if others := [modality for modality in config.encoders if modality != "image"]:
        yield f"it has an encoder of {' and of '.join(others)}"
    if encoder is not None:
        if encoder.kind not in TOWERS:
            yield f"its encoder of pictures is {encoder.kind}"
        elif encoder.layer is None:
            yield f"it takes the normed rows of {encoder.kind}, not those of a layer"
    connector = config.connector("image")
    if connector.kind != "mlp":
        yield f"its connector is {connector.kind}"
    elif connector.hidden not in (None, config.language.decoder().width):
        yield f"its connector is {connector.hidden} wide inside, not as wide as the language model"
    if config.merging:
        yield "it merges rows"
    if config.fusion.kind != "early" or config.fusion.aligned:
        yield f"its modalities meet by {config.fusion.kind} fusion" + (
            f" with join {config.fusion.join}" if config.fusion.kind == "early" else ""
        )
    kind = (config.language.sizes or {}).get("model_type")
    if kind not in LANGUAGES:
        yield f"its language model is {kind or 'of our own form'}"
    elif TEMPLATED not in model.words:
        yield "its tokenizer and chat template are of our own form"


def _strategy(config: ComposedConfig) -> str:
    """What LLaVA calls it that CLIP's class token is left out, and that SigLIP has none."""
    return "default" if config.encoders["image"].kind == "clip" else "full"


def _renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    renamed = {}
    for name, weight in weights.items():
        start = next((each for each in _NAMES if name.startswith(each)), "")
        renamed[_NAMES.get(start, "") + name.removeprefix(start)] = weight
    return renamed


def _processor(config: ComposedConfig, template: str) -> dict[str, bytes]:
    """Files that say how pictures and talks are prepared."""
    encoder = config.encoders["image"]
    kind, sizes = ENCODERS[encoder.kind], encoder.built_sizes()
    settings = encoder.settings or kind.settings(sizes)
    return {
        "preprocessor_config.json": as_json({**settings, "processor_class": "LlavaProcessor"}),
        "processor_config.json": as_json(
            {
                "processor_class": "LlavaProcessor",
                "image_token": MARKS["image"],
                "num_additional_image_tokens": int(encoder.kind == "clip"),
                "patch_size": encoder.sizes["patch_size"],
                "vision_feature_select_strategy": _strategy(config),
            }
        ),
        "chat_template.jinja": (_FLATTEN.replace("IMAGE", MARKS["image"]) + template).encode(),
    }
