"""Who sees whom: the prompt both ways, the answer back only; and rows that do not fit."""

import pytest
import torch
from tests.models.paligemma.make_golden import END, prompts
from tests.models.paligemma.reference import KINDS
from torch import Tensor

from sensorium.core.errors import SpanMismatch
from sensorium.inputs.batching import Talk, batch_talks
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.early import EarlyFusion
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.model import PromptLine, build


def line(ids: list[int]) -> ModelInputs:
    return batch_talks([Talk(ids, [], [])], pad=0, placeholders={})


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest) -> EarlyFusion:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = build(read_config(KINDS[request.param]), end=END).eval().requires_grad_(False)
        for weight in made.parameters():
            weight.add_(torch.randn_like(weight) * 0.2)
    return made


def changed(model: EarlyFusion, at: int) -> list[int]:
    """Tokens whose hidden state another token at `at` changes, of two words, the line's end, and two of an answer."""
    ids = [2, 30, END, 40, 50]
    other = [each + 7 * (index == at) for index, each in enumerate(ids)]
    before, after = (model(line(each))[0] for each in (ids, other))
    return [index for index in range(len(ids)) if not torch.allclose(before[index], after[index], atol=1e-6)]


@pytest.mark.parametrize(("at", "seen"), [(0, [0, 1, 2, 3, 4]), (1, [0, 1, 2, 3, 4]), (3, [3, 4]), (4, [4])])
def test_the_prompt_is_read_both_ways_and_the_answer_looks_back(model: EarlyFusion, at: int, seen: list[int]) -> None:
    assert changed(model, at) == seen


def test_only_the_first_line_is_the_prompt() -> None:
    ids = torch.tensor([[0, 2, 30, END, 40, END, 50], [2, 30, 31, 32, 33, 34, END]])
    groups = PromptLine(END)(ModelInputs(ids, ids, None, (), ()))
    assert groups.tolist() == [[0, 0, 0, 0, -1, -1, -1], [0] * 7]


def test_an_answer_with_a_cache_is_as_without(model: EarlyFusion) -> None:
    ids = [2, 30, 31, END, 40, 50, 60]
    whole = model.prefill(line(ids), model.new_cache(1, 7))
    cache = model.new_cache(1, 7)
    model.prefill(line(ids[:4]), cache)
    found: Tensor | None = None
    for at in range(4, 7):
        found = model.decode(torch.tensor([ids[at]]), torch.tensor([at]), None, cache)
    torch.testing.assert_close(found, whole, atol=1e-5, rtol=1e-5)


def test_rows_that_were_counted_otherwise_are_refused() -> None:
    config = read_config(KINDS["paligemma"])
    inputs = prompts(config)
    inputs.places[0][0, -1] = True
    with pytest.raises(SpanMismatch, match="image: sample 0 has 37 placeholders but 36 feature rows"):
        build(config, end=END)(inputs)
