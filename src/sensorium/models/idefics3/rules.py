"""Names of an Idefics3 or SmolVLM checkpoint and of our network."""

from sensorium.models.idefics3.config import Idefics3Config
from sensorium.models.text.rules import rules as text_rules
from sensorium.models.tower_rules import encoder_layers
from sensorium.weights.keymap import KeyMap, affine, rename


def rules(config: Idefics3Config) -> KeyMap:
    """The key map of the whole model."""
    tower = KeyMap(
        (
            *affine("embeddings.patch_embedding", "tower.patches"),
            rename("embeddings.position_embedding.weight", "tower.positions.table"),
            *encoder_layers("encoder.layers.", "tower.blocks."),
            *affine("post_layernorm", "tower.norm"),
        )
    ).under(theirs="model.vision_model.", ours="readers.image.")
    connector = KeyMap((rename("model.connector.modality_projection.proj.weight", "readers.image.connector.weight"),))
    return tower + connector + text_rules(config.language, stem="model.text_model.").under(ours="language.")
