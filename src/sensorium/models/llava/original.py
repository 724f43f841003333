"""The config.json of the original LLaVA repository, in the reference's words.

There the language model's keys lie at the top, and the tower is a name: its sizes are those of the checkpoint so named.
"""

from collections.abc import Mapping

from sensorium.core.errors import CheckpointError

_LANGUAGE = {"llava": "llama", "llava_llama": "llama", "llava_mistral": "mistral", "llava_qwen": "qwen2"}
"""Model types to those of the language model inside."""

CLIP_LARGE: Mapping[str, object] = {
    "model_type": "clip_vision_model",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 336,
    "patch_size": 14,
}
"""CLIP-L/14 for 336 pixels, which the reference takes too where a config.json has no vision_config."""

_TOWERS = {
    "openai/clip-vit-large-patch14-336": CLIP_LARGE,
    "openai/clip-vit-large-patch14": {**CLIP_LARGE, "image_size": 224},
}
_ROWS = {"patch": "default", "cls_patch": "full"}
_OWN = ("mm_", "tune_", "freeze_", "unfreeze_", "image_", "tokenizer_", "use_mm_proj")
"""How the keys begin that are not the language model's."""

_MUST: Mapping[str, tuple[object, ...]] = {
    "mm_projector_type": ("mlp2x_gelu",),
    "mm_use_im_start_end": (False, None),
    "mm_resampler_type": (None,),
    "mm_vision_select_feature": tuple(_ROWS),
    "mm_vision_tower": tuple(_TOWERS),
    "image_aspect_ratio": ("pad", "square", "anyres", None),
}
"""What is supported of the keys that change what is computed."""


def is_original(data: Mapping[str, object]) -> bool:
    """Whether a config.json is of the original repository."""
    return "mm_vision_tower" in data and data.get("model_type") in _LANGUAGE


def translated(data: Mapping[str, object], where: str) -> dict[str, object]:
    """The same as the reference writes it, and "square" for what only the original does.

    Raises: CheckpointError for a choice that is not supported.
    """
    for key, choices in _MUST.items():
        if key in data and data[key] not in choices:
            raise _unsupported(where, key, data[key], choices)
    if "mm_projector_type" not in data:  # a single matrix, of LLaVA's first version
        raise _unsupported(where, "mm_projector_type", None, _MUST["mm_projector_type"])
    tiled = data.get("image_aspect_ratio") == "anyres"
    if tiled and data.get("mm_patch_merge_type") != "spatial_unpad":
        raise _unsupported(where, "mm_patch_merge_type", data.get("mm_patch_merge_type"), ("spatial_unpad",))
    text = {key: value for key, value in data.items() if not key.startswith(_OWN)}
    return {
        "model_type": "llava_next" if tiled else "llava",
        "text_config": {**text, "model_type": _LANGUAGE[str(data["model_type"])]},
        "vision_config": _TOWERS[str(data["mm_vision_tower"])],
        "vision_feature_layer": data.get("mm_vision_select_layer", -2),
        "vision_feature_select_strategy": _ROWS[str(data.get("mm_vision_select_feature", "patch"))],
        "image_token_index": None,
        "image_grid_pinpoints": _turned(data.get("image_grid_pinpoints"), where) if tiled else None,
        "tie_word_embeddings": data.get("tie_word_embeddings", False),
        "square": data.get("image_aspect_ratio") == "pad",
    }


def _turned(pinpoints: object, where: str) -> object:
    """Sizes (height, width) from those of the original, which have the width first."""
    if isinstance(pinpoints, list) and all(isinstance(size, list) and len(size) == 2 for size in pinpoints):
        return [[height, width] for width, height in pinpoints]
    raise _unsupported(where, "image_grid_pinpoints", pinpoints, ("a list of [width, height]",))


def _unsupported(where: str, key: str, value: object, choices: tuple[object, ...]) -> CheckpointError:
    expected = ", ".join(str(choice) for choice in choices)
    return CheckpointError(
        f"{where}: {key} is {value!r}; expected one of: {expected}. Take the model in the form that transformers reads "
        "(llava-hf on the Hub)."
    )
