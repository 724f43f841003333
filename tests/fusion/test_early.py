"""The one place where rows are written among the tokens, and features that become one."""

import pytest
import torch

from sensorium.core.errors import SpanMismatch
from sensorium.fusion.early import ConcatFeatures, SumFeatures, merge_rows

PLACES = torch.tensor([[0, 1, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
COUNTS = torch.tensor([2, 1, 0])
ROWS = torch.tensor([[1.0, 1.5], [2.0, 2.5], [3.0, 3.5]])


def test_right_rows_at_right_places() -> None:
    embeds = -torch.arange(1.0, 25.0).view(3, 4, 2)
    merged = merge_rows(embeds, PLACES, ROWS, COUNTS, modality="image")
    assert merged[0, 1:3].tolist() == ROWS[:2].tolist()
    assert merged[1, 0].tolist() == ROWS[2].tolist()
    assert torch.equal(merged[~PLACES], embeds[~PLACES])
    assert bool((embeds < 0).all())  # left untouched


def test_a_batch_of_text_is_unchanged() -> None:
    embeds = torch.randn(2, 3, 4)
    nowhere, none = torch.zeros(2, 3, dtype=torch.bool), torch.zeros(2, dtype=torch.int64)
    assert torch.equal(merge_rows(embeds, nowhere, torch.empty(0, 4), none, modality="audio"), embeds)


def test_gradients_reach_rows_and_text() -> None:
    embeds, rows = torch.randn(3, 4, 2, requires_grad=True), ROWS.clone().requires_grad_()
    merge_rows(embeds, PLACES, rows, COUNTS, modality="image").sum().backward()
    assert rows.grad is not None
    assert embeds.grad is not None
    assert rows.grad.tolist() == torch.ones(3, 2).tolist()
    assert embeds.grad.tolist() == (~PLACES).unsqueeze(-1).expand(3, 4, 2).float().tolist()


def test_rows_take_the_type_of_the_embeddings() -> None:
    merged = merge_rows(torch.zeros(3, 4, 2), PLACES, ROWS.bfloat16(), COUNTS, modality="image")
    assert merged.dtype == torch.float32


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([2, 3, 0], "video: sample 1 has 1 placeholders but 3 feature rows"),
        ([1, 1, 0], "video: sample 0 has 2 placeholders but 1 feature rows"),
        ([2, 1, 4], "video: sample 2 has 0 placeholders but 4 feature rows"),
    ],
)
def test_a_mismatch_names_modality_sample_and_both_counts(counts: list[int], message: str) -> None:
    with pytest.raises(SpanMismatch, match=message):
        merge_rows(torch.zeros(3, 4, 2), PLACES, ROWS, torch.tensor(counts), modality="video")


def test_rows_that_nobody_counted_are_refused() -> None:
    with pytest.raises(SpanMismatch, match="image: 2 feature rows but the samples count 3"):
        merge_rows(torch.zeros(3, 4, 2), PLACES, ROWS[:2], COUNTS, modality="image")


WIDTHS = {"image": 3, "audio": 5}


def features() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {name: torch.randn(2, 4, width, generator=generator) for name, width in WIDTHS.items()}


def test_concatenation_is_one_matrix_over_all() -> None:
    fusion, given = ConcatFeatures(widths=WIDTHS, out=6), features()
    weight, bias = fusion.project.weight, fusion.project.bias
    expected = given["image"] @ weight[:, :3].T + given["audio"] @ weight[:, 3:].T + bias
    torch.testing.assert_close(fusion(given), expected)


def test_concatenation_has_zeros_for_what_is_absent() -> None:
    fusion, given = ConcatFeatures(widths=WIDTHS, out=6), features()
    broken = given | {"audio": torch.full((2, 4, 5), float("nan"))}
    found = fusion(broken, torch.tensor([True, False]))
    torch.testing.assert_close(found, fusion(given | {"audio": torch.zeros(2, 4, 5)}))


def test_the_sum_is_weighted_by_the_learned_weights() -> None:
    fusion, given = SumFeatures(widths=WIDTHS, out=6), features()
    with torch.no_grad():
        fusion.scores.copy_(torch.tensor([3.0, 1.0]).log())
    found = fusion(given)
    parts = [fusion.features[name](given[name]) for name in WIDTHS]
    torch.testing.assert_close(found.values, 0.75 * parts[0] + 0.25 * parts[1])
    torch.testing.assert_close(found.weights, torch.tensor([0.75, 0.25]).expand(2, 4, 2))
    found.values.sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in fusion.parameters())


def test_the_weight_of_an_absent_modality_goes_to_the_others() -> None:
    fusion, given = SumFeatures(widths=WIDTHS, out=6), features()
    broken = given | {"image": torch.full((2, 4, 3), float("inf"))}
    found = fusion(broken, torch.tensor([[[False, True]], [[False, False]]]))  # [N, 1, M] for rows [N, S, D]
    torch.testing.assert_close(found.values[0], fusion.features["audio"](given["audio"])[0])
    assert found.weights[0].tolist() == [[0.0, 1.0]] * 4
    assert not found.values[1].any()
    assert not found.weights[1].any()
