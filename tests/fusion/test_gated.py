"""The gated multimodal unit is the paper's formula, and its gates can be read."""

import torch
from torch import Tensor

from sensorium.fusion.gated import GatedMultimodalUnit
from sensorium.fusion.presence import drop_modalities

WIDTHS = {"image": 3, "audio": 5, "text": 4}


def unit(out: int = 6) -> GatedMultimodalUnit:
    torch.manual_seed(0)
    return GatedMultimodalUnit(widths=WIDTHS, out=out)


def features(*shape: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {name: torch.randn(*shape, width, generator=generator) for name, width in WIDTHS.items()}


def test_of_two_modalities_it_is_the_papers() -> None:
    torch.manual_seed(0)
    fusion = GatedMultimodalUnit(widths={"image": 3, "audio": 5}, out=6)
    image, audio = torch.randn(7, 3), torch.randn(7, 5)
    weight, bias = fusion.gates.weight.view(6, 2, 8), fusion.gates.bias.view(6, 2)
    scores = torch.cat((image, audio), dim=-1) @ (weight[:, 0] - weight[:, 1]).T + bias[:, 0] - bias[:, 1]
    gate = torch.sigmoid(scores)  # z, and 1 - z for the other
    expected = gate * fusion.features["image"](image).tanh() + (1 - gate) * fusion.features["audio"](audio).tanh()
    found = fusion({"audio": audio, "image": image})
    torch.testing.assert_close(found.values, expected)
    torch.testing.assert_close(found.weights, torch.stack((gate.mean(-1), 1 - gate.mean(-1)), dim=-1))


def test_gates_depend_on_what_is_said_and_sum_to_one() -> None:
    found = unit()(features(2, 5))
    assert found.values.shape == (2, 5, 6)
    torch.testing.assert_close(found.weights.sum(dim=-1), torch.ones(2, 5))
    assert found.weights.std(dim=0).min() > 0


def test_an_absent_or_broken_modality_has_gate_zero_and_the_others_share_its_weight() -> None:
    fusion, given = unit(), features(3)
    present = torch.tensor([[True, False, True], [False, True, False], [False, False, False]])
    broken = given | {"audio": given["audio"].index_fill(0, torch.tensor([0, 2]), float("nan"))}
    found = fusion(broken, present)
    assert found.values.isfinite().all()
    assert (found.weights[~present] == 0).all()
    torch.testing.assert_close(found.weights.sum(dim=-1), torch.tensor([1.0, 1.0, 0.0]))
    torch.testing.assert_close(found.values[1], fusion.features["audio"](given["audio"][1]).tanh())
    assert not found.values[2].any()


def test_a_batch_is_its_singles() -> None:
    fusion, given = unit(), features(4)
    present = torch.tensor([[True, True, True], [True, False, True], [False, True, True], [True, False, False]])
    whole = fusion(given, present)
    for index in range(4):
        single = fusion({name: each[index] for name, each in given.items()}, present[index])
        torch.testing.assert_close(single.values, whole.values[index])
        torch.testing.assert_close(single.weights, whole.weights[index])


def test_gradients_reach_all_but_the_absent() -> None:
    fusion, given = unit(), {name: each.requires_grad_() for name, each in features(4).items()}
    fusion(given, torch.tensor([True, True, False])).values.sum().backward()
    assert given["image"].grad is not None
    assert given["image"].grad.any()
    assert given["text"].grad is not None
    assert not given["text"].grad.any()
    with_all = unit()
    with_all(features(4)).values.sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in with_all.parameters())


def test_bf16_is_near() -> None:
    fusion, given = unit(), features(4)
    expected = fusion(given).values
    found = fusion.bfloat16()({name: each.bfloat16() for name, each in given.items()}).values
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, atol=3e-2, rtol=3e-2)


def test_it_learns_to_trust_the_one_that_knows_and_to_do_without_it() -> None:
    torch.manual_seed(0)
    fusion = GatedMultimodalUnit(widths={"image": 2, "audio": 2}, out=8)
    head = torch.nn.Linear(8, 2)
    optimiser = torch.optim.Adam([*fusion.parameters(), *head.parameters()], lr=0.1)

    def draw(count: int) -> tuple[dict[str, Tensor], Tensor]:
        """A sound that is clear and a picture that is noisy; the first number of a picture says how noisy."""
        truth = torch.randint(2, (count,))
        sign = (2.0 * truth - 1).unsqueeze(-1)
        clear = torch.rand(count, 1) < 0.5
        picture = torch.where(clear, sign, torch.randn(count, 1))
        return {"image": torch.cat((clear.float(), picture), -1), "audio": sign * 0.5 + torch.randn(count, 2)}, truth

    for _ in range(50):
        given, truth = draw(256)
        present = drop_modalities(torch.ones(256, 2, dtype=torch.bool), 0.3)
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(head(fusion(given, present).values), truth).backward()
        optimiser.step()
    given, truth = draw(2000)
    clear = given["image"][:, 0] > 0.5
    both = fusion(given)
    assert both.weights[clear, 0].mean() > both.weights[~clear, 0].mean() + 0.1
    right = (head(both.values).argmax(dim=-1) == truth).float()
    alone = (head(fusion(given, torch.tensor([False, True])).values).argmax(dim=-1) == truth).float()
    assert right[clear].mean() > 0.95
    assert alone.mean() > 0.7
