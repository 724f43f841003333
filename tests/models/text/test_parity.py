"""Ours against the reference implementation, on tiny random checkpoints that it writes."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.models.text.references import KINDS, answers, make_reference, prompts

from sensorium.models.text.config import read_config
from sensorium.models.text.model import TextModel, key_map, load
from sensorium.nn.cache import group_mask
from sensorium.weights.loading import save_checkpoint

pytest.importorskip("transformers")

Pair = tuple[Path, Any, TextModel]


@pytest.fixture(scope="module", params=KINDS)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """A folder, the reference's model that wrote it, and ours that read it."""
    folder = tmp_path_factory.mktemp("text")
    reference = make_reference(request.param)
    reference.save_pretrained(folder)
    return folder, reference, load(folder)


def test_logits_are_the_references(pair: Pair) -> None:
    _, reference, ours = pair
    inputs = prompts()
    assert inputs.present is not None
    with torch.inference_mode():
        expected = reference(inputs.ids, attention_mask=inputs.present.long(), position_ids=inputs.positions).logits
        found = ours.language.logits(ours(inputs))
    torch.testing.assert_close(found[inputs.present], expected[inputs.present], atol=3e-5, rtol=0)


def test_logits_far_along_are_the_references(pair: Pair) -> None:
    _, reference, ours = pair
    ids = torch.randint(3, 97, (1, 30), generator=torch.Generator().manual_seed(2))
    positions = torch.arange(9_000, 9_030).unsqueeze(0)
    with torch.inference_mode():
        expected = reference(ids, position_ids=positions).logits
        embeds = ours.language.embedding(ids)
        found = ours.language.logits(ours.language(embeds, positions))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


def test_answers_are_the_references_token_for_token(pair: Pair) -> None:
    _, reference, ours = pair
    inputs = prompts()
    assert inputs.present is not None
    with torch.inference_mode():
        whole = reference.generate(
            inputs.ids, attention_mask=inputs.present.long(), max_new_tokens=32, do_sample=False, pad_token_id=0
        )
    assert answers(ours, 32) == whole[:, inputs.ids.shape[1] :].tolist()


def test_what_ours_writes_the_reference_reads(pair: Pair, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    folder, reference, ours = pair
    config = json.loads((folder / "config.json").read_text())
    save_checkpoint(tmp_path, ours, key_map(read_config(config)), dtype=None, config=config)
    back, loading = AutoModelForCausalLM.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(loading.values())
    with torch.inference_mode():
        assert torch.equal(back.eval()(prompts().ids).logits, reference(prompts().ids).logits)


@pytest.mark.parametrize("pair", ["gemma3"], indirect=True)
def test_groups_that_see_each_other_are_the_references(pair: Pair) -> None:
    from transformers.masking_utils import create_causal_mask, create_sliding_window_causal_mask

    _, reference, ours = pair
    inputs = prompts()
    assert inputs.present is not None
    groups = torch.tensor([[-1] * 6 + [0] * 3 + [-1] * 3, [-1] + [0] * 7 + [-1, 1, 1, -1]])
    with torch.inference_mode():
        embeds = ours.language.embedding(inputs.ids)
        given: dict[str, Any] = {
            "config": reference.config,
            "inputs_embeds": embeds,
            "attention_mask": inputs.present.long(),
            "past_key_values": None,
            "position_ids": inputs.positions,
            "block_sequence_ids": groups,
        }
        masks = {
            "full_attention": create_causal_mask(**given),
            "sliding_attention": create_sliding_window_causal_mask(**given),
        }
        expected = reference(inputs_embeds=embeds, attention_mask=masks, position_ids=inputs.positions).logits
        both_ways = group_mask(groups, inputs.ids.shape[1])
        hidden = ours.language(embeds, inputs.positions, present=inputs.present, both_ways=both_ways)
        found = ours.language.logits(hidden)
    torch.testing.assert_close(found[inputs.present], expected[inputs.present], atol=3e-5, rtol=0)
