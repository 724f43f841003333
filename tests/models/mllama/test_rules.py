"""Both spellings of names are read, one is written; layers have numbers of their own on our side."""

import re

import pytest
import torch
from tests.models.mllama.make_golden import config_of

from sensorium.core.errors import CheckpointError
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.model import build
from sensorium.models.mllama.rules import rules

CONFIG = read_config(config_of("four"))
NEWER = (
    (r"^language_model\.lm_head", "lm_head"),
    (r"^language_model\.model", "model.language_model"),
    (r"^(vision_model|multi_modal_projector)", r"model.\1"),
)


def names() -> tuple[list[str], list[str]]:
    """Ours, and theirs as written."""
    with torch.device("meta"):
        ours = build(CONFIG).state_dict()
    return list(ours), list(rules(CONFIG).write(ours))


def test_both_spellings_fill_everything() -> None:
    ours, written = names()
    assert all(name.startswith(("language_model.", "vision_model.", "multi_modal_projector.")) for name in written)
    newer = written
    for old, new in NEWER:
        newer = [re.sub(old, new, name) for name in newer]
    assert not set(newer) & set(written)
    for spelled in (written, newer):
        assert rules(CONFIG).read(spelled, ours).keys() == set(ours)


def test_layers_are_numbered_together_in_a_checkpoint() -> None:
    plan = rules(CONFIG).read(names()[1], names()[0])
    stem = "language_model.model.layers."
    assert plan["language.blocks.2.mlp.down.weight"].sources == (f"{stem}3.mlp.down_proj.weight",)
    assert plan["middle.blocks.1.mlp.down.weight"].sources == (f"{stem}4.mlp.down_proj.weight",)
    assert plan["middle.blocks.0.attention_gate.weight"].sources == (f"{stem}2.cross_attn_attn_gate",)


def test_a_layer_of_the_other_kind_is_refused() -> None:
    ours, written = names()
    with pytest.raises(CheckpointError, match=r"layers\.2\.self_attn\.q_proj\.weight is not a part of this model"):
        rules(CONFIG).read([*written, "language_model.model.layers.2.self_attn.q_proj.weight"], ours)
