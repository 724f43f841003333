"""Names of the towers of a CLIP or SigLIP checkpoint and of ours.

A tower alone is read with its prefix ("vision_model.", as all versions write it inside a whole model) and without it,
as transformers 5 writes a tower; it is written with it, which all versions read.
"""

from sensorium.models.tower_rules import encoder_layers
from sensorium.weights.keymap import KeyMap, Rule, affine, rename


def vision_tower_rules(*own: Rule, alone: bool) -> KeyMap:
    """A picture tower; `own` are the rules of its patches and of what else the family has; `alone` is read bare too."""
    table = (
        *own,
        rename("embeddings.position_embedding.weight", "positions.table"),
        *encoder_layers("encoder.layers.", "blocks."),
        *affine("post_layernorm", "norm"),
    )
    return _tower("vision_model.", table, alone=alone)


def text_tower_rules(*, alone: bool) -> KeyMap:
    """A text tower; `alone` is read bare too."""
    table = (
        rename("embeddings.token_embedding.weight", "embedding.weight"),
        rename("embeddings.position_embedding.weight", "positions"),
        *encoder_layers("encoder.layers.", "blocks."),
        *affine("final_layer_norm", "norm"),
    )
    return _tower("text_model.", table, alone=alone)


def _tower(prefix: str, table: tuple[Rule, ...], *, alone: bool) -> KeyMap:
    keymap = KeyMap(table, dropped=("embeddings.position_ids",)).under(theirs=prefix)
    return keymap + KeyMap((), prefixes=(("", prefix),) if alone else ())
