"""An adapter changes nothing at first, is its merged weight afterwards, and leaves no trace when it is taken out."""

from collections.abc import Collection
from functools import partial

import pytest
import torch
from torch import Tensor, nn

from sensorium.core.errors import ConfigError
from sensorium.nn.adapter import AdaptedLinear, Adapter
from sensorium.nn.linear import Linear

PARTS = {"q": 8, "k": 4, "v": 4}


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def plain(*, bias: bool = True) -> Linear:
    layer = Linear(6, 16, bias=bias)
    with torch.no_grad():
        for seed, each in enumerate(layer.parameters()):
            each.copy_(random(*each.shape, seed=seed))
    return layer.requires_grad_(False)


def adapted(
    layer: nn.Linear, *, of: Collection[str] = ("q", "v"), learnt: bool = True, dropout: float = 0.0, dora: bool = False
) -> AdaptedLinear:
    """A layer with adapters, as they may be after training."""
    make = partial(Adapter, rank=3, scale=2.0, dropout=dropout, dora=dora)
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        made = AdaptedLinear(layer, parts=PARTS, adapted=of, make=make)
        for seed, each in enumerate(made.adapters.parameters()):
            each.add_(0.3 * random(*each.shape, seed=10 + seed) * learnt)
    return made


both = pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
biased = pytest.mark.parametrize("bias", [False, True], ids=["bare", "biased"])


@both
@biased
def test_at_first_nothing_changes_by_a_bit(dora: bool, bias: bool) -> None:
    layer, x = plain(bias=bias), random(5, 6)
    assert torch.equal(adapted(layer, learnt=False, dora=dora)(x), layer(x))


@both
@biased
def test_it_is_its_merged_weight(dora: bool, bias: bool) -> None:
    layer, x = plain(bias=bias), random(2, 5, 6)
    before = layer(x)
    made = adapted(layer, dora=dora)
    found = made(x)
    assert not torch.allclose(found, before, atol=0.5)
    made.merge()
    torch.testing.assert_close(made(x), found, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(layer(x), found, atol=1e-5, rtol=1e-5)  # the weight is the layer's own


def test_lora_is_the_formula_on_the_rows_that_it_has() -> None:
    layer = plain(bias=False)
    weight = layer.weight.clone()
    made = adapted(layer)
    made.merge()
    for name, rows in (("q", slice(0, 8)), ("v", slice(12, 16))):
        down, up = made.adapters[name].down, made.adapters[name].up
        assert isinstance(down, Tensor)
        assert isinstance(up, Tensor)
        torch.testing.assert_close(layer.weight[rows], weight[rows] + 2.0 * up @ down)
    assert torch.equal(layer.weight[8:12], weight[8:12])
    assert set(made.adapters) == {"q", "v"}


def test_dora_gives_rows_their_learnt_lengths() -> None:
    layer = plain()
    lora, dora = adapted(plain(), of=["k"]), adapted(layer, of=["k"], dora=True)
    dora.adapters["k"].load_state_dict(lora.adapters["k"].state_dict(), strict=False)
    lora.merge()
    dora.merge()
    magnitude = dora.adapters["k"].magnitude
    assert isinstance(magnitude, Tensor)
    rows = layer.weight[8:12]
    torch.testing.assert_close(rows.norm(dim=1), magnitude)
    torch.testing.assert_close(rows / magnitude.unsqueeze(1), nn.functional.normalize(lora.weight[8:12]))


def test_dora_takes_rows_of_zeros() -> None:
    layer = plain()
    layer.weight.data[0] = 0
    made = adapted(layer, learnt=False, dora=True)
    assert bool(made(random(3, 6)).isfinite().all())


@both
def test_unmerging_gives_back_every_bit(dora: bool) -> None:
    layer, x = plain(), random(5, 6)
    weight, made = layer.weight.clone(), adapted(layer, dora=dora)
    found = made(x)
    for _ in range(2):  # twice is as good as once
        made.merge()
    assert made.merged
    assert not torch.equal(layer.weight, weight)
    for _ in range(2):
        made.unmerge()
    assert not made.merged
    assert torch.equal(layer.weight, weight)
    assert torch.equal(made(x), found)


def test_folded_it_is_plain() -> None:
    layer, x = plain(), random(5, 6)
    made = adapted(layer).eval()
    found = made(x)
    folded = made.folded()
    assert type(folded) is Linear
    assert not folded.training
    assert folded.state_dict().keys() == layer.state_dict().keys()
    assert folded.weight is layer.weight
    torch.testing.assert_close(folded(x), found, atol=1e-5, rtol=1e-5)


@both
def test_only_adapters_learn(dora: bool) -> None:
    made = adapted(plain(), dora=dora)
    made(random(5, 6)).square().sum().backward()
    assert made.weight.grad is None
    assert all(each.grad is not None and bool(each.grad.any()) for each in made.adapters.parameters())
    assert len(list(made.adapters.parameters())) == (6 if dora else 4)


def test_lengths_count_as_constants() -> None:
    made = adapted(plain(bias=False), of=["q"], dora=True)
    adapter, x = made.adapters["q"], random(5, 6)
    made(x)[:, :8].sum().backward()
    down, up, magnitude = adapter.down, adapter.up, adapter.magnitude
    assert isinstance(down, Tensor) and isinstance(up, Tensor) and isinstance(magnitude, Tensor)  # noqa: PT018
    gain = (magnitude / (made.weight[:8] + 2.0 * up @ down).norm(dim=1)).detach()
    expected = torch.autograd.grad((gain * 2.0 * (x @ down.T @ up.T)).sum(), [down, up])
    torch.testing.assert_close((down.grad, up.grad), expected)


@both
def test_dropout_is_for_the_change_in_training_alone(dora: bool) -> None:
    layer, x = plain(), random(400, 6)
    made, sure = adapted(layer, dropout=0.5, dora=dora), adapted(plain(), dora=dora)
    torch.manual_seed(0)
    dropped = made(x)
    assert not torch.equal(dropped, made(x))
    torch.testing.assert_close((dropped - sure(x)).mean(), torch.tensor(0.0), atol=0.1, rtol=0)
    assert torch.equal(dropped[:, 8:12], layer(x)[:, 8:12])
    assert torch.equal(made.eval()(x), sure(x))


@both
def test_beside_half_precision_adapters_are_fp32(dora: bool) -> None:
    made, x = adapted(plain().bfloat16(), dora=dora), random(5, 6).bfloat16()
    assert {each.dtype for each in made.adapters.parameters()} == {torch.float32}
    found = made(x)
    assert found.dtype == torch.bfloat16
    made.merge()
    assert made.weight.dtype == torch.bfloat16
    torch.testing.assert_close(made(x), found, atol=0.1, rtol=0.05)


def test_names_of_weight_and_bias_stay() -> None:
    names = set(adapted(plain()).state_dict())
    assert names == {"weight", "bias", *(f"adapters.{part}.{leaf}" for part in "qv" for leaf in ("down", "up"))}


@pytest.mark.parametrize(("parts", "of"), [({"q": 8, "k": 4}, ["q"]), (PARTS, ["o"])])
def test_parts_that_are_not_the_layer_s_are_refused(parts: dict[str, int], of: list[str]) -> None:
    with pytest.raises(ConfigError, match=r"weight of 16 rows; expected parts that make up all rows"):
        AdaptedLinear(plain(), parts=parts, adapted=of, make=partial(Adapter, rank=1, scale=1.0))
