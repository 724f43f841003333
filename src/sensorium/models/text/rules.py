"""Names of tensors in open language models to those of our `Decoder`, and back.

    model.embed_tokens                     embedding
    model.layers.N.input_layernorm         blocks.N.attention_norm
    model.layers.N.self_attn.{q,k,v}_proj  blocks.N.attention.qkv
    model.layers.N.self_attn.o_proj        blocks.N.attention.out
    model.layers.N.mlp.{gate,up}_proj      blocks.N.mlp.gate_up
    model.layers.N.mlp.down_proj           blocks.N.mlp.down
    model.norm                             norm
    lm_head                                head, or the embedding again where they are tied

`KeyMap.under` puts it inside a larger model.
"""

from collections.abc import Iterator

from sensorium.language.config import DecoderConfig
from sensorium.weights.keymap import KeyMap, Rule, join, layers, rename


def rules(config: DecoderConfig, *, stem: str = "model.", head: str = "lm_head.") -> KeyMap:
    """The table of a decoder of this config; checkpoints of the decoder alone, without "model.", are read too.

    Args:
        config: of the decoder.
        stem, head: how the names of its body and of its head begin inside a larger model.
    """
    body = KeyMap(
        rules=(
            rename("embed_tokens.weight", "embedding.weight"),
            *layers("layers.{}.", "blocks.{}.", *_attention(config), *_mlp(config)),
            rename("norm.weight", "norm.weight"),
        ),
        dropped=("layers.{}.self_attn.rotary_emb.inv_freq", "rotary_emb.inv_freq"),
    ).under(theirs=stem)
    return body + KeyMap(
        rules=(rename(f"{head}weight", "embedding.weight" if config.tied else "head.weight"),),
        prefixes=tuple((name, f"{stem}{name}") for name in ("embed_tokens.", "layers.", "norm.")),
    )


def _attention(config: DecoderConfig) -> Iterator[Rule]:
    attention = config.attention
    sizes = tuple(heads * attention.head_width for heads in (attention.heads, attention.kv_heads, attention.kv_heads))
    names = [f"self_attn.{name}_proj" for name in "qkv"]
    yield join(*(f"{name}.weight" for name in names), ours="attention.qkv.weight", sizes=sizes)
    if attention.bias:
        yield join(*(f"{name}.bias" for name in names), ours="attention.qkv.bias", sizes=sizes)
    yield rename("self_attn.o_proj.weight", "attention.out.weight")
    if attention.out_bias:
        yield rename("self_attn.o_proj.bias", "attention.out.bias")
    if attention.qk_norm:
        yield rename("self_attn.q_norm.weight", "attention.q_norm.weight")
        yield rename("self_attn.k_norm.weight", "attention.k_norm.weight")


def _mlp(config: DecoderConfig) -> Iterator[Rule]:
    """The feed-forward, and the norms of a block."""
    yield join("mlp.gate_proj.weight", "mlp.up_proj.weight", ours="mlp.gate_up.weight", sizes=(config.hidden,) * 2)
    yield rename("mlp.down_proj.weight", "mlp.down.weight")
    yield rename("input_layernorm.weight", "attention_norm.weight")
    if config.norm.post:  # what Llama calls the post-attention norm stands before its feed-forward; Gemma 2's does not
        yield rename("post_attention_layernorm.weight", "attention_post_norm.weight")
        yield rename("pre_feedforward_layernorm.weight", "mlp_norm.weight")
        yield rename("post_feedforward_layernorm.weight", "mlp_post_norm.weight")
    else:
        yield rename("post_attention_layernorm.weight", "mlp_norm.weight")
