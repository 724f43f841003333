"""Ours against what the reference implementation once said (make_golden.py); needs no reference."""

import json
from typing import Any

import pytest
import torch
from tests.models.mllama.make_golden import GOLDEN, TOKENS, config_of, prompts
from tests.models.mllama.reference import KINDS, random_weight

from sensorium.engine.generate import generate
from sensorium.engine.sampling import Sampling
from sensorium.inputs.carrier import ModelInputs
from sensorium.models.mllama.config import read_config
from sensorium.models.mllama.model import Mllama, build
from sensorium.models.mllama.rules import rules

RECORDED: dict[str, Any] = json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module", params=KINDS)
def case(request: pytest.FixtureRequest) -> tuple[Mllama, ModelInputs, dict[str, Any]]:
    """Our model, its weights written through the key map, prompts, and what is recorded of them."""
    kind: str = request.param
    config = read_config(config_of(kind))
    model = build(config).eval().requires_grad_(False)
    for name, view in rules(config).write(model.state_dict()).items():
        view.copy_(random_weight(name, tuple(view.shape)))
    return model, prompts(kind), RECORDED[kind]


def test_scores(case: tuple[Mllama, ModelInputs, dict[str, Any]]) -> None:
    model, inputs, recorded = case
    with torch.inference_mode():
        found = model.prefill(inputs, model.new_cache(*inputs.ids.shape))
    torch.testing.assert_close(found, torch.tensor(recorded["scores"]), atol=1e-4, rtol=0)


def test_answers(case: tuple[Mllama, ModelInputs, dict[str, Any]]) -> None:
    model, inputs, recorded = case
    steps = list(generate(model, inputs, Sampling(max_tokens=TOKENS), stops=()))
    said = [[event.id for events in steps if (event := events[row]) is not None] for row in (0, 1)]
    assert said == recorded["answers"]
