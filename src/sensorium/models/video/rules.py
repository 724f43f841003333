"""Names of the transformer layers that VideoMAE and TimeSformer have in common."""

from sensorium.weights.keymap import Rule, affine


def pre_norm_layer() -> tuple[Rule, ...]:
    """All of a layer but what makes queries, keys and values."""
    return (
        *affine("attention.output.dense", "attention.out"),
        *affine("layernorm_before", "attention_norm"),
        *affine("layernorm_after", "mlp_norm"),
        *affine("intermediate.dense", "mlp.up"),
        *affine("output.dense", "mlp.down"),
    )
