"""What merging costs: rows are counted where they are read, and a model that nothing is cut of answers as ever."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import torch

from sensorium.core.errors import UsageError
from sensorium.data.sample import Turn
from sensorium.evaluation.merging import Where, change, costs, merged
from sensorium.evaluation.suite import Outcome, run_suite
from sensorium.models.early import EarlyFusion
from sensorium.runtime.parts import Parts

Make = Callable[..., Any]


@pytest.mark.parametrize("where", ["behind", "between"])
def test_nothing_cut_is_the_model_itself(tiny_parts: Parts, squares: Make, where: Where) -> None:
    domain = squares(validation_size=4)
    whole = run_suite(tiny_parts, domain, count=4)
    assert run_suite(merged(tiny_parts, where, 0.0), domain, count=4) == whole


def test_rows_are_counted_where_they_are_read(tiny_parts: Parts, squares: Make) -> None:
    whole, *cut = costs(tiny_parts, squares(validation_size=5), (0.5,), count=5)
    behind, between = cut
    assert (whole.where, behind.where, between.where) == (None, "behind", "between")
    assert whole.encoded == 4 * whole.read  # nano folds squares of four
    assert (behind.encoded, behind.read) == (whole.encoded, whole.read / 2)
    assert between.read == whole.read
    assert between.encoded == whole.encoded * blocks_share(tiny_parts)
    assert whole.change == (0.0, 0.0, 0.0)
    assert {each.result.count for each in (whole, behind, between)} == {5}
    assert {each.result.baseline for each in (whole, behind, between)} == {whole.result.baseline}


def blocks_share(parts: Parts) -> float:
    """Rows that a block has in the mean, of those of the first, where half go by and by."""
    reader = cast("EarlyFusion", parts.model.network).readers["image"]
    count = len(cast("Any", reader).encoder.blocks)
    return sum(1 - 0.5 * block / max(count - 1, 1) for block in range(count)) / count


def test_the_model_stays_as_it_was(tiny_parts: Parts, squares: Make) -> None:
    network = cast("EarlyFusion", tiny_parts.model.network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    list(costs(tiny_parts, squares(validation_size=2), (0.5, 0.75), count=2))
    assert before.keys() == network.state_dict().keys()
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_other_models_are_refused(tiny_parts: Parts) -> None:
    other = replace(
        tiny_parts, name="other", model=replace(tiny_parts.model, network=cast("Any", torch.nn.Linear(2, 2)))
    )
    with pytest.raises(UsageError, match="other: rows cannot be merged in any model; expected nano"):
        merged(other, "behind", 0.5)


def test_the_change_is_that_of_the_same_questions() -> None:
    turn = Turn("Which?", "red", "colour")
    before = [Outcome(index, turn, score=score) for index, score in enumerate((1.0, 1.0, 0.0, 1.0))]
    after = [replace(each, score=score) for each, score in zip(before, (0.0, 1.0, 0.0, 0.0), strict=True)]
    assert change(before, after)[0] == -0.5
    mean, low, high = change(before, [*after[:3], replace(after[3], failure="broken")])
    assert (mean, low + high) == pytest.approx((-1 / 3, -2 / 3), abs=1e-3)
    assert high - low == pytest.approx(2 * 1.96 * (2 / 9) ** 0.5 / 3**0.5, abs=1e-3)
    assert change([], []) == (0.0, 0.0, 0.0)
