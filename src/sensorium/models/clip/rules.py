"""Names of a CLIP checkpoint and of our network."""

from sensorium.models.clip.config import ClipConfig
from sensorium.models.dual.rules import text_tower_rules, vision_tower_rules
from sensorium.weights.keymap import KeyMap, affine, rename


def rules(config: ClipConfig) -> KeyMap:
    """The key map of a whole model, or of the one tower that the config has."""
    whole = config.vision is not None and config.text is not None
    projected = config.projection_dim is not None
    keymap = KeyMap((rename("logit_scale", "logit_scale"),) if whole else ())
    if config.vision is not None:
        keymap += vision_rules(alone=not whole).under(ours="image.tower.")
        keymap += KeyMap((rename("visual_projection.weight", "image.project.weight"),) if projected else ())
    if config.text is not None:
        keymap += text_tower_rules(alone=not whole).under(ours="text.tower.")
        keymap += KeyMap((rename("text_projection.weight", "text.project.weight"),) if projected else ())
    return keymap


def vision_rules(*, alone: bool = True) -> KeyMap:
    """The picture tower, `build_vision`; `alone` also reads names without "vision_model."."""
    return vision_tower_rules(
        rename("embeddings.class_embedding", "class_token"),
        rename("embeddings.patch_embedding.weight", "patches.weight"),
        *affine("pre_layrnorm", "pre_norm"),
        alone=alone,
    )
