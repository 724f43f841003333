"""Key maps are tables that work both ways; nothing is left over without being named."""

import pytest
import torch

from sensorium.core.errors import CheckpointError
from sensorium.weights.keymap import KeyMap, affine, join, layers, rename, reshape, split, transpose

LLAMA = KeyMap(
    (
        rename("model.embed_tokens.weight", "embedding.weight"),
        *layers(
            "model.layers.{}.",
            "blocks.{}.",
            join(*(f"self_attn.{each}_proj.weight" for each in "qkv"), ours="attention.qkv.weight", sizes=(4, 2, 2)),
            rename("input_layernorm.weight", "attention_norm.weight"),
        ),
        rename("model.norm.weight", "norm.weight"),
        rename("lm_head.weight", "embedding.weight"),
    ),
    dropped=("*.rotary_emb.inv_freq",),
)
NEW = (("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."))
LLAVA = (
    KeyMap(affine("multi_modal_projector.linear_1", "connector.first"), prefixes=(("model.multi", "multi"),))
    + LLAMA.under(theirs="language_model.", ours="language.")
    + KeyMap((), prefixes=NEW)
)


def llama_names(layers: int = 2, prefix: str = "model.", head: str = "lm_head.weight") -> list[str]:
    names = [f"{prefix}embed_tokens.weight", f"{prefix}norm.weight", head]
    for i in range(layers):
        names += [f"{prefix}layers.{i}.self_attn.{each}_proj.weight" for each in "qkv"]
        names += [f"{prefix}layers.{i}.input_layernorm.weight", f"{prefix}layers.{i}.self_attn.rotary_emb.inv_freq"]
    return names


def ours(layers: int = 2, prefix: str = "") -> dict[str, torch.Tensor]:
    tensors = {"embedding.weight": torch.randn(5, 4), "norm.weight": torch.randn(4)}
    for i in range(layers):
        tensors[f"blocks.{i}.attention.qkv.weight"] = torch.randn(8, 4)
        tensors[f"blocks.{i}.attention_norm.weight"] = torch.randn(4)
    return {prefix + name: value for name, value in tensors.items()}


def test_every_name_of_ours_gets_its_sources() -> None:
    plan = LLAMA.read(llama_names())
    assert plan.keys() == ours().keys()
    step = plan["blocks.1.attention.qkv.weight"]
    assert step.sources == tuple(f"model.layers.1.self_attn.{each}_proj.weight" for each in "qkv")
    assert step.rule.op == "join"


def test_a_tied_pair_is_one_tensor_with_two_sources() -> None:
    step = LLAMA.read(llama_names())["embedding.weight"]
    assert step.sources == ("model.embed_tokens.weight",)
    assert [each.sources for each in step.also] == [("lm_head.weight",)]
    only_head = [name for name in llama_names() if "embed_tokens" not in name]
    assert LLAMA.read(only_head)["embedding.weight"].sources == ("lm_head.weight",)


@pytest.mark.parametrize(
    ("remove", "add", "message"),
    [
        (["model.norm.weight"], [], r"model\.norm\.weight is missing \(for norm\.weight\)"),
        (["model.layers.1.self_attn.k_proj.weight"], [], r"layers\.1\.self_attn\.k_proj\.weight is missing"),
        (["model.layers.1.input_layernorm.weight"], [], r"layers\.1\.input_layernorm\.weight is missing"),
        (["model.embed_tokens.weight", "lm_head.weight"], [], r"model\.embed_tokens\.weight is missing"),
        ([], ["model.layers.1.self_attn.q_proj.bias"], r"q_proj\.bias is not a part of this model"),
        ([], ["visual.x", "model.other"], r"model\.other is not a part of this model; visual\.x is not"),
        (["model.norm.weight"], ["norm.weight"], r"model\.norm\.weight is missing .*; norm\.weight is not a part"),
    ],
)
def test_what_is_left_over_on_either_side_is_named(remove: list[str], add: list[str], message: str) -> None:
    names = [name for name in llama_names() if name not in remove] + add
    with pytest.raises(CheckpointError, match=message):
        LLAMA.read(names)


def test_the_model_says_what_it_wants() -> None:
    with pytest.raises(CheckpointError, match=r"layers\.2\.input_layernorm\.weight is missing .*layers\.2.*k_proj"):
        LLAMA.read(llama_names(2), ours(3))
    with pytest.raises(CheckpointError, match=r"layers\.2\.input_layernorm\.weight is not a part of this model"):
        LLAMA.read(llama_names(3), ours(2))
    with pytest.raises(CheckpointError, match=r"gate is missing, and no rule fills it"):
        LLAMA.read(llama_names(2), [*ours(2), "gate"])


def test_many_layers_are_named_in_one_phrase() -> None:
    with pytest.raises(CheckpointError, match=r"model\.layers\.\{2-31\}\.self_attn\.q_proj\.weight is not a part"):
        LLAMA.read(llama_names(32), ours(2))


