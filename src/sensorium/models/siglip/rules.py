"""Names of a SigLIP checkpoint and of our network."""

from sensorium.models.dual.rules import text_tower_rules, vision_tower_rules
from sensorium.models.siglip.config import SiglipConfig
from sensorium.weights.keymap import KeyMap, affine, rename, split


def rules(config: SiglipConfig) -> KeyMap:
    """The key map of a whole model, or of the one tower that the config has."""
    whole = config.vision is not None and config.text is not None
    keymap = KeyMap((rename("logit_scale", "logit_scale"), rename("logit_bias", "logit_bias")) if whole else ())
    if config.vision is not None:
        keymap += vision_rules(alone=not whole).under(ours="image.tower.")
        keymap += _pool_rules(config.vision.hidden_size)
    if config.text is not None:
        keymap += text_tower_rules(alone=not whole).under(ours="text.tower.")
        keymap += KeyMap(affine("text_model.head", "text.project"))
    return keymap


def vision_rules(*, alone: bool = True) -> KeyMap:
    """The picture tower, `build_vision`; `alone` also reads names without "vision_model."."""
    return vision_tower_rules(*affine("embeddings.patch_embedding", "patches"), alone=alone)


def _pool_rules(width: int) -> KeyMap:
    """The head that pools; its queries, keys and values are one matrix there."""
    attention = (
        rule
        for leaf in ("weight", "bias")
        for rule in split(
            f"attention.in_proj_{leaf}",
            *(f"attention.{ours}.{leaf}" for ours in ("query", "key_value")),
            sizes=(width, 2 * width),
        )
    )
    table = (
        rename("probe", "query"),
        *attention,
        *affine("attention.out_proj", "attention.out"),
        *affine("layernorm", "norm"),
        *affine("mlp.fc1", "mlp.up"),
        *affine("mlp.fc2", "mlp.down"),
    )
    return KeyMap(table).under(theirs="vision_model.head.", ours="image.pool.")
