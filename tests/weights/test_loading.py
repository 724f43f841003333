"""A checkpoint goes into a module and back; whatever does not fit is named in one error and nothing is changed."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from sensorium.core.errors import CheckpointError
from sensorium.nn.skeleton import Unfilled
from sensorium.weights.checkpoint import INDEX, SINGLE, Checkpoint
from sensorium.weights.keymap import KeyMap, affine, join, layers, rename, reshape, split, transpose
from sensorium.weights.loading import load_checkpoint, save_checkpoint


class Tiny(nn.Module):
    """Every operation of a key map, a tied head and a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(6, 4)
        self.blocks = nn.ModuleList(nn.ModuleDict({"qkv": nn.Linear(4, 8), "out": nn.Linear(4, 4)}) for _ in range(2))
        self.query = nn.Linear(4, 3, bias=False)
        self.key_value = nn.Linear(4, 5, bias=False)
        self.patch = nn.Linear(12, 4, bias=False)
        self.up = nn.Linear(4, 3, bias=False)
        self.scale = nn.Parameter(torch.tensor(1.0))
        self.norm = nn.BatchNorm1d(4)
        self.head = nn.Linear(4, 6, bias=False)
        self.head.weight = self.embedding.weight


TABLE = KeyMap(
    (
        rename("wte.weight", "embedding.weight"),
        rename("lm_head.weight", "head.weight"),
        *layers(
            "h.{}.",
            "blocks.{}.",
            join("q.weight", "k.weight", "v.weight", ours="qkv.weight", sizes=(4, 2, 2)),
            join("q.bias", "", "v.bias", ours="qkv.bias", sizes=(4, 2, 2)),
            affine("out", "out"),
        ),
        *split("in_proj", "query.weight", "key_value.weight", sizes=(3, 5)),
        reshape("conv.weight", "patch.weight", (4, 3, 2, 2)),
        transpose("c_fc", "up.weight"),
        rename("logit_scale", "scale"),
        *affine("bn", "norm"),
        *(rename(f"bn.{each}", f"norm.{each}") for each in ("running_mean", "running_var", "num_batches_tracked")),
    ),
    dropped=("*.position_ids",),
    prefixes=(("model.", ""),),
)


@pytest.fixture
def theirs() -> dict[str, Tensor]:
    torch.manual_seed(0)
    tensors = {"wte.weight": torch.randn(6, 4), "in_proj": torch.randn(8, 4), "conv.weight": torch.randn(4, 3, 2, 2)}
    tensors |= {"c_fc": torch.randn(4, 3), "logit_scale": torch.tensor(2.6592), "h.position_ids": torch.arange(3)}
    for i in range(2):
        tensors |= {f"h.{i}.{each}.weight": torch.randn(rows, 4) for each, rows in zip("qkv", (4, 2, 2), strict=True)}
        tensors |= {f"h.{i}.q.bias": torch.randn(4), f"h.{i}.v.bias": torch.randn(2)}
        tensors |= {f"h.{i}.out.weight": torch.randn(4, 4), f"h.{i}.out.bias": torch.randn(4)}
    tensors |= {f"bn.{each}": torch.randn(4) for each in ("weight", "bias", "running_mean", "running_var")}
    return tensors | {"bn.num_batches_tracked": torch.tensor(7)}


def checkpoint_of(folder: Path, tensors: dict[str, Tensor]) -> Checkpoint:
    folder.mkdir(exist_ok=True)
    save_file({name: value.contiguous() for name, value in tensors.items()}, folder / SINGLE)
    return Checkpoint.open(folder)


def load(tmp_path: Path, theirs: dict[str, Tensor], dtype: torch.dtype | None = None) -> Tiny:
    module = Tiny()
    load_checkpoint(module, checkpoint_of(tmp_path, theirs), TABLE, dtype=dtype)
    return module


