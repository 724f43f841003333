"""Names of a Qwen-VL checkpoint and of our network.

    visual.patch_embed.proj                    fusion.readers.image.tower.embedding, a convolution there
    visual.pos_embed                           ….places.table (Qwen3)
    visual.blocks.N.{norm1,attn,norm2,mlp}     ….blocks.N.{attention_norm,attention,mlp_norm,mlp}
    visual.merger, visual.deepstack_merger_list.N   ….merger, ….deep.N
    model.*, lm_head                           fusion.language.*

Qwen2's and Qwen2.5's are written so, Qwen3's with "model.visual." and "model.language_model.", as on the Hub; both
forms of both are read.
"""

from collections.abc import Iterator

from sensorium.models.qwen_vl.config import QwenVLConfig, TowerConfig
from sensorium.models.text.rules import rules as text_rules
from sensorium.weights.keymap import KeyMap, Rule, affine, join, layers, rename, reshape

READER = "fusion.readers.image.tower."
"""The reader of films is the same one."""

MODULES = (
    *((each, each) for each in ("model.visual.", "model.language_model.")),  # Qwen3's, before what they begin with
    ("visual.", "model.visual."),
    ("model.", "model.language_model."),
)
"""How names begin in checkpoints, and how those of the reference's modules begin, where the two differ."""


def rules(config: QwenVLConfig) -> KeyMap:
    """The key map of the whole model."""
    tower = KeyMap(
        (*_ends(config.vision), *layers("blocks.{}.", "blocks.{}.", *_block(config.vision))),
        dropped=("rotary_pos_emb.inv_freq",),
    )
    if config.long_names:
        visual, stem = "model.visual.", "model.language_model."
        others = (("visual.", visual), ("model.", stem))
    else:
        visual, stem = "visual.", "model."
        others = (("model.visual.", visual), ("model.language_model.", stem))
    text = text_rules(config.language, stem=stem).under(ours="fusion.language.")
    return tower.under(theirs=visual, ours=READER) + text + KeyMap((), prefixes=others)


def _ends(config: TowerConfig) -> Iterator[Rule]:
    """All but the blocks."""
    shape = (config.width, 3, config.tubelet, config.patch, config.patch)
    yield reshape("patch_embed.proj.weight", "embedding.weight", shape)
    if config.patch_bias:
        yield rename("patch_embed.proj.bias", "embedding.bias")
    if config.side is not None:
        yield rename("pos_embed.weight", "places.table")
        yield from _merger("merger.", "merger.")
        yield from layers("deepstack_merger_list.{}.", "deep.{}.", _merger("", ""))
        return
    yield from affine("merger.ln_q", "merger.norm", bias=config.norm == "layer")
    yield from affine("merger.mlp.0", "merger.mlp.up")
    yield from affine("merger.mlp.2", "merger.mlp.down")


def _merger(theirs: str, ours: str) -> Iterator[Rule]:
    """A merger of Qwen3."""
    yield from affine(f"{theirs}norm", f"{ours}norm")
    yield from affine(f"{theirs}linear_fc1", f"{ours}mlp.up")
    yield from affine(f"{theirs}linear_fc2", f"{ours}mlp.down")


def _block(config: TowerConfig) -> Iterator[Rule]:
    yield from affine("norm1", "attention_norm", bias=config.norm == "layer")
    yield from affine("norm2", "mlp_norm", bias=config.norm == "layer")
    yield from affine("attn.qkv", "attention.qkv")
    yield from affine("attn.proj", "attention.out")
    if config.gated:
        for leaf in ("weight", "bias"):
            parts = (f"mlp.gate_proj.{leaf}", f"mlp.up_proj.{leaf}")
            yield join(*parts, ours=f"mlp.gate_up.{leaf}", sizes=(config.hidden,) * 2)
        yield from affine("mlp.down_proj", "mlp.down")
    else:
        first, second = ("linear_fc1", "linear_fc2") if config.side is not None else ("fc1", "fc2")
        yield from affine(f"mlp.{first}", "mlp.up")
        yield from affine(f"mlp.{second}", "mlp.down")
