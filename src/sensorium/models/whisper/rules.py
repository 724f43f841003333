"""Names of a Whisper checkpoint and of our network.

Keys have no bias there: ours is zeros, which is the same. The head is the embedding; a checkpoint that writes it too
must write the same numbers. The names of a model without head, which lack "model.", are read as well.
"""

from sensorium.models.whisper.config import WhisperConfig
from sensorium.weights.keymap import KeyMap, Rule, affine, join, layers, rename

_EMBEDDING = "embedding.weight"


def rules(config: WhisperConfig) -> KeyMap:
    """The key map of a whole model."""
    encoder = encoder_rules().under(theirs="model.encoder.", ours="encoder.")
    decoder = KeyMap(
        (
            rename("embed_tokens.weight", _EMBEDDING),
            rename("embed_positions.weight", "positions"),
            *layers("layers.{}.", "blocks.{}.", _layer(), _cross(config.d_model)),
            *affine("layer_norm", "norm"),
        )
    ).under(theirs="model.decoder.")
    head = KeyMap((rename("proj_out.weight", _EMBEDDING),))
    bare = tuple((f"{half}.", f"model.{half}.") for half in ("encoder", "decoder"))
    return encoder + decoder + head + KeyMap((), prefixes=bare)


def encoder_rules() -> KeyMap:
    """The encoder, `WhisperEncoder`, here and in models that listen through one."""
    return KeyMap(
        (
            *affine("conv1", "conv1"),
            *affine("conv2", "conv2"),
            rename("embed_positions.weight", "positions"),
            *layers("layers.{}.", "blocks.{}.", _layer()),
            *affine("layer_norm", "norm"),
        )
    )


def _layer() -> tuple[Rule, ...]:
    """What a layer of either half has."""
    return (
        join(*(f"self_attn.{part}_proj.weight" for part in "qkv"), ours="attention.qkv.weight"),
        join("self_attn.q_proj.bias", "", "self_attn.v_proj.bias", ours="attention.qkv.bias"),
        *affine("self_attn.out_proj", "attention.out"),
        *affine("self_attn_layer_norm", "attention_norm"),
        *affine("fc1", "mlp.up"),
        *affine("fc2", "mlp.down"),
        *affine("final_layer_norm", "mlp_norm"),
    )


def _cross(width: int) -> tuple[Rule, ...]:
    """What a layer of the decoder has beside that."""
    return (
        *affine("encoder_attn.q_proj", "cross.query"),
        join("encoder_attn.k_proj.weight", "encoder_attn.v_proj.weight", ours="cross.key_value.weight"),
        join("", "encoder_attn.v_proj.bias", ours="cross.key_value.bias", sizes=(width, width)),
        *affine("encoder_attn.out_proj", "cross.out"),
        *affine("encoder_attn_layer_norm", "cross_norm"),
    )
