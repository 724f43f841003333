"""Names of a Llama 3.2 Vision checkpoint and of our network.

Read are the reference's older names, which are those of the published files and which we write too, and those of its
newer modules:

    language_model.model.*, language_model.lm_head   model.language_model.*, lm_head
    vision_model.*                                   model.vision_model.*
    multi_modal_projector                            model.multi_modal_projector

There all layers of the language model are numbered together; here those in which text sees text (`language.blocks`)
and those in which it looks at pictures (`middle`) each have numbers of their own.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sensorium.models.mllama.config import MllamaConfig
from sensorium.models.text.rules import rules as text_rules
from sensorium.weights.keymap import KeyMap, Rule, affine, join, layers, rename
from sensorium.weights.rules import fill

_LANGUAGE, _HEAD = "language_model.model.", "language_model.lm_head."
_TOWER, _PROJECTOR = "vision_model.", "multi_modal_projector"

MODULES = (
    (_LANGUAGE, "model.language_model."),
    (_HEAD, "lm_head."),
    (_TOWER, f"model.{_TOWER}"),
    (_PROJECTOR, f"model.{_PROJECTOR}"),
)
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""

_CROSS = (
    rename("input_layernorm.weight", "attention_norm.weight"),
    rename("cross_attn.q_proj.weight", "attention.query.weight"),
    join("cross_attn.k_proj.weight", "cross_attn.v_proj.weight", ours="attention.key_value.weight"),
    rename("cross_attn.o_proj.weight", "attention.out.weight"),
    rename("cross_attn.q_norm.weight", "attention.q_norm.weight"),
    rename("cross_attn.k_norm.weight", "attention.k_norm.weight"),
    rename("cross_attn_attn_gate", "attention_gate.weight"),
    rename("post_attention_layernorm.weight", "mlp_norm.weight"),
    join("mlp.gate_proj.weight", "mlp.up_proj.weight", ours="mlp.gate_up.weight"),
    rename("mlp.down_proj.weight", "mlp.down.weight"),
    rename("cross_attn_mlp_gate", "mlp_gate.weight"),
)

_BLOCK = (
    *affine("input_layernorm", "attention_norm"),
    join(*(f"self_attn.{part}_proj.weight" for part in "qkv"), ours="attention.qkv.weight"),
    rename("self_attn.o_proj.weight", "attention.out.weight"),
    *affine("post_attention_layernorm", "mlp_norm"),
    *affine("mlp.fc1", "mlp.up"),
    *affine("mlp.fc2", "mlp.down"),
)
_GATES = (
    rename("gate_attn", "attention_post_norm.weight"),
    rename("gate_ffn", "mlp_post_norm.weight"),
)

_TOWER_RULES = KeyMap(
    (
        rename("patch_embedding.weight", "patches.weight"),
        rename("class_embedding", "class_token"),
        rename("gated_positional_embedding.embedding", "places.table"),
        rename("gated_positional_embedding.gate", "places.tiles.gate.weight"),
        rename("gated_positional_embedding.tile_embedding.weight", "places.tiles.table.weight"),
        rename("pre_tile_positional_embedding.gate", "before.gate.weight"),
        rename("pre_tile_positional_embedding.embedding.weight", "before.table.weight"),
        rename("post_tile_positional_embedding.gate", "after.gate.weight"),
        rename("post_tile_positional_embedding.embedding.weight", "after.table.weight"),
        *affine("layernorm_pre", "pre_norm"),
        *affine("layernorm_post", "norm"),
        *layers("transformer.layers.{}.", "blocks.{}.", _BLOCK),
        *layers("global_transformer.layers.{}.", "last_blocks.{}.", _BLOCK, _GATES),
    )
)


def rules(config: MllamaConfig) -> KeyMap:
    """The key map of the whole model."""
    text = text_rules(config.language, stem=_LANGUAGE, head=_HEAD).under(ours="language.")
    numbered = tuple(each for rule in text.rules for each in _numbered(rule, config.text_layers))
    cross = tuple(
        each
        for number, layer in enumerate(config.cross)
        for each in layers(f"{_LANGUAGE}layers.{layer}.", f"middle.blocks.{number}.", _CROSS)
    )
    return (
        KeyMap((*affine(_PROJECTOR, "reader.projector"), *cross), prefixes=tuple((new, old) for old, new in MODULES))
        + _TOWER_RULES.under(theirs=_TOWER, ours="reader.tower.")
        + replace(text, rules=numbered)
    )


def _numbered(rule: Rule, theirs: Sequence[int]) -> Iterator[Rule]:
    """A rule of all layers as one for each, `theirs` being their numbers; any other rule as it is."""
    if "{}" not in rule.ours:
        yield rule
        return
    for ours, number in enumerate(theirs):
        names = tuple(fill(name, (str(number),)) for name in rule.theirs)
        yield replace(rule, theirs=names, ours=fill(rule.ours, (str(ours),)))
