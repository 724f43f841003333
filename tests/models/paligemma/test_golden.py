"""Ours against what the reference implementation once said (make_golden.py); needs no reference."""

import json
from typing import Any

import pytest
import torch
from tests.models.paligemma.make_golden import END, GOLDEN, SCORES, TOKENS, prompts
from tests.models.paligemma.reference import KINDS, random_weight

from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.early import EarlyFusion
from sensorium.models.paligemma.config import read_config
from sensorium.models.paligemma.model import build
from sensorium.models.paligemma.rules import rules

RECORDED: dict[str, Any] = json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest) -> tuple[EarlyFusion, ModelInputs, dict[str, Any]]:
    """Our model, its weights written through the key map, prompts, and what is recorded of them."""
    recorded = RECORDED[request.param]
    config = read_config(recorded["config"])
    model = build(config, end=END).eval().requires_grad_(False)
    for name, view in rules(config).write(model.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape)))
    return model, prompts(config), recorded


def test_scores(case: tuple[EarlyFusion, ModelInputs, dict[str, Any]]) -> None:
    model, inputs, recorded = case
    with torch.inference_mode():
        found = model.prefill(inputs, model.new_cache(*inputs.ids.shape))[:, :SCORES]
    torch.testing.assert_close(found, torch.tensor(recorded["scores"]), atol=1e-4, rtol=0)


def test_answers(case: tuple[EarlyFusion, ModelInputs, dict[str, Any]]) -> None:
    model, inputs, recorded = case
    steps = list(generate(model, inputs, Sampling(max_tokens=TOKENS), stops=()))
    said = [[event.id for events in steps if (event := events[row]) is not None] for row in (0, 1)]
    assert said == recorded["answers"]