def test_every_number_is_in_its_place(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    module = load(tmp_path, theirs)
    state = module.state_dict()
    expected = {
        "embedding.weight": theirs["wte.weight"],
        "head.weight": theirs["wte.weight"],
        "blocks.1.qkv.weight": torch.cat([theirs[f"h.1.{each}.weight"] for each in "qkv"]),
        "blocks.1.qkv.bias": torch.cat([theirs["h.1.q.bias"], torch.zeros(2), theirs["h.1.v.bias"]]),
        "query.weight": theirs["in_proj"][:3],
        "key_value.weight": theirs["in_proj"][3:],
        "patch.weight": theirs["conv.weight"].flatten(1),
        "up.weight": theirs["c_fc"].T,
        "scale": theirs["logit_scale"],
        "norm.running_var": theirs["bn.running_var"],
        "norm.num_batches_tracked": torch.tensor(7),
    }
    for name, value in expected.items():
        assert torch.equal(state[name], value), name


def test_parameters_stay_the_same_objects_and_tied_ones_tied(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    with Unfilled():
        module = Tiny()
    before = {name: id(value) for name, value in module.state_dict(keep_vars=True).items()}
    report = load_checkpoint(module, checkpoint_of(tmp_path, theirs), TABLE, dtype=None)
    assert {name: id(value) for name, value in module.state_dict(keep_vars=True).items()} == before
    assert module.head.weight is module.embedding.weight
    assert report.tensors == len(before) - 1
    assert report.dropped == ("h.position_ids",)
    assert report.dtypes == (torch.float32, torch.int64) or report.dtypes == (torch.int64, torch.float32)
    assert 0 < report.mapped < report.bytes == sum(each.nbytes for each in module.state_dict().values()) - 6 * 4 * 4


@pytest.mark.parametrize("stored", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("wanted", [None, torch.float32, torch.bfloat16, torch.float16])
def test_types(tmp_path: Path, theirs: dict[str, Tensor], stored: torch.dtype, wanted: torch.dtype | None) -> None:
    theirs = {name: value.to(stored) if value.is_floating_point() else value for name, value in theirs.items()}
    module = load(tmp_path, theirs, wanted)
    for name, value in module.state_dict().items():
        assert value.dtype == ((wanted or stored) if "num_batches" not in name else torch.int64), name
    assert torch.equal(module.embedding.weight, theirs["wte.weight"].to(wanted or stored))
    assert torch.equal(module.blocks[0]["qkv"].weight[4:6], theirs["h.0.k.weight"].to(wanted or stored))  # type: ignore[index]


def test_training_what_lies_in_the_file_changes_only_memory(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    module = load(tmp_path, theirs)
    with torch.no_grad():
        module.embedding.weight.add_(1)
    module.embedding(torch.tensor([1])).sum().backward()
    assert module.embedding.weight.grad is not None
    assert torch.equal(module.embedding.weight, theirs["wte.weight"] + 1)
    assert torch.equal(load_file(tmp_path / SINGLE)["wte.weight"], theirs["wte.weight"])


def test_shards_and_the_other_prefix(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    tensors = {f"model.{name}": value.contiguous() for name, value in theirs.items()}
    places = {name: f"model-0000{i % 3 + 1}-of-00003.safetensors" for i, name in enumerate(tensors)}
    for shard in set(places.values()):
        save_file({name: value for name, value in tensors.items() if places[name] == shard}, tmp_path / shard)
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": places}))
    module = Tiny()
    load_checkpoint(module, Checkpoint.open(tmp_path), TABLE, dtype=None)
    expected = load(tmp_path / "single", theirs).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in module.state_dict().items())


@pytest.mark.parametrize(
    ("changes", "messages"),
    [
        ({"c_fc": None}, [r"c_fc is missing \(for up\.weight\)"]),
        ({"wte.weight": None}, [r"wte\.weight is missing"]),
        ({"h.1.k.weight": None}, [r"h\.1\.k\.weight is missing \(for blocks\.1\.qkv\.weight\)"]),
        ({"h.2.out.bias": torch.zeros(4)}, [r"h\.2\.out\.bias is not a part of this model"]),
        ({"h.0.k.weight": torch.zeros(3, 4)}, [r"h\.0\.k\.weight has shape \[3, 4\], not \[2, 4\]"]),
        ({"in_proj": torch.zeros(9, 4)}, [r"in_proj has shape \[9, 4\], not \[8, 4\]"]),
        ({"c_fc": torch.zeros(3, 4)}, [r"c_fc has shape \[3, 4\], not \[4, 3\]"]),
        ({"logit_scale": torch.zeros(1)}, [r"logit_scale has shape \[1\], not \[\]"]),
        ({"bn.bias": torch.tensor([0, 1, torch.nan, 2])}, [r"bn\.bias has numbers that are not finite"]),
        ({"h.0.v.weight": torch.full((2, 4), torch.inf)}, [r"h\.0\.v\.weight has numbers that are not finite"]),
        ({"bn.bias": torch.zeros(4, dtype=torch.int8)}, [r"bn\.bias is of type I8, not F32, BF16 or F16"]),
        ({"bn.bias": torch.zeros(4).to(torch.float8_e5m2)}, [r"bn\.bias is of type F8_E5M2, not F32"]),
        ({"bn.num_batches_tracked": torch.tensor(1.0)}, [r"num_batches_tracked is of type F32, not int64"]),
        ({"lm_head.weight": torch.zeros(6, 4)}, [r"wte\.weight and lm_head\.weight differ, but are one tensor"]),
        (
            {"c_fc": None, "x": torch.zeros(1), "in_proj": torch.zeros(1), "bn.bias": torch.full((4,), torch.nan)},
            [r"c_fc is missing", r"x is not a part", r"in_proj has shape \[1\]", r"bn\.bias has numbers"],
        ),
    ],
)
def test_faults_are_named_together_and_nothing_is_loaded(
    tmp_path: Path, theirs: dict[str, Tensor], changes: dict[str, Tensor | None], messages: list[str]
) -> None:
    tensors = {name: value for name, value in (theirs | changes).items() if value is not None}
    module = Tiny()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    with pytest.raises(CheckpointError, match="weights and config do not agree") as caught:
        load_checkpoint(module, checkpoint_of(tmp_path, tensors), TABLE, dtype=None)
    for message in messages:
        caught.match(message)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_the_key_of_a_wrong_size_is_named(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    (tmp_path / "config.json").write_text('{"vocab_size": 6}')
    tensors = theirs | {"wte.weight": torch.zeros(5, 4)}
    with pytest.raises(CheckpointError, match=r"not \[6, 4\]\. config\.json says vocab_size 6, and the weights have 5"):
        load(tmp_path, tensors)


def test_a_head_that_equals_its_embedding_is_taken(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    module = load(tmp_path, theirs | {"lm_head.weight": theirs["wte.weight"].clone()}, torch.bfloat16)
    assert torch.equal(module.head.weight, theirs["wte.weight"].bfloat16())


def test_numbers_beyond_the_wanted_type_are_named(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    with pytest.raises(CheckpointError, match=r"c_fc has numbers that are too large for torch\.float16"):
        load(tmp_path, theirs | {"c_fc": torch.full((4, 3), 1e6)}, torch.float16)


def test_a_key_map_of_another_config_is_named(tmp_path: Path, theirs: dict[str, Tensor]) -> None:
    table = KeyMap((join("q", "k", ours="up.weight", sizes=(2, 2)), *TABLE.rules))
    with pytest.raises(CheckpointError, match=r"up\.weight: shape \[3, 4\] does not suit 'join' with sizes \[2, 2\]"):
        load_checkpoint(
            Tiny(), checkpoint_of(tmp_path, theirs | {"q": torch.zeros(2), "k": torch.zeros(2)}), table, dtype=None
        )


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_saving_gives_back_what_was_loaded(
    tmp_path: Path, theirs: dict[str, Tensor], dtype: torch.dtype | None
) -> None:
    module = load(tmp_path / "in", theirs)
    save_checkpoint(tmp_path / "out", module, TABLE, dtype=dtype, config={"model_type": "tiny", "name": "ü"})
    found = load_file(tmp_path / "out" / SINGLE)
    assert found.keys() == theirs.keys() - {"h.position_ids"}
    for name, value in found.items():
        assert torch.equal(value, theirs[name].to(dtype) if dtype and value.is_floating_point() else theirs[name]), name
    assert json.loads((tmp_path / "out" / "config.json").read_text("utf-8")) == {"model_type": "tiny", "name": "ü"}
    again = Tiny()
    load_checkpoint(again, Checkpoint.open(tmp_path / "out"), TABLE, dtype=None)
    save_checkpoint(tmp_path / "out", again, TABLE, dtype=dtype, config={})  # over what it was loaded from
    assert torch.equal(again.embedding.weight, found["wte.weight"])


def test_saving_names_what_no_rule_covers(tmp_path: Path) -> None:
    table = KeyMap(tuple(rule for rule in TABLE.rules if rule.ours != "scale"))
    with pytest.raises(CheckpointError, match="no rule writes scale"):
        save_checkpoint(tmp_path, Tiny(), table, dtype=None, config={})
    assert list(tmp_path.iterdir()) == []
