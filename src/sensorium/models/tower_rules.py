"""Names of the transformer layers that CLIP, SigLIP and everything made of their towers have in common."""

from sensorium.weights.keymap import Rule, affine, join, layers


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