def test_dropped_names_are_reported_and_need_no_rule() -> None:
    match = LLAMA.match(llama_names())
    assert match.dropped == tuple(f"model.layers.{i}.self_attn.rotary_emb.inv_freq" for i in (0, 1))
    numbered = KeyMap((), dropped=("h.{}.bias",)).match(["h.3.bias", "h.x.bias"])
    assert (numbered.dropped, numbered.unused) == (("h.3.bias",), ("h.x.bias",))


def test_a_rule_for_a_part_that_the_model_has_not_may_be_dropped() -> None:
    table = KeyMap((rename("head.weight", "head.weight"), rename("body", "body")), dropped=("head.*",))
    match = table.match(["head.weight", "body"], wanted=["body"])
    assert (list(match.plan), match.dropped, match.faults()) == (["body"], ("head.weight",), [])


def llava_names(*, new: bool) -> list[str]:
    head = "lm_head.weight" if new else "language_model.lm_head.weight"
    prefix = "model.language_model." if new else "language_model.model."
    projector = "model.multi_modal_projector" if new else "multi_modal_projector"
    return [f"{projector}.linear_1.{each}" for each in ("weight", "bias")] + llama_names(2, prefix, head)


def test_old_and_new_prefixes_give_the_same_plan() -> None:
    old, new = LLAVA.read(llava_names(new=False)), LLAVA.read(llava_names(new=True))
    assert old.keys() == new.keys() == {"connector.first.weight", "connector.first.bias", *ours(prefix="language.")}
    assert new["language.norm.weight"].sources == ("model.language_model.norm.weight",)
    assert [step.rule for step in old.values()] == [step.rule for step in new.values()]


def test_an_alternative_prefix_may_extend_the_other() -> None:
    tower = KeyMap((rename("vision_model.norm", "norm"),), prefixes=(("", "vision_model."),))
    inside = tower.under(theirs="vision_tower.", ours="vision.")
    for name in ("vision_tower.vision_model.norm", "vision_tower.norm"):
        assert inside.read([name])["vision.norm"].sources == (name,)
    with pytest.raises(CheckpointError, match=r"vision_tower\.norm is there already under another prefix"):
        inside.read(["vision_tower.vision_model.norm", "vision_tower.norm"])


def test_the_old_form_is_written_and_read_again() -> None:
    tensors = ours(prefix="language.") | {
        "connector.first.weight": torch.randn(3, 3),
        "connector.first.bias": torch.randn(3),
    }
    theirs = LLAVA.write(tensors)
    kept = {name for name in llava_names(new=False) if "inv_freq" not in name and "lm_head" not in name}
    assert theirs.keys() == kept
    plan = LLAVA.read(theirs)
    for name, value in tensors.items():
        assert torch.equal(torch.cat([theirs[each] for each in plan[name].sources]), value)


def test_a_part_that_they_do_not_have_is_left_out() -> None:
    table = KeyMap((join("q.bias", "", "v.bias", ours="qkv.bias", sizes=(2, 2, 2)),))
    assert table.read(["q.bias", "v.bias"])["qkv.bias"].sources == ("q.bias", "", "v.bias")
    assert table.write({"qkv.bias": torch.arange(6)})["v.bias"].tolist() == [4, 5]
    with pytest.raises(CheckpointError, match=r"v\.bias is missing"):
        table.read(["q.bias"])


def test_every_operation_is_undone_by_the_other_direction() -> None:
    table = KeyMap(
        (
            *split("in_proj", "query", "key_value", sizes=(2, 4)),
            transpose("c_fc", "up"),
            reshape("class", "cls", (1, 1, 4)),
        )
    )
    tensors = {name: torch.randn(shape) for name, shape in [("query", (2, 4)), ("key_value", (4, 4)), ("up", (3, 5))]}
    tensors["cls"] = torch.randn(4)
    theirs = table.write(tensors)
    shapes = {name: tuple(each.shape) for name, each in theirs.items()}
    assert shapes == {"in_proj": (6, 4), "c_fc": (5, 3), "class": (1, 1, 4)}
    assert torch.equal(theirs["in_proj"], torch.cat([tensors["query"], tensors["key_value"]]))
    assert torch.equal(theirs["c_fc"], tensors["up"].T)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"other": 3}, "no rule writes other"),
        ({"query": 2}, "in_proj is not whole: 2 of 6 rows"),
        ({"a": 1, "b": 1}, "same is written twice"),
    ],
)
def test_what_cannot_be_written_is_named(tensors: dict[str, int], message: str) -> None:
    table = KeyMap((*split("in_proj", "query", "key_value", sizes=(2, 4)), rename("same", "a"), rename("same", "b")))
    with pytest.raises(CheckpointError, match=message):
        table.write({name: torch.zeros(rows, 4) for name, rows in tensors.items()})
