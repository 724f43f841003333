"""Names that CLIP, SigLIP and everything made of their towers have in common."""

from sensorium.weights.keymap import Rule, affine, join, layers

JOINED = (
    ("language_model.model.", "model.language_model."),
    ("language_model.lm_head.", "lm_head."),
    ("vision_tower.vision_model.", "model.vision_tower."),
    ("multi_modal_projector.", "model.multi_modal_projector."),
)
"""How names of a tower, a projector and a language model begin in checkpoints, and in the reference's modules."""


def encoder_layers(theirs: str, ours: str) -> tuple[Rule, ...]:
    """Rules of a stack of `nn.block.tower_block`s: `theirs` and `ours` end before the layer's number."""
    return layers(
        f"{theirs}{{}}.",
        f"{ours}{{}}.",
        *(
            join(
                *(f"self_attn.{part}_proj.{leaf}" for part in ("q", "k", "v")),
                ours=f"attention.qkv.{leaf}",
            )
            for leaf in ("weight", "bias")
        ),
        affine("self_attn.out_proj", "attention.out"),
        affine("layer_norm1", "attention_norm"),
        affine("layer_norm2", "mlp_norm"),
        affine("mlp.fc1", "mlp.up"),
        affine("mlp.fc2", "mlp.down"),
    )
